"""The one place that reads the time, so that tests can move it for every process at once."""

import platform
import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""Linux counts the time that a machine slept as well; elsewhere a sleep looks like a jump of the wall clock."""


TOLERANCE = timedelta(minutes=3)
"""How far a wall clock may be from where it should be before it counts as wrong."""


class NotMovable(RuntimeError):
    """The test clock is off, so nobody may move the time."""


class Clock:
    """Tells the time in UTC; under test it adds the seconds written in a file that all processes share."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    @property
    def is_moved_by_tests(self) -> bool:
        """Whether a test may move the time; then a jump says nothing about this machine."""
        return self._offset_file is not None

    @property
    def moved_by(self) -> timedelta:
        """By how much a test has moved the time."""
        return self._offset()

    def move(self, to: datetime | None) -> None:
        """Move the time of every process to an instant, from which it goes on; None brings the real one back.

        Raises:
            NotMovable: this clock tells the real time only.
        """
        if self._offset_file is None:
            raise NotMovable("this clock tells the real time only")
        seconds = (to - datetime.now(UTC)).total_seconds() if to else 0.0
        # Renamed into place: nobody reads half a number, which would be another time.
        new = self._offset_file.with_name(f"{self._offset_file.name}.new")
        new.write_text(f"{seconds:.3f}\n", encoding="ascii")
        new.replace(self._offset_file)

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC) + self._offset()

    def monotonic(self) -> float:
        """Return seconds that never run backwards, for measuring spans inside one process."""
        return time.monotonic()

    def boot(self) -> str:
        """Return a word for the run of this machine since it was switched on; all its processes say the same."""
        return _boot()

    def steady(self) -> float:
        """Return the seconds since this machine was switched on: whoever sets the wall clock does not move them."""
        return time.clock_gettime(_SINCE_BOOT)

    def mark(self) -> str:
        """Return when it is by this machine's own count, so that what a wrong clock wrote can be set right."""
        return f"{self.boot()}:{int(self.steady())}"

    def instant_of(self, mark: str) -> datetime | None:
        """Return the instant of a mark by the wall clock of now; None where another run of the machine made it."""
        boot, _, seconds = mark.partition(":")
        if boot != self.boot() or not seconds.isdigit():
            return None
        return self.now() - timedelta(seconds=self.steady() - int(seconds))

    def set_right(self, instant: datetime, mark: str) -> datetime:
        """Return what an instant is by the wall clock of now, where that was set since; nothing lies ahead of now."""
        true = self.instant_of(mark)
        if true is not None and abs(true - instant) > TOLERANCE:
            return true
        return min(instant, self.now())

    def has_jumped(self, _now: datetime) -> bool:
        """Say whether this instant is not what this process expects of the wall clock; see ``WatchedClock``."""
        return False

    def rebase(self) -> None:
        """Take the wall clock as it is for the one that later instants are held against."""

    def sleep(self, seconds: float) -> None:
        """Wait for real seconds; the test offset does not shorten it."""
        time.sleep(seconds)

    def _offset(self) -> timedelta:
        if self._offset_file is None:
            return timedelta()
        try:
            return timedelta(seconds=float(self._offset_file.read_text(encoding="ascii").strip() or 0))
        except (FileNotFoundError, ValueError):
            return timedelta()


class WatchedClock(Clock):
    """The clock of a process that ends things: it notices by itself, at each instant, that the wall clock was set."""

    def __init__(self, offset_file: Path | None = None) -> None:
        super().__init__(offset_file)
        self._base: datetime | None = None

    def has_jumped(self, now: datetime) -> bool:
        """Say whether the wall clock was set since the first instant, or since ``rebase``."""
        base = now - timedelta(seconds=self.steady())
        if self._base is None:
            self._base = base
        return not self.is_moved_by_tests and abs(base - self._base) > TOLERANCE

    def rebase(self) -> None:
        """Take the wall clock as it is for the one that later instants are held against."""
        self._base = None


@cache
def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii")[:8]
    except OSError:
        return platform.node()[:8] or "machine"
