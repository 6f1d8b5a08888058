"""A week at a helpline, simulated: requests, twelve people with shifts, outcomes as they are; and a book beside it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.staff import shifts
from gateway.menus.engine.effects import CallbackAccepted
from tests.support.desk_rig import Desk

ZONE = ZoneInfo("Asia/Vientiane")
# The oracle's own table of her windows, written from the agreed words and from nothing of the product.
WINDOWS = {
    "morning": ((6, 9), None),
    "noon": ((12, 13), None),
    "evening": ((18, 21), None),
    "sunday": ((9, 18), 6),
}
OUTCOMES = {
    "reached": 46,
    "no_answer": 22,
    "switched_off": 10,
    "busy": 6,
    "someone_else": 4,
    "voicemail": 3,
    "cut_off": 3,
    "asked_later": 2,
    "wrong_number": 2,
    "not_safe": 1,
    "silent": 1,
}
WEEKS = (
    ({day: ["06:00-13:00"] for day in ("mon", "tue", "wed", "thu", "fri")}, 3),
    ({day: ["12:00-21:00"] for day in ("mon", "tue", "wed", "thu", "fri")}, 4),
    ({"sat": ["06:00-13:00"], "sun": ["09:00-18:00"], "mon": ["18:00-21:00"], "wed": ["18:00-21:00"]}, 3),
    ({"sat": ["12:00-21:00"], "sun": ["09:00-21:00"], "fri": ["17:00-21:00"]}, 2),
)
TICK = timedelta(minutes=5)
NIGHT = timedelta(minutes=30)


class Broken(AssertionError):
    """A promise about her phone that was not kept."""


@dataclass
class Rung:
    """One time that a phone rang."""

    number: str
    callback: str
    at: datetime
    window: str
    outcome: str = ""


@dataclass
class Talk:
    """A call that a person is in, until when."""

    call: attempts.Call
    until: datetime
    rung: Rung


@dataclass
class Week:
    """The simulation. Whatever rings is compared with the book at once."""

    desk: Desk
    seed: int
    requests: int
    days: int = 7
    counts: Counter[str] = field(default_factory=Counter)
    rung: dict[str, list[Rung]] = field(default_factory=dict)
    when: dict[str, str] = field(default_factory=dict)

    def run(self) -> "Week":
        """Play it."""
        self.chance = Random(self.seed)
        self.desk.clock.set("2026-11-23T06:00:00+07:00")
        self.people = self._staff()
        self.talks: dict[str, Talk] = {}
        start = self.desk.clock.now()
        ends = start + timedelta(days=self.days)
        arrivals = sorted(start + (ends - start) * self.chance.random() for _ in range(self.requests))
        while self.desk.clock.now() < ends:
            self._tick(arrivals)
            night = not self.talks and not self._there(self.desk.clock.now())
            self.desk.clock.forward(seconds=(NIGHT if night else TICK).total_seconds())
        return self

    def _staff(self) -> list[Actor]:
        boss = self.desk.person("Boss", Role.SUPERVISOR, number="+85620555900000")
        found = []
        for week, many in WEEKS:
            for _ in range(many):
                languages = self.chance.choice([("lo",), ("lo", "th"), ("lo", "vi")])
                gender = self.chance.choice(["woman", "woman", "man"])
                person = self.desk.person(
                    f"Person {len(found)}",
                    number=f"+856205559000{len(found) + 10}",
                    languages=languages,
                    gender=gender,
                )
                shifts.set_week(self.desk.parts, boss, person.person_id, week)
                found.append(person)
        return found

    def _tick(self, arrivals: list[datetime]) -> None:
        now = self.desk.clock.now()
        while arrivals and arrivals[0] <= now:
            arrivals.pop(0)
            self._asks()
        for chore in (timers.release_leases, timers.roll_windows, timers.escalate_stalled):
            chore(self.desk.parts)
        for person, talk in list(self.talks.items()):
            if talk.until <= now:
                self._says(next(one for one in self.people if one.person_id == person), talk)
        for person in self._there(now):
            if person.person_id not in self.talks:
                self._next(person)

    def _there(self, now: datetime) -> list[Actor]:
        with self.desk.parts.store.read() as tx:
            ids = {one.id for one in shifts.list_on_duty(self.desk.parts, tx, now)}
        return [one for one in self.people if one.person_id in ids]

    def _asks(self) -> None:
        when = self.chance.choices(["evening", "sunday", "noon", "morning", "now"], [45, 20, 10, 10, 15])[0]
        number = f"+85620{55_000_000 + self.chance.randrange(self.requests)}"
        answers = {
            "when": when,
            "danger": "yes" if self.chance.random() < 0.04 else "no",
            "phone_seen": self.chance.choices(["no", "sometimes", "not_mine"], [55, 40, 5])[0],
            "language": self.chance.choices(["lo", "th", "vi"], [85, 10, 5])[0],
            "woman": "yes" if self.chance.random() < 0.3 else "no",
        }
        if answers["phone_seen"] == "not_mine":
            answers["when"] = "now"
        receipt = self.desk.asks(number, **answers).receipt
        if isinstance(receipt, CallbackAccepted):
            self.counts["asked"] += 1
            self.when[receipt.callback] = answers["when"]
        else:
            self.counts[f"refused: {receipt.reason}"] += 1

    def _next(self, person: Actor) -> None:
        taken = claim.take_next(self.desk.parts, person)
        if taken is None:
            return
        try:
            call = attempts.begin_call(self.desk.parts, person, taken.callback_id)
        except (NotSafe, AlreadyCalling, ClaimedByOther, IllegalMove) as answer:
            self.counts[type(answer).__name__] += 1
            claim.release_callback(self.desk.parts, person, taken.callback_id)
            return
        rung = Rung(call.number, taken.callback_id, self.desk.clock.now(), self.when[taken.callback_id])
        self._check(rung)
        lasts = TICK if self.chance.random() < 0.6 else TICK * self.chance.randint(2, 6)
        self.talks[person.person_id] = Talk(call, self.desk.clock.now() + lasts, rung)

    def _check(self, rung: Rung) -> None:
        """Look the ring up in the book: her hour, nobody else ringing, rested, not too often."""
        local, before = rung.at.astimezone(ZONE), self.rung.setdefault(rung.number, [])
        if rung.window in WINDOWS:
            (start, end), day = WINDOWS[rung.window]
            if not start <= local.hour < end or (day is not None and local.weekday() != day):
                raise Broken(f"rung at {local:%a %H:%M}, which is not in {rung.window}")
        for one in before:
            if not one.outcome:
                raise Broken("rung while another call was going on")
            excepted = one.outcome in ("busy", "cut_off", "asked_later", "reached")
            if rung.at < one.at + timedelta(hours=2) and not excepted:
                raise Broken(f"rung again after {rung.at - one.at}")
        counted = [one for one in before if one.callback == rung.callback and one.outcome != "asked_later"]
        if len(counted) >= 3:
            raise Broken("rung a fourth time")
        before.append(rung)
        self.counts["rung"] += 1

    def _says(self, person: Actor, talk: Talk) -> None:
        outcome = self.chance.choices(list(OUTCOMES), list(OUTCOMES.values()))[0]
        recorded = queue_outcome.record_outcome(
            self.desk.parts,
            person,
            callback_id=talk.call.callback_id,
            outcome=outcome,
            form=talk.call.form,
            agreed=self.chance.random() < 0.7,
        )
        talk.rung.outcome = outcome
        self.counts[outcome] += 1
        del self.talks[person.person_id]
        if recorded.state is CallbackState.REACHED:
            queue_outcome.close_callback(self.desk.parts, person, talk.call.callback_id)
