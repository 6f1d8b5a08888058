"""Africa's Talking: USSD sessions, texts both ways, delivery reports and opt-outs."""

from gateway.channels.africastalking.account import AfricasTalkingAccount
from gateway.channels.africastalking.channel import AfricasTalkingChannel
from gateway.channels.contract import Channel, ChannelConfig


def build(config: ChannelConfig) -> Channel:
    """Build the line; without an account it listens all the same and what it sends stays with us."""
    return AfricasTalkingChannel(config, AfricasTalkingAccount.of(config.options))
