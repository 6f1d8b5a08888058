"""Chores: each by one clock at a time, again when due, and none stops another."""

from datetime import timedelta

import pytest

from gateway.foundation.services import Services
from gateway.storage import settings
from gateway.storage.database import Store
from gateway.storage.settings import ChoreRow
from tests.support.clocks import SetClock
from tests.support.outbox_rig import made_parts
from workers import Stop
from workers.chores import LEASE, TABLE, Chore, Round, run_clock

TEN = timedelta(seconds=10)


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path_factory: pytest.TempPathFactory) -> Services:
    return made_parts(store, clock, tmp_path_factory.mktemp("chores"))


def go(*rounds: Round) -> None:
    for each in rounds:
        each.go(stopping=lambda: False)


def row(parts: Services, name: str) -> ChoreRow:
    with parts.store.read() as tx:
        return next(each for each in settings.list_tasks(tx) if each.name == name)


def test_a_chore_is_done_when_it_is_due(parts: Services, clock: SetClock) -> None:
    runs: list[int] = []
    round_ = Round(parts, [Chore("count", TEN, lambda _: runs.append(1))])
    for _ in range(35):
        go(round_)
        clock.forward(seconds=1)
    assert len(runs) == 4
    assert row(parts, "count").fault == ""


def test_two_clocks_do_it_once(parts: Services, clock: SetClock) -> None:
    runs: list[str] = []
    one = Round(parts, [Chore("count", TEN, lambda _: runs.append("one"))])
    two = Round(parts, [Chore("count", TEN, lambda _: runs.append("two"))])
    for _ in range(31):
        go(one, two)
        clock.forward(seconds=1)
    assert len(runs) == 4


def test_one_that_died_with_a_chore_is_followed_after_the_lease(parts: Services, clock: SetClock) -> None:
    runs: list[int] = []
    with parts.store.write() as tx:
        assert settings.lease_task(tx, "count", token="dead", now=clock.now(), every=TEN, lease=LEASE)
    round_ = Round(parts, [Chore("count", TEN, lambda _: runs.append(1))])
    for _ in range(12):
        go(round_)
        clock.forward(seconds=9)
    assert runs == []
    clock.forward(seconds=20)
    go(round_)
    assert runs == [1]
    with parts.store.write() as tx:  # the dead one comes back and gives up what is not its own any more
        settings.finish_task(tx, "count", token="dead", due_at=clock.now(), now=clock.now(), fault="late")
    assert row(parts, "count").fault == ""


def test_a_fault_is_written_down_and_stops_nobody(
    parts: Services, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    runs: list[int] = []

    def burst(_: Services) -> None:
        raise ValueError("+8562055512345")

    go(Round(parts, [Chore("burst", TEN, burst), Chore("count", TEN, lambda _: runs.append(1))]))
    assert runs == [1]
    assert (row(parts, "burst").fault, row(parts, "burst").ok_at) == ("ValueError", None)
    assert "12345" not in caplog.text


def test_a_clock_that_goes_back_a_day_does_not_stop_the_chores(parts: Services, clock: SetClock) -> None:
    runs: list[int] = []
    round_ = Round(parts, [Chore("count", TEN, lambda _: runs.append(1))])
    go(round_)
    clock.set(clock.now() - timedelta(days=1))
    clock.forward(seconds=10)
    go(round_)
    assert len(runs) == 2


def test_a_request_to_stop_ends_the_round(parts: Services) -> None:
    runs: list[int] = []
    table = [Chore(f"c{n}", TEN, lambda _: runs.append(1)) for n in range(3)]
    Round(parts, table).go(stopping=lambda: len(runs) >= 1)
    assert len(runs) == 1


def test_two_chores_of_one_name_are_refused(parts: Services) -> None:
    with pytest.raises(ValueError, match="one name"):
        Round(parts, [Chore("a", TEN, print), Chore("a", TEN, print)])


def test_the_clock_runs_its_table_until_it_is_asked_to_stop_and_writes_the_figures(parts: Services) -> None:
    stop = Stop()
    parts.count.add("shown", "main")

    def last(_: Services) -> None:
        stop.ask()

    run_clock(parts, [*TABLE, Chore("last", TEN, last)], stop=stop)
    with parts.store.read() as tx:
        done = {each.name: each.fault for each in settings.list_tasks(tx)}
    assert done == {**{chore.name: "" for chore in TABLE}, "last": ""}
    assert parts.count.flush(parts.store) == 0


def test_sql_away_is_waited_for(parts: Services, monkeypatch: pytest.MonkeyPatch, clock: SetClock) -> None:
    from gateway.storage.database import Unavailable

    def away(*_: object, **__: object) -> bool:
        raise Unavailable("gone")

    runs: list[int] = []
    round_ = Round(parts, [Chore("count", TEN, lambda _: runs.append(1))])
    monkeypatch.setattr("workers.chores.settings.lease_task", away)
    go(round_)
    monkeypatch.undo()
    clock.forward(seconds=10)
    go(round_)
    assert runs == [1]
