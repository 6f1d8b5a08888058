"""Root of the worker and of the clock: puts their parts together and runs them until TERM or INT."""

import logging
import sys
from collections.abc import Callable

from config.settings import Settings, from_process
from gateway.bootstrap import open_redis, open_serving_parts, refreshed
from gateway.logs import set_up_log
from gateway.parts import Parts
from gateway.refresh import Refresh
from workers.chores import TABLE
from workers.clock import run_clock
from workers.worker import run_worker


def worker(settings: Settings) -> None:
    """Be one worker."""
    parts, catch_up = _opened(settings)
    refresh = Refresh(often=[catch_up, *refreshed(parts)], seldom=[lambda: parts.count.flush(parts.store)])
    refresh.start()
    try:
        run_worker(parts, open_redis(settings))
    finally:
        refresh.stop()


def clock(settings: Settings) -> None:
    """Be the clock; a second one is harmless."""
    parts, catch_up = _opened(settings)
    refresh = Refresh(often=[catch_up, *refreshed(parts)])
    refresh.start()
    try:
        run_clock(parts, TABLE)
    finally:
        refresh.stop()


def _opened(settings: Settings) -> tuple[Parts, Callable[[], object]]:
    set_up_log()
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each time that it looked at a revision
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at each look which database it sees
    return open_serving_parts(settings)


if __name__ == "__main__":
    {"worker": worker, "clock": clock}[sys.argv[1]](from_process())
