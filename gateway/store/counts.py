"""What the operators' graphs ask of the ledger: how much of everything there is, and how long the oldest has waited."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, text

from gateway.store.engines import Tx
from gateway.store.tables import PENDING, callbacks, outbox


@dataclass(frozen=True, slots=True)
class OutboxCounts:
    """Rows by (state, channel), and when the oldest due row became due."""

    by_state: dict[tuple[str, str], int]
    oldest_due: datetime | None


def of_outbox(tx: Tx, *, now: datetime) -> OutboxCounts:
    """Count the rows of the outbox."""
    c = outbox.c
    rows = tx.execute(select(c.state, c.channel, func.count(c.id).label("n")).group_by(c.state, c.channel))
    oldest = tx.execute(select(func.min(c.due_at)).where(text(PENDING), c.due_at <= now)).scalar()
    return OutboxCounts({(row.state, row.channel): int(row.n) for row in rows}, oldest)


def of_callbacks(tx: Tx) -> dict[str, int]:
    """Count the requests in each state."""
    c = callbacks.c
    return {
        row.state: int(row.n)
        for row in tx.execute(select(c.state, func.count(c.id).label("n")).group_by(c.state))
    }
