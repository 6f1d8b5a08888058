"""Puts made-up requests into the queue of a line that no caller has reached yet, and takes exactly them out again.

They show new staff every kind of request, and can be claimed, called and closed like real ones. Others' products tell
what goes wrong with such data: it cannot be removed, takes people's own records with it, comes twice, is counted, or
alerts somebody. So each row names ``storage.tables.SAMPLE`` in the place of a channel: by it nothing is sent or told
of it, no promise to it breaks and no figure counts it. All are written in one transaction, as finished rows: nobody
did in the past what they show, so the audit log holds the press alone.

Their numbers are 555-0100 to 555-0199 of one area of the North American plan, the "fictitious non-working numbers" of
films and advertisements: in service in no area (ATIS-0300048, 555 NXX Assignment Guidelines, and ATIS-0300115, which
took its place). A page shows such a number as text, without a link that dials it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gateway.domain.callbacks.outcomes import RULES, Outcome, Past
from gateway.domain.callbacks.queue_rules import DANGER, NORMAL
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.callbacks.windows import ALWAYS
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.permissions import AuditAct, Permission, check_permission
from gateway.foundation.time_and_chance import make_random_bytes, new_id, new_token
from gateway.helpdesk.requests.intake_rules import choose_code
from gateway.helpdesk.requests.planning import find_duty_hours, list_windows, plan_window
from gateway.helpdesk.requests.refuse import REFUSED
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics
from gateway.storage import attempts, audit, callbacks, callers, notes, retention, settings
from gateway.storage.attempts import Attempt
from gateway.storage.callbacks import Callback
from gateway.storage.tables import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gateway.domain.callbacks.windows import Hours, Window
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.callers import Caller
    from gateway.storage.database import Tx

CONSENT = "sample"
_NUMBERS = range(12025550100, 12025550200)
_TALK, _LEASE = timedelta(minutes=5), timedelta(hours=2)
_ALL_DAY = When("all_day", range(7), (0, 24 * 60))
_USUAL = (When("morning"), When("noon"), When("evening"))


class SampleFault(StrEnum):
    """Why no sample data can be put in."""

    LIVE = "live"
    THERE = "there"


class SamplesRefused(Exception):
    """No sample data was put in."""

    def __init__(self, why: SampleFault) -> None:
        super().__init__(why.value)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One made-up request.

    Attributes:
        ago: how long ago it was asked.
        window: place among the safe times of the menu; None for one that may ring all day, to be tried at once.
        tries: what came of each call, and how long ago it was.
        closed: reason of closing; empty where it is open.
        refused: how its caller refused calls since; empty where nobody did.
        danger: somebody was in danger.
        woman: a woman shall call.
        seen: whether somebody else can look at the phone.
        noted: a counsellor wrote a note.
    """

    ago: timedelta
    window: int | None = None
    tries: tuple[tuple[Outcome, timedelta], ...] = ()
    closed: str = ""
    refused: str = ""
    danger: bool = False
    woman: bool = False
    seen: PhoneSeen = PhoneSeen.NO
    noted: bool = False

    @property
    def state(self) -> CallbackState:
        """The state in which the last thing left it."""
        if self.closed:
            return CallbackState.CLOSED
        return CallbackState.REVIEW if self.reason else CallbackState.WAITING

    @property
    def reason(self) -> str:
        """Why it is closed, or before a person; empty where it waits."""
        wrong = [outcome.value for outcome, _ago in self.tries if outcome is Outcome.WRONG_NUMBER]
        return self.closed or (REFUSED if self.refused else "") or "".join(wrong)


def _day(count: float) -> timedelta:
    return timedelta(days=count)


