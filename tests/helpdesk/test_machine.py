"""Everything that people, callers and the clock can do, in any order that hypothesis finds: the promises hold."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import HELD, OPEN, CallbackState, IllegalMove
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback, NotSafe, Rejected
from gateway.helpdesk.queue import claim, timers, transfer
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.queue.transfer import NotPassed
from gateway.helpdesk.requests import accept, add, referrals
from gateway.helpdesk.requests.add import ManualRequest, RequestOrigin
from gateway.menus.engine.effects import CallbackAccepted, CancelCallback, ChangeWindow
from gateway.storage import attempts as rows
from gateway.storage.attempts import Attempt
from tests.support.desk_rig import Desk, made_parts
from tests.support.ledgers import SqliteLedgers
from tests.support.machines import LedgerMachine, number_of, play
from tests.support.week_rig import WINDOWS

ZONE = ZoneInfo("Asia/Vientiane")
NUMBERS = [number_of(n) for n in range(4)]
ANSWERS = (
    ClaimedByOther,
    AlreadyCalling,
    NotSafe,
    IllegalMove,
    NotPermitted,
    NoSuchCallback,
    Rejected,
    NotPassed,
)
WHENS = ["morning", "noon", "evening", "sunday", "now", "never"]

number = st.sampled_from(NUMBERS)
when = st.sampled_from(WHENS)
who = st.integers(0, 2)
which = st.integers(0, 30)


class DeskMachine(LedgerMachine):
    """The desk, beside a book of what was asked, said and rung."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk(made_parts(self.store, self.clock, self.folder), self.clock)
        self.people = [
            self.desk.person("Noy", on_duty=True),
            self.desk.person("Dao", on_duty=True),
            self.desk.person("Boss", Role.SUPERVISOR),
        ]
        self.whose: dict[str, str] = {}
        self.asked_at: dict[str, datetime] = {}
        self.never: set[str] = set()
        self.rung: dict[str, list[tuple[datetime, str]]] = {}

    def one(self, index: int, *states: CallbackState) -> str:
        """A request, of three in four times one in these states: a deed that is always refused shows little."""
        fitting = [one for one in self.whose if self.desk.callback(one).state in states]
        among = fitting if fitting and index % 4 else list(self.whose)
        return among[index % len(among)] if among else "none"

    def holder(self, callback: str, who: int) -> Actor:
        """Whoever has the request; somebody else where nobody has, and now and then all the same."""
        held_by = self.desk.callback(callback).holder_id if callback in self.whose else None
        by_id = {one.person_id: one for one in self.people}
        return by_id.get(held_by or "", self.person(who)) if (who + len(callback)) % 4 else self.person(who)

    def live(self) -> list[Attempt]:
        with self.desk.parts.store.read() as tx:
            return [
                one for one in (rows.find_live_of_request(tx, callback) for callback in self.whose) if one
            ]

    def person(self, index: int) -> Actor:
        return self.people[index]

    def known(self, callback: str, number: str) -> None:
        self.seen["asked"] += 1
        self.whose[callback] = number
        self.asked_at.setdefault(callback, self.desk.callback(callback).asked_at)
        self.never.discard(callback)

    # --- what she does

    @initialize(
        asked=st.lists(
            st.sampled_from(["morning", "noon", "evening", "sunday", "now"]), min_size=4, max_size=4
        )
    )
    def a_morning_begins(self, asked: list[str]) -> None:
        """Without a request to start with most deeds of most runs would be refused."""
        for one, window in zip(NUMBERS, asked, strict=True):
            self.asks(one, window, "sometimes", window == "noon")

    @rule(
        number=number, when=when, seen=st.sampled_from(["no", "sometimes", "not_mine"]), danger=st.booleans()
    )
    def asks(self, number: str, when: str, seen: str, danger: bool) -> None:
        receipt = self.desk.asks(number, when=when, phone_seen=seen, danger="yes" if danger else "no").receipt
        if isinstance(receipt, CallbackAccepted):
            assert when != "never"
            assert seen != "not_mine" or when == "now"
            self.known(receipt.callback, number)

    @precondition(lambda self: self.whose)
    @rule(which=which)
    def cancels(self, which: int) -> None:
        callback = self.one(which)
        self.desk.does(accept.cancel_request, self.whose[callback], effect=CancelCallback(callback=callback))

    @precondition(lambda self: self.whose)
    @rule(which=which, when=when)
    def moves(self, which: int, when: str) -> None:
        callback = self.one(which)
        effect = ChangeWindow(callback=callback, when=when)
        self.desk.does(accept.change_window, self.whose[callback], effect=effect)
        if when == "never" and self.desk.callback(callback).state is CallbackState.CANCELLED:
            self.never.add(callback)

    # --- what people do

    @rule(who=who, number=number, when=when, form=st.integers(0, 3))
    def adds(self, who: int, number: str, when: str, form: int) -> None:
        asked = ManualRequest(
            how=RequestOrigin.VISITOR,
            number=number,
            consented=True,
            phone_seen=PhoneSeen.SOMETIMES,
            when=When(when),
            language="lo",
        )
        try:
            receipt = add.add_request(self.desk.parts, self.person(who), asked, form=str(form))
        except ANSWERS:
            return
        if isinstance(receipt, CallbackAccepted):
            self.known(receipt.callback, number)

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which)
    def claims(self, who: int, which: int) -> None:
        callback = self.one(which, CallbackState.WAITING, CallbackState.REVIEW)
        self.trying(lambda: claim.claim_callback(self.desk.parts, self.person(who), callback))

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which)
    def releases(self, who: int, which: int) -> None:
        callback = self.one(which, CallbackState.CLAIMED)
        self.trying(lambda: claim.release_callback(self.desk.parts, self.holder(callback, who), callback))

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which, to=who)
    def hands_over(self, who: int, which: int, to: int) -> None:
        heir, callback = self.person(to).person_id, self.one(which, CallbackState.CLAIMED)
        self.trying(lambda: transfer.hand_over(self.desk.parts, self.holder(callback, who), callback, heir))

    @rule(who=who)
    def takes_next_and_calls(self, who: int) -> None:
        taken = claim.take_next(self.desk.parts, self.person(who))
        if taken is None:
            return
        row = self.desk.callback(taken.callback_id)
        assert row.due_at is not None
        assert row.due_until is not None
        assert row.due_at <= self.clock.now() <= row.due_until - timedelta(minutes=10)
        self.ring(self.person(who), taken.callback_id, surely=True)

    @precondition(lambda self: self.whose)
    @rule(who=who, number=number, outcome=st.sampled_from(list(Outcome)))
    def waits_for_the_window_and_calls(self, who: int, number: str, outcome: Outcome) -> None:
        """What a day at the desk is made of, so that many steps lead deep into a request's life."""
        mine = [one for one, whose in self.whose.items() if whose == number]
        waiting = [one for one in mine if self.desk.callback(one).state is CallbackState.WAITING]
        if not waiting:
            return
        due_at = self.desk.callback(waiting[0]).due_at
        if due_at is not None and due_at > self.clock.now():
            self.clock.set(due_at)
            self.chores()
        self.works_on(waiting[0], who, outcome)

    @rule(who=who, number=number, outcome=st.sampled_from(list(Outcome)))
    def two_of_her_windows_meet(self, who: int, number: str, outcome: Outcome) -> None:
        """She asks for *now* shortly before the window of another request: what is between two calls decides."""
        rows_of_hers = [self.desk.callback(one) for one, whose in self.whose.items() if whose == number]
        ahead = [
            (row.due_at, row.id)
            for row in rows_of_hers
            if row.state is CallbackState.WAITING and row.due_at is not None and row.due_at > self.clock.now()
        ]
        if not ahead:
            return
        opens, other = min(ahead)
        self.clock.set(max(self.clock.now(), opens - timedelta(minutes=20)))
        self.chores()
        self.asks(number, "now", "sometimes", False)
        now = [one for one, whose in self.whose.items() if whose == number and one != other]
        self.works_on(now[-1] if now else other, who, outcome)
        self.clock.set(max(self.clock.now(), opens + timedelta(minutes=5)))
        self.chores()
        self.works_on(other, who, outcome)

    def works_on(self, callback: str, who: int, outcome: Outcome) -> None:
        """Claim it, ring, and say what came of it, as far as each is allowed."""
        self.trying(lambda: claim.claim_callback(self.desk.parts, self.person(who), callback))
        before = self.seen["rung"]
        self.ring(self.holder(callback, who), callback)
        if self.seen["rung"] > before:
            self.says_what_came_of_it(0, outcome, agreed=True)

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which)
    def calls(self, who: int, which: int) -> None:
        callback = self.one(which, CallbackState.CLAIMED, CallbackState.REACHED)
        self.ring(self.holder(callback, who), callback)

    @precondition(lambda self: self.live())
    @rule(which=which, outcome=st.sampled_from(list(Outcome)), agreed=st.booleans())
    def says_what_came_of_it(self, which: int, outcome: Outcome, agreed: bool) -> None:
        live = self.live()
        running = live[which % len(live)]
        actor = next(one for one in self.people if one.person_id == running.person_id)
        queue_outcome.record_outcome(
            self.desk.parts,
            actor,
            callback_id=running.callback_id,
            outcome=outcome,
            form=running.form,
            agreed=agreed,
        )
        book = self.rung[self.whose[running.callback_id]]
        book[-1] = (book[-1][0], outcome)
        self.seen[f"said {outcome}"] += 1

    @precondition(lambda self: self.whose)
    @rule(which=which, decision=st.sampled_from(["given_up", "closed", "waiting"]))
    def decides(self, which: int, decision: str) -> None:
        callback = self.one(which, CallbackState.REVIEW)
        self.trying(
            lambda: queue_outcome.decide_review(self.desk.parts, self.people[2], callback, decision=decision)
        )

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which)
    def closes(self, who: int, which: int) -> None:
        callback = self.one(which, CallbackState.REACHED, CallbackState.CLAIMED)
        self.trying(
            lambda: queue_outcome.close_callback(self.desk.parts, self.holder(callback, who), callback)
        )

    @precondition(lambda self: self.whose)
    @rule(who=who, which=which, days=st.integers(0, 9))
    def follows_up(self, who: int, which: int, days: int) -> None:
        callback, on = (
            self.one(which, CallbackState.REACHED),
            (self.clock.now() + timedelta(days=days)).date(),
        )
        try:
            made = referrals.follow_up(self.desk.parts, self.holder(callback, who), callback, on=on)
        except ANSWERS:
            return
        self.seen["followed up"] += 1
        self.known(made, self.whose[callback])

    # --- what time does

    @rule(minutes=st.sampled_from([1, 10, 20, 60, 180]))
    def time_passes(self, minutes: int) -> None:
        self.seen["time passed"] += 1
        self.clock.forward(minutes=minutes)
        self.chores()

    @rule()
    def the_next_window_opens(self) -> None:
        due = [
            row.due_at for row in map(self.desk.callback, self.whose) if row.state is CallbackState.WAITING
        ]
        ahead = [one for one in due if one is not None and one > self.clock.now()]
        if ahead:
            self.clock.set(min(ahead))
            self.chores()

    def chores(self) -> None:
        for chore in (
            timers.release_leases,
            timers.roll_windows,
            timers.expire_requests,
            timers.escalate_stalled,
        ):
            chore(self.desk.parts)

    # --- the book

    def trying(self, deed) -> None:
        try:
            deed()
        except ANSWERS:
            self.seen["refused"] += 1
        else:
            self.seen["done"] += 1

    def ring(self, actor: Actor, callback: str, *, surely: bool = False) -> None:
        if callback not in self.whose:
            return
        before = self.desk.callback(callback)
        if before.state is CallbackState.CALLING:
            return  # the same person gets the same attempt again, which rings nobody
        try:
            call = attempts.begin_call(self.desk.parts, actor, callback)
        except ANSWERS:
            assert not surely, "what was handed out could not be called"
            return
        self.check(callback, before.window, call)

    def check(self, callback: str, window: str, call: attempts.Call) -> None:
        mine, now = self.whose[callback], self.clock.now()
        assert call.number == mine
        self.seen["rung"] += 1
        assert callback not in self.never
        local = now.astimezone(ZONE)
        if window in WINDOWS:
            (start, end), day = WINDOWS[window]
            assert start <= local.hour < end
            assert day is None or local.weekday() == day
        for at, outcome in self.rung.setdefault(mine, []):
            assert now >= at + timedelta(hours=2) or outcome in ("busy", "cut_off", "asked_later", "reached")
            assert now >= at + timedelta(hours=24) or outcome != "someone_else"
        self.rung[mine].append((now, ""))

    @invariant()
    def never_two_live_attempts_to_a_number(self) -> None:
        grouped = (
            "SELECT caller_id FROM attempts WHERE ended_at IS NULL GROUP BY caller_id HAVING count(*) > 1"
        )
        assert self.desk.rows(grouped) == []

    @invariant()
    def never_two_in_a_window_but_the_named_ones(self) -> None:
        grouped = "SELECT caller_id FROM attempts GROUP BY caller_id, window_from HAVING count(*) > 2"
        assert self.desk.rows(grouped) == []

    @invariant()
    def never_one_outside_her_window(self) -> None:
        outside = "started_at < window_from OR window_until IS NULL OR started_at >= window_until"
        assert self.desk.rows(f"SELECT id FROM attempts WHERE {outside}") == []

    @invariant()
    def never_more_than_the_limit_and_place_is_kept(self) -> None:
        for callback in self.whose:
            row = self.desk.callback(callback)
            assert row.attempts <= 3
            assert row.asked_at == self.asked_at[callback]

    @invariant()
    def nothing_open_is_without_a_next_step(self) -> None:
        for row in map(self.desk.callback, self.whose):
            if row.state not in OPEN:
                continue
            if row.state is CallbackState.WAITING:
                assert row.due_until is not None
                assert row.holder_id is None
            elif row.state in HELD:
                assert row.held_until is not None
                assert row.holder_id is not None
            else:
                assert row.escalate_at is not None
                assert row.reason


def test_whatever_happens_the_promises_hold(sqlite_ledgers: SqliteLedgers) -> None:
    seen = play(DeskMachine, sqlite_ledgers.fresh, 8, 30)
    assert seen["asked"] > 0
    assert seen["done"] > 0


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_whatever_happens_for_long_the_promises_hold(sqlite_ledgers: SqliteLedgers) -> None:
    seen = play(DeskMachine, sqlite_ledgers.fresh, 400, 60)
    assert seen["rung"] > 300
    assert all(seen[f"said {outcome}"] for outcome in Outcome)
