"""Remembers which serial each line's secret has, so that a hop never asks SQL for it."""

from collections.abc import Callable, Iterable

from gateway.webhooks.verify import FIRST_SERIAL, secrets_for

PREFIX = "webhook-serial:"
"""What the name of the setting begins with; the line's name follows."""


class Serials:
    """The live secrets of the configured lines; a process renews them when it starts and as it refreshes."""

    def __init__(
        self, channels: Iterable[str], *, key: Callable[[], bytes], read: Callable[[str], object]
    ) -> None:
        self._key = key
        self._read = read
        self._serials = dict.fromkeys(channels, FIRST_SERIAL)

    def renew(self) -> None:
        """Read the serials again; whatever the reading raises goes on up, and the known ones stay."""
        self._serials = {channel: _serial(self._read(PREFIX + channel)) for channel in self._serials}

    def secrets(self, channel: str) -> tuple[str, ...]:
        """Return the live secrets of a line, newest first; none for a line that is not configured."""
        serial = self._serials.get(channel)
        return () if serial is None else secrets_for(self._key(), channel, serial)


def _serial(stored: object) -> int:
    if isinstance(stored, int) and not isinstance(stored, bool):
        return max(stored, FIRST_SERIAL)
    return FIRST_SERIAL
