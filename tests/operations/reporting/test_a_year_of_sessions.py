"""A year of 10,000 sessions a day: each report page over HTTP takes hardly longer than over one day of each month.

So both pages hold as many tables and rows, and as many requests of the last month. Both ledgers are measured in turns in one run, so that a busy machine slows both; what is stored is what the product
stores of so many sessions: counters by day, their sums, and the requests that are kept.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from statistics import median
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import insert

from gateway.domain.permissions import Role
from gateway.operations.reporting.metrics import render_metrics
from gateway.storage import migrate, reports
from gateway.storage.tables import attempts, callbacks, figures
from tests.support.ledgers import made
from tests.support.serving import serve_app
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import parts_around, somebody, token_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

DAYS, A_DAY, A_DAY_ASKED = 365, 10_000, 300
LAST = date(2026, 11, 24)
SCREENS = [f"screen_{n}" for n in range(60)]
LANGUAGES = (("lo", 55), ("lo-Latn", 20), ("th", 15), ("en", 10))
CHANNELS = (("unitel", 70), ("ltc", 30))
PAGES = (
    "/admin/?month=2026-11", "/admin/?month=2026-06", "/admin/?month=2026-Q3", "/admin/?month=2026-H1",
    "/admin/figures.xlsx?month=2026-H1", "/admin/figures.csv?month=2026-10", "/admin/watch", "/metrics",
)  # fmt: skip
TIMES = 5
AT_MOST = 3.0
"""Times as long as over the small ledger; reading every counter of the year took forty times as long."""


def list_counters(day: date) -> Iterator[tuple[tuple[object, ...], int]]:
    """Yield the counters of a day with 10,000 sessions of six pages, in the proportions above."""
    for language, of_hundred in LANGUAGES:
        for channel, share in CHANNELS:
            sessions = A_DAY * of_hundred * share // 10_000
            for hour in range(24):
                yield (day, hour, channel, language, "v", reports.SESSIONS, ""), sessions // 24 + (hour == 9)
            for at, screen in enumerate(SCREENS):
                shown = sessions * 6 // len(SCREENS) + at % 3
                yield (day, 0, channel, language, "v", "shown", screen), shown
                for key in range(1, 5):
                    yield (day, 0, channel, language, "v", "answered", f"{screen}/{key}"), shown // 5
                yield (day, 0, channel, language, "v", "fact:th.wage", screen), shown // 7
            for what, item in (
                ("text", "call_me"),
                ("asked", "pay"),
                ("outcome", "reached"),
                ("outbox", "sent"),
            ):
                yield (day, 0, channel, language, "v", what, item), 20


def fill_requests(store, clock, days: int, a_day: int) -> None:
    """Add the requests of the days that are kept, each with one attempt."""
    now, n, asked, tried = clock.now(), 0, [], []
    for back in range(days):
        for at in range(a_day):
            n += 1
            when = now - timedelta(days=back, minutes=at + 5)
            row = {
                "id": f"cb{n:018}",
                "code": f"{n % 10_000:04}",
                "team": "main",
                "state": "closed",
                "slot": 1,
            }
            row |= {
                "asked_at": when,
                "last_asked_at": when,
                "changed_at": when,
                "closed_at": when,
                "topic": "pay",
            }
            row |= {"session": n.to_bytes(8), "priority": 1}
            asked.append(row)
            tried.append({
                "id": f"at{n:018}", "callback_id": row["id"], "started_at": when + timedelta(minutes=2), "how": "phone",
                "window_from": when, "window_until": when + timedelta(hours=3), "nth": 0, "outcome": "reached",
                "ended_at": when + timedelta(minutes=9), "form": f"f{n}", "lease_until": when + timedelta(hours=2),
            })  # fmt: skip
    with store.write() as tx:
        for start in range(0, len(asked), 5_000):
            tx.execute(insert(callbacks), asked[start : start + 5_000])
            tx.execute(insert(attempts), tried[start : start + 5_000])


def fill_ledger(store, clock, every: int) -> int:
    """Fill a ledger with each so-manieth day of a year, and return the number of counters."""
    names = [column.name for column in figures.primary_key]
    total = 0
    for back in range(0, DAYS, every):
        rows = [
            dict(zip(names, key, strict=True), n=n) for key, n in list_counters(LAST - timedelta(days=back))
        ]
        total += len(rows)
        with store.write() as tx:
            tx.execute(insert(figures), rows)
    with store.write() as tx:
        migrate.take_time(tx)
        reports.fill_months(tx)
    fill_requests(store, clock, 90 if every == 1 else 30, A_DAY_ASKED)
    return total


@contextmanager
def serve_pages(store, clock, folder) -> Iterator[Callable[[str], object]]:
    """Serve the pages of a ledger over HTTP on this machine; yield what opens a page as a signed-in reader."""
    parts = parts_around(store, clock, folder)
    somebody(parts, "Rea", Role.READER)
    cookie = {"Cookie": f"sign-in={token_of(parts, 'Rea')}"}
    app = pages_of(parts)
    app.add_url_rule("/metrics", "metrics", lambda: render_metrics(parts))
    with serve_app(app) as base:
        yield lambda page: urlopen(Request(f"{base}{page}", headers=cookie))


def time_pages(browsers) -> dict[str, list[float]]:
    """Return page → median seconds by ledger, measured in turns."""
    found: dict[str, list[float]] = {}
    for page in PAGES:
        spent: list[list[float]] = [[] for _ in browsers]
        for _ in range(TIMES):
            for at, browser in enumerate(browsers):
                begun = time.perf_counter()
                with browser(page) as answer:
                    assert len(answer.read()) > 50
                spent[at].append(time.perf_counter() - begun)
        found[page] = [median(each) for each in spent]
    return found


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_year_of_sessions_costs_a_page_little_more_than_thirteen_days(request, clock, tmp_path, kind):
    ledgers = request.getfixturevalue(f"{kind}_ledgers") if kind == "postgresql" else None
    with ExitStack() as stack:
        openers, rows = [], []
        for name, every in (("small", 28), ("year", 1)):
            folder = tmp_path / name
            folder.mkdir()
            store = made(f"sqlite:///{folder}/gateway.db" if kind == "sqlite" else ledgers.empty_url())
            stack.callback(store.close)
            rows.append(fill_ledger(store, clock, every))
            openers.append(stack.enter_context(serve_pages(store, clock, folder)))
        found = time_pages(openers)
    print(f"{kind}: {rows[0]} and {rows[1]} counters")
    for page, (small, large) in found.items():
        print(f"  {page:<36} {1000 * small:7.0f} ms {1000 * large:7.0f} ms  {large / small:5.2f}")
    slow = {page: large / small for page, (small, large) in found.items() if large / small > AT_MOST}
    assert not slow
