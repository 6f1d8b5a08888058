"""Two processes claim and call at the same moment; a claim, the end of a lease and a release meet: one holder each time."""

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Actor
from gateway.helpdesk.queue import claim
from gateway.storage.database import Store
from tests.support.desk_rig import Desk
from tests.support.racers import EVENING, Did, Task, run

BATCH = 25


class Racers:
    """Three processes with a gate; ``race`` gives each a deed and returns what each did, round by round."""

    def __init__(self, url: str, people: list[Actor]) -> None:
        context = multiprocessing.get_context("spawn")
        self._gate = context.Barrier(len(people))  # kept, or it is gone before the others have opened it
        ends = [context.Pipe() for _ in people]
        self._pipes = [ours for ours, _ in ends]
        self._processes = [
            context.Process(target=run, args=(url, person, self._gate, theirs), daemon=True)
            for person, (_, theirs) in zip(people, ends, strict=True)
        ]
        for process in self._processes:
            process.start()

    def race(self, callbacks: list[str], *deeds: str) -> list[tuple[Did, ...]]:
        for pipe, deed in zip(self._pipes, deeds, strict=True):
            pipe.send(Task(deed, tuple(callbacks)))
        return list(zip(*(pipe.recv() for pipe in self._pipes), strict=True))

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(timeout=10)


@contextmanager
def racers(url: str, people: list[Actor]) -> Iterator[Racers]:
    made = Racers(url, people)
    try:
        yield made
    finally:
        made.close()


def url_of(store: Store, desk: Desk, request: pytest.FixtureRequest) -> str:
    if store.dialect == "sqlite":
        return f"sqlite:///{desk.parts.data_dir / 'gateway.db'}"
    return str(request.getfixturevalue("postgresql_ledgers").server.url("gateway"))


def freed(desk: Desk) -> None:
    """Put every callback back into the line as if nobody had touched it."""
    with desk.parts.store.write() as tx:
        tx.execute(text("DELETE FROM attempts"))
        tx.execute(text("DELETE FROM audit"))
        tx.execute(
            text("UPDATE callbacks SET state = 'waiting', holder_id = NULL, held_until = NULL, attempts = 0")
        )


def overlapped(first: Did, second: Did) -> bool:
    return first.began < second.ended and second.began < first.ended


def call_at_once(desk: Desk, made: Racers, ids: list[str], rounds: int) -> Counter[str]:
    """Two claim and call, a third runs the chore: one holder and one live attempt, and the loser is told who."""
    seen: Counter[str] = Counter()
    for _ in range(rounds // BATCH):
        freed(desk)
        came = made.race(ids, "call", "call", "chore")
        live = Counter(
            dict(
                desk.rows(
                    "SELECT callback_id, count(*) FROM attempts WHERE ended_at IS NULL GROUP BY callback_id"
                )
            )
        )
        holders = dict(
            desk.rows(
                "SELECT c.id, p.name FROM callbacks c JOIN people p ON p.id = c.holder_id WHERE c.state = 'calling'"
            )
        )
        assert set(holders) == set(ids)
        for callback, (noy, dao, _) in zip(ids, came, strict=True):
            assert sorted((noy.answer, dao.answer)) == ["done", "held"], (noy, dao)
            winner, loser = ("Noy", dao) if noy.answer == "done" else ("Dao", noy)
            assert (loser.name, holders[callback], live[callback]) == (winner, winner, 1)
            seen["rounds"] += 1
            seen["overlapped"] += overlapped(noy, dao)
            seen[winner] += 1
    return seen


def lease_ends(desk: Desk, made: Racers, ids: list[str], rounds: int, people: list[Actor]) -> Counter[str]:
    """The holder gives it back, a colleague claims it, and the clock ends the lease: one holder, or nobody."""
    seen: Counter[str] = Counter()
    for _ in range(rounds // BATCH):
        freed(desk)
        for callback in ids:
            claim.claim_callback(desk.parts, people[0], callback)
        with desk.parts.store.write() as tx:
            tx.execute(text("UPDATE callbacks SET held_until = changed_at"))
        came = made.race(ids, "release", "claim", "chore")
        for callback, (released, claimed, chore) in zip(ids, came, strict=True):
            row = desk.callback(callback)
            assert released.answer in ("done", "held", "IllegalMove")
            if claimed.answer == "done":
                assert (row.state, row.holder_id) == (CallbackState.CLAIMED, people[1].person_id)
            else:
                assert claimed == Did(claimed.began, claimed.ended, "held", "Noy")
                assert (row.state, row.holder_id) == (CallbackState.WAITING, None)
            seen["rounds"] += 1
            seen["overlapped"] += overlapped(released, claimed) or overlapped(claimed, chore)
            seen[claimed.answer] += 1
    return seen


def races(line: Desk, request: pytest.FixtureRequest, rounds: int) -> None:
    line.clock.set("2026-11-24T14:00:00+07:00")
    people = [line.person(name) for name in ("Noy", "Dao", "Clock")]
    ids = [line.requested(f"+8562055500{n:03}", when="evening") for n in range(BATCH)]
    line.clock.set(EVENING)
    with racers(url_of(line.parts.store, line, request), people) as made:
        called = call_at_once(line, made, ids, rounds // 2)
        ended = lease_ends(line, made, ids, rounds // 2, people)
    print(f"\n{line.parts.store.dialect}: called {dict(called)}, lease ended {dict(ended)}")
    assert called["rounds"] + ended["rounds"] == rounds
    assert called["overlapped"] > rounds // 20, "races that never overlap prove nothing"


def test_one_holder_and_one_live_attempt_each_time(line: Desk, request: pytest.FixtureRequest) -> None:
    races(line, request, 100)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_ten_thousand_times(line: Desk, request: pytest.FixtureRequest) -> None:
    races(line, request, 10_000)
