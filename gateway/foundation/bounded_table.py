"""Remember the newest values of one process by their keys, up to a limit; safe for its threads.

For what can be computed or read again: the oldest entry makes room, and a restart begins empty.
"""

from collections.abc import Callable, Hashable
from functools import update_wrapper
from threading import Lock
from typing import Concatenate, Generic, ParamSpec, TypeVar

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


# What a pure function finds in a menu, kept for as long as the menu is in use: a version never changes. Menus hold
# mappings and have no hash, so they are known again by identity, and the menu is held beside what was found.

Owner = TypeVar("Owner")
P = ParamSpec("P")

FEW_OWNERS = 8
"""Results kept of each function; a server has one or two menus live at a time."""


def keep_per_owner(find: Callable[Concatenate[Owner, P], V]) -> Callable[Concatenate[Owner, P], V]:
    """Keep the latest results of a function of a menu and of values that have a hash; nobody may change them."""
    known: BoundedTable[tuple[object, ...], tuple[Owner, V]] = BoundedTable(FEW_OWNERS)

    def find_once(owner: Owner, /, *args: P.args, **named: P.kwargs) -> V:
        key = (id(owner), args, tuple(named.items()))
        kept = known.find_value(key)
        if kept is None or kept[0] is not owner:
            kept = owner, find(owner, *args, **named)
            known.put_value(key, kept)
        return kept[1]

    update_wrapper(find_once, find)
    return find_once
