"""Remember the newest values of one process by their keys, up to a limit; safe for its threads.

For what can be computed or read again: the oldest entry makes room, and a restart begins empty.
"""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class BoundedTable(Generic[K, V]):
    """A table of at most ``most`` entries."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._rows: dict[K, V] = {}
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._rows)

    def find_value(self, key: K) -> V | None:
        """Return the value of this key, if it is remembered; without a lock, for hops read far more than they add."""
        return self._rows.get(key)

    def put_value(self, key: K, value: V) -> None:
        """Remember a value as the newest; beyond the limit the oldest is forgotten."""
        with self._lock:
            self._rows.pop(key, None)
            self._rows[key] = value
            if len(self._rows) > self._most:
                del self._rows[next(iter(self._rows))]

    def drop_value(self, key: K) -> None:
        """Forget this key."""
        with self._lock:
            self._rows.pop(key, None)

    def list_rows(self) -> list[tuple[K, V]]:
        """Return everything that is remembered, oldest first."""
        with self._lock:
            return list(self._rows.items())
