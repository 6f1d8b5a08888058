"""The figures form of a callback while it is open, sealed; at closing it becomes counts and goes."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import callbacks, records


def put(tx: Tx, callback_id: str, said: Mapping[str, Any], *, now: datetime) -> None:
    """Write what was ticked so far."""
    sealed = tx.ring.seal_json(dict(said), table="records", column="said", row=callback_id)
    statement = insert_into(tx, records).values(callback_id=callback_id, said=sealed, at=now)
    tx.execute(
        statement.on_conflict_do_update(index_elements=["callback_id"], set_={"said": sealed, "at": now})
    )


def of(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Return what was ticked; nothing where there is no form."""
    sealed = tx.execute(select(records.c.said).where(records.c.callback_id == callback_id)).scalar()
    found: Mapping[str, Any] = (
        tx.ring.open_json(sealed, table="records", column="said", row=callback_id) or {}
    )
    return found


def take(tx: Tx, callback_id: str) -> Mapping[str, Any]:
    """Return what was ticked and delete it: whoever gets it counts it, and nobody else does."""
    statement = delete(records).where(records.c.callback_id == callback_id).returning(records.c.said)
    sealed = tx.execute(statement).scalar()
    found: Mapping[str, Any] = (
        tx.ring.open_json(sealed, table="records", column="said", row=callback_id) or {}
    )
    return found


def empty(tx: Tx, caller_id: str) -> None:
    """Empty the forms about a number; this must come before the caller is dropped."""
    hers = select(callbacks.c.id).where(callbacks.c.caller_id == caller_id)
    tx.execute(update(records).where(records.c.callback_id.in_(hers)).values(said=None))
