"""A provider that says anything about any call, at any time and again, people who press Call, and she who cancels."""

from collections import Counter

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from gateway.channels.contract import SendOutcome as Sent
from gateway.channels.contract import SendResult
from gateway.domain.callbacks.outcomes import RULES, Outcome
from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.events import CallEvent, CallKind, Cause, DialCaller
from gateway.domain.outbox.states import OutboxEvent as Sending
from gateway.domain.permissions import NotPermitted
from gateway.helpdesk.calls import bridge_events, bridged_calls
from gateway.helpdesk.calls.bridged_calls import Bridge
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoBridge, NoSuchCallback, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CallbackAccepted, CancelCallback
from gateway.storage import outbox
from tests.support.desk_rig import Desk, made_parts
from tests.support.ledgers import SqliteLedgers
from tests.support.machines import LedgerMachine, number_of, play

NUMBERS = [number_of(n) for n in range(3)]
ANSWERS = (ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove, NoSuchCallback, NoBridge, NotPermitted)
which = st.integers(0, 30)
who = st.integers(0, 1)


class CallsMachine(LedgerMachine):
    """The desk with a bridge, beside a book of every Dial."""

    begins_at = "2026-11-24T18:00:00+07:00"

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(made_parts(self.store, self.clock, self.folder), self.clock).with_bridge()
        self.people = [self.desk.person(f"P{n}", number=f"+8562055590000{n}") for n in range(2)]
        self.requests: dict[str, str] = {}
        self.bridges: list[tuple[int, Bridge]] = []
        self.dials: Counter[str] = Counter()

    @rule(number=st.sampled_from(NUMBERS), when=st.sampled_from(["now", "evening"]))
    def she_asks(self, number: str, when: str) -> None:
        receipt = self.desk.asks(number, when=when).receipt
        if isinstance(receipt, CallbackAccepted):
            self.requests[receipt.callback] = number

    @precondition(lambda self: self.requests)
    @rule(which=which)
    def she_cancels(self, which: int) -> None:
        callback = self.one(which)
        self.desk.does(
            accept.cancel_request, self.requests[callback], effect=CancelCallback(callback=callback)
        )

    @precondition(lambda self: self.requests)
    @rule(who=who, which=which)
    def call_is_pressed(self, who: int, which: int) -> None:
        try:
            claim.claim_callback(self.desk.parts, self.people[who], self.one(which))
            bridge = bridged_calls.begin_call(self.desk.parts, self.people[who], self.one(which))
        except ANSWERS:
            return
        if bridge.id not in [known.id for _, known in self.bridges]:
            self.bridges.append((who, bridge))

    @precondition(lambda self: self.bridges)
    @rule(which=which, sent=st.booleans())
    def the_provider_answers_our_request(self, which: int, sent: bool) -> None:
        _, bridge = self.bridges[which % len(self.bridges)]
        result = SendResult(
            outcome=Sent.SENT if sent else Sent.NOT_SENT, provider_id=f"S-{bridge.id}" if sent else ""
        )
        with self.desk.parts.store.write() as tx:
            row = outbox.by_once(tx, f"call:{bridge.id}")
            assert row is not None
            bridge_events.note_placed_call(
                self.desk.parts, tx, row, result, Sending.SENT if sent else Sending.FAIL
            )

    @precondition(lambda self: self.bridges)
    @rule(
        which=which,
        kind=st.sampled_from([kind for kind in CallKind if kind is not CallKind.RANG]),
        known_by=st.sampled_from(["session", "own_id", "number", "nothing"]),
        digits=st.sampled_from(["1", "1", "1", "5"]),
        times=st.integers(1, 3),
    )
    def the_provider_says(self, which: int, kind: CallKind, known_by: str, digits: str, times: int) -> None:
        who, bridge = self.bridges[which % len(self.bridges)]
        event = CallEvent(
            channel="africastalking",
            session=f"S-{bridge.id}" if known_by != "nothing" else "stranger",
            own_id=bridge.id if known_by == "own_id" else "",
            number=f"+8562055590000{who}" if known_by == "number" else "",
            kind=kind,
            digits=digits if kind is CallKind.KEY else "",
            cause=Cause.BUSY,
        )
        for _ in range(times):
            before = self.desk.rows(
                f"SELECT state, id, callback_id FROM bridges WHERE session = '{event.session}'"
            )
            step = bridge_events.handle_call_event(self.desk.parts, event)
            if isinstance(step, DialCaller):
                self.dialled(step, before)

    def dialled(self, step: DialCaller, before: list[tuple[str, ...]]) -> None:
        ((state, bridge, callback),) = before
        assert state == "press_one"
        row, now = self.desk.callback(callback), self.clock.now()
        assert row.state is CallbackState.CALLING
        assert row.due_at is not None
        assert row.due_until is not None
        assert row.due_at <= now < row.due_until
        assert step.number == self.requests[callback]
        self.dials[bridge] += 1

    @rule(who=who, outcome=st.sampled_from(list(Outcome)))
    def the_outcome_is_said(self, who: int, outcome: Outcome) -> None:
        bridge = bridged_calls.find_current_call(self.desk.parts, self.people[who])
        if bridge is not None and bridge.form:
            queue_outcome.record_outcome(
                self.desk.parts,
                self.people[who],
                callback_id=bridge.callback_id,
                outcome=outcome,
                form=bridge.form,
            )

    @rule(minutes=st.sampled_from([1, 4, 30, 150]))
    def time_passes(self, minutes: int) -> None:
        self.clock.forward(minutes=minutes)
        for chore in (
            bridge_events.roll_bridges,
            timers.release_leases,
            timers.roll_windows,
            timers.expire_requests,
        ):
            chore(self.desk.parts)

    def one(self, which: int) -> str:
        return list(self.requests)[which % len(self.requests)]

    @invariant()
    def nobody_is_dialled_twice(self) -> None:
        assert all(n == 1 for n in self.dials.values())

    @invariant()
    def what_is_on_record_as_dialled_is_what_was_dialled(self) -> None:
        assert {
            id_ for (id_,) in self.desk.rows("SELECT id FROM bridges WHERE dialled_at IS NOT NULL")
        } == set(self.dials)

    @invariant()
    def one_lives_a_person_and_one_attempt_a_number(self) -> None:
        for table, whose in (("bridges", "person_id"), ("attempts", "caller_id")):
            grouped = (
                f"SELECT {whose} FROM {table} WHERE ended_at IS NULL GROUP BY {whose} HAVING count(*) > 1"
            )
            assert self.desk.rows(grouped) == []

    @invariant()
    def what_ended_undialled_waits_for_no_outcome(self) -> None:
        joined = "bridges JOIN attempts ON attempts.id = bridges.attempt_id"
        over = "bridges.ended_at IS NOT NULL AND dialled_at IS NULL AND attempts.ended_at IS NULL"
        assert self.desk.rows(f"SELECT bridges.id FROM {joined} WHERE {over}") == []

    @invariant()
    def not_dialled_is_only_said_of_what_was_not(self) -> None:
        joined = "bridges JOIN attempts ON attempts.id = bridges.attempt_id"
        assert (
            self.desk.rows(f"SELECT 1 FROM {joined} WHERE outcome = 'not_dialled' AND dialled_at IS NOT NULL")
            == []
        )

    @invariant()
    def only_what_a_person_said_counts_as_tried(self) -> None:
        counts = {outcome.value for outcome, row in RULES.items() if row.counts}
        for callback in self.requests:
            row = self.desk.callback(callback)
            said = self.desk.rows(f"SELECT outcome FROM attempts WHERE callback_id = '{callback}'")
            assert row.attempts <= sum(word in counts for (word,) in said)


def test_whatever_is_said_she_is_dialled_once_or_never(sqlite_ledgers: SqliteLedgers) -> None:
    play(CallsMachine, sqlite_ledgers.fresh, 8, 30)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_whatever_is_said_for_long_she_is_dialled_once_or_never(sqlite_ledgers: SqliteLedgers) -> None:
    play(CallsMachine, sqlite_ledgers.fresh, 400, 80)
