"""The list of people who are called for help, one after the other, when nobody takes what must be taken."""

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from gateway.store.engines import Tx
from gateway.store.tables import called_for_help, people


def of(tx: Tx, team: str) -> tuple[str, ...]:
    """Return the ids of the people on the list in order, without those who were removed."""
    query = (
        select(called_for_help.c.person_id)
        .join(people)
        .where(called_for_help.c.team == team, people.c.disabled_at.is_(None))
        .order_by(called_for_help.c.place)
    )
    return tuple(tx.execute(query).scalars())


def put(tx: Tx, team: str, person_ids: Sequence[str]) -> None:
    """Write the list anew."""
    tx.execute(delete(called_for_help).where(called_for_help.c.team == team))
    if person_ids:
        rows = [{"team": team, "place": place, "person_id": one} for place, one in enumerate(person_ids)]
        tx.execute(insert(called_for_help), rows)
