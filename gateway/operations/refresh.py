"""The one thread of every web and worker process: menus and keys stay a second young, counters ten."""

import logging
import threading
from collections.abc import Callable, Sequence

from gateway.storage.database import Unavailable

_EVERY = 1.0
_SELDOM = 10

_log = logging.getLogger(__name__)


class Refresh:
    """Keeps what a process holds in memory in step with SQL.

    Args:
        often: called every second.
        seldom: called every ten seconds, and once more at the end.
    """

    def __init__(
        self, often: Sequence[Callable[[], object]], seldom: Sequence[Callable[[], object]] = ()
    ) -> None:
        self._often = often
        self._seldom = seldom
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="refresh", daemon=True)

    def start(self) -> None:
        """Begin; the process may end without stopping it."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and do the seldom things once more, so that no count is lost."""
        self._over.set()
        self._thread.join(timeout=5)
        _do_quietly(self._seldom)

    def _run(self) -> None:
        seconds = 0
        while not self._over.wait(_EVERY):
            seconds += 1
            _do_quietly(self._often)
            if seconds % _SELDOM == 0:
                _do_quietly(self._seldom)


def _do_quietly(what: Sequence[Callable[[], object]]) -> None:
    for each in what:
        try:
            each()
        except Unavailable:
            return  # SQL is away; the next second asks again
        except Exception as error:  # noqa: BLE001 - this thread must outlive any single fault
            _log.error("refresh failed kind=%s", type(error).__name__)  # no traceback: it may quote her


# Sets up the log of a process, so that each line says when it was written, whoever writes it.

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_log(level: int = logging.INFO) -> None:
    """Write lines of this level and above with their time; a line that nobody set up would come without one."""
    logging.basicConfig(level=level, format=LINE)
