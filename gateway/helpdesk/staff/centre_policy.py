"""Gives administrators the rules of the centre to edit and its audit log to read.

The rules are the policy for callers who may be under 18 and the preferred channels for staff alerts. The log is shown
and exported for supervisors; it holds no personal data of callers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.permissions import WORKING, AuditAct, Permission, check_permission
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.alerts.alerts import ROADS, AlertRoute
from gateway.helpdesk.errors import Rejected, Why, refuse_odd_year
from gateway.helpdesk.requests.referrals import POLICY
from gateway.helpdesk.staff import two_factor
from gateway.helpdesk.staff.shifts import list_day_shifts
from gateway.storage import attempts, audit, callers, duty, people, queue, settings
from gateway.storage.live_menus import find_withheld

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.alerts.alerts import Contact
    from gateway.storage.audit import AuditEntry
    from gateway.storage.database import Tx
    from gateway.storage.people import Person
    from gateway.storage.settings import Changed


LONGEST = 1_000
"""Longest policy in characters, as it is read during a call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Practice:
    """What the page of the centre's settings shows.

    Attributes:
        policy: what to do if a caller may be under 18; empty if none is written.
        policy_changed: when and by whom it was last changed.
        order: the preferred channels for alerts, as set.
        roads_changed: when and by whom that was last changed.
        standing: every channel that may carry alerts, with its status.
        contacts: staff who work the queue, with their current channel and last test message.
    """

    policy: str
    policy_changed: Changed | None
    order: tuple[str, ...]
    roads_changed: Changed | None
    standing: tuple[AlertRoute, ...]
    contacts: tuple[Contact, ...]


def show_policy(parts: Services, actor: Actor) -> Practice:
    """Return the centre's settings.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
    """
    check_permission(actor, Permission.SET_RULES)
    with parts.store.read() as tx:
        routes = alerts.find_route(parts, tx)
        known = {one.name for one in routes}
        return Practice(
            policy=str(settings.get_setting(tx, POLICY, "")),
            policy_changed=settings.find_change(tx, POLICY),
            order=tuple(name for name in settings.get_setting(tx, ROADS, []) if name in known),
            roads_changed=settings.find_change(tx, ROADS),
            standing=routes,
            contacts=alerts.list_contacts(parts, tx, actor.team),
        )


def set_policy(parts: Services, actor: Actor, text: str) -> None:
    """Save the policy for callers who may be under 18; an empty text removes it.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
        Rejected: it is longer than LONGEST characters.
    """
    check_permission(actor, Permission.SET_RULES)
    tidy = "\n".join(line.rstrip() for line in text.strip().splitlines())
    if len(tidy) > LONGEST:
        raise Rejected(Why.LONG)
    _set_value(parts, actor, POLICY, tidy)


def set_roads(parts: Services, actor: Actor, order: Sequence[str]) -> None:
    """Save the preferred channels for alerts; the others follow in the order of the configuration.

    Raises:
        NotPermitted: the actor may not set the centre's rules.
        Rejected: there is no such channel, or it may not carry alerts.
    """
    check_permission(actor, Permission.SET_RULES)
    with parts.store.read() as tx:
        known = {one.name for one in alerts.find_route(parts, tx)}
    if not known.issuperset(order):
        raise Rejected(Why.FIELD)
    _set_value(parts, actor, ROADS, list(dict.fromkeys(order)))


def _set_value(parts: Services, actor: Actor, name: str, value: Any) -> None:
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        settings.save_setting(tx, name, value, by=actor.name, now=now)
        audit.add_entry(
            tx, now=now, person_id=actor.person_id, act=AuditAct.SET, kind="setting", subject=name
        )

    parts.store.run(work)


