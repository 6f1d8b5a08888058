"""Turns: the key of each input that did something, written with the deed, so that a repeat finds the receipt."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import turns


def begin(
    tx: Tx, key: bytes, *, session: bytes, kind: str, now: datetime, caller_id: str | None = None
) -> bool:
    """Write the turn's key; False says that this very turn was committed before.

    While another transaction holds the same key this waits for its end, so of ten equal posts nine find a receipt.
    """
    statement = (
        insert_into(tx, turns)
        .values(key=key, session=session, kind=kind, at=now, caller_id=caller_id)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(turns.c.key)
    )
    return tx.execute(statement).first() is not None


def finish(tx: Tx, key: bytes, receipt: Any, *, caller_id: str | None = None) -> None:
    """Write what came of the turn, sealed, in the transaction of its deed; ``caller_id`` lets erasing reach it."""
    sealed = tx.ring.seal_json(receipt, table="turns", column="receipt", row=key.hex())
    tx.execute(update(turns).where(turns.c.key == key).values(receipt=sealed, caller_id=caller_id))


def receipt(tx: Tx, key: bytes) -> Any | None:
    """Return what came of this turn, or None where it is not on record."""
    row = tx.execute(select(turns.c.receipt).where(turns.c.key == key)).first()
    if row is None:
        return None
    return tx.ring.open_json(row.receipt, table="turns", column="receipt", row=key.hex())


def forget(tx: Tx, caller_id: str) -> None:
    """Empty the receipts of a caller that asked to be erased; the keys stay, so a late repeat still does nothing."""
    tx.execute(update(turns).where(turns.c.caller_id == caller_id).values(receipt=None, caller_id=None))
