"""Store texts that came from names and short codes, sealed, until an administrator has read them."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text, update

from gateway.foundation.ids import new_id
from gateway.storage.database import Tx, build_insert
from gateway.storage.tables import UNSEEN, operator_notices


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
