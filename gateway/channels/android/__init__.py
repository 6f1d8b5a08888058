"""An Android phone with a local SIM: texts both ways through the app on it, and rings where an app tells of them."""

from gateway.channels.android.account import PhoneAccount
from gateway.channels.android.channel import AndroidChannel
from gateway.channels.contract import Channel, ChannelConfig


def build(config: ChannelConfig) -> Channel:
    """Build the line; without an account it listens all the same and what it sends stays with us."""
    return AndroidChannel(config, PhoneAccount.of(config.options))
