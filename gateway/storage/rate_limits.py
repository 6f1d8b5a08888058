"""Budgets: how often something may happen in a window, so that a flood of texts cannot spend the line's money."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, delete, select, update

from gateway.domain.outbox.rate_limit import Bucket
from gateway.storage.database import Tx, insert_into
from gateway.storage.tables import budgets, lines, tries


def spend_use(tx: Tx, scope: bytes, window: str, *, now: datetime) -> int:
    """Count one more use of this scope in this window and return how many there are now."""
    statement = (
        insert_into(tx, budgets)
        .values(scope=scope, window=window, n=1, at=now)
        .on_conflict_do_update(index_elements=["scope", "window"], set_={"n": budgets.c.n + 1, "at": now})
        .returning(budgets.c.n)
    )
    return int(tx.execute(statement).scalar_one())


# The lines' buckets: one row a channel, so that all workers share one rate, one budget and one pause.

_NAMES = ("tokens", "filled_at", "paused_until", "why", "faults", "day", "sent", "spent")


def ensure_buckets(tx: Tx, fresh: Mapping[str, Bucket]) -> None:
    """Make the rows of lines that have none yet."""
    for channel in sorted(fresh):
        values = {"channel": channel, **asdict(fresh[channel])}
        tx.execute(insert_into(tx, lines).values(values).on_conflict_do_nothing(index_elements=["channel"]))


def hold_buckets(tx: Tx) -> dict[str, Bucket]:
    """Return every line's bucket and keep other claims waiting until this transaction ends.

    The wait is what makes "one in flight a lane" true on a database that lets writers run side by side.
    """
    query = select(lines).order_by(lines.c.channel)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    return {row.channel: _read_bucket(row._asdict()) for row in tx.execute(query)}


def all_of(tx: Tx) -> dict[str, Bucket]:
    """Return every line's bucket, to look at."""
    return {row.channel: _read_bucket(row._asdict()) for row in tx.execute(select(lines))}


def hold_bucket(tx: Tx, channel: str) -> Bucket | None:
    """Return one line's bucket and keep others from changing it until this transaction ends."""
    query = select(lines).where(lines.c.channel == channel)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    row = tx.execute(query).first()
    return _read_bucket(row._asdict()) if row is not None else None


def save_bucket(tx: Tx, channel: str, bucket: Bucket) -> None:
    """Write the bucket of a line that the transaction holds."""
    tx.execute(update(lines).where(lines.c.channel == channel).values(**asdict(bucket)))


def _read_bucket(row: Mapping[str, object]) -> Bucket:
    return Bucket(**{name: row[name] for name in _NAMES})  # type: ignore[arg-type]  # a row has no types of its own


# Tries: wrong names, passwords and codes, counted so that the next one is slowed or refused.


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """How often something was tried in its window, and when last; none leaves ``last_at`` empty."""

    n: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def find_tries(
    tx: Tx, scope: bytes, *, now: datetime | None = None, window: timedelta | None = None
) -> Tries:
    """Return the tries on record for this scope; with a window, none once it has passed since the first."""
    row = tx.execute(select(tries).where(tries.c.scope == scope)).first()
    if row is None or (now is not None and window is not None and row.first_at + window <= now):
        return Tries()
    return Tries(n=row.n, first_at=row.first_at, last_at=row.last_at)


def add_try(tx: Tx, scope: bytes, now: datetime, window: timedelta) -> Tries:
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


def clear_tries(tx: Tx, scope: bytes) -> None:
    """Forget the tries of this scope: it got in."""
    tx.execute(delete(tries).where(tries.c.scope == scope))


def purge_tries(tx: Tx, before: datetime) -> None:
    """Drop what was last tried before this instant."""
    tx.execute(delete(tries).where(tries.c.last_at < before))
