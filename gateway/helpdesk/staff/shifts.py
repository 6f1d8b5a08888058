"""Manages weekly shifts, holidays and absences, and computes who is on duty; offered windows follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from gateway.domain.callbacks.queue_rules import Offers
from gateway.domain.callbacks.windows import DAYS, Hours, Shift, find_next_window, list_offered_windows
from gateway.domain.contact_safety import When
from gateway.domain.permissions import ROLES, WORKING, AuditAct, Permission, Role, check_permission
from gateway.helpdesk.errors import Rejected, Why, refuse_odd_year
from gateway.helpdesk.requests.planning import list_windows
from gateway.storage import audit, duty, people

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import date, datetime

    from gateway.domain.callbacks.windows import Away, Rota, Span
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.duty import Holiday
    from gateway.storage.people import Person

_T = TypeVar("_T")
DECIDING = tuple(role.value for role in Role if Permission.DECIDE in ROLES[role])
FEW = 3
"""Up to this number of people a centre is small, and features of big centres (transfer, capacity) stay hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedTime:
    """A time that callers may choose, and when the next one is."""

    word: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The page of shifts.

    Attributes:
        people: those who may have shifts.
        weeks: by person id, for Monday to Sunday, the shifts of the day as "HH:MM-HH:MM".
        holidays: days on which the centre is closed.
        away: absences of single people.
        there: ids of the people on duty now.
        never_staffed: windows never offered to callers, as nobody is ever on duty in them.
        offers: what a caller is offered now, with the next time of each; *now* first where it is.
        ready: names of those who open *now* by the button *On duty*.
        by_shifts: the hours follow from shifts; else from the opening hours of the configuration.
        opening: these opening hours, from Monday to Sunday.
    """

    people: tuple[Person, ...]
    weeks: Mapping[str, tuple[tuple[str, ...], ...]]
    holidays: tuple[Holiday, ...]
    away: tuple[Away, ...]
    there: frozenset[str]
    never_staffed: tuple[str, ...]
    offers: tuple[OfferedTime, ...]
    ready: tuple[str, ...]
    by_shifts: bool
    opening: tuple[tuple[str, ...], ...]


class TimesWithdrawn(Exception):
    """The change was not made: callers would no longer be offered ``words``, and nobody has agreed to that."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__(", ".join(words))
        self.words = words


def show_plan(parts: Services, actor: Actor) -> Plan:
    """Return the page of shifts.

    Raises:
        NotPermitted: the actor may neither work the queue nor set duty.
    """
    check_permission(
        actor, Permission.WORK_QUEUE if actor.may(Permission.WORK_QUEUE) else Permission.SEE_DUTY
    )
    now = parts.clock.now()
    with parts.store.read() as tx:
        rota = duty.find_rota(tx, actor.team, now)
        windows = list_windows(parts)
        offers = _list_offers(parts, tx, actor.team, now)
        known = {one.word for one in offers}
        workers = tuple(one for one in people.list_people(tx, actor.team) if one.role in WORKING)
        return Plan(
            people=workers,
            weeks={one.id: _format_week(rota, one.id) for one in workers},
            holidays=duty.list_holidays(tx, actor.team),
            away=rota.away,
            there=frozenset(one.id for one in list_on_duty(parts, tx, now, actor.team)),
            never_staffed=tuple(when.value for when in windows if when.value not in known),
            offers=offers,
            ready=tuple(one.name for one in workers if one.id in rota.ready),
            by_shifts=bool(rota.shifts),
            opening=tuple(tuple(map(format_span, spans)) for spans in parts.line.hours.days),
        )


def list_offered_words(parts: Services, actor: Actor) -> frozenset[str]:
    """Return the words of the times at which a call can be had now.

    Raises:
        NotPermitted: the actor lacks the permission to work the queue.
    """
    check_permission(actor, Permission.WORK_QUEUE)
    now = parts.clock.now()
    with parts.store.read() as tx:
        hours = duty.find_hours(tx, parts.line.hours, parts.line.zone, now, actor.team)
    return frozenset(list_offered_windows(list_windows(parts), hours, parts.line.zone, now))


