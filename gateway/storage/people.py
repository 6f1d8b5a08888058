"""Store staff (name, role, password hash, sealed helpline phone, languages, duty), and who views which request now.

``read_team`` gives a page the people of a team with their views and their load in one statement.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select, text, update

from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import IN_HAND, callbacks, looking, people
from gateway.storage.value_limits import CompiledStatement

_BY_ID = CompiledStatement(select(people).where(people.c.id == bindparam("_id")))
_NUMBERS = CompiledStatement(select(people.c.id, people.c.number).where(people.c.number.is_not(None)))
_OF_TEAM = CompiledStatement(
    select(people)
    .where(people.c.team == bindparam("_team"), people.c.disabled_at.is_(None))
    .order_by(people.c.name_key)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person as pages see them; ``named`` is False until the first administrator has chosen a name."""

    id: str
    team: str
    name: str
    role: str
    named: bool
    has_password: bool
    number: str | None
    languages: tuple[str, ...]
    gender: str
    on_duty: bool
    page_language: str
    made_at: datetime
    disabled: bool
    capacity: int = 0
    by_text: bool = False
    second_factor: bool = False
    looked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPerson:
    """What a sign-in is checked against: id and password hash."""

    id: str
    password: str | None


def add_person(
    tx: Tx,
    person_id: str,
    *,
    name: str,
    name_key: str,
    role: str,
    now: datetime,
    team: str = "main",
) -> bool:
    """Add a person without a password; False where the name is taken."""
    statement = (
        insert_into(tx, people)
        .values(
            id=person_id,
            team=team,
            name=name,
            name_key=name_key,
            role=role,
            languages=[],
            made_at=now,
        )
        .on_conflict_do_nothing(index_elements=["name_key"])
        .returning(people.c.id)
    )
    return tx.execute(statement).first() is not None


def by_id(tx: Tx, person_id: str) -> Person | None:
    """Return the person, removed or not."""
    row = tx.execute(_BY_ID, {"_id": person_id}).first()
    return read_person(tx, row) if row is not None else None


def by_key(tx: Tx, name_key: str) -> Person | None:
    """Return the person with this case-folded name, unless removed."""
    row = tx.execute(
        select(people).where(people.c.name_key == name_key, people.c.disabled_at.is_(None))
    ).first()
    return read_person(tx, row) if row is not None else None


def find_known(tx: Tx, name_key: str) -> KnownPerson | None:
    """Return what a sign-in under this name is checked against, unless the person is removed."""
    row = tx.execute(
        select(people.c.id, people.c.password).where(
            people.c.name_key == name_key, people.c.disabled_at.is_(None)
        )
    ).first()
    return KnownPerson(id=row.id, password=row.password) if row is not None else None


def read_password_hash(tx: Tx, person_id: str) -> str | None:
    """Return the person's password hash."""
    return tx.execute(select(people.c.password).where(people.c.id == person_id)).scalar()


def list_people(tx: Tx, team: str) -> tuple[Person, ...]:
    """Return the people of a team by name, without removed ones."""
    rows = tx.execute(_OF_TEAM, {"_team": team})
    return tuple(read_person(tx, row) for row in rows)


def list_everyone(tx: Tx, team: str) -> tuple[Person, ...]:
    """Return the people of a team by name, removed ones too: their names stay in the history."""
    rows = tx.execute(select(people).where(people.c.team == team).order_by(people.c.name, people.c.id))
    return tuple(read_person(tx, row) for row in rows)


def find_ids_by_number(tx: Tx, number: str) -> tuple[str, ...]:
    """Return the ids of the people with this helpline phone; a phone may be shared."""
    rows = tx.execute(_NUMBERS)
    return tuple(
        row.id
        for row in rows
        if tx.ring.open_text(row.number, table="people", column="number", row=row.id) == number
    )


def list_on_duty(tx: Tx, team: str, roles: tuple[str, ...]) -> tuple[Person, ...]:
    """Return who of a team is on duty in one of these roles."""
    return tuple(person for person in list_people(tx, team) if person.on_duty and person.role in roles)


