"""Store what callers and operators send: turns, SMS threads, received texts and their parts, and operators' notices.

A turn keeps its key and sealed receipts, so that a repeat is answered as the first. A text waits for staff while it was
not understood or holds a danger word; the parts of a long one wait, sealed, until all have come. What came from names
and short codes is kept apart, sealed, until an administrator has read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)

from gateway.domain.events import Inbound
from gateway.foundation.time_and_chance import new_id
from gateway.storage import callers as storage_callers
from gateway.storage.database import Tx
from gateway.storage.encryption import name_row
from gateway.storage.tables import (
    UNREAD,
    UNSEEN,
    callers,
    operator_notices,
    text_parts,
    texts,
    threads,
    turns,
)
from gateway.storage.value_limits import CompiledStatement, build_insert

_FINISH = CompiledStatement(update(turns).where(turns.c.key == bindparam("_key")))
_RECEIPT = CompiledStatement(select(turns.c.receipt).where(turns.c.key == bindparam("_key")))
_THREAD = CompiledStatement(
    select(threads.c.state, threads.c.expires_at).where(
        threads.c.channel == bindparam("_channel"), threads.c.caller_id == bindparam("_caller")
    )
)
_ADD_TEXT = CompiledStatement(insert(texts))


def begin_turn(
    tx: Tx, key: bytes, *, session: bytes, kind: str, now: datetime, caller_id: str | None = None
) -> bool:
    """Insert the turn's key; False where this very turn was committed before.

    A concurrent insert of the same key waits for the other transaction, so of ten equal posts nine find the receipt.
    """
    values = {"key": key, "session": session, "kind": kind, "at": now, "caller_id": caller_id}
    return tx.execute(storage_callers.build_begin(tx.dialect), values).first() is not None


def finish_turn(tx: Tx, key: bytes, receipt: Any, *, caller_id: str | None = None) -> None:
    """Store the turn's record, sealed, in the same transaction; ``caller_id`` lets erasure find it."""
    sealed = tx.ring.seal_json(receipt, table="turns", column="receipt", row=key.hex())
    tx.post(_FINISH, {"_key": key, "receipt": sealed, "caller_id": caller_id})


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
    tx.post(_build_save_thread(tx.dialect), values | {"expires_at": expires_at})


def drop_threads(tx: Tx, caller_id: str) -> None:
    """Delete every thread of the caller."""
    tx.execute(delete(threads).where(threads.c.caller_id == caller_id))


def add_text(tx: Tx, *, channel: str, caller_id: str, text: str, understood: str, now: datetime) -> None:
    """Store a text, sealed, with its classification."""
    made = new_id(now)
    sealed = tx.ring.seal_text(text, table="texts", column="text", row=made)
    values = {"id": made, "channel": channel, "caller_id": caller_id, "text": sealed}
    tx.post(_ADD_TEXT, values | {"understood": understood, "at": now, "mark": tx.mark})


def has_understood(tx: Tx, caller_id: str, word: str, *, since: datetime) -> bool:
    """Say whether a text of this caller had this classification since then, on any channel."""
    return tx.execute(_build_understood(word), {"_caller": caller_id, "_since": since}).first() is not None


def forget_texts(tx: Tx, caller_id: str) -> None:
    """Empty the texts of an erased caller."""
    tx.execute(update(texts).where(texts.c.caller_id == caller_id).values(text=None, caller_id=None))


# Statements that differ by database or by a word, built once.


@cache
def _build_save_thread(dialect: str) -> CompiledStatement:
    insert_thread = build_insert(dialect, threads)
    new = insert_thread.excluded
    changed = {"state": new.state, "version": new.version, "expires_at": new.expires_at}
    return CompiledStatement(
        insert_thread.on_conflict_do_update(
            index_elements=["channel", "caller_id"], set_=changed | {"rev": threads.c.rev + 1}
        )
    )


