"""Texts of callers that nobody understood, until somebody has read them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update

from gateway.store.engines import Tx
from gateway.store.tables import UNREAD, callers, texts

NOT_UNDERSTOOD = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One text, with the number it came from; both may be gone."""

    id: str
    channel: str
    caller_id: str | None
    number: str | None
    text: str
    at: datetime


def unread(tx: Tx, *, limit: int = 100) -> tuple[Text, ...]:
    """Return the texts that nobody understood and nobody has read, newest first."""
    query = (
        select(texts, callers.c.number)
        .join_from(texts, callers, texts.c.caller_id == callers.c.id, isouter=True)
        .where(text(UNREAD), texts.c.understood == NOT_UNDERSTOOD, texts.c.text.is_not(None))
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
            at=row.at,
        )
        for row in tx.execute(query)
    )


def count_unread(tx: Tx) -> int:
    """Return how many there are."""
    query = select(func.count()).select_from(texts)
    found = tx.execute(
        query.where(text(UNREAD), texts.c.understood == NOT_UNDERSTOOD, texts.c.text.is_not(None))
    )
    return int(found.scalar_one())


def mark_read(tx: Tx, text_id: str, *, person_id: str, now: datetime) -> bool:
    """Write that it was read; False where somebody else was faster or it is gone."""
    statement = (
        update(texts)
        .where(text(UNREAD), texts.c.id == text_id)
        .values(read_at=now, read_by=person_id)
        .returning(texts.c.id)
    )
    return tx.execute(statement).first() is not None
