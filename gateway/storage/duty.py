"""Store who is on duty and when (shifts, holidays, absences), and the escalation list.

``find_hours`` and ``find_people`` are the single answer for promises, alerts, pages and the doctor; ``DutyHours`` is
the copy of this process for the time when SQL is down.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Date,
    Integer,
    String,
    bindparam,
    cast,
    delete,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
)

from gateway.domain.callbacks.windows import (
    Away,
    Duty,
    Hours,
    Rota,
    Shift,
    find_local_minute,
    find_offered_hours,
    list_promises,
)
from gateway.domain.callbacks.windows import find_duty_hours as hours_by
from gateway.domain.contact_safety import When
from gateway.domain.permissions import WORKING
from gateway.foundation.time_and_chance import Clock, new_id
from gateway.storage import people as storage_people
from gateway.storage.atomic_files import write_file
from gateway.storage.database import Store, Tx, Unavailable, insert_into
from gateway.storage.people import Person
from gateway.storage.tables import (
    away,
    called_for_help,
    holidays,
    people,
    shifts,
    sign_ins,
)
from gateway.storage.value_limits import CompiledStatement, Instant


def list_help_ids(tx: Tx, team: str) -> tuple[str, ...]:
    """Return the ids of the escalation list in order, without removed people."""
    query = (
        select(called_for_help.c.person_id)
        .join(people)
        .where(called_for_help.c.team == team, people.c.disabled_at.is_(None))
        .order_by(called_for_help.c.place)
    )
    return tuple(tx.execute(query).scalars())


def save_help_list(tx: Tx, team: str, person_ids: Sequence[str]) -> None:
    """Replace the escalation list."""
    tx.execute(delete(called_for_help).where(called_for_help.c.team == team))
    if person_ids:
        rows = [{"team": team, "place": place, "person_id": one} for place, one in enumerate(person_ids)]
        tx.execute(insert(called_for_help), rows)


# Shifts, holidays and absences, and who is ready for a call at once.

TEAM = "main"
OPEN_PAGE = timedelta(minutes=10)
"""A page counts as open for this long after it last asked; a hidden tab asks as rarely as browsers let it."""

_WORKS = (
    people.c.team == bindparam("_team"),
    people.c.disabled_at.is_(None),
    people.c.role.in_(
        [literal(role) for role in WORKING]
    ),  # the shifts of whoever became a reader stay, and promise nothing to callers
)
_NO_NUMBER, _NO_DAY, _NO_ID = (cast(null(), kind) for kind in (Integer, Date, String))
_AT_PAGE = (
    select(sign_ins.c.id)
    .where(
        sign_ins.c.person_id == people.c.id,
        sign_ins.c.half.is_(False),
        sign_ins.c.expires_at > bindparam("_now", type_=Instant),
        or_(
            sign_ins.c.seen_at >= bindparam("_since", type_=Instant),
            sign_ins.c.polled_at >= bindparam("_since", type_=Instant),
        ),
    )
    .correlate(people)
    .exists()
)
_ROTA = CompiledStatement(
    union_all(
        select(
            literal("shift").label("sort"),
            *(shifts.c.id, shifts.c.person_id, shifts.c.day.label("weekday"), shifts.c.start, shifts.c.end),
            *(_NO_DAY.label("first"), _NO_DAY.label("last")),
        )
        .join(people)
        .where(*_WORKS),
        select(literal("away"), away.c.id, away.c.person_id, *[_NO_NUMBER] * 3, away.c.first, away.c.last)
        .join(people)
        .where(*_WORKS),
        select(literal("holiday"), _NO_ID, _NO_ID, *[_NO_NUMBER] * 3, holidays.c.day, _NO_DAY).where(
            holidays.c.team == bindparam("_team")
        ),
        select(literal("ready"), _NO_ID, people.c.id, *[_NO_NUMBER] * 3, _NO_DAY, _NO_DAY).where(
            *_WORKS, people.c.on_duty, or_(people.c.by_text, _AT_PAGE)
        ),
    )
)
_HOLIDAYS = (
    select(holidays.c.day, holidays.c.name)
    .where(holidays.c.team == bindparam("_team"))
    .order_by(holidays.c.day)
)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which nobody works, and its name."""

    day: date
    name: str


