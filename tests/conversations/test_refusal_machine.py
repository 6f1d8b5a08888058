"""Whatever callers, people, providers and the clock do: after a refusal nobody is rung until she asks again."""

import re
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from gateway.conversations import effects, one_shot
from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.events import MissedCall, OptOut
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, Full, NoSuchCallback, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.requests import refuse
from gateway.menus.engine.effects import RefuseCalls
from gateway.storage import attempts as rows
from gateway.storage import callbacks, callers
from gateway.storage.callbacks import Callback
from tests.support import house
from tests.support.desk_rig import Desk
from tests.support.ledgers import PostgresqlLedgers, SqliteLedgers
from tests.support.machines import Fresh, LedgerMachine, number_of, play

NUMBERS = [number_of(n) for n in range(2)]
ANSWERS = (ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove, NotPermitted, NoSuchCallback, Full)
REFUSALS = ("7 2 1 6", "7 2 2 6", "7 2 3 2", "7 2 1 3 2", "7 2 2 1 2")
SEEN, WHEN = ("1", "2", "3"), ("1", "2", "3", "4")
CODE = re.compile(r"\b(?!1191)\d{4}\b")
"""Her code; 1191 is the police in Laos."""

HOW = st.one_of(
    st.sampled_from(REFUSALS),
    st.sampled_from(("1 6", "2 6", "3 6")),
    *map(st.just, ("STOP", "opt-out")),
)

number = st.sampled_from(NUMBERS)
which = st.integers(0, 30)
who = st.integers(0, 2)