PAGE = 100
_MONTHS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One page of the audit log, newest first; ``older`` is the cursor of the next page, empty on the last one."""

    rows: tuple[AuditEntry, ...]
    older: str
    people: tuple[Person, ...]


def show_trail(parts: Services, actor: Actor, *, before: str = "", person_id: str = "") -> Trail:
    """Return audit entries, newest first: those before the cursor, or those of one person.

    A person who publishes menus but does not see the audit log gets the entries about publishing only.

    Raises:
        NotPermitted: the actor may not see the audit log.
    """
    kind = "version" if actor.may(Permission.SEE_MENU_AUDIT) and not actor.may(Permission.SEE_AUDIT) else ""
    check_permission(actor, Permission.SEE_MENU_AUDIT if kind else Permission.SEE_AUDIT)
    with parts.store.read() as tx:
        found = audit.list_page(tx, before=before, person_id=person_id, kind=kind, limit=PAGE + 1)
        return Trail(
            rows=found[:PAGE],
            older=found[PAGE - 1].id if len(found) > PAGE else "",
            people=tuple(one for one in people.list_everyone(tx, actor.team) if one.named),
        )


_UNDOING = timedelta(minutes=1)
"""How long after midnight what was done before it can be undone (``UNDO_FOR`` of the queue)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonDay:
    """One person's day, for a supervisor who looks at how somebody works.

    Attributes:
        person: whose it is; a removed person keeps the days there were.
        day: in the helpline's time zone.
        shifts: the hours planned for this day, as "08:00-12:00"; empty where none are or the person is away.
        away: the person is away, or the centre has a holiday.
        rows: what the person did, oldest first.
        outcomes: outcome of a call → how often it was recorded and not undone; the record keeps both. What was done
            to sample data is not counted.
        talks: how many callers the person talked with who had rung themselves.
        codes: request id → code, of the requests in ``rows``.
    """

    person: Person
    day: date
    shifts: tuple[str, ...]
    away: bool
    rows: tuple[AuditEntry, ...]
    outcomes: Mapping[str, int]
    talks: int
    codes: Mapping[str, str]


def show_day(parts: Services, actor: Actor, person_id: str, day: date) -> PersonDay:
    """Return what a person planned and did on a day.

    Raises:
        NotPermitted: the actor may not see the audit log.
        Rejected: there was never such a person, or the year is implausible.
    """
    check_permission(actor, Permission.SEE_AUDIT)
    refuse_odd_year(day, parts.clock.now())
    zone = ZoneInfo(parts.line.zone)
    start, end = (datetime.combine(one, time(), zone) for one in (day, day + timedelta(days=1)))
    with parts.store.read() as tx:
        known = [one for one in people.list_everyone(tx, actor.team) if one.id == person_id]
        if not known:
            raise Rejected(Why.NOBODY)
        after = (end + _UNDOING).astimezone(UTC)
        until_after = audit.list_between(tx, start.astimezone(UTC), after, person_id=person_id)
        rows = tuple(row for row in until_after if row.at < end)
        rota = duty.find_rota(tx, actor.team)
        away = day in rota.holidays or any(
            one.person_id == person_id and one.first <= day <= one.last for one in rota.away
        )
        asked = queue.list_by_ids(tx, sorted({row.subject for row in rows if row.kind == "callback"}))
    # A request is deleted only as sample data: others are emptied, and their row stays.
    real = {one.callback.id for one in asked if not callers.is_sample(one.callback)}
    counted = [row for row in until_after if row.kind != "callback" or row.subject in real]
    acts = Counter(row.act for row in counted if row.at < end)
    return PersonDay(
        person=known[0],
        day=day,
        shifts=() if away else list_day_shifts(rota, person_id, day),
        away=away,
        rows=rows,
        outcomes=_count_outcomes(counted, end),
        talks=acts[AuditAct.TALKED],
        codes={one.callback.id: one.callback.code for one in asked if one.callback.team == actor.team},
    )


def _count_outcomes(rows: Sequence[AuditEntry], end: datetime) -> Counter[str]:
    """Count the outcomes recorded before ``end``, without those that their person undid, be it after midnight."""
    last: dict[str, list[AuditEntry]] = {}
    for row in rows:
        if row.act in {AuditAct.OUTCOME, AuditAct.CLOSED}:
            last.setdefault(row.subject, []).append(row)
        elif row.act == AuditAct.UNDONE and last.get(row.subject):
            last[row.subject].pop()
    kept = (row for of_one in last.values() for row in of_one)
    return Counter(row.detail for row in kept if row.act == AuditAct.OUTCOME and row.at < end)


