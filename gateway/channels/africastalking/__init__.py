"""Africa's Talking: USSD sessions, texts both ways, delivery reports and opt-outs."""

from collections.abc import Mapping

from gateway.channels.africastalking.account import AfricasTalkingAccount
from gateway.channels.africastalking.channel import AfricasTalkingChannel
from gateway.channels.contract import Channel, ChannelConfig

ACCOUNT = ("username", "api_key")
"""Options that make the account, each from the environment; without them the channel only receives."""
SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Africa's Talking": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return AfricasTalkingChannel(config, AfricasTalkingAccount.of(config.options))
