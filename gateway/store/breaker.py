"""Stops asking a server that does not answer, so that one slow part does not slow every caller."""

import threading

from gateway.clock import Clock

FAULTS = 3
"""So many faults in a row open it."""
SECONDS = 5.0
"""So long it stays open; then one request tries for all."""


class Breaker:
    """Closed while the server answers; open after some faults in a row; closed again by one request that tries."""

    def __init__(self, clock: Clock, *, faults: int = FAULTS, seconds: float = SECONDS) -> None:
        self._clock = clock
        self._limit = faults
        self._seconds = seconds
        self._lock = threading.Lock()
        self._faults = 0
        self._try_at = 0.0

    @property
    def closed(self) -> bool:
        """Whether the server answered when it was last asked often enough to know."""
        return self._faults < self._limit

    def allows(self) -> bool:
        """Return whether this request may ask. While open one request in each span may, and its word counts."""
        if self.closed:
            return True
        with self._lock:
            now = self._clock.monotonic()
            if self._faults >= self._limit and now < self._try_at:
                return False
            # Whoever comes while this one tries is still refused.
            self._try_at = now + self._seconds
            return True

    def answered(self) -> None:
        """Note that the server answered."""
        if self._faults:
            with self._lock:
                self._faults = 0

    def failed(self) -> None:
        """Note that it did not."""
        with self._lock:
            self._faults += 1
            self._try_at = self._clock.monotonic() + self._seconds
