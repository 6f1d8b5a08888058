"""The pages of the desk with 300, 10,000 and 100,000 open requests and up to 1,000,000 closed, over HTTP.

A hundred are due now at each size, so that the pages hold the same; the others are planned for later, and behind them
lie closed rows that retention has emptied. Templates, sessions and forms are those of the product.
``python -m bench.desk postgresql`` takes one database.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, text
from werkzeug.test import TestResponse

sys.path.insert(0, str(Path(__file__).parent.parent))

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.storage import callbacks, callers
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store
from gateway.storage.tables import callbacks as table
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk, made_parts
from tests.support.house import publish
from tests.support.large_queue import add_requests
from tests.support.ledgers import made
from tests.support.servers import PostgreSQL
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, token_of

SIZES = ((300, 1_000), (10_000, 100_000), (100_000, 1_000_000))
"""Open requests, and closed ones behind them; the fewest fill every tab, so that the pages are of one length."""

ROUNDS = 15
NOW = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)  # 18:05 in Vientiane
DUE, RECENT = 100, 200
ALLOWED = 1.5


_OLD = {
    "sqlite": """
        INSERT INTO callbacks
        (id, session, state, priority, zone, topic, asked_at, last_asked_at, changed_at, closed_at)
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
        SELECT printf('old%017d', i), x'', 'closed', 1, 'Asia/Vientiane', 'pay', at, at, at, at
        FROM (SELECT i, datetime('2026-08-01', '-' || (i % 500000) || ' minutes') || '.000000' AS at FROM n)""",
    "postgresql": """
        INSERT INTO callbacks
        (id, session, state, priority, zone, topic, asked_at, last_asked_at, changed_at, closed_at)
        SELECT 'old' || lpad(i::text, 17, '0'), ''::bytea, 'closed', 1, 'Asia/Vientiane', 'pay', at, at, at, at
        FROM (SELECT i, timestamptz '2026-08-01' - (i % 500000) * interval '1 minute' AS at
              FROM generate_series(1, :many) AS i) AS n""",
}


DATABASES = ("sqlite", "postgresql")


def main(sizes: Sequence[tuple[int, int]] = SIZES, databases: Sequence[str] = DATABASES) -> None:
    """Measure and print."""
    print("\nThe desk by what is stored, over HTTP: milliseconds, medians of interleaved rounds")
    worst = 0.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gw-bench-")))
        server = PostgreSQL()
        server.start()
        stack.callback(server.close)
        for dialect in databases:
            houses = {size: _build_house(dialect, size, folder, server) for size in sizes}
            worst = max(worst, _measure(dialect, houses))
            for house in houses.values():
                house.parts.store.close()
    print(f"{'worst against the smallest':34}{worst:9.2f} x   allowed {ALLOWED} x")


class House:
    """One ledger with so many requests, and a supervisor's browser in front of it."""

    def __init__(self, parts: Services, number: str, code: str) -> None:
        publish(parts)
        desk = Desk(parts, SetClock(NOW.isoformat()))
        desk.person("Boss", Role.SUPERVISOR)
        self.parts = parts
        self.browser = Browser(pages_of(parts).test_client()).carry(token_of(parts, "Boss"))
        self._mark = ""
        self.deeds: dict[str, Callable[[], Any]] = {
            "page of the queue": lambda: self._see("/"),
            "poll that brings nothing": lambda: self._see("/look/queue", self._mark),
            "tab of what is planned": lambda: self._see("/later"),
            "tab of closed requests": lambda: self._see("/closed"),
            "search by code": lambda: self._see(f"/search?code={code}"),
            "search by number": lambda: self._send("/search", number=number),
            "take the next, give it back": self._take,
        }

    def refresh(self) -> None:
        """Load the page as it is now, whose mark the next poll sends."""
        self._see("/")
        self._mark = self._see("/look/queue").headers["ETag"]

    def _see(self, address: str, mark: str = "") -> TestResponse:
        answer = self.browser.get(address, headers={"If-None-Match": mark} if mark else {})
        if answer.status_code not in {200, 303, 304}:
            raise SystemExit(f"{address} answers {answer.status}")
        return answer

    def _send(self, address: str, **fields: str) -> TestResponse:
        answer = self.browser.post(address, **fields)
        if answer.status_code not in {200, 303}:
            raise SystemExit(f"{address} answers {answer.status}")
        return answer

    def _take(self) -> None:
        taken = self._send("/take-next").headers["Location"]
        if not taken.startswith("/callbacks/"):
            raise SystemExit("nobody waits")
        self._send(f"{taken.partition('#')[0]}/release")


