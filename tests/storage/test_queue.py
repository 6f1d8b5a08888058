"""The line in SQL against an oracle in Python: tabs, order and counts over every kind of row, on both databases."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from gateway.domain.callbacks.queue_rules import QueuePlace, sort_key
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.storage import callbacks, people, queue, queue_counts
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store, Tx
from gateway.storage.queue import Tab
from tests.storage.test_callbacks import NOW, H, caller_of, request

OVER = set(CallbackState) - OPEN


@pytest.fixture
def tx(store: Store):
    with store.write() as tx:
        for name in ("me", "other"):
            people.add_person(tx, name, name=name.title(), name_key=name, role="counsellor", now=NOW)
        yield tx


def crowd(tx: Tx, seed: int, size: int = 60) -> list[Callback]:
    """Rows of every state, priority and window, in no order."""
    chance, made = Random(seed), []
    for n in range(size):
        state = chance.choice(list(CallbackState))
        start = NOW + chance.randint(-6, 6) * H / 2
        holds = state in (
            CallbackState.CLAIMED,
            CallbackState.CALLING,
            CallbackState.REACHED,
            CallbackState.CLOSED,
        )
        row = request(
            caller_of(tx, f"+8562055500{n:03}"),
            f"c{n:02}",
            state=state,
            priority=chance.choice([0, 1, 1, 1]),
            asked_at=NOW - chance.randint(0, 50) * H,
            due_at=start,
            due_until=start + chance.randint(1, 6) * H / 2,
            holder_id=chance.choice(["me", "other"]) if holds else None,
            changed_at=NOW - timedelta(minutes=n),
            team=chance.choice(["main", "main", "main", "another"]),
        )
        assert callbacks.insert_callback(tx, row)
        made.append(row)
    return [row for row in made if row.team == "main"]


def in_tab(row: Callback, tab: Tab) -> bool:
    waiting = row.state is CallbackState.WAITING
    assert row.due_at is not None
    hot = row.due_at <= NOW or row.priority == 0
    return {
        Tab.QUEUE: (waiting and hot) or row.state in (CallbackState.CLAIMED, CallbackState.CALLING),
        Tab.LATER: waiting and not hot,
        Tab.MINE: row.holder_id == "me"
        and row.state in (CallbackState.CLAIMED, CallbackState.CALLING, CallbackState.REACHED),
        Tab.REVIEW: row.state is CallbackState.REVIEW,
        Tab.CLOSED: row.state in OVER,
    }[tab]


def place(row: Callback) -> QueuePlace:
    assert row.due_at is not None
    assert row.due_until is not None
    return QueuePlace(
        priority=row.priority, due_at=row.due_at, due_until=row.due_until, asked_at=row.asked_at, id=row.id
    )


def ordered(rows: list[Callback], tab: Tab) -> list[str]:
    if tab is Tab.CLOSED:
        return [row.id for row in sorted(rows, key=lambda row: (row.changed_at, row.id), reverse=True)]
    return [row.id for row in sorted(rows, key=lambda row: sort_key(place(row), NOW))]


@pytest.mark.parametrize("seed", range(3))
def test_every_tab_holds_what_it_should_in_the_order_of_the_law(tx: Tx, seed: int) -> None:
    rows = crowd(tx, seed)
    for tab in Tab:
        found = queue.list_tab(tx, "main", tab, person_id="me", now=NOW)
        assert [one.callback.id for one in found] == ordered([row for row in rows if in_tab(row, tab)], tab)
    mine = queue.list_tab(tx, "main", Tab.CLOSED, person_id="me", now=NOW, own_only=True)
    assert {one.callback.id for one in mine} == {
        row.id for row in rows if in_tab(row, Tab.CLOSED) and row.holder_id == "me"
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_counts_agree_with_the_tabs(tx: Tx, seed: int) -> None:
    rows = crowd(tx, seed)
    counts = queue_counts.count_queue(tx, "main", person_id="me", now=NOW)
    waiting = [row for row in rows if row.state is CallbackState.WAITING]
    assert counts.waiting == len(waiting)
    assert counts.due_now == sum(place(row).is_due(NOW) for row in waiting)
    assert counts.danger == sum(row.priority == 0 for row in waiting)
    assert counts.mine == sum(in_tab(row, Tab.MINE) for row in rows)
    assert counts.later == sum(in_tab(row, Tab.LATER) for row in rows)
    assert counts.review == sum(in_tab(row, Tab.REVIEW) for row in rows)
    assert counts.oldest == min((row.asked_at for row in waiting), default=None)


def test_who_is_ready_and_everything(tx: Tx) -> None:
    rows = crowd(tx, 7)
    ready = [row for row in rows if row.state is CallbackState.WAITING and place(row).is_due(NOW)]
    assert [one.callback.id for one in queue.list_ready(tx, "main", now=NOW)] == ordered(ready, Tab.QUEUE)
    opened = [row for row in rows if row.state in OPEN]
    found = [one.callback.id for one in queue.list_everything(tx, "main", closed=False, now=NOW)]
    assert found == ordered(opened, Tab.QUEUE)
    found = [one.callback.id for one in queue.list_everything(tx, "main", closed=True, now=NOW)]
    assert found[: len(opened)] == ordered(opened, Tab.QUEUE)
    assert set(found) == {row.id for row in rows}


def test_a_row_comes_with_its_holder_and_its_number(tx: Tx) -> None:
    her = caller_of(tx)
    callbacks.insert_callback(tx, request(her, "held", state=CallbackState.CLAIMED, holder_id="me"))
    one = queue.find_entry(tx, "held")
    assert one is not None
    assert (one.holder, one.number) == ("Me", "+8562055512345")
    assert queue.find_entry(tx, "none") is None


def test_an_empty_line_counts_nothing(tx: Tx) -> None:
    counts = queue_counts.count_queue(tx, "main", person_id="me", now=NOW)
    assert counts == replace(counts, waiting=0, due_now=0, danger=0, mine=0, later=0, review=0, oldest=None)
    assert queue_counts.read_changes(tx, "main") == ""
    callbacks.insert_callback(tx, request(caller_of(tx)))
    assert queue_counts.read_changes(tx, "main").endswith(":0")
