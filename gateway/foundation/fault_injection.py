"""Outages that are put on at the phone's page to see what a caller meets: a small file each, for all processes."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROVIDER, STORE = "provider", "store"
KINDS = (PROVIDER, STORE)

LASTS = timedelta(minutes=10)
"""An outage that nobody ends is over by itself, so that none is forgotten."""


class Outages:
    """What is out of order on purpose; bootstrap makes one only where no real phone can be reached."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, kind: str, *, now: datetime) -> None:
        """Put something out of order for some minutes."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._folder / f"{kind}.new"
        new.write_text((now + LASTS).astimezone(UTC).isoformat(), encoding="ascii")
        new.replace(self._folder / kind)

    def end(self, kind: str) -> None:
        """Put it in order again."""
        (self._folder / kind).unlink(missing_ok=True)

    def until(self, kind: str, *, now: datetime) -> datetime | None:
        """Return when the outage ends by itself; None where there is none.

        One that would last longer than any does was put on by a clock that ran ahead, and is over.
        """
        with suppress(OSError, ValueError, TypeError):  # not there, no instant, one without a zone
            ends = datetime.fromisoformat((self._folder / kind).read_text(encoding="ascii"))
            return ends if now < ends <= now + LASTS else None
        return None
