"""Traces what a request enters: files, rooms, functions and SQL of one trip each, as a Markdown table.

    python -m bench.trace            # the table
    python -m bench.trace --files    # and the files of each trip

The real Flask client posts to the real application over SQLite, a real Valkey and the sample menu; every trip is made
once before it is traced, so that imports and compiled templates do not count.
"""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import redis
import sqlalchemy
from flask import Flask
from flask.testing import FlaskClient

from bench.own_valkey import start_own_valkey
from config.settings import load_settings
from gateway.delivery.send import drain_outbox
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Serials
from gateway.operations import supervisor
from gateway.web.app import create_app
from gateway.web.webhooks.views import list_addresses
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.ledgers import made
from tests.support.outbox_rig import Phone as SilentChannel
from tests.support.web_surroundings import Browser, somebody, token_of

ROOT = Path(__file__).resolve().parent.parent
TARGETS = {
    "USSD, key that only moves": "28 files, 7 rooms",
    "SMS with a keyword": "38 files",
    "callback page": "10 SQL in 1 transaction",
    "queue page": "10 SQL in 1 transaction",
}
WALK = ["4", "7", "2", "2", "3"]
"""English, then the questions about a call up to the last one, which `1` answers."""


@dataclass
class Trip:
    """What one request entered."""

    files: Counter[str] = field(default_factory=Counter)
    functions: set[tuple[str, str, int]] = field(default_factory=set)
    changes: int = 0
    statements: list[str] = field(default_factory=list)
    transactions: int = 0
    _last: str = ""

    def see(self, frame: FrameType, event: str, _argument: object) -> None:
        """Take one event of the interpreter's profiler."""
        if event != "call":
            return
        code = frame.f_code
        if code.co_filename not in _OURS:
            _OURS[code.co_filename] = _shorten_path(code.co_filename)
        if path := _OURS[code.co_filename]:
            self.files[path] += 1
            self.functions.add((path, code.co_name, code.co_firstlineno))
            self.changes += path != self._last
            self._last = path

    @property
    def rooms(self) -> set[str]:
        """The packages right below `gateway` (`workers` and `config` are rooms of their own)."""
        return {
            "/".join(path.split("/")[:2]) if path.startswith("gateway/") else path.split("/")[0]
            for path in self.files
        }


_OURS: dict[str, str] = {}
_CURRENT: list[Trip] = []


def _shorten_path(name: str) -> str:
    path = Path(name)
    if not path.is_relative_to(ROOT) or path.suffix != ".py":
        return ""
    short = str(path.relative_to(ROOT))
    return short if short.startswith(("gateway/", "workers/", "config/")) else ""


