"""Which codes stand for which requests: the one each has, and those that were told while it could not be looked up."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select, text

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import OPEN, callbacks, told_codes


def find_taken(tx: Tx, candidates: Collection[str]) -> frozenset[str]:
    """Return which of these codes stand for an open request: asked by candidates, however long the queue is."""
    some = list(candidates)
    open_ones = select(callbacks.c.code).where(text(OPEN), callbacks.c.code.in_(some))
    further = select(told_codes.c.code).where(told_codes.c.code.in_(some))
    return frozenset([*tx.execute(open_ones).scalars(), *tx.execute(further).scalars()])


def add_told(tx: Tx, callback_id: str, code: str, *, now: datetime) -> None:
    """Let a further code stand for a request; one that does already goes on to do so."""
    statement = insert_into(tx, told_codes).values(callback_id=callback_id, code=code, at=now)
    tx.execute(statement.on_conflict_do_nothing(index_elements=["callback_id", "code"]))


def find_told(tx: Tx, callback_ids: Collection[str], code: str) -> frozenset[str]:
    """Return which of these requests a further code stands for."""
    query = select(told_codes.c.callback_id).where(
        told_codes.c.code == code, told_codes.c.callback_id.in_(list(callback_ids))
    )
    return frozenset(tx.execute(query).scalars())


def forget_told(tx: Tx, caller_id: str) -> None:
    """Delete the further codes of everything that a number asked for."""
    hers = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(delete(told_codes).where(told_codes.c.callback_id.in_(hers)))
