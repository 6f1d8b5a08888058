"""Chores: who does which one now, and when it is due again; by these rows a second clock is harmless."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import audit, callbacks, chores, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoreRow:
    """One chore as the table has it."""

    name: str
    due_at: datetime
    lease_until: datetime | None
    ok_at: datetime | None
    fault: str


def take(tx: Tx, name: str, *, token: str, now: datetime, every: timedelta, lease: timedelta) -> bool:
    """Take a due chore that nobody holds; False where there is nothing to do.

    A due time or a lease further away than it is ever set was written by a clock that ran ahead, and does not
    count.
    """
    fresh = insert_into(tx, chores).values(name=name, due_at=now)
    tx.execute(fresh.on_conflict_do_nothing(index_elements=["name"]))
    c = chores.c
    statement = (
        update(chores)
        .where(
            c.name == name,
            or_(c.due_at <= now, c.due_at > now + every),
            or_(c.lease_until.is_(None), c.lease_until <= now, c.lease_until > now + lease),
        )
        .values(token=token, lease_until=now + lease)
        .returning(c.name)
    )
    return tx.execute(statement).first() is not None


def done(tx: Tx, name: str, *, token: str, due_at: datetime, now: datetime, fault: str = "") -> None:
    """Give a chore back, with the word for what stopped it, if anything did."""
    values: dict[str, object] = {"token": None, "lease_until": None, "due_at": due_at, "fault": fault}
    if not fault:
        values["ok_at"] = now
    tx.execute(update(chores).where(chores.c.name == name, chores.c.token == token).values(**values))


def listed(tx: Tx) -> tuple[ChoreRow, ...]:
    """Return every chore."""
    c = chores.c
    rows = tx.execute(select(c.name, c.due_at, c.lease_until, c.ok_at, c.fault).order_by(c.name))
    return tuple(ChoreRow(**row._asdict()) for row in rows)


def newest(tx: Tx) -> datetime | None:
    """Return the newest instant that the ledger knows; a clock that stands behind it is wrong, or was."""
    instants = [
        tx.execute(select(func.max(column))).scalar()
        for column in (outbox.c.at, audit.c.at, chores.c.ok_at, callbacks.c.last_asked_at)
    ]
    return max((instant for instant in instants if instant is not None), default=None)
