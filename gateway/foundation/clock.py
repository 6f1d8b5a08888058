"""Read the time, the only module that does, so that tests can move it for all processes at once.

Besides wall-clock instants it gives monotonic marks (time since boot), by which instants written under a wrong wall
clock are corrected later.
"""

import platform
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""CLOCK_BOOTTIME counts time in suspend too (clock_gettime(2)); without it a suspend looks like a jump of the clock."""


TOLERANCE = timedelta(minutes=3)
"""Largest deviation of a wall clock that does not count as wrong."""


class NotMovable(RuntimeError):
    """The test clock is off, so the time cannot be moved."""


class Clock:
    """The clock in UTC; under test it adds the seconds from a file that all processes share."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    @property
    def is_moved_by_tests(self) -> bool:
        """Whether a test may move the time; a jump then says nothing about the machine."""
        return self._offset_file is not None

    @property
    def moved_by(self) -> timedelta:
        """The offset set by a test."""
        return self._offset()

    def move(self, to: datetime | None) -> None:
        """Move the time of every process to an instant, from which it continues; None restores the real time.

        Raises:
            NotMovable: this clock has no offset file.
        """
        if self._offset_file is None:
            raise NotMovable("this clock tells the real time only")
        seconds = (to - datetime.now(UTC)).total_seconds() if to else 0.0
        # Renamed into place, so that no process reads an incomplete number.
        new = self._offset_file.with_name(f"{self._offset_file.name}.new")
        new.write_text(f"{seconds:.3f}\n", encoding="ascii")
        new.replace(self._offset_file)

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        return datetime.now(UTC) + self._offset()

    def monotonic(self) -> float:
        """Return seconds that never go backwards, to measure durations inside one process."""
        return time.monotonic()

    def boot(self) -> str:
        """Return an id of this boot of the machine, the same in all its processes."""
        return _boot()

    def steady(self) -> float:
        """Return the seconds since boot, which setting the wall clock does not change."""
        return time.clock_gettime(_SINCE_BOOT)

    def mark(self) -> str:
        """Return ``BOOT:SECONDS``, the monotonic time, by which an instant of a wrong clock can be corrected."""
        return f"{self.boot()}:{int(self.steady())}"

    def instant_of(self, mark: str) -> datetime | None:
        """Return the instant of a mark by the current wall clock; None for a mark of another boot."""
        boot, _, seconds = mark.partition(":")
        if boot != self.boot() or not seconds.isdigit():
            return None
        return self.now() - timedelta(seconds=self.steady() - int(seconds))

    def set_right(self, instant: datetime, mark: str) -> datetime:
        """Correct an instant by its mark where the wall clock was set since; never later than now."""
        true = self.instant_of(mark)
        if true is not None and abs(true - instant) > TOLERANCE:
            return true
        return min(instant, self.now())

    def has_jumped(self, _now: datetime) -> bool:
        """Say whether the wall clock jumped; always False here, see ``WatchedClock``."""
        return False

    def rebase(self) -> None:
        """Accept the current wall clock as the reference for later jumps."""

    def sleep(self, seconds: float) -> None:
        """Sleep for real seconds, regardless of the test offset."""
        time.sleep(seconds)

    def _offset(self) -> timedelta:
        if self._offset_file is None:
            return timedelta()
        try:
            return timedelta(seconds=float(self._offset_file.read_text(encoding="ascii").strip() or 0))
        except (FileNotFoundError, ValueError):
            return timedelta()


class WatchedClock(Clock):
    """A clock that detects jumps of the wall clock, for processes that expire things."""

    def __init__(self, offset_file: Path | None = None) -> None:
        super().__init__(offset_file)
        self._base: datetime | None = None

    def has_jumped(self, now: datetime) -> bool:
        """Say whether the wall clock jumped since the first call, or since ``rebase``."""
        base = now - timedelta(seconds=self.steady())
        if self._base is None:
            self._base = base
        return not self.is_moved_by_tests and abs(base - self._base) > TOLERANCE

    def rebase(self) -> None:
        """Accept the current wall clock as the reference for later jumps."""
        self._base = None


@cache
def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii")[:8]
    except OSError:
        return platform.node()[:8] or "machine"