def find_rota(tx: Tx, team: str, now: datetime | None = None) -> Rota:
    """Return the rota of those of a team who work the queue, in one statement; without an instant nobody is *ready*."""
    at = now or datetime.max.replace(tzinfo=UTC)
    rows = tx.execute(_ROTA, {"_team": team, "_now": at, "_since": at - OPEN_PAGE}).all()
    sorts = ("shift", "away", "holiday", "ready")
    of_sort = {sort: [row for row in rows if row.sort == sort] for sort in sorts}
    return Rota(
        shifts=tuple(
            Shift(person_id=row.person_id, day=row.weekday, start=row.start, end=row.end)
            for row in sorted(of_sort["shift"], key=lambda row: (row.weekday, row.start, row.id))
        ),
        holidays=frozenset(row.first for row in of_sort["holiday"]),
        away=tuple(
            Away(person_id=row.person_id, first=row.first, last=row.last)
            for row in sorted(of_sort["away"], key=lambda row: (row.first, row.id))
        ),
        ready=frozenset(row.person_id for row in of_sort["ready"]),
    )


def save_shifts(tx: Tx, person_id: str, week: Sequence[Shift], *, now: datetime) -> None:
    """Replace the person's weekly shifts."""
    tx.execute(delete(shifts).where(shifts.c.person_id == person_id))
    if week:
        rows = [
            {"id": new_id(now), "person_id": person_id, "day": one.day, "start": one.start, "end": one.end}
            for one in week
        ]
        tx.execute(insert(shifts), rows)


def list_holidays(tx: Tx, team: str) -> tuple[Holiday, ...]:
    """Return the holidays of a team by date."""
    return tuple(Holiday(row.day, row.name) for row in tx.execute(_HOLIDAYS, {"_team": team}))


def add_holiday(tx: Tx, team: str, day: date, name: str) -> None:
    """Add a holiday, or rename an existing one."""
    statement = insert_into(tx, holidays).values(team=team, day=day, name=name)
    tx.execute(statement.on_conflict_do_update(index_elements=["team", "day"], set_={"name": name}))


def drop_holiday(tx: Tx, team: str, day: date) -> bool:
    """Remove a holiday, and return whether there was one."""
    gone = delete(holidays).where(holidays.c.team == team, holidays.c.day == day).returning(holidays.c.day)
    return tx.execute(gone).first() is not None


def add_away(tx: Tx, person_id: str, first: date, last: date, *, now: datetime) -> None:
    """Add an absence of a person, both days included."""
    tx.execute(insert(away).values(id=new_id(now), person_id=person_id, first=first, last=last))


def drop_away(tx: Tx, person_id: str, first: date) -> bool:
    """Remove the absence that begins on this day, and return whether there was one."""
    gone = delete(away).where(away.c.person_id == person_id, away.c.first == first).returning(away.c.id)
    return bool(tx.execute(gone).all())


# Duty hours and people on duty.

_FORMAT = 1
_FRESH = 2.0
"""Seconds for which the copy that is read each second answers a dial too."""

_Promises = tuple[tuple[str, ...], str]
_log = logging.getLogger(__name__)


def find_hours(tx: Tx, otherwise: Hours, zone: str, now: datetime, team: str = TEAM) -> Hours:
    """Return the duty hours of a team in the next two weeks.

    Args:
        tx: an open transaction.
        otherwise: opening hours of the settings, used where no shifts exist.
        zone: time zone of the helpline.
        now: the instant from which to look.
        team: the team.
    """
    today, _ = find_local_minute(zone, now)
    return hours_by(find_rota(tx, team, now), otherwise, today)


def find_offers(tx: Tx, otherwise: Hours, zone: str, now: datetime, team: str = TEAM) -> Hours:
    """Return the hours by which callers are offered times; the arguments are those of ``find_hours``."""
    return find_offered_hours(find_rota(tx, team, now), otherwise, find_local_minute(zone, now)[0])


def find_people(
    tx: Tx, otherwise: Hours, zone: str, now: datetime, team: str = TEAM, *, later_too: bool = False
) -> frozenset[str]:
    """Return the ids of people on duty now; with ``later_too`` also of those on duty later today."""
    team_people = storage_people.list_people(tx, team)
    return find_present(find_rota(tx, team), team_people, otherwise, zone, now, later_too=later_too)


def find_present(
    rota: Rota,
    team_people: Sequence[Person],
    otherwise: Hours,
    zone: str,
    now: datetime,
    *,
    later_too: bool = False,
) -> frozenset[str]:
    """Return what ``find_people`` returns, out of a rota and people that were read before."""
    today, minute = find_local_minute(zone, now)
    working = [one for one in team_people if one.role in WORKING]
    duty = Duty(
        rota=rota,
        hours=hours_by(rota, otherwise, today),
        workers=frozenset(one.id for one in working),
        by_hand=frozenset(one.id for one in working if one.on_duty),
    )
    return duty.find_left_today(today, minute) if later_too else duty.find_present(today, minute)


