"""Runs the background thread that refreshes menus and keys every second and flushes counters every ten.

Sets up logging.
"""

import logging
import threading
from collections.abc import Callable, Sequence

from gateway.storage.database import Unavailable

_EVERY = 1.0
_SELDOM = 10

_log = logging.getLogger(__name__)


class Refresh:
    """Keeps a process's in-memory state in step with SQL.

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
        """Start the daemon thread; the process may exit without stopping it."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread and run the ``seldom`` calls once more, so that no count is lost."""
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
            return  # SQL is away; the next round tries again
        except Exception as error:  # noqa: BLE001 - this thread must survive any single error
            # No traceback: it may quote personal data.
            _log.error("refresh failed kind=%s", type(error).__name__)


# Logging. Every line gets a timestamp, including those of libraries.

LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


def set_up_log(level: int = logging.INFO) -> None:
    """Log to stderr from this level up, with a timestamp on every line, including those of libraries."""
    logging.basicConfig(level=level, format=LINE)
