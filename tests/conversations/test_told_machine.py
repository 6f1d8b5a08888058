"""Told means kept, in any order that hypothesis finds: outages, refusals of the ledger, replays and clocks lose nothing."""

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from gateway.conversations import one_shot
from gateway.conversations.commit import commit_turn
from gateway.delivery import clock_guard
from gateway.delivery.clock_guard import ClockWatch
from gateway.domain.callbacks.states import OPEN
from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.staff import shifts
from gateway.menus.engine.effects import CallbackAccepted
from gateway.storage import callbacks, callers, people
from gateway.storage import callbacks as rows
from tests.conversations.test_commit_faults import asking, turn_of
from tests.support.clocks import SetClock
from tests.support.house import made_parts, publish
from tests.support.ledgers import SqliteLedgers
from tests.support.outage_rig import full_disk, lost_at_commit, sql_away
from workers.chores import TABLE, Round

NUMBERS = [f"+8562055500{n:03}" for n in range(2)]
BOSS = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)
OUTAGES: list[Any] = [
    None,
    sql_away,
    lambda store: full_disk(store, 3),
    lambda store: lost_at_commit(store, kept=True, times=2),
    lambda store: lost_at_commit(store, kept=False, times=2),
]
OFFSETS = [timedelta(days=-400), timedelta(hours=-2), timedelta(hours=2), timedelta(days=20)]


class ToldMachine(RuleBasedStateMachine):
    """A line beside a book of what was told: each code of it opens an open request, once the ledger can be asked."""

    ledgers: Any

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        self._fresh = self.ledgers.fresh(*([folder] if isinstance(self.ledgers, SqliteLedgers) else []))
        self.clock = SetClock()
        self.parts = made_parts(self._fresh.__enter__(), self.clock, folder)
        publish(self.parts)
        with self.parts.store.write() as tx:
            people.add_person(
                tx, "boss", name="Boss", name_key="boss", role="supervisor", now=self.clock.now()
            )
        self.watch, self.round = ClockWatch(self.parts), Round(self.parts, TABLE)
        self.told: set[tuple[str, str]] = set()
        self.turns = 0

    def teardown(self) -> None:
        self._fresh.__exit__(None, None, None)
        self._folder.cleanup()

    @rule(
        number=st.sampled_from(NUMBERS),
        when=st.sampled_from(["morning", "noon", "evening", "sunday"]),
        seen=st.sampled_from(["no", "sometimes", "sometimes"]),
        outage=st.integers(0, len(OUTAGES) - 1),
        repeated=st.booleans(),
    )
    def she_asks(self, number: str, when: str, seen: str, outage: int, repeated: bool) -> None:
        self.turns += 1
        key = self.turns.to_bytes(32)
        effect = asking(when=when, phone_seen=seen)
        turn = turn_of(self.parts, effect, key=key, session_key=key, number=number, now=self.clock.now())
        fault = OUTAGES[outage]
        if fault is None:
            (receipt,) = commit_turn(self.parts, turn).receipts
        else:
            with fault(self.parts.store):
                (receipt,) = commit_turn(self.parts, turn).receipts
        if repeated:
            assert commit_turn(self.parts, turn).receipts == (receipt,) or fault is None
        if isinstance(receipt, CallbackAccepted):
            self.told.add((number, receipt.code))

    @rule()
    def sql_is_back(self) -> None:
        one_shot.replay_spool(self.parts)

    @rule(days=st.integers(0, 6))
    def a_holiday_is_entered(self, days: int) -> None:
        shifts.set_holiday(self.parts, BOSS, self.clock.now().date() + timedelta(days=days), "a day")

    @rule(week=st.sampled_from([{}, {"mon": ["08:00-09:00"]}, {"sun": ["09:00-18:00"]}]))
    def shifts_change(self, week: dict[str, list[str]]) -> None:
        shifts.set_week(self.parts, BOSS, "boss", week)

    @rule(offset=st.sampled_from(OFFSETS), number=st.sampled_from(NUMBERS), outage=st.integers(0, 1))
    def the_clock_is_wrong_for_a_while(self, offset: timedelta, number: str, outage: int) -> None:
        self.works()
        self.clock.set(self.clock.now() + offset)
        self.she_asks(number, "evening", "sometimes", outage, repeated=False)
        self.works()
        self.clock.set(self.clock.now() - offset)
        self.works()
        one_shot.replay_spool(self.parts)
        clock_guard.confirm_clock(self.parts, BOSS)
        self.works()

    @rule(minutes=st.sampled_from([1, 40, 300]))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self.works()

    def works(self) -> None:
        self.watch.look()
        self.round.go(stopping=lambda: False)

    @invariant()
    def what_was_told_is_a_request_or_waits_to_be_one(self) -> None:
        assert self.parts.spool.failed() == []
        if self.parts.spool.list():
            return
        with self.parts.store.read() as tx:
            for number, code in self.told:
                her = callers.find_caller(tx, number)
                assert her is not None
                hers = rows.open_of(tx, her.id)
                further = callbacks.find_by_further_code(tx, [one.id for one in hers], code)
                found = [one for one in hers if one.code == code or one.id in further]
                assert found, f"{code} was told and opens nothing"
                assert all(one.state in OPEN for one in found)


@pytest.mark.fault("K1")
@pytest.mark.fault("K2")
@pytest.mark.parametrize(
    ("database", "examples"), [("sqlite", 15), ("postgresql", 5)], ids=["sqlite", "postgresql"]
)
def test_told_means_kept(database: str, examples: int, request: pytest.FixtureRequest) -> None:
    ToldMachine.ledgers = request.getfixturevalue(f"{database}_ledgers")
    runs = settings(
        max_examples=examples,
        stateful_step_count=12,
        derandomize=True,
        phases=[Phase.generate],  # to shrink what was found takes longer than a test may
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(ToldMachine, settings=runs)
