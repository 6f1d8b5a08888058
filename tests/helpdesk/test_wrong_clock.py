"""A wrong clock ends nothing, purges nothing and frees nothing; once it is confirmed, what it wrote is set right."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.delivery import clock_guard
from gateway.delivery.clock_guard import ClockWatch
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.permissions import Actor, Role
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import WatchedClock
from gateway.helpdesk.queue import claim
from gateway.operations.health import look_around
from gateway.storage import settings
from gateway.storage.callbacks import Callback
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk
from tests.support.house import made_parts
from workers.chores import TABLE, Round

BOSS = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)
OFFSETS = {
    "400 days behind": timedelta(days=-400),
    "2 hours behind": timedelta(hours=-2),
    "2 hours ahead": timedelta(hours=2),
    "20 days ahead": timedelta(days=20),
}


class Machine:
    """One machine with its wall clock, which is set, and its count since it was switched on, which is not."""

    def __init__(self, store: Store, clock: SetClock, folder: Path) -> None:
        self.clock = clock
        self.desk = Desk(made_parts(store, clock, folder), clock)
        self.parts: Services = self.desk.parts
        self.asked: list[str] = []
        self.start()

    def start(self) -> None:
        """Start the clock process anew."""
        self.watch, self.round = ClockWatch(self.parts), Round(self.parts, TABLE)

    def switch_on(self, at: datetime) -> None:
        self.clock.booted = f"boot{len(self.asked)}"
        self.clock.set(at)
        self.start()

    def ask(self, **answers: str) -> str:
        number = f"+8562055{len(self.asked):06}"
        self.asked.append(self.desk.requested(number, **answers))
        return self.asked[-1]

    def run(self, minutes: int = 12) -> None:
        """Let the clock process work for some minutes, as it does each second."""
        for span in (1, *(5 for _ in range(minutes // 5))):
            self.watch.look()
            self.round.go(stopping=lambda: False)
            self.clock.forward(minutes=span)

    def states(self) -> dict[str, CallbackState]:
        return {one: self.desk.callback(one).state for one in self.asked}

    def confirm(self) -> None:
        clock_guard.confirm_clock(self.parts, BOSS)
        self.watch.look()

    @property
    def is_on(self) -> bool:
        with self.parts.store.read() as tx:
            return settings.is_on(tx)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.store, pytest.mark.slow])])
def machine(request: pytest.FixtureRequest, clock: SetClock, tmp_path: Path) -> Machine:
    """The rules are those of the clock process; the longer tests try them on the other database too."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return Machine(found, clock, tmp_path)


def young(one: Callback, now: datetime, minutes: int) -> bool:
    """It was asked for in the last minutes, and her next window is ahead or open."""
    assert one.due_at is not None
    assert one.due_until is not None
    assert one.contact is not None
    since = timedelta(minutes=minutes)
    return all(
        (
            now - since <= one.asked_at <= one.last_asked_at <= now,
            now - since <= one.contact.said_at <= now,
            now < one.due_until < now + timedelta(days=8),
        )
    )


