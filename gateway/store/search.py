"""Looks a callback up by the code that she tells on the phone."""

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
