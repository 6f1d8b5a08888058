"""Runs ``gateway clock``: periodic tasks, the clock check and metrics, without Redis or the web process."""

import logging
from collections.abc import Sequence

from gateway.delivery.clock_guard import ClockWatch
from gateway.foundation.services import Services
from gateway.operations.reporting.metrics import EVERY
from gateway.storage.database import Unavailable
from workers.chores import Chore, Round
from workers.stop import Stop

_log = logging.getLogger(__name__)

TICK_SECONDS = 1.0


def run_clock(parts: Services, chores: Sequence[Chore], *, stop: Stop | None = None) -> None:
    """Run due tasks, check the system clock and flush metrics until SIGTERM or SIGINT.

    Args:
        parts: the services of this process.
        chores: the periodic tasks.
        stop: the stop flag; a new one by default.
    """
    stop = stop or Stop()
    round_, watch = Round(parts, chores), ClockWatch(parts)
    flush_at = 0.0
    with stop.on_signals():
        while not stop():
            _look_at(watch)
            round_.go(stopping=stop)
            if parts.clock.monotonic() >= flush_at:
                flush_at = parts.clock.monotonic() + EVERY.total_seconds()
                parts.count.flush(parts.store)
            stop.wait(TICK_SECONDS)
    parts.count.flush(parts.store)


def _look_at(watch: ClockWatch) -> None:
    try:
        watch.look()
    except Unavailable as error:
        _log.warning("the clock cannot be compared with the ledger: %s", error)
