"""Budgets: how often something may happen in a window, so that a flood of texts cannot spend the line's money."""

from datetime import datetime

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import budgets


def spend(tx: Tx, scope: bytes, window: str, *, now: datetime) -> int:
    """Count one more use of this scope in this window and return how many there are now."""
    statement = (
        insert_into(tx, budgets)
        .values(scope=scope, window=window, n=1, at=now)
        .on_conflict_do_update(index_elements=["scope", "window"], set_={"n": budgets.c.n + 1, "at": now})
        .returning(budgets.c.n)
    )
    return int(tx.execute(statement).scalar_one())
