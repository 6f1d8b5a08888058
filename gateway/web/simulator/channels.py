"""Finds the line that trial phones dial, and where its webhook listens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gateway.channels.contract import Channel, ChannelConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLine:
    """A line without a provider: its configuration, and event → path of its webhook."""

    config: ChannelConfig
    paths: Mapping[str, str]

    @property
    def code(self) -> str:
        """The code to dial."""
        return next(iter(self.config.service_codes), "*123#")


def trial_line(channels: Mapping[str, Channel], secrets: Callable[[str], Sequence[str]]) -> TrialLine | None:
    """Return the first line whose phones are trial phones; None where none is configured."""
    for name, channel in channels.items():
        live = secrets(name)
        if channel.contract.shows_facts and live:
            paths = {
                event: f"/webhooks/{name}/{live[0]}/{event}" for event in sorted(channel.contract.events)
            }
            return TrialLine(config=channel.config, paths=paths)
    return None