class DutyHours:
    """This process's copy of the rota, so that windows are offered by the same rules while SQL is down.

    It is read each second, so a dial need not read it again. It is also written to a file beside those of the live
    menus, for a restart during an outage.
    """

    def __init__(self, store: Store, folder: Path, clock: Clock | None = None) -> None:
        """Start without a copy; without a clock nobody knows how old it is, and only an outage uses it."""
        self._store = store
        self._file = folder / "duty"
        self._clock = clock
        self._rota: Rota | None = None
        self._read_at: float | None = None
        self._planned: tuple[Rota, Hours, date, Hours] | None = None
        self._promised: tuple[Mapping[str, When], Hours, str, datetime, _Promises] | None = None

    def refresh(self) -> bool:
        """Reload the rota; False where SQL was unavailable."""
        began = self._clock.monotonic() if self._clock else None
        try:
            with self._store.read() as tx:
                rota = find_rota(tx, TEAM, self._clock.now() if self._clock else None)
        except Unavailable:
            return False
        self._read_at = began
        if rota != self._rota:
            self._rota = rota
            self._keep(rota)
        return True

    def find_hours(self, tx: Tx, otherwise: Hours, zone: str, now: datetime) -> Hours:
        """Return the hours that are offered in the next two weeks: from the copy of this second, else from SQL."""
        return (
            self.read_hours(otherwise, zone, now) if self.is_fresh else find_offers(tx, otherwise, zone, now)
        )

    def find_planned(self, tx: Tx, otherwise: Hours, zone: str, now: datetime) -> Hours:
        """Return what the function ``find_hours`` does: from the copy of this second, else from SQL.

        A request taken in the second in which shifts change is planned as if it had come just before.
        """
        rota = self._rota
        if rota is None or not self.is_fresh:
            return find_hours(tx, otherwise, zone, now)
        return hours_by(rota, otherwise, find_local_minute(zone, now)[0])

    @property
    def is_fresh(self) -> bool:
        """Whether the copy was read within this second, so that it says what SQL does."""
        read_at = self._read_at
        return self._clock is not None and read_at is not None and self._clock.monotonic() - read_at < _FRESH

    def read_hours(self, otherwise: Hours, zone: str, now: datetime) -> Hours:
        """Return the hours that are offered in the next two weeks, from the copy in memory, else from the file."""
        rota = self._rota if self._rota is not None else self._load_saved()
        today, _ = find_local_minute(zone, now)
        return otherwise if rota is None else self._plan_hours(rota, otherwise, today)

    def list_promises(
        self, windows: Mapping[str, When], hours: Hours, zone: str, now: datetime
    ) -> tuple[tuple[str, ...], str]:
        """Return what ``windows.list_promises`` does, once a minute: hours and windows are whole ones."""
        minute = now.replace(second=0, microsecond=0)
        known = self._promised
        if known is None or known[0] is not windows or known[1] is not hours or known[2:4] != (zone, minute):
            known = windows, hours, zone, minute, list_promises(windows.values(), hours, zone, now)
            if now != minute:  # at the very beginning a window that just ends may still count
                self._promised = known
        return known[4]

    def _plan_hours(self, rota: Rota, otherwise: Hours, today: date) -> Hours:
        """Return the hours by a rota, which stay the same until it or the day changes."""
        planned = self._planned
        if planned is None or planned[0] is not rota or planned[1] is not otherwise or planned[2] != today:
            planned = self._planned = (rota, otherwise, today, find_offered_hours(rota, otherwise, today))
        return planned[3]

    def _keep(self, rota: Rota) -> None:
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_file(self._file, json.dumps(_write_plain(rota)).encode())
        except OSError:
            _log.warning("the shifts could not be kept as a file")

    def _load_saved(self) -> Rota | None:
        try:
            self._rota = _read_rota(json.loads(self._file.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            _log.warning("the kept shifts cannot be read")
            return None
        return self._rota


def _write_plain(rota: Rota) -> dict[str, Any]:
    return {
        "format": _FORMAT,
        "shifts": [[one.person_id, one.day, one.start, one.end] for one in rota.shifts],
        "holidays": sorted(day.isoformat() for day in rota.holidays),
        "away": [[one.person_id, one.first.isoformat(), one.last.isoformat()] for one in rota.away],
    }


def _read_rota(kept: dict[str, Any]) -> Rota:
    if kept["format"] != _FORMAT:
        raise ValueError("shifts of another release")
    return Rota(
        shifts=tuple(
            Shift(person_id=person, day=day, start=start, end=end)
            for person, day, start, end in kept["shifts"]
        ),
        holidays=frozenset(map(date.fromisoformat, kept["holidays"])),
        away=tuple(
            Away(person_id=person, first=date.fromisoformat(first), last=date.fromisoformat(last))
            for person, first, last in kept["away"]
        ),
    )
