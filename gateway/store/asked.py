"""Open requests by the day on which they were made; whoever looks at them learns no number."""

from datetime import datetime

from sqlalchemy import select, text

from gateway.store.callbacks import Callback, opened
from gateway.store.engines import Tx
from gateway.store.tables import OPEN, callbacks


def open_between(tx: Tx, team: str, since: datetime, until: datetime) -> tuple[Callback, ...]:
    """Return the open requests of a team that were made from one instant up to another, in the order they came."""
    c = callbacks.c
    query = select(callbacks).where(text(OPEN), c.team == team, c.asked_at >= since, c.asked_at < until)
    return tuple(opened(tx, row) for row in tx.execute(query.order_by(c.asked_at, c.id)))