@lru_cache(maxsize=16)
def _build_understood(word: str) -> CompiledStatement:
    with_reason = texts.c.understood.startswith(f"{word} (", autoescape=True)
    query = select(texts.c.id).where(
        texts.c.caller_id == bindparam("_caller"),
        texts.c.at > bindparam("_since"),
        or_(texts.c.understood == word, with_reason),
    )
    return CompiledStatement(query.limit(1))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedText:
    """What came of one text: its parts by number, of ``total``; ``turn`` is an id of ours."""

    channel: str
    number: str
    turn: str
    service: str
    link: str
    total: int
    parts: Mapping[int, str]


def add_part(tx: Tx, whole: bytes, inbound: Inbound, *, caller_id: str, now: datetime) -> None:
    """Store one part of the text with this key."""
    part = inbound.part
    assert part is not None  # noqa: S101 - the caller asks only for parts
    tx.execute(
        insert(text_parts).values(
            whole=whole,
            number=part.number,
            total=part.total,
            channel=inbound.channel,
            caller_id=caller_id,
            text=tx.ring.seal_text(
                inbound.text, table="text_parts", column="text", row=name_row(whole, part.number)
            ),
            service=inbound.service[:40],
            link=inbound.link[:200],
            at=now,
        )
    )


def has_part(tx: Tx, whole: bytes, number: int) -> bool:
    """Say whether this part is there."""
    query = select(text_parts.c.number).where(text_parts.c.whole == whole, text_parts.c.number == number)
    return tx.execute(query).first() is not None


def count_parts(tx: Tx, whole: bytes) -> int:
    """Return how many parts of a text are there."""
    return int(
        tx.execute(
            select(func.count()).select_from(text_parts).where(text_parts.c.whole == whole)
        ).scalar_one()
    )


def list_late(tx: Tx, *, before: datetime, limit: int = 100) -> tuple[bytes, ...]:
    """Return the keys of texts whose last part came before an instant, at most ``limit``."""
    query = (
        select(text_parts.c.whole)
        .group_by(text_parts.c.whole)
        .having(func.max(text_parts.c.at) < before)
        .limit(limit)
    )
    return tuple(row.whole for row in tx.execute(query))


def take_parts(tx: Tx, whole: bytes) -> ReceivedText | None:
    """Remove the parts of a text and return them; None where another process did, or the caller erased them."""
    rows = tx.execute(delete(text_parts).where(text_parts.c.whole == whole).returning(*text_parts.c)).all()
    if not rows:
        return None
    first = rows[0]
    caller = storage_callers.by_id(tx, first.caller_id)
    if caller is None or caller.number is None:
        return None
    opened = {
        row.number: tx.ring.open_text(
            row.text, table="text_parts", column="text", row=name_row(whole, row.number)
        )
        or ""
        for row in rows
    }
    return ReceivedText(
        channel=first.channel,
        number=caller.number,
        turn=f"parts:{whole.hex()[:24]}:{max(row.at for row in rows).timestamp():.6f}",
        service=first.service,
        link=first.link,
        total=first.total,
        parts=opened,
    )


NOT_UNDERSTOOD = ""
DANGER = "danger"
"""Prefix of the classification of texts with a danger word."""

