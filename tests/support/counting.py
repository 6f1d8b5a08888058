"""A number in the ledger that tests count up, to see whether a write got lost."""

import sqlalchemy as sa

from gateway.storage.database import Store, Tx
from gateway.storage.tables import tries
from tests.support.clocks import SetClock

SCOPE = b"s" * 32


def count(tx: Tx) -> int:
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(tries.c.n), 0))).scalar_one())


def add_one(tx: Tx) -> None:
    """Read, then write: the shape in which updates get lost."""
    statement = sa.select(tries.c.n).where(tries.c.scope == SCOPE)
    seen = tx.execute(statement.with_for_update() if tx.dialect == "postgresql" else statement).scalar_one()
    tx.execute(sa.update(tries).where(tries.c.scope == SCOPE).values(n=seen + 1))


def start(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        tx.execute(
            sa.insert(tries), [{"scope": SCOPE, "n": 0, "first_at": clock.now(), "last_at": clock.now()}]
        )
