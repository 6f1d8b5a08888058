"""A phone without a network: in the browser, in the terminal, in tests. What is sent to it stays with us."""

from pathlib import Path

from gateway.channel import Channel, ChannelConfig
from gateway.channels.simulator.line import Line
from gateway.outages import Outages


def build(config: ChannelConfig) -> Channel:
    """Build the line; where outages may be tried, the option ``outages`` says in which folder they are put on."""
    folder = config.options.get("outages")
    return Line(config, Outages(Path(folder)) if folder else None)
