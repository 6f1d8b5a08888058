"""Shifts, holidays and days away: what decides who works when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, insert, select

from gateway.callbacks.shifts import Away, Rota, Shift
from gateway.ids import new_id
from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import away, holidays, people, shifts


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which nobody works, and what it is called."""

    day: date
    name: str


def rota(tx: Tx, team: str) -> Rota:
    """Return who of a team works when; whoever was removed works no more."""
    here = people.c.team == team, people.c.disabled_at.is_(None)
    mine = (
        select(shifts.c.person_id, shifts.c.day, shifts.c.start, shifts.c.end).join(people).where(*here)
    ).order_by(shifts.c.day, shifts.c.start, shifts.c.id)
    gone = select(away.c.person_id, away.c.first, away.c.last).join(people).where(*here)
    return Rota(
        shifts=tuple(Shift(**row._asdict()) for row in tx.execute(mine)),
        holidays=frozenset(one.day for one in holidays_of(tx, team)),
        away=tuple(Away(**row._asdict()) for row in tx.execute(gone.order_by(away.c.first, away.c.id))),
    )


def put(tx: Tx, person_id: str, week: Sequence[Shift], *, now: datetime) -> None:
    """Write the person's week anew."""
    tx.execute(delete(shifts).where(shifts.c.person_id == person_id))
    if week:
        rows = [
            {"id": new_id(now), "person_id": person_id, "day": one.day, "start": one.start, "end": one.end}
            for one in week
        ]
        tx.execute(insert(shifts), rows)


def holidays_of(tx: Tx, team: str) -> tuple[Holiday, ...]:
    """Return the holidays of a team in order."""
    query = select(holidays.c.day, holidays.c.name).where(holidays.c.team == team).order_by(holidays.c.day)
    return tuple(Holiday(row.day, row.name) for row in tx.execute(query))


def add_holiday(tx: Tx, team: str, day: date, name: str) -> None:
    """Make a day a holiday; one that is there already gets this name."""
    statement = insert_into(tx, holidays).values(team=team, day=day, name=name)
    tx.execute(statement.on_conflict_do_update(index_elements=["team", "day"], set_={"name": name}))


def drop_holiday(tx: Tx, team: str, day: date) -> None:
    """Make a holiday a day like others."""
    tx.execute(delete(holidays).where(holidays.c.team == team, holidays.c.day == day))


def add_away(tx: Tx, person_id: str, first: date, last: date, *, now: datetime) -> None:
    """Write that the person does not work on these days."""
    tx.execute(insert(away).values(id=new_id(now), person_id=person_id, first=first, last=last))


def drop_away(tx: Tx, person_id: str, first: date) -> None:
    """Take back the days away that begin on this one."""
    tx.execute(delete(away).where(away.c.person_id == person_id, away.c.first == first))