@pytest.mark.fault("K2")
@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS)
@pytest.mark.parametrize("back", [True, False], ids=["set back", "wrong until a person sets it"])
def test_whatever_the_clock_does_no_request_ends_and_none_is_lost(
    machine: Machine, offset: timedelta, back: bool
) -> None:
    began = machine.clock.now()
    for when in ("evening", "morning", "sunday"):
        machine.ask(when=when, phone_seen="sometimes")
    machine.run(1)
    machine.clock.set(machine.clock.now() + offset)
    machine.ask(when="evening", danger="yes")
    machine.run(3)
    machine.ask(when="morning")
    assert machine.is_on
    machine.run(30 if not back else 1)
    machine.clock.set(machine.clock.now() - offset)
    machine.ask(when="noon")
    machine.run(10)
    assert set(machine.states().values()) == {CallbackState.WAITING}
    machine.confirm()
    machine.run(10)
    minutes = int((machine.clock.now() - began).total_seconds() // 60) + 1
    assert set(machine.states().values()) == {CallbackState.WAITING}
    assert all(young(machine.desk.callback(one), machine.clock.now(), minutes) for one in machine.asked)
    assert not machine.is_on


@pytest.mark.fault("K2")
@pytest.mark.parametrize("restarted", [False, True], ids=["one run", "switched off and on again"])
@pytest.mark.parametrize("fresh", [True, False], ids=["a new ledger", "a ledger that knows better"])
def test_a_machine_that_starts_a_year_behind_takes_requests_and_then_gets_the_time(
    machine: Machine, restarted: bool, fresh: bool
) -> None:
    true = machine.clock.now()
    if not fresh:
        machine.ask(when="evening")
        machine.run(2)
    machine.switch_on(true - timedelta(days=365))
    mine = [machine.ask(when=when) for when in ("evening", "morning", "now")]
    machine.run(5)
    if restarted:
        machine.switch_on(true + timedelta(hours=1))
    else:
        machine.clock.set(true + timedelta(minutes=10))
    machine.run(10)
    states = machine.states()
    assert all(states[one] in OPEN for one in mine), states
    assert machine.is_on or (restarted and fresh)
    machine.confirm()
    machine.run(10)
    assert all(machine.desk.callback(one).state in OPEN for one in machine.asked)
    now = machine.clock.now()
    for one in mine[:2]:
        if machine.is_on or not (restarted and fresh):
            assert young(machine.desk.callback(one), now, 200)


@pytest.mark.fault("K2")
def test_a_machine_that_starts_weeks_ahead_asks_before_it_ends_anything(machine: Machine) -> None:
    mine = [machine.ask(when=when) for when in ("evening", "morning")]
    machine.run(5)
    true = machine.clock.now()
    machine.switch_on(true + timedelta(days=20))
    machine.run(10)
    assert machine.is_on
    machine.clock.set(true + timedelta(hours=1))
    machine.run(10)
    machine.confirm()
    machine.run(10)
    assert [machine.desk.callback(one).state for one in mine] == [
        CallbackState.WAITING,
        CallbackState.WAITING,
    ]


@pytest.mark.fault("K2")
def test_a_now_whose_half_hour_went_by_under_a_wrong_clock_is_put_before_a_person(machine: Machine) -> None:
    machine.run(1)
    machine.clock.set(machine.clock.now() + timedelta(days=20))
    machine.run(1)
    told = machine.ask(when="now")
    machine.clock.set(machine.clock.now() - timedelta(days=20))
    machine.run(45)
    machine.confirm()
    machine.run(2)
    found = machine.desk.callback(told)
    assert (found.state, found.reason) == (CallbackState.REVIEW, "wrong_clock")


@pytest.mark.fault("K2")
@pytest.mark.parametrize("offset", OFFSETS.values(), ids=OFFSETS)
def test_claims_calls_texts_and_what_was_kept_outlive_a_wrong_clock(
    machine: Machine, offset: timedelta
) -> None:
    noy = machine.desk.person("Noy")
    held = machine.ask(when="evening")
    machine.run(1)
    claim.claim_callback(machine.parts, noy, held)
    tables = ("callbacks", "callers", "texts", "turns", "attempts", "notes")
    before = {name: machine.desk.rows(f"SELECT count(*) FROM {name}")[0][0] for name in tables}
    sent_before = machine.desk.rows("SELECT id, kind, callback_id FROM outbox")
    machine.clock.set(machine.clock.now() + offset)
    machine.run(40)
    assert machine.desk.callback(held).state is CallbackState.CLAIMED
    machine.clock.set(machine.clock.now() - offset)
    machine.run(10)
    machine.confirm()
    machine.run(1)
    assert machine.desk.callback(held).state is CallbackState.CLAIMED
    assert {name: machine.desk.rows(f"SELECT count(*) FROM {name}")[0][0] for name in tables} == before
    sent = machine.desk.rows("SELECT id, kind, callback_id FROM outbox")
    assert [row for row in sent if row in sent_before] == sent_before
    # Of that one request those on duty may hear once meanwhile, by its own alert: no other row may come.
    added = [(kind, about) for one, kind, about in sent if (one, kind, about) not in sent_before]
    assert added in ([], [("alert", held)])
    assert machine.desk.rows("SELECT count(*) FROM outbox WHERE state = 'expired'") == [(0,)]


@pytest.mark.fault("K2")
def test_the_very_instant_of_a_jump_ends_nothing(machine: Machine, tmp_path: Path) -> None:
    """The chore itself compares: it needs no other process to have looked before."""

    class Watched(SetClock, WatchedClock):
        def __init__(self) -> None:
            self._base = None
            super().__init__()

        has_jumped = WatchedClock.has_jumped
        rebase = WatchedClock.rebase

    clock = Watched()
    desk = Desk(made_parts(machine.parts.store, clock, tmp_path), clock)
    mine = desk.requested()
    round_ = Round(desk.parts, TABLE)
    round_.go(stopping=lambda: False)
    clock.set(clock.now() + timedelta(days=20))
    fresh = Round(desk.parts, TABLE)
    fresh.go(stopping=lambda: False)
    assert desk.callback(mine).state is CallbackState.WAITING
    assert desk.callback(mine).due_at == desk.callback(mine).due_at


@pytest.mark.fault("K2")
def test_one_run_never_ends_more_than_a_share_without_a_person(machine: Machine) -> None:
    for _ in range(8):
        machine.ask(when="sunday")
    machine.run(1)
    machine.clock.forward(days=13)
    for _ in range(4):
        machine.ask(when="sunday")
    machine.clock.forward(days=2)
    machine.run(6)
    assert not machine.is_on
    assert CallbackState.EXPIRED not in machine.states().values()
    (finding,) = [one for one in look_around(machine.parts) if one.part == "endings"]
    assert not finding.ok
    assert "8 of 12" in finding.words
    clock_guard.allow_end(machine.parts, BOSS, clock_guard.REQUESTS)
    machine.run(6)
    assert list(machine.states().values()).count(CallbackState.EXPIRED) == 8
    assert all(one.ok for one in look_around(machine.parts) if one.part == "endings")


def test_a_few_end_as_they_always_did(machine: Machine) -> None:
    mine = machine.ask(when="sunday")
    machine.run(1)
    machine.clock.forward(days=15)
    machine.run(6)
    assert machine.desk.callback(mine).state is CallbackState.EXPIRED


def test_a_spooled_turn_under_a_wrong_clock_is_put_in_at_its_true_time(machine: Machine) -> None:
    clock = machine.clock
    true = clock.now()
    clock.set(true - timedelta(days=365))
    mark, wrong = clock.mark(), clock.now()
    clock.forward(minutes=5)
    clock.set(true + timedelta(minutes=5))
    assert abs(clock.set_right(wrong, mark) - true) < timedelta(seconds=2)
    assert clock.set_right(true, "") == true
    assert clock.set_right(true + timedelta(days=9), "otherrun:5") == clock.now()
    assert replace(machine.parts, clock=clock).clock is clock