SAMPLES = (
    Sample(ago=timedelta(minutes=25)),
    Sample(ago=timedelta(hours=2), woman=True),
    Sample(ago=_day(1.2), tries=((Outcome.NO_ANSWER, _day(1)),), noted=True),
    Sample(ago=timedelta(hours=3), window=0, seen=PhoneSeen.SOMETIMES),
    Sample(ago=timedelta(hours=5), window=1),
    Sample(ago=_day(2.2), window=2, tries=((Outcome.BUSY, _day(2)),)),
    Sample(
        ago=_day(1), window=2, seen=PhoneSeen.SOMETIMES, tries=((Outcome.SOMEONE_ELSE, timedelta(hours=4)),)
    ),
    Sample(ago=_day(1), window=0, seen=PhoneSeen.SOMETIMES, refused="said"),
    Sample(ago=_day(6), window=1, tries=((Outcome.WRONG_NUMBER, _day(5)),)),
    Sample(ago=_day(3), tries=((Outcome.REACHED, _day(2.9)),), closed="helped", danger=True, noted=True),
    Sample(ago=_day(4), woman=True, tries=((Outcome.REACHED, _day(3.9)),), closed="referred"),
    Sample(
        ago=_day(5), tries=((Outcome.NO_ANSWER, _day(4.9)), (Outcome.REACHED, _day(3.9))), closed="informed"
    ),
)
"""None waits in danger: that would call people to an open page. None may be sent a text."""


def find_samples(parts: Services) -> settings.Changed | None:
    """Return when sample data was put in, and by whom; None while none is in."""
    with parts.store.read() as tx:
        return settings.find_change(tx, settings.SAMPLES)


def put_samples_in(parts: Services, actor: Actor, *, note: str) -> int:
    """Put the sample requests in; return how many. Two presses, also at once, put them in once.

    Args:
        parts: the services of this process.
        actor: who pressed.
        note: the text of the samples' notes, which nobody has signed.

    Raises:
        NotPermitted: the actor does not manage the line.
        SamplesRefused: real phones or real requests reach this line, or samples are there.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    now = parts.clock.now()

    def work(tx: Tx) -> int:
        if not settings.put_if_new(tx, settings.SAMPLES, len(SAMPLES), by=actor.name, now=now):
            raise SamplesRefused(SampleFault.THERE)
        if parts.reaches_real_phones or retention.has_real(tx):
            raise SamplesRefused(SampleFault.LIVE)
        hours, free = find_duty_hours(parts, tx, now), _list_free_numbers(tx)
        for nth, sample in enumerate(SAMPLES):
            _write_sample(parts, tx, _Place(nth=nth, number=next(free), now=now, hours=hours), sample, note)
        _note_press(tx, actor, AuditAct.SAMPLES_IN, now)
        return len(SAMPLES)

    return parts.store.run(work)


def take_samples_out(parts: Services, actor: Actor) -> int:
    """Delete the sample requests, whatever was done with them, and their callers; return how many requests.

    The audit log keeps its rows: it is never cut, and holds ids alone.

    Raises:
        NotPermitted: the actor does not manage the line.
    """
    check_permission(actor, Permission.MANAGE_CHANNELS)
    now = parts.clock.now()

    def work(tx: Tx) -> int:
        if not settings.drop_setting(tx, settings.SAMPLES):
            return 0
        _note_press(tx, actor, AuditAct.SAMPLES_OUT, now)
        return retention.drop_samples(tx)

    return parts.store.run(work)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a sample goes: its place in the list, its number, the instant of the press, and when staff are here."""

    nth: int
    number: str
    now: datetime
    hours: Hours


def _list_free_numbers(tx: Tx) -> Iterator[str]:
    """Yield the numbers that no phone of a simulator has used yet, so that no sample is merged with its requests."""
    for number in map("+{}".format, _NUMBERS):
        if callers.find_caller(tx, number, trial=True) is None:
            yield number


