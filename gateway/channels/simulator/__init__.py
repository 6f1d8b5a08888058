"""A phone without a network: in the browser, in the terminal, in tests. What is sent to it stays with us."""

from pathlib import Path

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.simulator.channel import SimulatorChannel
from gateway.foundation.fault_injection import Outages


def build(config: ChannelConfig) -> Channel:
    """Build the line; where outages may be tried, the option ``outages`` says in which folder they are put on."""
    folder = config.options.get("outages")
    return SimulatorChannel(config, Outages(Path(folder)) if folder else None)
