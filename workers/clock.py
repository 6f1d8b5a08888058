"""The body of ``gateway clock``: it does the chores, watches the time, and needs neither Redis nor the web."""

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
    """Do the chores, look at the clock and write the figures, until TERM or INT.

    Args:
        parts: the parts.
        chores: what is to be done, and how often.
        stop: ends the clock when it is asked.
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
