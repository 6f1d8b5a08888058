"""Count and limit use: budgets per window, token buckets per channel, and failed tries per scope.

All counters are rows, so that every process shares one limit and a restart does not reset it.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, case, delete, select, update

from gateway.domain.outbox.send_policy import Bucket
from gateway.storage.database import Tx, build_insert, insert_into
from gateway.storage.tables import budgets, lines, tries


def spend_use(tx: Tx, scope: bytes, window: str, *, now: datetime) -> int:
    """Count one more use of this scope in this window, and return the new count."""
    values = {"scope": scope, "window": window, "n": 1, "at": now}
    return int(tx.execute(_build_spend(tx.dialect), values).scalar_one())


@cache
def _build_spend(dialect: str) -> Executable:
    first = build_insert(dialect, budgets)
    once_more = {"n": budgets.c.n + 1, "at": first.excluded.at}
    statement = first.on_conflict_do_update(index_elements=["scope", "window"], set_=once_more)
    return statement.returning(budgets.c.n)


# Token buckets: one row a channel, shared by all workers.

_NAMES = ("tokens", "filled_at", "paused_until", "why", "faults", "day", "sent", "spent")
_HOLD_ALL = select(lines).order_by(lines.c.channel).with_for_update()  # SQLite's one writer needs no row lock
_HOLD_ONE = select(lines).where(lines.c.channel == bindparam("_channel")).with_for_update()
_SAVE = update(lines).where(lines.c.channel == bindparam("_channel"))


def ensure_buckets(tx: Tx, fresh: Mapping[str, Bucket]) -> None:
    """Insert the rows of channels that have none yet."""
    for channel in sorted(fresh):
        values = {"channel": channel, **asdict(fresh[channel])}
        tx.execute(insert_into(tx, lines).values(values).on_conflict_do_nothing(index_elements=["channel"]))


def hold_buckets(tx: Tx) -> dict[str, Bucket]:
    """Return channel → bucket, locked until this transaction ends.

    The lock serialises claims; it makes "one in flight per lane" true on PostgreSQL, where writers run concurrently.
    """
    return {row.channel: read_bucket(row._asdict()) for row in tx.execute(_HOLD_ALL)}


def list_buckets(tx: Tx) -> dict[str, Bucket]:
    """Return channel → bucket, without a lock."""
    return {row.channel: read_bucket(row._asdict()) for row in tx.execute(select(lines))}


def hold_bucket(tx: Tx, channel: str) -> Bucket | None:
    """Return one channel's bucket, locked until this transaction ends."""
    row = tx.execute(_HOLD_ONE, {"_channel": channel}).first()
    return read_bucket(row._asdict()) if row is not None else None


def save_bucket(tx: Tx, channel: str, bucket: Bucket) -> None:
    """Store the bucket of a channel that this transaction has locked."""
    tx.execute(_SAVE, {"_channel": channel} | {name: getattr(bucket, name) for name in _NAMES})


def read_bucket(row: Mapping[str, Any]) -> Bucket:
    """Return the bucket of these column values."""
    return Bucket(**{name: row[name] for name in _NAMES})


# Failed tries of names, passwords and codes (rate limiting: NIST SP 800-63B, section 5.2.2).


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Number of tries in the window, the first and the last instant; zero and None where there are none."""

    n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def find_tries(
    tx: Tx, scope: bytes, *, now: datetime | None = None, window: timedelta | None = None
) -> Tries:
    """Return the tries of this scope; with a window, none once it has passed since the first."""
    row = tx.execute(select(tries).where(tries.c.scope == scope)).first()
    if row is None or (now is not None and window is not None and row.first_at + window <= now):
        return Tries()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def add_try(tx: Tx, scope: bytes, now: datetime, window: timedelta) -> Tries:
    """Count one more try; the count restarts when the window has passed since the first."""
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


def clear_tries(tx: Tx, scope: bytes) -> None:
    """Delete the tries of this scope after a success."""
    tx.execute(delete(tries).where(tries.c.scope == scope))


def purge_tries(tx: Tx, before: datetime) -> None:
    """Delete what was last tried before this instant."""
    tx.execute(delete(tries).where(tries.c.last_at < before))
