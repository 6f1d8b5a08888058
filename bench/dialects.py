"""Times a USSD hop through each provider's dialect beside the first one, and counts the lines of each adapter.

    python -m bench.dialects

Each line posts the same keys of the same menu through the same WSGI application, in turns, so what differs
is the dialect: its parsing, its page, and what it does not know of a turn. Read the ratio.
"""

import io
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import redis

from bench.hops import build_post
from bench.own_valkey import start_own_valkey
from config.settings import load_settings
from gateway import channels as adapters
from gateway.foundation.time_and_chance import Clock, Serials
from gateway.operations import supervisor
from gateway.web.app import create_app
from gateway.web.webhooks.views import list_addresses
from tests.channels.test_ussd_dialects import SPEAKERS
from tests.support import house
from tests.support.channel_tables import PROVIDERS, as_form, line_of, split_tail, table_of
from tests.support.ledgers import made

WARM, SESSIONS = 20, 200
KEYS = ("4", "1", "2", "0", "2", "1", "00")
FIRST = "africastalking"


def build_dialect_post(provider: str, path: str, session: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return the WSGI environment of the post of these keys in the provider's form."""
    dialect, posted = table_of(provider).dialect, SPEAKERS[provider].post(session, keys)
    tail, fields = split_tail(posted)
    environ = build_post(path + tail, 0, "")
    if dialect.method == "GET":
        body, query = b"", as_form(fields).decode()
    else:
        body, query = dialect.write(fields), ""
    return environ | {
        "REQUEST_METHOD": dialect.method,
        "QUERY_STRING": query,
        "CONTENT_TYPE": dialect.content_type,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
    }


def measure(folder: Path) -> None:
    """Measure interleaved rounds of all dialects and print them."""
    client = redis.Redis.from_url(supervisor.find_url(folder), socket_timeout=0.3)
    clock, lines = Clock(), {provider: line_of(provider, provider) for provider in SPEAKERS}
    found = house.made_parts(made(f"sqlite:///{folder / 'dialects.db'}"), clock, folder, client)
    parts = replace(found, channels=lines)
    house.publish(parts)
    parts.sessions.refresh()
    serials = Serials(lines, key=lambda: parts.store.ring.key("webhook"), read=lambda _: None)
    app = create_app(parts, load_settings({"GATEWAY_DATA_DIR": str(folder), "GATEWAY_PHONE": "on"}), serials)
    addresses = list_addresses("", lines, serials.secrets)
    paths = {provider: urlsplit(addresses[provider]["ussd"]).path for provider in SPEAKERS}
    print_ratios(time_sessions(app, parts.duty.refresh, paths))


def time_sessions(
    app: Callable[..., Iterable[bytes]], refresh: Callable[[], None], paths: Mapping[str, str]
) -> Mapping[str, list[float]]:
    """Return provider → µs of a key of each session; the dialects take turns after every session.

    What else runs on the machine changes from one second to the next, so each session stands beside those of the other
    dialects and the order turns by one each time.
    """
    found: defaultdict[str, list[float]] = defaultdict(list)
    order = list(paths)
    for session in range(WARM + SESSIONS):
        refresh()  # as the refresh thread does each second
        order = order[1:] + order[:1]
        for provider in order:
            took = 0.0
            for pressed in range(len(KEYS) + 1):
                post = build_dialect_post(provider, paths[provider], f"{session}", KEYS[:pressed])
                began = time.thread_time()
                b"".join(app(post, lambda *_: lambda _piece: None))
                took += (time.thread_time() - began) * 1e6 if pressed else 0.0
            if session >= WARM:
                found[provider].append(took / len(KEYS))
    return found


def print_ratios(found: Mapping[str, list[float]]) -> None:
    """Print the median cost of each dialect, and the median of its ratios to the first in the same turn."""
    print(f"A key that moves, {SESSIONS} sessions, the dialects in turns; µs of processor time, medians")
    print(f"{'':16}{'µs':>6}{'x first':>9}")
    for provider in sorted(found, key=lambda name: name != FIRST):
        pairs = zip(found[provider], found[FIRST], strict=True)
        print(f"{provider:16}{median(found[provider]):6.0f}{median(a / b for a, b in pairs):9.2f}")


def count_lines() -> None:
    """Print the lines of each adapter: all, and those that are code."""
    print(f"\n{'adapter':16}{'files':>6}{'lines':>7}{'code':>6}{'events':>28}")
    root = Path(next(iter(adapters.__path__)))
    for provider in PROVIDERS:
        files = sorted((root / provider).rglob("*.py"))
        lines = [line.strip() for file in files for line in file.read_text(encoding="utf-8").splitlines()]
        code = sum(bool(line) and not line.startswith(("#", '"""')) for line in lines)
        events = " ".join(sorted(line_of(provider).contract.events))
        print(f"{provider:16}{len(files):6}{len(lines):7}{code:6}  {events}")


def main() -> None:
    """Start a Valkey of its own, measure and end it."""
    with start_own_valkey() as folder:
        measure(folder)
    count_lines()


if __name__ == "__main__":
    sys.exit(main())
