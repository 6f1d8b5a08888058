"""Store turns (key and sealed receipts, for idempotent repeats), SMS threads, and received texts."""

from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import Executable, Select, bindparam, delete, insert, or_, select, update

from gateway.foundation.ids import new_id
from gateway.storage.database import Tx, build_insert
from gateway.storage.tables import texts, threads, turns

_FINISH = update(turns).where(turns.c.key == bindparam("_key"))
_RECEIPT = select(turns.c.receipt).where(turns.c.key == bindparam("_key"))
_THREAD = select(threads.c.state, threads.c.expires_at).where(
    threads.c.channel == bindparam("_channel"), threads.c.caller_id == bindparam("_caller")
)
_ADD_TEXT = insert(texts)


def begin_turn(
    tx: Tx, key: bytes, *, session: bytes, kind: str, now: datetime, caller_id: str | None = None
) -> bool:
    """Insert the turn's key; False where this very turn was committed before.

    A concurrent insert of the same key waits for the other transaction, so of ten equal posts nine find the receipt.
    """
    values = {"key": key, "session": session, "kind": kind, "at": now, "caller_id": caller_id}
    return tx.execute(_build_begin(tx.dialect), values).first() is not None


def finish_turn(tx: Tx, key: bytes, receipt: Any, *, caller_id: str | None = None) -> None:
    """Store the turn's record, sealed, in the same transaction; ``caller_id`` lets erasure find it."""
    sealed = tx.ring.seal_json(receipt, table="turns", column="receipt", row=key.hex())
    tx.execute(_FINISH, {"_key": key, "receipt": sealed, "caller_id": caller_id})


def find_receipt(tx: Tx, key: bytes) -> Any | None:
    """Return the record of this turn, or None where there is none."""
    row = tx.execute(_RECEIPT, {"_key": key}).first()
    if row is None:
        return None
    return tx.ring.open_json(row.receipt, table="turns", column="receipt", row=key.hex())


def forget_receipts(tx: Tx, caller_id: str) -> None:
    """Remove the records of an erased caller; the keys stay, so that a late repeat still has no effect."""
    tx.execute(update(turns).where(turns.c.caller_id == caller_id).values(receipt=None, caller_id=None))


# Threads and texts of the SMS channel.


def load_thread(tx: Tx, channel: str, caller_id: str, *, now: datetime) -> Any | None:
    """Return the state of the caller's thread on this channel, or None where there is none or it has expired."""
    row = tx.execute(_THREAD, {"_channel": channel, "_caller": caller_id}).first()
    if row is None or row.expires_at <= now:
        return None
    return tx.ring.open_json(row.state, table="threads", column="state", row=f"{channel}/{caller_id}")


def save_thread(
    tx: Tx, channel: str, caller_id: str, state: Any, *, version: str, expires_at: datetime
) -> None:
    """Store the state of the thread."""
    sealed = tx.ring.seal_json(state, table="threads", column="state", row=f"{channel}/{caller_id}")
    values = {"channel": channel, "caller_id": caller_id, "version": version, "state": sealed}
    tx.execute(_build_save_thread(tx.dialect), values | {"expires_at": expires_at})


def drop_threads(tx: Tx, caller_id: str) -> None:
    """Delete every thread of the caller."""
    tx.execute(delete(threads).where(threads.c.caller_id == caller_id))


def add_text(tx: Tx, *, channel: str, caller_id: str, text: str, understood: str, now: datetime) -> None:
    """Store a text, sealed, with its classification."""
    made = new_id(now)
    sealed = tx.ring.seal_text(text, table="texts", column="text", row=made)
    values = {"id": made, "channel": channel, "caller_id": caller_id, "text": sealed}
    tx.execute(_ADD_TEXT, values | {"understood": understood, "at": now, "mark": tx.mark})


def has_understood(tx: Tx, caller_id: str, word: str, *, since: datetime) -> bool:
    """Say whether a text of this caller had this classification since then, on any channel."""
    return tx.execute(_build_understood(word), {"_caller": caller_id, "_since": since}).first() is not None


def forget_texts(tx: Tx, caller_id: str) -> None:
    """Empty the texts of an erased caller."""
    tx.execute(update(texts).where(texts.c.caller_id == caller_id).values(text=None, caller_id=None))


# Statements that differ by database or by a word, built once.


@cache
def _build_begin(dialect: str) -> Executable:
    first_only = build_insert(dialect, turns).on_conflict_do_nothing(index_elements=["key"])
    return first_only.returning(turns.c.key)


@cache
def _build_save_thread(dialect: str) -> Executable:
    insert_thread = build_insert(dialect, threads)
    new = insert_thread.excluded
    changed = {"state": new.state, "version": new.version, "expires_at": new.expires_at}
    return insert_thread.on_conflict_do_update(
        index_elements=["channel", "caller_id"], set_=changed | {"rev": threads.c.rev + 1}
    )


@lru_cache(maxsize=16)
def _build_understood(word: str) -> Select[tuple[str]]:
    with_reason = texts.c.understood.startswith(f"{word} (", autoescape=True)
    query = select(texts.c.id).where(
        texts.c.caller_id == bindparam("_caller"),
        texts.c.at > bindparam("_since"),
        or_(texts.c.understood == word, with_reason),
    )
    return query.limit(1)
