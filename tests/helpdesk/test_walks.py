"""Random weeks at a helpline: whatever people, callers and the clock do, the promises about her phone hold."""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import OPEN, CallbackState, IllegalMove
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CallbackAccepted, CancelCallback, ChangeWindow
from gateway.storage import attempts as rows
from tests.support.desk_rig import Desk

VIENTIANE = ZoneInfo("Asia/Vientiane")
WINDOWS = {"morning": (8, 9), "noon": (12, 13), "evening": (18, 21), "sunday": (9, 18)}
NUMBERS = [f"+8562055500{n:03}" for n in range(9)]
ANSWERS = (ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove, NotPermitted, NoSuchCallback)


class Walk:
    """One random walk; it keeps its own book of what it was told, and compares."""

    def __init__(self, line: Desk, seed: int) -> None:
        self.line, self.chance = line, Random(seed)
        self.people = [line.person(name) for name in ("Noy", "Dao")] + [line.person("Boss", Role.SUPERVISOR)]
        self.known: dict[str, str] = {}
        self.rung: defaultdict[str, list[tuple[datetime, str]]] = defaultdict(list)

    def someone(self) -> Actor:
        return self.chance.choice(self.people)

    def one(self) -> str:
        return self.chance.choice(list(self.known) or ["none"])

    def asks(self) -> None:
        number = self.chance.choice(NUMBERS)
        seen = "sometimes" if NUMBERS.index(number) % 2 else "no"
        when = self.chance.choice([*WINDOWS, "now"])
        danger = self.chance.choice(["no", "no", "yes"])
        receipt = self.line.asks(number, phone_seen=seen, when=when, danger=danger).receipt
        if isinstance(receipt, CallbackAccepted):
            self.known[receipt.callback] = number
            assert receipt.due_at < receipt.due_until

    def claims(self) -> None:
        claim.claim_callback(self.line.parts, self.someone(), self.one(), take_over=False)

    def takes_next(self) -> None:
        taken = claim.take_next(self.line.parts, self.someone())
        if taken is not None:
            row = self.line.callback(taken.callback_id)
            assert row.due_at is not None
            assert row.due_until is not None
            assert row.due_at <= self.line.clock.now() <= row.due_until - timedelta(minutes=10)

    def releases(self) -> None:
        claim.release_callback(self.line.parts, self.someone(), self.one())

    def takes_and_calls(self) -> None:
        actor = self.someone()
        taken = claim.take_next(self.line.parts, actor)
        if taken is not None:
            self.ring(actor, taken.callback_id)

    def calls(self) -> None:
        held = [
            one
            for one in self.known
            if self.line.callback(one).state in (CallbackState.CLAIMED, CallbackState.REACHED)
        ]
        if held:
            callback = self.chance.choice(held)
            holder = self.line.callback(callback).holder_id
            self.ring(next(p for p in self.people if p.person_id == holder), callback)

    def ring(self, actor: Actor, callback: str) -> None:
        before = self.line.callback(callback)
        self.check_ring(callback, before.window, attempts.begin_call(self.line.parts, actor, callback))

    def check_ring(self, callback: str, window: str, call: attempts.Call) -> None:
        """The oracle: her number, in her window, nobody else ringing, rested unless an exception is named."""
        number, now = self.known[callback], self.line.clock.now()
        assert call.number == number
        local = now.astimezone(VIENTIANE)
        if window in WINDOWS:
            start, end = WINDOWS[window]
            assert start <= local.hour < end
        assert call.due_until is not None
        assert now < call.due_until
        for started, outcome in self.rung[number]:
            excepted = outcome in ("busy", "cut_off", "asked_later", "reached")
            assert excepted or now >= started + timedelta(hours=2)
            assert outcome != "someone_else" or now >= started + timedelta(hours=24)
        live = self.line.rows("SELECT callback_id FROM attempts WHERE ended_at IS NULL")
        assert [self.known[one] for (one,) in live].count(number) == 1
        self.rung[number].append((now, "unclear"))

    def records(self) -> None:
        with self.line.parts.store.read() as tx:
            live = [
                one for one in (rows.find_live_of_request(tx, callback) for callback in self.known) if one
            ]
        if not live:
            return
        running, actor = self.chance.choice(live), self.someone()
        outcome = self.chance.choice(list(Outcome)).value
        recorded = queue_outcome.record_outcome(
            self.line.parts,
            actor,
            callback_id=running.callback_id,
            outcome=outcome,
            form=running.form,
            agreed=self.chance.random() < 0.5,
        )
        assert running.person_id == actor.person_id
        assert recorded.outcome == outcome
        rung = self.rung[self.known[running.callback_id]]
        rung[-1] = (rung[-1][0], outcome)

    def decides(self) -> None:
        callback = self.one()
        decision = self.chance.choice(["given_up", "closed", "waiting"])
        queue_outcome.decide_review(self.line.parts, self.people[-1], callback, decision=decision)

    def closes(self) -> None:
        queue_outcome.close_callback(self.line.parts, self.someone(), self.one())

    def cancels(self) -> None:
        callback = self.one()
        if callback in self.known and self.line.callback(callback).state is not CallbackState.CALLING:
            self.line.does(
                accept.cancel_request, self.known[callback], effect=CancelCallback(callback=callback)
            )

    def moves(self) -> None:
        callback = self.one()
        if callback in self.known:
            effect = ChangeWindow(callback=callback, when=self.chance.choice([*WINDOWS, "now"]))
            self.line.does(accept.change_window, self.known[callback], effect=effect)

    def time_passes(self) -> None:
        """A while; often just until the next window opens, for that is when something can go wrong."""
        now = self.line.clock.now()
        planned = [
            row.due_at for row in map(self.line.callback, self.known) if row.state is CallbackState.WAITING
        ]
        ahead = [due for due in planned if due is not None and due > now]
        if ahead and self.chance.random() < 0.5:
            self.line.clock.set(min(ahead))
        else:
            self.line.clock.forward(minutes=self.chance.choice([1, 10, 20, 60, 90, 180]))
        for chore in (
            timers.release_leases,
            timers.roll_windows,
            timers.expire_requests,
            timers.escalate_stalled,
        ):
            chore(self.line.parts)

    def step(self) -> None:
        deeds = [
            *[self.asks, self.claims, self.takes_next] * 2,
            *[self.takes_and_calls, self.calls, self.records, self.records] * 4,
            *[self.time_passes] * 4,
            *(self.releases, self.decides, self.closes, self.cancels, self.moves),
        ]
        try:
            self.chance.choice(deeds)()
        except ANSWERS:
            return

    def check(self) -> None:
        """What holds at every moment, looked up in the tables."""
        assert not self.line.rows(
            "SELECT caller_id FROM attempts WHERE ended_at IS NULL GROUP BY caller_id HAVING count(*) > 1"
        )
        assert not self.line.rows(
            "SELECT caller_id, window_from FROM attempts GROUP BY caller_id, window_from HAVING count(*) > 2"
        )
        for callback, number in self.known.items():
            row = self.line.callback(callback)
            assert row.attempts <= 3
            assert row.contact is not None
            assert row.window == row.contact.when
            if row.state in OPEN and row.attempts == 0 and NUMBERS.index(number) % 2 == 0:
                assert row.slot == 0
            if row.state is CallbackState.WAITING:
                assert row.due_until is not None
                assert row.holder_id is None
                assert row.reason == ""
            if row.state is CallbackState.REVIEW:
                assert row.reason
                assert row.escalate_at is not None


@pytest.mark.parametrize("seed", range(3))
def test_a_random_week(light: Desk, seed: int) -> None:
    walk = Walk(light, seed)
    for n in range(300):
        walk.step()
        if n % 8 == 0:
            walk.check()
    walk.check()
    calls = sum(len(rung) for rung in walk.rung.values())
    assert calls > 5, "a walk in which hardly anybody calls proves nothing"


def test_a_random_week_on_each_database(line: Desk) -> None:
    walk = Walk(line, 99)
    for _ in range(150):
        walk.step()
    walk.check()
