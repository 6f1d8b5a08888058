"""A phone without a network: in the browser, in the terminal, in tests. What is sent to it stays with us."""

from gateway.channel import Channel, ChannelConfig
from gateway.channels.simulator.line import Line


def build(config: ChannelConfig) -> Channel:
    """Build the line."""
    return Line(config)