def is_anybody(tx: Tx, role: str) -> bool:
    """Say whether a named person has this role."""
    statement = select(people.c.id).where(
        people.c.role == role, people.c.disabled_at.is_(None), people.c.name != ""
    )
    return tx.execute(statement.limit(1)).first() is not None


def count_others(tx: Tx, role: str, person_id: str) -> int:
    """Count other people of this role who can sign in; locks the rows, so that two cannot remove each other."""
    rows = tx.execute(
        select(people.c.id)
        .where(people.c.role == role, people.c.disabled_at.is_(None), people.c.password.is_not(None))
        .order_by(people.c.id)
        .with_for_update()
    )
    return sum(row.id != person_id for row in rows)


def set_name(tx: Tx, person_id: str, *, name: str, name_key: str) -> bool:
    """Set a person's name; False where it is taken."""
    taken = tx.execute(
        select(people.c.id).where(people.c.name_key == name_key, people.c.id != person_id)
    ).first()
    if taken is not None:
        return False
    _set_columns(tx, person_id, name=name, name_key=name_key)
    return True


def set_password(tx: Tx, person_id: str, password: str | None) -> None:
    """Store a new password hash."""
    _set_columns(tx, person_id, password=password)


def set_role(tx: Tx, person_id: str, role: str) -> None:
    """Store the role."""
    _set_columns(tx, person_id, role=role)


def set_number(tx: Tx, person_id: str, number: str | None) -> None:
    """Store the helpline phone (E.164), sealed."""
    _set_columns(
        tx,
        person_id,
        number=tx.ring.seal_text(number, table="people", column="number", row=person_id),
    )


def set_details(tx: Tx, person_id: str, *, languages: tuple[str, ...], gender: str) -> None:
    """Store the person's languages, and the gender, for callers who ask for a woman."""
    _set_columns(tx, person_id, languages=list(languages), gender=gender)


def set_duty(tx: Tx, person_id: str, *, on: bool) -> None:
    """Store whether the person is on duty."""
    _set_columns(tx, person_id, on_duty=on)


def set_capacity(tx: Tx, person_id: str, capacity: int) -> None:
    """Store how many requests the person may hold at a time; 0 means any number."""
    _set_columns(tx, person_id, capacity=capacity)


def set_by_text(tx: Tx, person_id: str, *, on: bool) -> None:
    """Store whether the person works by one-tap links in texts."""
    _set_columns(tx, person_id, by_text=on)


def set_looked(tx: Tx, person_id: str, now: datetime) -> None:
    """Store that the person viewed the queue."""
    _set_columns(tx, person_id, looked_at=now)


def set_page_language(tx: Tx, person_id: str, language: str) -> None:
    """Store the language of the person's pages."""
    _set_columns(tx, person_id, page_language=language)


def disable_person(tx: Tx, person_id: str, *, now: datetime) -> None:
    """Remove a person: the name stays in the history and becomes free; password and number are deleted."""
    _set_columns(
        tx,
        person_id,
        disabled_at=now,
        name_key=f"-{person_id}",
        password=None,
        number=None,
        totp=None,
        totp_at=None,
        on_duty=False,
    )


def _set_columns(tx: Tx, person_id: str, **values: Any) -> None:
    tx.execute(update(people).where(people.c.id == person_id).values(**values))


def read_person(tx: Tx, row: Row[Any]) -> Person:
    """Return the person of a row that holds all columns of ``people``, however it was joined."""
    return Person(
        id=row.id,
        team=row.team,
        name=row.name,
        role=row.role,
        named=bool(row.name),
        has_password=row.password is not None,
        number=tx.ring.open_text(row.number, table="people", column="number", row=row.id),
        languages=tuple(row.languages),
        gender=row.gender,
        on_duty=bool(row.on_duty),
        page_language=row.page_language,
        made_at=row.made_at,
        disabled=row.disabled_at is not None,
        capacity=row.capacity,
        by_text=bool(row.by_text),
        second_factor=row.totp_at is not None,
        looked_at=row.looked_at,
    )


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
        people=tuple(read_person(tx, row) for row in {row.id: row for row in rows}.values()),
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
