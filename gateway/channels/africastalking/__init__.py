"""Africa's Talking: USSD sessions, texts both ways, delivery reports and opt-outs."""

from gateway.channel import Channel, ChannelConfig
from gateway.channels.africastalking.account import Account
from gateway.channels.africastalking.line import Line


def build(config: ChannelConfig) -> Channel:
    """Build the line; without an account it listens all the same and what it sends stays with us."""
    return Line(config, Account.of(config.options))
