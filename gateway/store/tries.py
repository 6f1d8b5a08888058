"""Tries: wrong names, passwords and codes, counted so that the next one is slowed or refused."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import tries


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often something was tried in its window, and when last; none leaves ``last_at`` empty."""

    n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def attempts(tx: Tx, scope: bytes, *, now: datetime | None = None, window: timedelta | None = None) -> Tries:
    """Return the tries on record for this scope; with a window, none once it has passed since the first."""
    row = tx.execute(select(tries).where(tries.c.scope == scope)).first()
    if row is None or (now is not None and window is not None and row.first_at + window <= now):
        return Tries()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def add(tx: Tx, scope: bytes, now: datetime, window: timedelta) -> Tries:
    """Count one more try; the count begins again when the window has passed since the first."""
    passed = tries.c.first_at <= now - window
    insert = insert_into(tx, tries).values(scope=scope, n=1, first_at=now, last_at=now)
    row = tx.execute(
        insert.on_conflict_do_update(
            index_elements=["scope"],
            set_={
                "n": case((passed, 1), else_=tries.c.n + 1),
                "first_at": case((passed, insert.excluded.first_at), else_=tries.c.first_at),
                "last_at": now,
            },
        ).returning(*tries.c)
    ).one()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def clear(tx: Tx, scope: bytes) -> None:
    """Forget the tries of this scope: it got in."""
    tx.execute(delete(tries).where(tries.c.scope == scope))


def purge(tx: Tx, before: datetime) -> None:
    """Drop what was last tried before this instant."""
    tx.execute(delete(tries).where(tries.c.last_at < before))
