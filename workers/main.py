"""Starts the worker, the clock or the links process, and runs it until SIGTERM or SIGINT.

The links process keeps the connections of channels that have one, a thread each. It holds no data: what comes is
posted to our own webhook, which keeps it before the provider reads that it was taken; what leaves is handed over by
the workers.
"""

import json
import logging
import sys
import threading
from collections.abc import Callable, Mapping

from config.settings import Settings, from_process
from gateway.bootstrap import list_refreshed, open_redis, open_serials, open_serving_parts
from gateway.channels.contract import LinkDoors, Linked
from gateway.channels.http_client import NoAnswer, OverHttp
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.operations.refresh import Refresh, set_up_log
from gateway.storage.database import Unavailable
from workers import Stop
from workers.chores import TABLE, run_clock
from workers.jobs import run_worker

_log = logging.getLogger(__name__)

POST_SECONDS = (2.0, 10.0)
AGAIN_SECONDS = 5.0
JSON = {"Content-Type": "application/json"}


def run_links(parts: Services, own_url: str, serials: Serials, *, stop: Stop | None = None) -> None:
    """Keep every link until SIGTERM or SIGINT.

    Args:
        parts: the services of this process.
        own_url: where the webhooks are reached.
        serials: the secrets of their addresses.
        stop: the stop flag; a new one by default.
    """
    stop = stop or Stop()
    _renew(serials)
    linked = {
        name: each for name, each in parts.channels.items() if isinstance(each, Linked) and each.has_link
    }
    if not linked:
        _log.warning("no line keeps a link, so there is nothing to do here")
    threads = [
        threading.Thread(target=_keep, args=(name, each, own_url, serials, stop))
        for name, each in linked.items()
    ]
    with stop.on_signals():
        for thread in threads:
            thread.start()
        while not stop():
            stop.wait(1.0)
    for thread in threads:
        thread.join()


def _renew(serials: Serials) -> None:
    try:
        serials.renew()
    except Unavailable:
        _log.warning("SQL is away; the webhooks are posted to under the first secret until it is back")


def _keep(name: str, channel: Linked, own_url: str, serials: Serials, stop: Stop) -> None:
    doors = LinkDoors(post=_make_post(name, own_url, serials), stopping=stop)
    while not stop():
        try:
            channel.keep_link(doors)
        except Exception as error:  # noqa: BLE001 - one link must not end the others
            # Without the traceback, which may quote a text (OWASP Logging Cheat Sheet).
            _log.error("line %s: its link ended with %s", name, type(error).__name__)
            stop.wait(AGAIN_SECONDS)


def _make_post(
    name: str, own_url: str, serials: Serials
) -> Callable[[str, Mapping[str, str]], tuple[int, str]]:
    http = OverHttp()

    def post(event: str, fields: Mapping[str, str]) -> tuple[int, str]:
        address = f"{own_url}/webhooks/{name}/{serials.secrets(name)[0]}/{event}"
        try:
            reply = http.ask(
                "POST", address, body=json.dumps(fields).encode(), headers=JSON, times=POST_SECONDS
            )
        except NoAnswer:
            return 0, ""
        return (0 if reply.cut else reply.status), reply.body.decode(errors="replace")

    return post


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