def _write_sample(parts: Services, tx: Tx, place: _Place, sample: Sample, note: str) -> None:
    now, asked_at = place.now, place.now - sample.ago
    caller = callers.upsert_caller(tx, place.number, now=asked_at, trial=True)
    when = _choose_window(parts, sample)
    tries = [_make_attempt(sample, nth, now) for nth in range(len(sample.tries))]
    past = [
        Past(started_at=one.started_at, window_from=one.window_from, nth=0, outcome=one.outcome)
        for one in tries
    ]
    window = _plan_window(parts, sample, when, past, place)
    made = _make_request(parts, tx, place, sample, caller, when, window)
    callbacks.insert_callback(tx, made)
    contact = made.contact
    if contact is not None:
        callers.set_contact(tx, caller.id, contact, now=asked_at, consent_version=CONSENT)
    for one in tries:
        attempts.add_attempt(tx, replace(one, callback_id=made.id, caller_id=caller.id))
    if sample.noted:
        at = made.changed_at
        notes.add_note(tx, note_id=new_id(at), callback_id=made.id, person_id=None, text=note, now=at)


def _choose_window(parts: Services, sample: Sample) -> When:
    if sample.window is None:
        return _ALL_DAY
    offered = list_windows(parts) or _USUAL
    return offered[sample.window % len(offered)]


def _plan_window(parts: Services, sample: Sample, when: When, past: Sequence[Past], place: _Place) -> Window:
    """Return the next window by the hours of the line; whoever sets it up of an evening can try some all the same."""
    hours = ALWAYS if sample.window is None else place.hours
    planned = (plan_window(parts, when, past, place.now, hours=one) for one in (hours, ALWAYS))
    return next((window for window in planned if window), (place.now, place.now))


def _make_attempt(sample: Sample, nth: int, now: datetime) -> Attempt:
    outcome, ago = sample.tries[nth]
    at = now - ago
    return Attempt(
        id=new_id(at),
        callback_id="",
        caller_id=None,
        person_id=None,
        how="phone",
        started_at=at,
        window_from=at - _TALK,
        window_until=at + _LEASE,
        nth=0,
        lease_until=at + _LEASE,
        form=new_token(16),
        ended_at=at + _TALK,
        outcome=outcome.value,
    )


def _make_request(
    parts: Services, tx: Tx, place: _Place, sample: Sample, caller: Caller, when: When, window: Window
) -> Callback:
    topics, languages = list_topics(parts), tuple(list_languages(parts)) or ("en",)
    asked_at, key = place.now - sample.ago, make_random_bytes(32)
    changed_at = place.now - sample.tries[-1][1] + _TALK if sample.tries else asked_at
    tongue = languages[place.nth % len(languages)]
    return Callback(
        id=new_id(asked_at),
        caller_id=caller.id,
        session=key,
        state=sample.state,
        priority=DANGER if sample.danger else NORMAL,
        topic=topics[place.nth % len(topics)],
        language=tongue,
        script=tongue,
        channel=SAMPLE,
        zone=parts.line.zone,
        asked_at=asked_at,
        last_asked_at=asked_at,
        due_at=window[0],
        due_until=window[1],
        attempts=sum(RULES[outcome].counts for outcome, _ago in sample.tries),
        code=choose_code(parts, key, place.number, tx=tx),
        window=when,
        contact=SafeContact(phone_seen=sample.seen, when=when, said_at=asked_at),
        answers={
            "danger": "yes" if sample.danger else "no",
            "phone_seen": sample.seen.value,
            "when": when.value,
            "consent": CONSENT,
            "sms_safe": "no",
        },
        wants_woman=sample.woman,
        changed_at=changed_at,
        closed_at=changed_at if sample.closed else None,
        reason=sample.reason,
        withheld=sample.refused,
        trial=True,
    )


def _note_press(tx: Tx, actor: Actor, act: AuditAct, now: datetime) -> None:
    audit.add_entry(
        tx,
        now=now,
        person_id=actor.person_id,
        act=act,
        kind="setting",
        subject=settings.SAMPLES,
    )