def list_offers_at(parts: Services, actor: Actor, at: datetime) -> tuple[OfferedTime, ...]:
    """Return what a caller would be offered at another instant, by the shifts and holidays that are known now.

    *Now* stands for opening hours alone: where shifts are entered it hangs on who presses *On duty* by then.

    Raises:
        NotPermitted: the actor may neither work the queue nor set duty.
        Rejected: the instant is more than 20 years off.
    """
    check_permission(
        actor, Permission.WORK_QUEUE if actor.may(Permission.WORK_QUEUE) else Permission.SEE_DUTY
    )
    refuse_odd_year(at.date(), parts.clock.now())
    with parts.store.read() as tx:
        hours = duty.find_offers(tx, parts.line.hours, parts.line.zone, at, actor.team)
    return _find_offers(parts, hours, at)


def _list_offers(parts: Services, tx: Tx, team: str, now: datetime) -> tuple[OfferedTime, ...]:
    """Return what a caller is offered, by the same rule as in a conversation."""
    return _find_offers(parts, duty.find_offers(tx, parts.line.hours, parts.line.zone, now, team), now)


def _find_offers(parts: Services, hours: Hours, now: datetime) -> tuple[OfferedTime, ...]:
    found = (
        (one, find_next_window(one, hours, parts.line.zone, now)) for one in (When.NOW, *list_windows(parts))
    )
    return tuple(OfferedTime(word=one.value, start=at[0], end=at[1]) for one, at in found if at is not None)


def ask_before(
    parts: Services, tx: Tx, actor: Actor, work: Callable[[Tx], _T], agreed: Collection[str] | None
) -> _T:
    """Make a change of duty, unless a time disappears for callers that nobody agreed to; without a set nobody is asked.

    Raises:
        TimesWithdrawn: a time would disappear.
    """
    now = parts.clock.now()
    before = _list_offers(parts, tx, actor.team, now) if agreed is not None else ()
    done = work(tx)
    if agreed is not None:
        left = {one.word for one in _list_offers(parts, tx, actor.team, now)}
        lost = tuple(one.word for one in before if one.word not in left)
        if not set(lost) <= set(agreed):
            raise TimesWithdrawn(lost)
    return done


def list_on_duty(
    parts: Services, tx: Tx, now: datetime, team: str = "main", *, roles: tuple[str, ...] = WORKING
) -> tuple[Person, ...]:
    """Return the people on duty.

    By a running shift, by a duty switch, or by the opening hours if there are no shifts.
    """
    return _of_ids(tx, team, roles, duty.find_people(tx, parts.line.hours, parts.line.zone, now, team))


def list_today(
    parts: Services, tx: Tx, now: datetime, team: str = "main", *, roles: tuple[str, ...] = WORKING
) -> tuple[Person, ...]:
    """Return the people who are on duty now or later today."""
    found = duty.find_people(tx, parts.line.hours, parts.line.zone, now, team, later_too=True)
    return _of_ids(tx, team, roles, found)


def find_offers(person: Person) -> Offers:
    """Return the languages and gender that this person offers to callers, for routing."""
    return Offers(languages=person.languages, gender=person.gender)


def is_big(tx: Tx, team: str) -> bool:
    """Return whether the team has more than FEW people, so that transfer, capacity and "looking" marks are shown."""
    return sum(one.role in WORKING for one in people.list_people(tx, team)) > FEW


def set_week(
    parts: Services,
    actor: Actor,
    person_id: str,
    week: Mapping[str, Sequence[str]],
    *,
    agreed: Collection[str] | None = None,
) -> None:
    """Replace a person's weekly shifts.

    Args:
        parts: the services of this process.
        actor: who sets them.
        person_id: whose they are.
        week: day ("mon" to "sun") → shifts as "08:00-12:00".
        agreed: times that may disappear for callers; None for any.

    Raises:
        TimesWithdrawn: another time would disappear for callers.
        NotPermitted: the actor may not set duty.
        BadHours: there is no such day, or a shift is malformed.
        Rejected: there is no such person.
    """
    check_permission(actor, Permission.SEE_DUTY)
    spans = Hours.parse(week).days
    made = [
        Shift(person_id=person_id, day=day, start=start, end=end)
        for day, of_day in enumerate(spans)
        for start, end in of_day
    ]
    now = parts.clock.now()
    _change_shift(
        parts,
        actor,
        person_id,
        AuditAct.PERSON_SHIFTS,
        lambda tx: duty.save_shifts(tx, person_id, made, now=now),
        agreed,
    )


