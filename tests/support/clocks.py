"""A clock that stands still until a test moves it."""

import threading
import time
from datetime import UTC, datetime, timedelta

from gateway.foundation.time_and_chance import Clock


class SetClock(Clock):
    """Shows the instant that the test set; sleeping moves it on and takes no time.

    To ``set`` it is to set the wall clock of a machine; to move it ``forward`` is to let time pass.
    """

    def __init__(self, at: str = "2026-11-24T14:05:00+07:00") -> None:
        super().__init__()
        self._moved = 0.0
        # Threads sleep at once, and an addition that is lost would set it back.
        self._moving = threading.Lock()
        self.booted = "testboot"
        self.set(at)

    def set(self, at: str | datetime) -> None:
        """Set it to an instant with its zone."""
        instant = datetime.fromisoformat(at) if isinstance(at, str) else at
        if instant.tzinfo is None:
            raise ValueError("an instant needs a zone")
        self._now = instant.astimezone(UTC)

    def forward(self, **span: float) -> None:
        """Move it on, by the words of timedelta: `clock.forward(minutes=5)`."""
        with self._moving:
            self._now += timedelta(**span)
            self._moved += timedelta(**span).total_seconds()

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return time.monotonic() + self._moved

    def boot(self) -> str:
        return self.booted

    def steady(self) -> float:
        return 1_000.0 + self._moved

    def sleep(self, seconds: float) -> None:
        self.forward(seconds=seconds)


class MovableClock(SetClock):
    """The same with the test clock on: also the phone's page may move it, and back to where it was made."""

    def __init__(self, at: str = "2026-11-24T14:05:00+07:00") -> None:
        super().__init__(at)
        self._real = self._now

    @property
    def is_moved_by_tests(self) -> bool:
        return True

    @property
    def moved_by(self) -> timedelta:
        return self._now - self._real

    def move(self, to: datetime | None) -> None:
        self.set(to or self._real)
