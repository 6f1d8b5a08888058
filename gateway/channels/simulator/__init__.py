"""A phone without a network, for browser, terminal and tests; what is sent to it stays in the outbox."""

from pathlib import Path

from gateway.channels.contract import Channel, ChannelConfig
from gateway.channels.simulator.channel import SimulatorChannel
from gateway.foundation.fault_injection import Outages


def build(config: ChannelConfig) -> Channel:
    """Build the channel; the option ``outages`` names the folder of simulated outages, where they are allowed."""
    folder = config.options.get("outages")
    return SimulatorChannel(config, Outages(Path(folder)) if folder else None)
