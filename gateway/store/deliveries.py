"""Deliveries that came before our own record of the send: parked until the record is written."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import deliveries


@dataclass(frozen=True, slots=True)
class Parked:
    """One word of a provider on a message that we did not know yet."""

    state: str
    reason: str


def park(
    tx: Tx, *, channel: str, provider_id: str, status: str, state: str, reason: str, now: datetime
) -> None:
    """Keep a word on an unknown message; the same word twice is kept once."""
    statement = insert_into(tx, deliveries).values(
        channel=channel, provider_id=provider_id, status=status, state=state, reason=reason, at=now
    )
    tx.execute(statement.on_conflict_do_nothing(index_elements=["channel", "provider_id", "status"]))


def unpark(tx: Tx, channel: str, provider_id: str) -> tuple[Parked, ...]:
    """Take out what was parked for this message, oldest first."""
    c = deliveries.c
    statement = (
        delete(deliveries)
        .where(c.channel == channel, c.provider_id == provider_id)
        .returning(c.state, c.reason, c.at)
    )
    rows = sorted(tx.execute(statement).all(), key=lambda row: row.at)
    return tuple(Parked(row.state, row.reason) for row in rows)


def drop(tx: Tx, *, before: datetime) -> int:
    """Drop what was parked before this instant; return how many."""
    statement = delete(deliveries).where(deliveries.c.at < before).returning(deliveries.c.status)
    return len(tx.execute(statement).all())