_AFTER_DANGER = DANGER[:-1] + chr(ord(DANGER[-1]) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text, with its number (None after erasure), and its classification with the reason."""

    id: str
    channel: str
    caller_id: str | None
    number: str | None
    text: str
    understood: str
    at: datetime


def list_unread(tx: Tx, *, limit: int = 100) -> tuple[Text, ...]:
    """Return unread texts that were not understood, newest first."""
    return _list_found(tx, texts.c.understood == NOT_UNDERSTOOD, limit)


def find_text(tx: Tx, text_id: str) -> Text | None:
    """Return this text, while it is unread."""
    found = _list_found(tx, texts.c.id == text_id, 1)
    return found[0] if found else None


def _list_found(tx: Tx, which: ColumnElement[bool], limit: int) -> tuple[Text, ...]:
    query = (
        select(texts, callers.c.number)
        .join_from(texts, callers, texts.c.caller_id == callers.c.id, isouter=True)
        .where(text(UNREAD), which, texts.c.text.is_not(None))
        .order_by(texts.c.at.desc(), texts.c.id.desc())
        .limit(limit)
    )
    return tuple(
        Text(
            id=row.id,
            channel=row.channel,
            caller_id=row.caller_id,
            number=tx.ring.open_text(row.number, table="callers", column="number", row=row.caller_id or ""),
            text=tx.ring.open_text(row.text, table="texts", column="text", row=row.id) or "",
            understood=row.understood,
            at=row.at,
        )
        for row in tx.execute(query)
    )


def list_dangers(tx: Tx, *, limit: int = 100) -> tuple[Text, ...]:
    """Return unread texts with a danger word, newest first."""
    return _list_found(tx, _of_danger(), limit)


def count_unread(tx: Tx) -> int:
    """Return the number of unread texts that were not understood."""
    return _count_texts(tx, texts.c.understood == NOT_UNDERSTOOD)


def count_dangers(tx: Tx) -> int:
    """Return the number of unread texts with a danger word."""
    return _count_texts(tx, _of_danger())


def mark_read(tx: Tx, text_id: str, *, person_id: str, now: datetime) -> bool:
    """Mark it as read; False where somebody else did before, or it is gone."""
    statement = (
        update(texts)
        .where(text(UNREAD), texts.c.id == text_id)
        .values(read_at=now, read_by=person_id)
        .returning(texts.c.id)
    )
    return tx.execute(statement).first() is not None


def _of_danger() -> ColumnElement[bool]:
    """Return the condition for danger; the range lets the index be used, which LIKE alone does not."""
    word = texts.c.understood
    return and_(word >= DANGER, word < _AFTER_DANGER, word.like(f"{DANGER}%"))


def build_danger_count() -> ScalarSelect[int]:
    """Return the query of ``count_dangers``, for a statement that counts other things too."""
    return _build_count(_of_danger()).scalar_subquery()


def _count_texts(tx: Tx, which: ColumnElement[bool]) -> int:
    return int(tx.execute(_build_count(which)).scalar_one())


def _build_count(which: ColumnElement[bool]) -> Select[int]:
    return select(func.count()).select_from(texts).where(text(UNREAD), which, texts.c.text.is_not(None))


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorNotice:
    """One notice: the channel that it came by, who it says it is from, its words, when it came and was read."""

    id: str
    channel: str
    sender: str
    text: str
    at: datetime
    seen_at: datetime | None


def add_notice(tx: Tx, once: bytes, *, channel: str, sender: str, words: str, now: datetime) -> bool:
    """Store a notice; False where it came before."""
    made = new_id(now)
    values = {
        "id": made,
        "once": once,
        "channel": channel,
        "sender": tx.ring.seal_text(sender, table="operator_notices", column="sender", row=made),
        "text": tx.ring.seal_text(words, table="operator_notices", column="text", row=made),
        "at": now,
    }
    first_only = build_insert(tx.dialect, operator_notices).on_conflict_do_nothing(index_elements=["once"])
    return tx.execute(first_only.values(values).returning(operator_notices.c.id)).first() is not None


def list_notices(tx: Tx, *, limit: int = 50) -> tuple[OperatorNotice, ...]:
    """Return the latest notices, newest first."""
    query = select(operator_notices).order_by(operator_notices.c.at.desc(), operator_notices.c.id.desc())
    return tuple(
        OperatorNotice(
            id=row.id,
            channel=row.channel,
            sender=tx.ring.open_text(row.sender, table="operator_notices", column="sender", row=row.id) or "",
            text=tx.ring.open_text(row.text, table="operator_notices", column="text", row=row.id) or "",
            at=row.at,
            seen_at=row.seen_at,
        )
        for row in tx.execute(query.limit(limit))
    )


def count_unseen(tx: Tx) -> int:
    """Return how many notices nobody has read."""
    query = select(func.count()).select_from(operator_notices).where(text(UNSEEN))
    return int(tx.execute(query).scalar_one())


def mark_seen(tx: Tx, *, until: datetime, now: datetime) -> int:
    """Mark as read what came until an instant, and return how many that were."""
    statement = update(operator_notices).where(text(UNSEEN), operator_notices.c.at <= until)
    return len(tx.execute(statement.values(seen_at=now).returning(operator_notices.c.id)).all())
