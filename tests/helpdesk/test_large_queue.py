"""What grows with the queue: nothing that a caller or a counsellor waits for.

Counted are statements and the work of the database, which are the same on a busy machine; a queue of 1,500 requests of
each kind fills every page to its limit, and one of four times as many must not cost more.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, queue, search, shift_summary
from gateway.menus.engine.effects import CallbackAccepted
from gateway.storage import queue as stored
from gateway.storage import queue_counts
from gateway.storage.queue import Tab
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk, made_parts
from tests.support.examined import Examined, examine
from tests.support.large_queue import fill_queue
from tests.support.ledgers import made

pytestmark = pytest.mark.fault("K15")

NOW = datetime(2026, 11, 24, 11, 5, tzinfo=UTC)  # 18:05 in Vientiane
FEW, MANY = 1_500, 6_000
ALLOWED = 1.1

Desks = dict[int, Desk]


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=pytest.mark.store) for name in ("sqlite", "postgresql_ledgers")],
)
def desks(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """Two desks, one with four times as many requests of each kind."""
    with ExitStack() as stack:
        found = {}
        for many in (FEW, MANY):
            folder = tmp_path_factory.mktemp("large")
            url = f"sqlite:///{folder / 'gateway.db'}"
            if request.param != "sqlite":
                url = request.getfixturevalue(request.param).empty_url()
            store = made(url)
            stack.callback(store.close)
            fill_queue(store, many, now=NOW)
            clock = SetClock(NOW.isoformat())
            found[many] = Desk(made_parts(store, clock, Path(folder)), clock)
        yield found


def measure(desks: Desks, deed: Callable[[Desk], Any]) -> tuple[Examined, Examined]:
    """Do it on each desk a second time, when nothing is new to it, and count."""
    counted = []
    for desk in desks.values():
        deed(desk)
        with examine(desk.parts.store) as seen:
            deed(desk)
        counted.append(seen)
    few, many = counted
    return few, many


def take_and_release(desk: Desk) -> None:
    boss = desk.person(f"Boss {desk.clock.monotonic()} {id(object())}", Role.SUPERVISOR)
    taken = claim.take_next(desk.parts, boss)
    assert taken is not None
    claim.release_callback(desk.parts, boss, taken.callback_id)


def read_tab(tab: Tab) -> Callable[[Desk], Any]:
    def read(desk: Desk) -> None:
        with desk.parts.store.read() as tx:
            assert stored.list_tab(tx, "main", tab, person_id="nobody", now=NOW) or tab is Tab.MINE

    return read


def as_boss(deed: Callable[..., Any]) -> Callable[[Desk], Any]:
    made_bosses: dict[Desk, Any] = {}

    def do(desk: Desk) -> Any:
        boss = made_bosses.get(desk) or made_bosses.setdefault(
            desk, desk.person(f"Noy {id(deed)}", Role.SUPERVISOR)
        )
        return deed(desk.parts, boss)

    return do


@pytest.mark.parametrize(
    "deed",
    [
        *(pytest.param(read_tab(tab), id=f"tab {tab}") for tab in Tab),
        pytest.param(as_boss(queue.show_queue), id="page of the queue"),
        pytest.param(as_boss(queue.make_stamp), id="poll"),
        pytest.param(as_boss(shift_summary.summarise_shift), id="summary of the shift"),
        pytest.param(as_boss(lambda parts, boss: search.find_callbacks(parts, boss, "00077")), id="search by code"),
        pytest.param(as_boss(lambda parts, boss: search.find_callbacks(parts, boss, HER)), id="search by number"),
        pytest.param(take_and_release, id="take the next and give it back"),
    ],
)  # fmt: skip
def test_a_desk_with_four_times_as_many_requests_costs_no_more(
    desks: Desks, deed: Callable[[Desk], Any]
) -> None:
    few, many = measure(desks, deed)
    assert len(many.statements) == len(few.statements)
    assert many.work <= max(few.work * ALLOWED, few.work + 100), (few.work, many.work)


@pytest.mark.fault("K8")
def test_a_request_is_accepted_at_one_price_by_statements_built_once(desks: Desks) -> None:
    """The smaller desk has four-digit codes left; the larger too: the first are tried, never the queue's own read."""
    numbers = iter(range(100))

    def ask(desk: Desk) -> None:
        receipt = desk.asks(f"+85620555{next(numbers):05}").receipt
        assert isinstance(receipt, CallbackAccepted)

    def count_statements(both: tuple[Examined, Examined]) -> int:
        return sum(len(one.statements) for one in both)

    # With 6,000 codes in use the first four tried are all taken once in eight, and a second look is made.
    few, many = min((measure(desks, ask) for _ in range(6)), key=count_statements)
    assert len(many.statements) == len(few.statements) <= 15
    assert many.writes == few.writes == 1
    assert many.work <= max(few.work * ALLOWED, few.work + 100), (few.work, many.work)
    desk = desks[MANY]
    with examine(desk.parts.store) as again:
        ask(desk)
    assert {id(one) for one in again.built} == {id(one) for one in many.built}


def test_the_tabs_show_what_they_showed_when_all_was_read(desks: Desks) -> None:
    """The order of the rules, over a small part: danger, then by the end of the window, then by its beginning."""
    desk = desks[FEW]
    with desk.parts.store.read() as tx:
        shown = {tab: stored.list_tab(tx, "main", tab, person_id="", now=NOW) for tab in Tab}
        planned = stored.list_planned(tx, "main", start=NOW, end=NOW + timedelta(hours=20), limit=2_000)
        counts = queue_counts.count_queue(tx, "main", person_id="", now=NOW)
    assert [one.callback.priority for one in shown[Tab.QUEUE][:31]] == [0] * 31
    assert {one.callback.id[:3] for one in shown[Tab.QUEUE]} == {"due", "lat"}
    assert {one.callback.id[:3] for one in shown[Tab.LATER]} == {"lat"}
    assert {one.callback.id[:3] for one in shown[Tab.REVIEW]} == {"rev"}
    assert {one.callback.id[:3] for one in shown[Tab.CLOSED]} == {"clo"}
    assert len(planned) == 2_000
    assert (counts.due_now, counts.review, counts.danger) == (40 + 1_001, 1_001, 80)
