"""Who has the page of a callback open just now."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import looking, people


def note(tx: Tx, callback_id: str, person_id: str, *, now: datetime) -> None:
    """Write that the person looks at it."""
    statement = insert_into(tx, looking).values(callback_id=callback_id, person_id=person_id, at=now)
    tx.execute(statement.on_conflict_do_update(index_elements=["callback_id", "person_id"], set_={"at": now}))


def last(tx: Tx, callback_id: str, person_id: str) -> datetime | None:
    """Return when it was last written that the person looks at it."""
    mine = looking.c.callback_id == callback_id, looking.c.person_id == person_id
    found: datetime | None = tx.execute(select(looking.c.at).where(*mine)).scalar()
    return found


def at(tx: Tx, callback_id: str, *, since: datetime, besides: str) -> tuple[str, ...]:
    """Return the names of the others who looked at it since."""
    query = (
        select(people.c.name)
        .join_from(looking, people)
        .where(looking.c.callback_id == callback_id, looking.c.at >= since, looking.c.person_id != besides)
    )
    return tuple(tx.execute(query.order_by(people.c.name)).scalars())


def anywhere(tx: Tx, team: str, *, since: datetime, besides: str) -> Mapping[str, tuple[str, ...]]:
    """Return, by callback, the names of the others of a team who looked since; few look at any time."""
    query = (
        select(looking.c.callback_id, people.c.name)
        .join_from(looking, people)
        .where(looking.c.at >= since, looking.c.person_id != besides, people.c.team == team)
    )
    found: dict[str, tuple[str, ...]] = {}
    for row in sorted(tx.execute(query), key=lambda row: (row.callback_id, row.name)):
        found[row.callback_id] = (*found.get(row.callback_id, ()), row.name)
    return found
