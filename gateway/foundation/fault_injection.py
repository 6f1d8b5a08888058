"""Simulate outages, switched on at the simulator's page: one small file each, which all processes read."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

PROVIDER, STORE = "provider", "store"
KINDS = (PROVIDER, STORE)

LASTS = timedelta(minutes=10)
"""Duration after which an outage ends by itself, so that none is forgotten."""


class Outages:
    """The simulated outages; created only where no real channel exists."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, kind: str, *, now: datetime) -> None:
        """Start an outage, for ten minutes at most."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        new = self._folder / f"{kind}.new"
        new.write_text((now + LASTS).astimezone(UTC).isoformat(), encoding="ascii")
        new.replace(self._folder / kind)

    def end(self, kind: str) -> None:
        """End an outage."""
        (self._folder / kind).unlink(missing_ok=True)

    def until(self, kind: str, *, now: datetime) -> datetime | None:
        """Return when the outage ends by itself; None where there is none.

        An end further ahead than ten minutes was written by a fast clock and is ignored.
        """
        if not os.access(
            f"{self._folder}/{kind}", os.F_OK
        ):  # asked before each transaction, and mostly not there
            return None
        with suppress(OSError, ValueError, TypeError):  # no file, no instant, or one without a zone
            ends = datetime.fromisoformat((self._folder / kind).read_text(encoding="ascii"))
            return ends if now < ends <= now + LASTS else None
        return None