def _measure(dialect: str, houses: dict[tuple[int, int], House]) -> float:
    spent: dict[tuple[str, tuple[int, int]], list[float]] = {}
    names = list(next(iter(houses.values())).deeds)
    for _ in range(ROUNDS):
        for house in houses.values():
            house.refresh()
        for name in names:
            for size, house in houses.items():
                began = time.perf_counter()
                house.deeds[name]()
                spent.setdefault((name, size), []).append((time.perf_counter() - began) * 1_000)
    worst = 0.0
    print(
        f"{dialect + ', open requests':34}"
        + "".join(f"{one:>12,}" for one, _ in houses)
        + f"{'x smallest':>12}"
    )
    for name in names:
        medians = [median(spent[name, size]) for size in houses]
        ratio = max(medians) / medians[0]
        worst = max(worst, ratio)
        print(f"{name:34}" + "".join(f"{one:12.2f}" for one in medians) + f"{ratio:12.2f}")
    return worst


def _build_house(dialect: str, size: tuple[int, int], folder: Path, server: PostgreSQL) -> House:
    name = f"bench_{size[0]}"
    if dialect == "postgresql":
        with server.connect() as admin:
            admin.execute(f"CREATE DATABASE {name}")
        url = server.url(name)
    else:
        url = f"sqlite:///{folder / f'{name}.db'}"
    store = made(url)
    number, code = _fill(store, *size)
    if dialect == "postgresql":
        with server.connect(name) as inside:
            inside.execute("VACUUM ANALYZE")
    else:
        with store.write() as tx:
            tx.execute(text("ANALYZE"))
    place = folder / f"{dialect}_{size[0]}"
    place.mkdir()
    return House(made_parts(store, SetClock(NOW.isoformat()), place), number, code)


def _fill(store: Store, many_open: int, many_closed: int) -> tuple[str, str]:
    """Fill a ledger; return a number and a code to look for, of a callback that was closed this week."""
    with store.write() as tx:
        rows = [_callback(tx, n, 0) for n in range(DUE + RECENT)]
        tx.execute(insert(table), rows)
        if store.dialect == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text(_OLD[store.dialect]), {"many": many_closed})
    for start in range(0, many_open - DUE, 50_000):
        opens = timedelta(hours=13 + start // 50_000)
        many = min(50_000, many_open - DUE - start)
        add_requests(store, many, name=f"l{start // 50_000:02}", now=NOW, opens=opens, digits=5, dangers=0)
    return _number(DUE), f"{DUE:04}"


def _callback(tx: Any, n: int, planned: int) -> dict[str, Any]:
    """One callback: the first are due now, then those planned, then those closed in the last weeks."""
    caller = callers.upsert_caller(tx, _number(n), now=NOW)
    is_open, is_due = n < DUE + planned, n < DUE
    ago = timedelta(minutes=n + 1)
    start = NOW - timedelta(minutes=5) if is_due else NOW + timedelta(hours=12 + n % 90)
    made_row = Callback(
        id=f"new{n:017}",
        caller_id=caller.id,
        session=n.to_bytes(32),
        state=CallbackState.WAITING if is_open else CallbackState.CLOSED,
        priority=0 if is_due and n % 20 == 0 else 1,
        topic="pay",
        language="lo",
        script="lo",
        channel="simulator",
        zone="Asia/Vientiane",
        version="v",
        asked_at=NOW - ago,
        last_asked_at=NOW - ago,
        due_at=start,
        due_until=start + timedelta(hours=3),
        code=f"{n:04}"[-4:],
        window="evening",
        contact=SafeContact(phone_seen=PhoneSeen.NO, when=When("evening"), said_at=NOW - ago),
        answers={"danger": "no", "phone_seen": "no", "when": "evening", "consent": "v"},
        path=("main", "pay"),
        changed_at=NOW - ago,
        closed_at=None if is_open else NOW - ago,
    )
    return callbacks.seal_values(tx, made_row)


def _number(n: int) -> str:
    return f"+85620{55_000_000 + n}"


if __name__ == "__main__":
    main(databases=[name for name in sys.argv[1:] if name in DATABASES] or DATABASES)
