"""Query received texts that staff have yet to read: not understood, or with a danger word."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, select, text, update

from gateway.storage.database import Tx
from gateway.storage.tables import UNREAD, callers, texts

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


def by_id(tx: Tx, text_id: str) -> Text | None:
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
