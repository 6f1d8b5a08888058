"""Looks callbacks up by the code that she tells on the phone, or by whose they are."""

from sqlalchemy import or_, select

from gateway.store.engines import Tx
from gateway.store.tables import callbacks, told_codes


def ids_with_code(tx: Tx, team: str, code: str, *, limit: int = 20) -> tuple[str, ...]:
    """Return the callbacks of a team that this code stands for, the newest first."""
    further = tx.execute(select(told_codes.c.callback_id).where(told_codes.c.code == code).limit(limit))
    bears_it = or_(callbacks.c.code == code, callbacks.c.id.in_(list(further.scalars())))
    found = tx.execute(
        select(callbacks.c.id)
        .where(callbacks.c.team == team, bears_it)
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
