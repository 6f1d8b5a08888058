"""The one thread of every web and worker process: menus and keys stay a second young, counters ten."""

import logging
import threading
from collections.abc import Callable

from gateway.parts import Parts
from gateway.store.engines import Unavailable

_EVERY = 1.0
_COUNTERS_EVERY = 10

_log = logging.getLogger(__name__)


class Refresh:
    """Keeps what a process holds in memory in step with SQL.

    ``replay`` writes what this machine spooled while SQL was away; it is handed in because it lies above.
    """

    def __init__(self, parts: Parts, replay: Callable[[], None]) -> None:
        self._parts = parts
        self._replay = replay
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)

    def start(self) -> None:
        """Begin; the process may end without stopping it."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and write the last counts."""
        self._over.set()
        self._thread.join(timeout=5)
        self._once(counters=True)

    def _run(self) -> None:
        seconds = 0
        while not self._over.wait(_EVERY):
            seconds += 1
            self._once(counters=seconds % _COUNTERS_EVERY == 0)

    def _once(self, *, counters: bool) -> None:
        for what in (self._menus, self._keys, self._replay, *([self._counts] if counters else [])):
            try:
                what()
            except Unavailable:
                return  # SQL is away; the next second asks again
            except Exception as error:  # noqa: BLE001 - this thread must outlive any single fault
                _log.error("refresh failed kind=%s", type(error).__name__)  # no traceback: it may quote her

    def _menus(self) -> None:
        self._parts.versions.refresh()

    def _keys(self) -> None:
        with self._parts.store.read() as tx:
            self._parts.store.ring.refresh(tx)

    def _counts(self) -> None:
        self._parts.count.flush(self._parts.store)
