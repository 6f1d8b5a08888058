"""Store who views which request now, and read the people of a team with their views and their load."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select, text

from gateway.storage import people as storage_people
from gateway.storage.database import Tx, insert_into
from gateway.storage.people import Person
from gateway.storage.tables import IN_HAND, callbacks, looking, people


def note_look(tx: Tx, callback_id: str, person_id: str, *, now: datetime) -> None:
    """Store that the person views this request now."""
    statement = insert_into(tx, looking).values(callback_id=callback_id, person_id=person_id, at=now)
    tx.execute(statement.on_conflict_do_update(index_elements=["callback_id", "person_id"], set_={"at": now}))


def find_last_look(tx: Tx, callback_id: str, person_id: str) -> datetime | None:
    """Return when a view by this person was last stored."""
    of_person = looking.c.callback_id == callback_id, looking.c.person_id == person_id
    found: datetime | None = tx.execute(select(looking.c.at).where(*of_person)).scalar()
    return found


def list_lookers(tx: Tx, callback_id: str, *, since: datetime, besides: str) -> tuple[str, ...]:
    """Return the names of others who viewed it since then."""
    query = (
        select(people.c.name)
        .join_from(looking, people)
        .where(looking.c.callback_id == callback_id, looking.c.at >= since, looking.c.person_id != besides)
    )
    return tuple(tx.execute(query.order_by(people.c.name)).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One person's view of a request's page, and when it was last stored."""

    callback_id: str
    person_id: str
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamNow:
    """The people of a team, their views since an instant, and person id → number of requests in hand."""

    people: tuple[Person, ...]
    views: tuple[View, ...]
    in_hand: Mapping[str, int]

    def find_person(self, person_id: str) -> Person | None:
        """Return a person of the team; None where removed."""
        return next((one for one in self.people if one.id == person_id), None)

    def list_lookers(self, besides: str) -> Mapping[str, tuple[str, ...]]:
        """Return request id → names of the others who view it, by name."""
        found: dict[str, tuple[str, ...]] = {}
        for view in sorted(self.views, key=lambda view: (view.callback_id, view.name)):
            if view.person_id != besides:
                found[view.callback_id] = (*found.get(view.callback_id, ()), view.name)
        return found

    def find_last_look(self, callback_id: str, person_id: str) -> datetime | None:
        """Return when this person's view of the request was last stored, if that was since the instant."""
        of_person = (
            one.at for one in self.views if (one.callback_id, one.person_id) == (callback_id, person_id)
        )
        return next(of_person, None)


def read_team(tx: Tx, team: str, *, since: datetime) -> TeamNow:
    """Return the people of a team with their views since then and their load, in one statement."""
    in_hand = (
        select(func.count())
        .select_from(callbacks)
        .where(text(IN_HAND), callbacks.c.holder_id == people.c.id)
        .scalar_subquery()
    )
    viewed = and_(looking.c.person_id == people.c.id, looking.c.at >= since)
    query = (
        select(people, looking.c.callback_id, looking.c.at.label("viewed_at"), in_hand.label("in_hand"))
        .join_from(people, looking, viewed, isouter=True)
        .where(people.c.team == team, people.c.disabled_at.is_(None))
    )
    rows = tx.execute(query.order_by(people.c.name_key, people.c.id)).all()
    return TeamNow(
        people=tuple(storage_people.read_person(tx, row) for row in {row.id: row for row in rows}.values()),
        views=tuple(
            View(callback_id=row.callback_id, person_id=row.id, name=row.name, at=row.viewed_at)
            for row in rows
            if row.callback_id is not None
        ),
        in_hand={row.id: int(row.in_hand) for row in rows},
    )


def list_all_lookers(tx: Tx, team: str, *, since: datetime, besides: str) -> Mapping[str, tuple[str, ...]]:
    """Return request id → names of others in the team who viewed it since then."""
    query = (
        select(looking.c.callback_id, people.c.name)
        .join_from(looking, people)
        .where(looking.c.at >= since, looking.c.person_id != besides, people.c.team == team)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in sorted(tx.execute(query), key=lambda row: (row.callback_id, row.name)):
        found[row.callback_id] = (*found.get(row.callback_id, ()), row.name)
    return found