def set_away(
    parts: Services,
    actor: Actor,
    person_id: str,
    first: date,
    last: date,
    *,
    agreed: Collection[str] | None = None,
) -> None:
    """Add an absence from the first to the last day, both included.

    Raises:
        TimesWithdrawn: a time would disappear for callers that ``agreed`` does not hold.
        NotPermitted: the actor neither is that person nor may set duty.
        Rejected: the first day is after the last, or there is no such person.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.SEE_DUTY)
    if last < first:
        raise Rejected(Why.DAYS)
    now = parts.clock.now()
    for day in (first, last):
        refuse_odd_year(day, now)
    _change_shift(
        parts,
        actor,
        person_id,
        AuditAct.PERSON_AWAY,
        lambda tx: duty.add_away(tx, person_id, first, last, now=now),
        agreed,
    )


def cancel_absence(parts: Services, actor: Actor, person_id: str, first: date) -> None:
    """Delete the absence that begins on this day.

    Raises:
        NotPermitted: the actor neither is that person nor may set duty.
        Rejected: there is no such person.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.SEE_DUTY)
    _change_shift(
        parts, actor, person_id, AuditAct.PERSON_BACK, lambda tx: duty.drop_away(tx, person_id, first)
    )


def set_holiday(
    parts: Services, actor: Actor, day: date, name: str, *, agreed: Collection[str] | None = None
) -> None:
    """Make a day a holiday of the centre.

    Raises:
        TimesWithdrawn: a time would disappear for callers that ``agreed`` does not hold.
        NotPermitted: the actor may not set duty.
        Rejected: its year is implausible.
    """
    check_permission(actor, Permission.SEE_DUTY)
    refuse_odd_year(day, parts.clock.now())
    tidy = " ".join(name.split())[:80]
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        ask_before(parts, tx, actor, lambda tx: _on_holiday(tx, actor, day, now, name=tidy), agreed)

    parts.store.run(work)


def drop_holiday(parts: Services, actor: Actor, day: date) -> None:
    """Make a holiday a working day again.

    Raises:
        NotPermitted: the actor may not set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    parts.store.run(lambda tx: _on_holiday(tx, actor, day, parts.clock.now(), name=None))


def _on_holiday(tx: Tx, actor: Actor, day: date, now: datetime, *, name: str | None) -> None:
    if name is None:
        if not duty.drop_holiday(tx, actor.team, day):
            return  # a second press: it was taken back already
    else:
        duty.add_holiday(tx, actor.team, day, name)
    act = AuditAct.HOLIDAY if name is not None else AuditAct.NO_HOLIDAY
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act=act, kind="team", subject=actor.team, detail=str(day)
    )


def _change_shift(
    parts: Services,
    actor: Actor,
    person_id: str,
    act: AuditAct,
    work: Callable[[Tx], bool | None],
    agreed: Collection[str] | None = None,
) -> None:
    now = parts.clock.now()

    def change(tx: Tx) -> None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        if ask_before(parts, tx, actor, work, agreed) is not False:
            audit.add_entry(tx, now=now, person_id=actor.person_id, act=act, kind="person", subject=person_id)

    parts.store.run(change)


def format_span(span: Span) -> str:
    """Return minutes of the day as "08:00-12:00"."""
    return "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def _of_ids(tx: Tx, team: str, roles: tuple[str, ...], ids: frozenset[str]) -> tuple[Person, ...]:
    here = people.list_people(tx, team)
    return tuple(one for one in here if one.role in roles and one.id in ids)


def list_day_shifts(rota: Rota, person_id: str, day: date) -> tuple[str, ...]:
    """Return the shifts that a person's week plans for this day, as "08:00-12:00"."""
    return _format_week(rota, person_id)[day.weekday()]


def _format_week(rota: Rota, person_id: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(
            format_span((one.start, one.end))
            for one in rota.shifts
            if one.person_id == person_id and one.day == day
        )
        for day in range(len(DAYS))
    )
