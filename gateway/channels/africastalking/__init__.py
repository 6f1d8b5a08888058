"""Africa's Talking: USSD sessions, texts both ways, delivery reports and opt-outs."""

from gateway.channels.africastalking.account import AfricasTalkingAccount
from gateway.channels.africastalking.channel import AfricasTalkingChannel
from gateway.channels.contract import Channel, ChannelConfig


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return AfricasTalkingChannel(config, AfricasTalkingAccount.of(config.options))
