"""Starts the worker, the clock or the links process: builds its services and runs it until SIGTERM or SIGINT."""

import logging
import sys
from collections.abc import Callable

from config.settings import Settings, from_process
from gateway.bootstrap import list_refreshed, open_redis, open_serials, open_serving_parts
from gateway.foundation.services import Services
from gateway.operations.refresh import Refresh, set_up_log
from workers.chores import TABLE, run_clock
from workers.jobs import run_worker
from workers.links import run_links


def start_worker(settings: Settings) -> None:
    """Run one worker process."""
    parts, catch_up = _open_services(settings)
    refresh = Refresh(
        often=[catch_up, *list_refreshed(parts)], seldom=[lambda: parts.count.flush(parts.store)]
    )
    refresh.start()
    try:
        run_worker(parts, open_redis(settings))
    finally:
        refresh.stop()


def start_clock(settings: Settings) -> None:
    """Run the clock process; several may run at once."""
    parts, catch_up = _open_services(settings)
    refresh = Refresh(often=[catch_up, *list_refreshed(parts)])
    refresh.start()
    try:
        run_clock(parts, TABLE)
    finally:
        refresh.stop()


def start_links(settings: Settings) -> None:
    """Run the process that keeps links."""
    parts, catch_up = _open_services(settings)
    serials = open_serials(parts)
    refresh = Refresh(often=[catch_up, serials.renew], seldom=[])
    refresh.start()
    try:
        run_links(parts, settings.own_url, serials)
    finally:
        refresh.stop()


def _open_services(settings: Settings) -> tuple[Services, Callable[[], object]]:
    set_up_log()
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells each time that it looked at a revision
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells at each look which database it sees
    return open_serving_parts(settings)


if __name__ == "__main__":
    {"worker": start_worker, "clock": start_clock, "links": start_links}[sys.argv[1]](from_process())