@contextmanager
def trace() -> Iterator[Trip]:
    """Count what this thread enters inside the block."""
    trip = Trip()
    _CURRENT.append(trip)
    sys.setprofile(trip.see)
    try:
        yield trip
    finally:
        sys.setprofile(None)
        _CURRENT.clear()


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "before_cursor_execute")
def _note_statement(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
    if _CURRENT and not statement.lstrip().upper().startswith(
        ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT")
    ):
        _CURRENT[0].statements.append(statement)


@sqlalchemy.event.listens_for(sqlalchemy.Engine, "begin")
def _note_begin(_connection: Any) -> None:
    if _CURRENT:
        _CURRENT[0].transactions += 1


class Rig:
    """The application, a phone that posts as Africa's Talking does, and a browser with a signed-in supervisor."""

    def __init__(self, folder: Path) -> None:
        self.clock = SetClock()
        self.parts = self._open(folder)
        house.publish(self.parts)
        serials = Serials(
            self.parts.channels, key=lambda: self.parts.store.ring.key("webhook"), read=lambda _: None
        )
        environment = {"GATEWAY_DATA_DIR": str(folder), "GATEWAY_PHONE": "on"}
        self.app: Flask = create_app(self.parts, load_settings(environment), serials)
        self.hooks = list_addresses("", self.parts.channels, serials.secrets)["africastalking"]
        self.client: FlaskClient = self.app.test_client()
        self._posted = 0

    def _open(self, folder: Path) -> Services:
        client = redis.Redis.from_url(supervisor.find_url(folder))
        store = made(f"sqlite:///{folder / 'trace.db'}")
        return house.made_parts(store, self.clock, folder, client)

    def sign_in(self) -> Browser:
        """Sign a supervisor in, below the slow hash of a password."""
        somebody(self.parts, "Noy", Role.SUPERVISOR)
        browser = Browser(self.app.test_client()).carry(token_of(self.parts, "Noy"))
        browser.get("/me")
        return browser

    def post_ussd(self, number: str, text: str) -> str:
        """Post the keys of a session, joined by stars, and return the page."""
        fields = {
            "sessionId": f"ATUid_{number}",
            "phoneNumber": number,
            "serviceCode": "*384*12345#",
            "text": text,
        }
        answer = self.client.post(urlsplit(self.hooks["ussd"]).path, data={**fields, "networkCode": "99999"})
        return answer.get_data(as_text=True)

    def post_sms(self, number: str, text: str) -> None:
        """Post a text that the caller sent."""
        self._posted += 1
        fields = {"from": number, "to": "22384", "text": text, "date": "2026-11-24 07:05:00", "linkId": ""}
        answer = self.client.post(
            urlsplit(self.hooks["sms"]).path, data={**fields, "id": f"ATXid_{self._posted}"}
        )
        if answer.status_code != 200:
            raise SystemExit(f"the text was not taken: {answer.get_data(as_text=True)}")

    def walk_to(self, number: str, keys: list[str]) -> str:
        """Dial, press these keys, and return them joined as the provider posts them."""
        for pressed in range(len(keys) + 1):
            self.post_ussd(number, "*".join(keys[:pressed]))
        return "*".join(keys)


def trace_ussd(rig: Rig, number: str) -> dict[str, Trip]:
    """First dial, a key that only moves, and the key that saves a request."""
    saver = f"{number[:-1]}9"
    with trace() as dial:
        rig.post_ussd(number, "")
    with trace() as move:
        rig.post_ussd(number, "4")
    joined = rig.walk_to(saver, WALK)
    with trace() as save:
        page = rig.post_ussd(saver, f"{joined}*1")
    if "code" not in page:
        raise SystemExit(f"the walk did not save a request: {page}")
    return {"USSD, first dial": dial, "USSD, key that only moves": move, "USSD, key that saves": save}


def trace_sms(rig: Rig, number: str) -> dict[str, Trip]:
    """A text with a keyword."""
    with trace() as text:
        rig.post_sms(number, "wage")
    return {"SMS with a keyword": text}


def trace_row(rig: Rig, number: str) -> dict[str, Trip]:
    """The row that answers a text, from its claim to its result; the channel itself only says that it was sent."""
    rig.post_sms(number, "wage")
    silent = SilentChannel("africastalking", rate=1_000)
    parts = replace(rig.parts, channels={**rig.parts.channels, "africastalking": silent})
    with trace() as row:
        drain_outbox(parts, seconds=5)
    if len(silent.got) != 1:
        raise SystemExit(f"{len(silent.got)} rows were sent")
    return {"outbox row, claim to record": row}


def trace_pages(rig: Rig, browser: Browser, number: str) -> dict[str, Trip]:
    """One callback and the queue as a supervisor sees them."""
    callback = house.requests(rig.parts, number)[0].id
    trips = {}
    for name, address in (("callback page", f"/callbacks/{callback}"), ("queue page", "/")):
        with trace() as trip:
            answer = browser.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address}: {answer.status}")
        trips[name] = trip
    return trips


def trace_all(folder: Path) -> dict[str, Trip]:
    """Make every trip twice and return what the second ones entered."""
    rig = Rig(folder)
    browser = rig.sign_in()
    trips: dict[str, Trip] = {}
    for number in ("+85620555001", "+85620555002"):
        drain_outbox(rig.parts, seconds=5)
        trips |= trace_sms(rig, f"{number}05")
        drain_outbox(rig.parts, seconds=5)
        trips |= trace_row(rig, f"{number}06")
        trips |= trace_ussd(rig, f"{number}01")
        trips |= trace_pages(rig, browser, f"{number}09")
    return trips


def run_trips() -> dict[str, Trip]:
    """Start a Valkey of its own, make every trip and return them by name."""
    with start_own_valkey() as folder:
        return trace_all(folder)


def main() -> None:
    """Print the table."""
    trips = run_trips()
    print("| trip | files | rooms | functions | calls | changes of file | SQL | transactions | target |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, trip in trips.items():
        counted = (
            len(trip.files),
            len(trip.rooms),
            len(trip.functions),
            sum(trip.files.values()),
            trip.changes,
        )
        sql = (len(trip.statements), trip.transactions)
        print(f"| {name} | {' | '.join(map(str, (*counted, *sql)))} | {TARGETS.get(name, '')} |")
    if "--files" in sys.argv:
        for name, trip in trips.items():
            print(f"\n{name}: {', '.join(sorted(trip.rooms))}")
            print("\n".join(f"  {path} {calls}" for path, calls in sorted(trip.files.items())))


if __name__ == "__main__":
    main()
