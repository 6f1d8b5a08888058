"""Who works when: weekly shifts, holidays and days away; what callers are promised follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.domain.callbacks.routing import Offers
from gateway.domain.callbacks.shifts import Shift
from gateway.domain.callbacks.windows import DAYS, Hours, list_offered_windows
from gateway.domain.permissions import ROLES, WORKING, Permission, Role, check_permission
from gateway.helpdesk.errors import Rejected, Why, refuse_odd_year
from gateway.helpdesk.requests.planning import hours_of, windows_of
from gateway.storage import audit, duty, people

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date, datetime

    from gateway.domain.callbacks.shifts import Away, Rota
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.duty import Holiday
    from gateway.storage.people import Person

DECIDING = tuple(role.value for role in Role if Permission.DECIDE in ROLES[role])
FEW = 3
"""Up to so many people know of each other without a page: what a bigger centre needs stays out of their way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Who works when, as the page of shifts shows it.

    Attributes:
        people: who may have shifts.
        weeks: by person, the spans of each day of the week as they are written, Monday first.
        holidays: days on which nobody works.
        away: days on which one person does not.
        there: ids of those on duty now.
        never_staffed: windows that callers are not offered, since nobody is on duty in them.
    """

    people: tuple[Person, ...]
    weeks: Mapping[str, tuple[tuple[str, ...], ...]]
    holidays: tuple[Holiday, ...]
    away: tuple[Away, ...]
    there: frozenset[str]
    never_staffed: tuple[str, ...]


def show_plan(parts: Services, actor: Actor) -> Plan:
    """Return who works when.

    Raises:
        Refused: the actor neither works the queue nor sets duty.
    """
    check_permission(
        actor, Permission.WORK_QUEUE if actor.may(Permission.WORK_QUEUE) else Permission.SEE_DUTY
    )
    now = parts.clock.now()
    with parts.store.read() as tx:
        rota = duty.find_rota(tx, actor.team)
        windows = windows_of(parts)
        known = list_offered_windows(windows, hours_of(parts, tx, now, actor.team), parts.line.zone, now)
        workers = tuple(one for one in people.list_people(tx, actor.team) if one.role in WORKING)
        return Plan(
            people=workers,
            weeks={one.id: _format_week(rota, one.id) for one in workers},
            holidays=duty.holidays_of(tx, actor.team),
            away=rota.away,
            there=frozenset(one.id for one in on_duty(parts, tx, now, actor.team)),
            never_staffed=tuple(when.value for when in windows if when not in known),
        )


def on_duty(
    parts: Services, tx: Tx, now: datetime, team: str = "main", *, roles: tuple[str, ...] = WORKING
) -> tuple[Person, ...]:
    """Return who is on duty: whose shift runs, who said so by hand, or whom the opening hours bind."""
    return _of_ids(tx, team, roles, duty.find_people(tx, parts.line.hours, parts.line.zone, now, team))


def still_today(
    parts: Services, tx: Tx, now: datetime, team: str = "main", *, roles: tuple[str, ...] = WORKING
) -> tuple[Person, ...]:
    """Return who is on duty now or will be later today."""
    found = duty.find_people(tx, parts.line.hours, parts.line.zone, now, team, later_too=True)
    return _of_ids(tx, team, roles, found)


def find_offers(person: Person) -> Offers:
    """Return what this person offers a caller."""
    return Offers(languages=person.languages, gender=person.gender)


def is_big(tx: Tx, team: str) -> bool:
    """Say whether the centre is big enough for what is shown only there: who looks, transfer, capacity."""
    return sum(one.role in WORKING for one in people.list_people(tx, team)) > FEW


def set_week(parts: Services, actor: Actor, person_id: str, week: Mapping[str, Sequence[str]]) -> None:
    """Write a person's weekly shifts: day → spans such as ``08:00-12:00``.

    Raises:
        Refused: the actor does not set duty.
        BadHours: there is no such day, or a span is none.
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
        parts, actor, person_id, "shifts", lambda tx: duty.save_shifts(tx, person_id, made, now=now)
    )


def set_away(parts: Services, actor: Actor, person_id: str, first: date, last: date) -> None:
    """Write that a person does not work on these days, both included.

    Raises:
        Refused: the actor neither is that person nor sets duty.
        Rejected: the days are the wrong way round, or there is no such person.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.SEE_DUTY)
    if last < first:
        raise Rejected(Why.DAYS)
    now = parts.clock.now()
    for day in (first, last):
        refuse_odd_year(day, now)
    _change_shift(
        parts, actor, person_id, "away", lambda tx: duty.add_away(tx, person_id, first, last, now=now)
    )


def come_back(parts: Services, actor: Actor, person_id: str, first: date) -> None:
    """Take back the days away that begin on this one.

    Raises:
        Refused: the actor neither is that person nor sets duty.
        Rejected: there is no such person.
    """
    if actor.person_id != person_id or not person_id:
        check_permission(actor, Permission.SEE_DUTY)
    _change_shift(parts, actor, person_id, "back", lambda tx: duty.drop_away(tx, person_id, first))


def set_holiday(parts: Services, actor: Actor, day: date, name: str) -> None:
    """Make a day one on which nobody works.

    Raises:
        Refused: the actor does not set duty.
        Rejected: its year cannot be meant.
    """
    check_permission(actor, Permission.SEE_DUTY)
    refuse_odd_year(day, parts.clock.now())
    tidy = " ".join(name.split())[:80]
    parts.store.run(lambda tx: _on_holiday(tx, actor, day, parts.clock.now(), name=tidy))


def drop_holiday(parts: Services, actor: Actor, day: date) -> None:
    """Make a holiday a day like others.

    Raises:
        Refused: the actor does not set duty.
    """
    check_permission(actor, Permission.SEE_DUTY)
    parts.store.run(lambda tx: _on_holiday(tx, actor, day, parts.clock.now(), name=None))


def _on_holiday(tx: Tx, actor: Actor, day: date, now: datetime, *, name: str | None) -> None:
    if name is None:
        duty.drop_holiday(tx, actor.team, day)
    else:
        duty.add_holiday(tx, actor.team, day, name)
    act = "holiday" if name is not None else "no holiday"
    audit.add_entry(
        tx, now=now, person_id=actor.person_id, act=act, kind="team", subject=actor.team, detail=str(day)
    )


def _change_shift(
    parts: Services, actor: Actor, person_id: str, act: str, work: Callable[[Tx], None]
) -> None:
    now = parts.clock.now()

    def whole(tx: Tx) -> None:
        person = people.by_id(tx, person_id)
        if person is None or person.disabled or person.team != actor.team:
            raise Rejected(Why.NOBODY)
        work(tx)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=f"person.{act}", kind="person", subject=person_id
        )

    parts.store.run(whole)


def _of_ids(tx: Tx, team: str, roles: tuple[str, ...], ids: frozenset[str]) -> tuple[Person, ...]:
    here = people.list_people(tx, team)
    return tuple(one for one in here if one.role in roles and one.id in ids)


def _format_week(rota: Rota, person_id: str) -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(
            f"{one.start // 60:02}:{one.start % 60:02}-{one.end // 60:02}:{one.end % 60:02}"
            for one in rota.shifts
            if one.person_id == person_id and one.day == day
        )
        for day in range(len(DAYS))
    )
