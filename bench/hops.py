"""Times a USSD hop inside one process beside a yardstick: the processor's time of a thread, no HTTP server between.

    python -m bench.hops             # the table, interleaved rounds

The yardstick is a bare Flask view that reads the five fields, and asks Redis twice by redis-py (GET, SET EX). Both get
the same WSGI requests over the same Valkey; read the ratio, since absolute figures say more about the machine.
"""

import io
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode, urlsplit

import redis
from flask import Flask, Response, request

from bench.bare import FIELDS
from bench.own_valkey import start_own_valkey
from config.settings import load_settings
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock, Serials
from gateway.operations import supervisor
from gateway.web.app import create_app
from gateway.web.webhooks.views import list_addresses
from tests.support import house
from tests.support.ledgers import made

ROUNDS = 9
SESSIONS = 60
BRANCHES = (
    ("4", "1", "2"),
    ("4", "2", "1"),
    ("4", "3", "1"),
    ("4", "1", "1"),
    ("2", "1", "2"),
    ("2", "4", "1"),
)
_EXPECTED: dict[tuple[str, tuple[str, ...]], bytes] = {}
"""Path and keys → the page of the first round, which every later one must repeat."""
WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def build_yardstick(client: redis.Redis) -> Flask:
    """Return a Flask application with one view that keeps a session in two trips to Redis."""
    app = Flask("yardstick", static_folder=None)

    @app.post("/ussd")
    def ussd() -> Response:
        fields = [request.form[name] for name in FIELDS]
        client.get(fields[0])
        client.set(fields[0], fields[4], ex=1800)
        return Response("CON hello", content_type="text/plain; charset=utf-8")

    return app


def build_post(path: str, caller: int, text: str) -> dict[str, Any]:
    """Return the WSGI environment of a post with the keys of a session, joined by stars."""
    number = f"+85620555{caller:05}"
    fields = (f"ATUid_{caller}", number, "99999", "*384*12345#", text)
    body = urlencode(dict(zip(FIELDS, fields, strict=True))).encode()
    return {
        "REQUEST_METHOD": "POST", "SCRIPT_NAME": "", "PATH_INFO": path, "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "127.0.0.1:8000", "HTTP_USER_AGENT": "bench", "HTTP_ACCEPT": "*/*",
        "CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": str(len(body)),
        "REMOTE_ADDR": "127.0.0.1", "wsgi.input": io.BytesIO(body), "wsgi.errors": sys.stderr,
        "wsgi.url_scheme": "http", "wsgi.version": (1, 0), "wsgi.multithread": True,
        "wsgi.multiprocess": True, "wsgi.run_once": False, "wsgi.input_terminated": True,
    }  # fmt: skip


def time_walks(app: WsgiApp, path: str, first_caller: int) -> tuple[float, float]:
    """Walk sessions over all branches; return microseconds of a first dial, and of a key that moves."""
    dials, moves = [], []
    for nth in range(SESSIONS):
        keys = BRANCHES[nth % len(BRANCHES)]
        for pressed in range(len(keys) + 1):
            post = build_post(path, first_caller + nth, "*".join(keys[:pressed]))
            began = time.thread_time()
            answer = b"".join(app(post, lambda *_: lambda _piece: None))
            took = (time.thread_time() - began) * 1e6
            (moves if pressed else dials).append(took)
            if _EXPECTED.setdefault((path, keys[:pressed]), answer) != answer:
                raise SystemExit(f"the walk {keys[:pressed]} was answered {answer[:80]!r}")
    return median(dials), median(moves)


def build_gateway(folder: Path, client: redis.Redis) -> tuple[Flask, str, Services]:
    """Return the application over the sample menu and SQLite, the path of its USSD webhook, and its services."""
    clock = Clock()
    parts = house.made_parts(made(f"sqlite:///{folder / 'hops.db'}"), clock, folder, client)
    house.publish(parts)
    parts.sessions.refresh()
    parts.duty.refresh()
    serials = Serials(parts.channels, key=lambda: parts.store.ring.key("webhook"), read=lambda _: None)
    app = create_app(parts, load_settings({"GATEWAY_DATA_DIR": str(folder), "GATEWAY_PHONE": "on"}), serials)
    hook = list_addresses("", parts.channels, serials.secrets)["africastalking"]["ussd"]
    return app, urlsplit(hook).path, parts


def measure(folder: Path) -> None:
    """Measure interleaved rounds over a Valkey that answers, and print them."""
    client = redis.Redis.from_url(supervisor.find_url(folder), socket_timeout=0.3)
    yardstick = build_yardstick(client)
    app, path, parts = build_gateway(folder, client)
    rounds = []
    for number in range(ROUNDS + 1):
        _, bare = time_walks(yardstick, "/ussd", number * SESSIONS)
        parts.duty.refresh()  # as the refresh thread does each second
        dial, move = time_walks(app, path, number * SESSIONS)
        rounds.append((bare, dial, move))
    kept = rounds[1:]  # the first one fills caches
    print(f"One process, {ROUNDS} interleaved rounds of {SESSIONS} sessions; µs of processor time, medians")
    print(f"{'':24}{'µs':>8}{'x yardstick':>13}")
    for name, at in (("yardstick", 0), ("first dial", 1), ("key that moves", 2)):
        ratio = median(one[at] / one[0] for one in kept)
        print(f"{name:24}{median(one[at] for one in kept):8.0f}{ratio:13.2f}")


def main() -> None:
    """Start a Valkey of its own, measure and end it."""
    with start_own_valkey() as folder:
        measure(folder)


if __name__ == "__main__":
    main()
