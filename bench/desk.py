"""The desk with 100, 10,000 and 1,000,000 stored callbacks: the page of the line, search by code and by number.

What is stored is what a helpline has: some dozens due now, some hundreds planned, thousands closed in the last ninety
days, and behind them rows that retention has emptied.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert, text

sys.path.insert(0, str(Path(__file__).parent.parent))

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.permissions import Actor, Role
from gateway.foundation.services import Services
from gateway.helpdesk.queue import claim, queue, search, shift_summary
from gateway.storage import callbacks, callers, people
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store
from gateway.storage.tables import callbacks as table
from tests.support.clocks import SetClock
from tests.support.desk_rig import made_parts
from tests.support.ledgers import made
from tests.support.servers import PostgreSQL

SIZES = (100, 10_000, 1_000_000)
ROUNDS = 31
NOW = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)  # 18:05 in Vientiane
DUE, PLANNED, RECENT = 40, 2_000, 8_000
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


def main() -> None:
    """Measure and print."""
    print("\nThe desk by what is stored: milliseconds, medians of interleaved rounds")
    worst = 0.0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gw-bench-")))
        server = PostgreSQL()
        server.start()
        stack.callback(server.close)
        for dialect in ("sqlite", "postgresql"):
            houses = {size: _house(dialect, size, folder, server) for size in SIZES}
            worst = max(worst, _measured(dialect, houses))
            for house in houses.values():
                house.parts.store.close()
    print(f"{'worst against the smallest':34}{worst:9.2f} x   allowed {ALLOWED} x")


class House:
    """One ledger with so many callbacks, and who looks at it."""

    def __init__(self, parts: Services, boss: Actor, number: str, code: str) -> None:
        self.parts, self.boss = parts, boss
        self.deeds: dict[str, Callable[[], Any]] = {
            "page of the line": lambda: queue.show_queue(parts, boss),
            "poll that brings nothing": lambda: queue.make_stamp(parts, boss),
            "opening sentence": lambda: shift_summary.summarise_shift(parts, boss),
            "search by code": lambda: search.find_by_code(parts, boss, code),
            "search by number": lambda: search.find_by_number(parts, boss, number),
            "take the next, give it back": lambda: _taken(parts, boss),
        }


def _taken(parts: Services, boss: Actor) -> None:
    taken = claim.take_next(parts, boss)
    if taken is None:
        raise SystemExit("nobody waits")
    claim.release_callback(parts, boss, taken.callback_id)


def _measured(dialect: str, houses: dict[int, House]) -> float:
    spent: dict[tuple[str, int], list[float]] = {}
    names = list(next(iter(houses.values())).deeds)
    for _ in range(ROUNDS):
        for name in names:
            for size, house in houses.items():
                began = time.perf_counter()
                house.deeds[name]()
                spent.setdefault((name, size), []).append((time.perf_counter() - began) * 1_000)
    worst = 0.0
    print(f"{dialect:34}" + "".join(f"{size:>12,}" for size in SIZES) + f"{'x smallest':>12}")
    for name in names:
        medians = [median(spent[name, size]) for size in SIZES]
        ratio = max(medians) / medians[0]
        worst = max(worst, ratio)
        print(f"{name:34}" + "".join(f"{one:12.2f}" for one in medians) + f"{ratio:12.2f}")
    return worst


def _house(dialect: str, size: int, folder: Path, server: PostgreSQL) -> House:
    if dialect == "postgresql":
        with server.connect() as admin:
            admin.execute(f"CREATE DATABASE bench_{size}")
        url = server.url(f"bench_{size}")
    else:
        url = f"sqlite:///{folder / f'bench_{size}.db'}"
    store = made(url)
    number, code = _filled(store, size)
    if dialect == "postgresql":
        with server.connect(f"bench_{size}") as inside:
            inside.execute("VACUUM ANALYZE")
    place = folder / f"{dialect}_{size}"
    place.mkdir()
    boss = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)
    return House(made_parts(store, SetClock(NOW.isoformat()), place), boss, number, code)


def _filled(store: Store, size: int) -> tuple[str, str]:
    """Fill a ledger; return a number and a code to look for, of a callback that was closed this week."""
    planned, recent = min(size // 5, PLANNED), min(size // 3, RECENT)
    with store.write() as tx:
        people.add_person(tx, "boss", name="Boss", name_key="boss", role="supervisor", now=NOW)
        sealed = [_callback(tx, n, planned) for n in range(DUE + planned + recent)]
        for start in range(0, len(sealed), 500):
            tx.execute(insert(table), sealed[start : start + 500])
        if store.dialect == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))
        tx.execute(text(_OLD[store.dialect]), {"many": max(size - len(sealed), 1)})
    return _number(DUE + planned), f"{DUE + planned:04}"


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
    main()