def export_trail(parts: Services, actor: Actor, month: str) -> tuple[AuditEntry, ...]:
    """Return the audit entries of a month, oldest first; the export is audited itself.

    Args:
        parts: the services of this process.
        actor: who exports.
        month: year and month as in 2026-11.

    Raises:
        NotPermitted: the actor may not export, or not see the audit log.
        NotFresh: the actor has not re-authenticated recently.
        Rejected: the month is malformed or its year is implausible.
    """
    check_permission(actor, Permission.SEE_AUDIT)
    check_permission(actor, Permission.EXPORT)
    two_factor.ask_fresh(parts, actor)
    now = parts.clock.now()
    start, end = find_month_span(month, ZoneInfo(parts.line.zone), now)

    def work(tx: Tx) -> tuple[AuditEntry, ...]:
        audit.add_entry(
            tx,
            now=now,
            person_id=actor.person_id,
            act=AuditAct.EXPORTED,
            kind="audit",
            subject="",
            detail=month,
        )
        return audit.list_between(tx, start, end)

    return parts.store.run(work)


def find_month_span(month: str, zone: ZoneInfo, now: datetime) -> tuple[datetime, datetime]:
    """Return the instants at which a month, as in 2026-11, begins and ends in the helpline's time zone.

    Raises:
        Rejected: the month is malformed or its year is implausible.
    """
    refuse_odd_year(month, now)
    try:
        first = datetime.strptime(month, "%Y-%m").replace(tzinfo=zone)
    except ValueError:
        raise Rejected(Why.FIELD) from None
    year, before = divmod(first.month, _MONTHS)
    after = first.replace(year=first.year + year, month=before + 1)
    return first.astimezone(UTC), after.astimezone(UTC)


# What has to be done until the line is live.

BACKUP_AGE = timedelta(days=31)


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStep:
    """One thing to do before callers come: its word, whether it is done, and of what there is how much."""

    word: str
    done: bool
    about: tuple[str, ...] = ()


def list_first_steps(parts: Services, actor: Actor) -> tuple[FirstStep, ...]:
    """Return the checklist until the line is live, in the order in which it is best done.

    Raises:
        NotPermitted: the actor may not see who works here.
    """
    check_permission(actor, Permission.SEE_DUTY)
    now = parts.clock.now()
    real = tuple(name for name, channel in parts.channels.items() if channel.contract.real)
    with parts.store.read() as tx:
        staff = people.list_people(tx, actor.team)
        hours = duty.find_hours(tx, parts.line.hours, parts.line.zone, now, actor.team)
        backup = settings.find_change(tx, settings.BACKUP_MARK)
        tried = attempts.is_trial_called(tx)
        samples = settings.find_change(tx, settings.SAMPLES)
    return (
        FirstStep(word="numbers", done=not parts.line.missing, about=tuple(sorted(parts.line.unset))),
        *_list_staff_steps(parts, staff),
        FirstStep(word="hours", done=any(hours.days) or any(hours.dates.values())),
        _check_texts(parts),
        FirstStep(word="backup", done=backup is not None and now - backup.at < BACKUP_AGE),
        FirstStep(word="test_call", done=tried),
        *([FirstStep(word="samples", done=False)] if samples else ()),
        FirstStep(word="channel", done=bool(real), about=real),
    )


def _list_staff_steps(parts: Services, staff: Sequence[Person]) -> tuple[FirstStep, ...]:
    workers = [one for one in staff if one.role in WORKING]
    without = tuple(one.name for one in staff if one.role in two_factor.WANTED and not one.second_factor)
    return (
        FirstStep(word="people", done=len(workers) >= _FEWEST, about=tuple(one.name for one in workers)),
        FirstStep(
            word="phones",
            done=bool(workers) and all(one.number for one in workers),
            about=tuple(one.name for one in workers if not one.number),
        ),
        FirstStep(word="second_factor", done=parts.asks_second_factor and not without, about=without),
    )


def _check_texts(parts: Services) -> FirstStep:
    found = {language: names for each in find_withheld(parts) for language, names in each.waiting.items()}
    unread = tuple(f"{language}: {len(names)}" for language, names in found.items())
    return FirstStep(word="texts", done=bool(parts.versions.loaded()) and not unread, about=unread)


_FEWEST = 2
"""Counsellors and supervisors: one who is ill leaves somebody who calls back."""
