"""An Android phone with a local SIM: texts both ways through the app on it, and rings where an app tells of them."""

from gateway.channel import Channel, ChannelConfig
from gateway.channels.android.account import Account
from gateway.channels.android.line import Line


def build(config: ChannelConfig) -> Channel:
    """Build the line; without an account it listens all the same and what it sends stays with us."""
    return Line(config, Account.of(config.options))