class RefusalMachine(LedgerMachine):
    """The whole house on one ledger, beside a book of who does not want to be called."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = house.made_parts(self.store, self.clock, self.folder)
        house.publish(self.parts)
        self.desk = Desk(self.parts, self.clock)
        self.people = [
            self.desk.person("Noy", number="+85620555900001"),
            self.desk.person("Dao", number="+85620555900002"),
            self.desk.person("Boss", Role.SUPERVISOR, number="+85620555900003"),
        ]
        self.phones = {each: house.Phone(self.parts, number=each) for each in NUMBERS}
        self.trial = self.parts.is_trial("africastalking")
        self.refused: set[str] = set()
        self.ended: set[str] = set()
        self.decided: set[str] = set()

    # --- what is known

    def all(self) -> list[tuple[str, Callback]]:
        with self.parts.store.read() as tx:
            known = [(each, callers.find_caller(tx, each, trial=self.trial)) for each in NUMBERS]
            return [
                (each, one)
                for each, caller in known
                if caller
                for one in callbacks.list_of_caller(tx, caller.id)
            ]

    def one(self, index: int, *states: CallbackState) -> tuple[str, Callback] | None:
        every = self.all()
        among = [each for each in every if each[1].state in states] or every
        return among[index % len(among)] if among else None

    def notes(self, number: str) -> None:
        self.seen["refused"] += 1
        self.refused.add(number)
        self.decided -= {one.id for whose, one in self.all() if whose == number}

    def dials(self, number: str, keys: str) -> str:
        phone = self.phones[number]
        first = phone.dial()
        told = phone.press(f"4 {keys}" if first.screen == "language" else keys)
        return told.text

    # --- what she does

    @initialize(seen=st.sampled_from(SEEN[:2]), when=st.sampled_from(WHEN))
    def both_have_asked(self, seen: str, when: str) -> None:
        for each in NUMBERS:
            self.asks(each, by_text=False, seen=seen, when=when)

    @rule(
        number=number, by_text=st.booleans(), seen=st.sampled_from(SEEN), when=st.sampled_from([*WHEN, "5"])
    )
    def asks(self, number: str, by_text: bool, seen: str, when: str) -> None:
        if by_text:
            self.phones[number].texts("call me")
            told = " ".join(self.phones[number].texts(f"{seen} {when}"))
        else:
            told = self.dials(number, f"7 2 {seen} {'1' if seen == '3' else when} 1")
        if CODE.search(told):
            self.seen["asked"] += 1
            self.refused.discard(number)
        elif by_text and seen == "3" and when != "5":  # on another's phone only now can be safe
            self.notes(number)

    @rule(number=number, how=HOW, tried=st.booleans())
    def refuses(self, number: str, how: str, tried: bool) -> None:
        if how in REFUSALS:
            self.dials(number, how)
        elif how == "opt-out":
            assert effects.opt_out(self.parts, OptOut(channel="africastalking", number=number))
        else:
            self.phones[number].texts("STOP" if how == "STOP" else "call me")
            self.phones[number].texts(how)
        self.notes(number)
        if tried:
            self.everybody_tries_to_call_everyone(0)

    @rule(number=number)
    def says_so(self, number: str) -> None:
        said, now = RefuseCalls(how="said"), self.clock.now()
        with self.parts.store.write() as tx:
            caller = callers.upsert_caller(tx, number, now=now, trial=self.trial)
            refuse.refuse_calls(self.parts, tx, caller=caller, effect=said, session=b"", now=now)
        self.notes(number)
        self.everybody_tries_to_call_everyone(0)

    @rule(number=number, when=st.sampled_from(WHEN))
    def asks_on_a_shared_phone_and_refuses_in_the_same_session(self, number: str, when: str) -> None:
        before = {one.id for _, one in self.all()}
        if not CODE.search(self.dials(number, f"7 2 2 {when} 1")):
            assert (
                self.phones[number].shown[-1].ends
            )  # three are open already: nothing can be pressed any more
            return
        made = [one.id for _, one in self.all() if one.id not in before]
        self.refused.discard(number)
        assert self.phones[number].press("00 7 2 2 6").screen == "no_call"
        assert {one.state for _, one in self.all() if one.id in made} == {CallbackState.CANCELLED}
        self.seen["ended"] += 1
        self.ended |= set(made)

    @rule(number=number, turn=st.integers(0, 9))
    def rings_the_line(self, number: str, turn: int) -> None:
        one_shot.accept_ring(
            self.parts,
            MissedCall(channel="africastalking", number=number, turn=f"{turn}"),
            now=self.clock.now(),
        )

    @rule(number=number, words=st.sampled_from(["START", "wage", "help", "hello there"]))
    def writes_something_else(self, number: str, words: str) -> None:
        self.phones[number].texts(words)

    # --- what people do

    @rule(first=who)
    def everybody_tries_to_call_everyone(self, first: int) -> None:
        waiting = [one.due_at for _, one in self.all() if one.state is CallbackState.WAITING and one.due_at]
        if waiting and min(waiting) > self.clock.now():
            self.clock.set(min(waiting))
            self.chores()
        for person in (*self.people[first:], *self.people[:first]):
            for number, callback in self.all():
                with suppress(*ANSWERS):
                    claim.claim_callback(self.parts, person, callback.id)
                self.rings(person, number, callback.id, reason="she wrote")

    @rule(who=who, index=which)
    def calls(self, who: int, index: int) -> None:
        found = self.one(index, CallbackState.CLAIMED, CallbackState.CALLING, CallbackState.REACHED)
        if found is not None:
            self.rings(self.people[who], found[0], found[1].id, reason="she wrote")

    def rings(self, person: Actor, number: str, callback: str, *, reason: str = "") -> None:
        """Try to ring; the number may be shown only to whoever she still lets call."""
        with self.parts.store.read() as tx:
            runs = rows.find_live_of_request(tx, callback) is not None
        try:
            attempts.begin_call(self.parts, person, callback, reason=reason)
        except ANSWERS:
            self.seen["not rung"] += 1
            return
        if runs:
            return
        self.seen["rung"] += 1
        assert number not in self.refused or callback in self.decided
        assert callback not in self.ended

    @rule(who=who, index=which, outcome=st.sampled_from(list(Outcome)), agreed=st.booleans())
    def says_what_came_of_it(self, who: int, index: int, outcome: Outcome, agreed: bool) -> None:
        found = self.one(index, CallbackState.CALLING)
        if found is None:
            return
        callback = found[1]
        by_id = {one.person_id: one for one in self.people}
        actor = by_id.get(callback.holder_id or "", self.people[who])
        try:
            queue_outcome.record_outcome(
                self.parts, actor, callback_id=callback.id, outcome=outcome, agreed=agreed
            )
        except ANSWERS:
            return
        self.seen["recorded"] += 1

    @rule(index=which)
    def decides_for_one_more_try(self, index: int) -> None:
        found = self.one(index, CallbackState.REVIEW)
        if found is None:
            return
        try:
            queue_outcome.decide_review(self.parts, self.people[2], found[1].id, decision="waiting")
        except ANSWERS:
            return
        self.seen["decided"] += 1
        self.decided.add(found[1].id)

    # --- what time does

    @rule(minutes=st.sampled_from([5, 40, 180, 900]))
    def passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        self.chores()

    def chores(self) -> None:
        for chore in (
            timers.roll_windows,
            timers.release_leases,
            timers.expire_requests,
            timers.escalate_stalled,
        ):
            chore(self.parts)


def play_refusals(fresh: Fresh, examples: int, steps: int) -> Counter[str]:
    """Play it; a fault is told at once, not made small for minutes."""
    return play(RefusalMachine, fresh, examples, steps, phases=(Phase.generate,))


def _on_sqlite(ledgers: SqliteLedgers) -> Fresh:
    return ledgers.fresh


def _on_postgresql(ledgers: PostgresqlLedgers) -> Fresh:
    return lambda _folder: ledgers.fresh()


@pytest.mark.fault("R1")
@pytest.mark.timeout(300)
def test_after_a_refusal_nobody_is_rung_until_she_asks_again(sqlite_ledgers: SqliteLedgers) -> None:
    seen = play_refusals(_on_sqlite(sqlite_ledgers), 40, 7)
    assert seen["rung"]
    assert seen["refused"]


@pytest.mark.fault("R1")
def test_the_same_on_the_other_database(postgresql_ledgers: PostgresqlLedgers) -> None:
    seen = play_refusals(_on_postgresql(postgresql_ledgers), 12, 7)
    assert seen["refused"]


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_whatever_happens_for_long_the_law_holds(sqlite_ledgers: SqliteLedgers) -> None:
    seen = play_refusals(_on_sqlite(sqlite_ledgers), 300, 50)
    assert seen["rung"] > 100
    assert seen["decided"]
