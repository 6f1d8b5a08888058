"""Looks callbacks up by the code that she tells on the phone, or by whose they are."""

from sqlalchemy import select

from gateway.store.engines import Tx
from gateway.store.tables import callbacks


def ids_with_code(tx: Tx, team: str, code: str, *, limit: int = 20) -> tuple[str, ...]:
    """Return the callbacks of a team with this code, the newest first."""
    found = tx.execute(
        select(callbacks.c.id)
        .where(callbacks.c.team == team, callbacks.c.code == code)
        .order_by(callbacks.c.changed_at.desc())
        .limit(limit)
    )
    return tuple(found.scalars())


def ids_of_caller(tx: Tx, team: str, caller_id: str, *, limit: int = 20) -> tuple[str, ...]:
    """Return the callbacks of a number in this team, the newest first."""
    found = tx.execute(
        select(callbacks.c.id)
        .where(callbacks.c.caller_id == caller_id, callbacks.c.team == team)
        .order_by(callbacks.c.asked_at.desc())
        .limit(limit)
    )
    return tuple(found.scalars())
