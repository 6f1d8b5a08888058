"""An Android phone with a local SIM: SMS in both directions through an app, and missed calls where posted."""

from gateway.channels.android.account import PhoneAccount
from gateway.channels.android.channel import AndroidChannel
from gateway.channels.contract import Channel, ChannelConfig

ACCOUNT = ("api_url", "username", "password", "signing_key")
"""Options that make the account, each from the environment; without them the channel only receives."""


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return AndroidChannel(config, PhoneAccount.of(config.options))
