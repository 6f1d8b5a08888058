"""The lines' buckets: one row a channel, so that all workers share one rate, one budget and one pause."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy import select, update

from gateway.outbox.bucket import Bucket
from gateway.store.dialects import insert_into
from gateway.store.engines import Tx
from gateway.store.tables import lines

_NAMES = ("tokens", "filled_at", "paused_until", "why", "faults", "day", "sent", "spent")


def ensure(tx: Tx, fresh: Mapping[str, Bucket]) -> None:
    """Make the rows of lines that have none yet."""
    for channel in sorted(fresh):
        values = {"channel": channel, **asdict(fresh[channel])}
        tx.execute(insert_into(tx, lines).values(values).on_conflict_do_nothing(index_elements=["channel"]))


def hold(tx: Tx) -> dict[str, Bucket]:
    """Return every line's bucket and keep other claims waiting until this transaction ends.

    The wait is what makes "one in flight a lane" true on a database that lets writers run side by side.
    """
    query = select(lines).order_by(lines.c.channel)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    return {row.channel: _bucket(row._asdict()) for row in tx.execute(query)}


def all_of(tx: Tx) -> dict[str, Bucket]:
    """Return every line's bucket, to look at."""
    return {row.channel: _bucket(row._asdict()) for row in tx.execute(select(lines))}


def held(tx: Tx, channel: str) -> Bucket | None:
    """Return one line's bucket and keep others from changing it until this transaction ends."""
    query = select(lines).where(lines.c.channel == channel)
    if tx.dialect == "postgresql":
        query = query.with_for_update()
    row = tx.execute(query).first()
    return _bucket(row._asdict()) if row is not None else None


def put(tx: Tx, channel: str, bucket: Bucket) -> None:
    """Write the bucket of a line that the transaction holds."""
    tx.execute(update(lines).where(lines.c.channel == channel).values(**asdict(bucket)))


def _bucket(row: Mapping[str, object]) -> Bucket:
    return Bucket(**{name: row[name] for name in _NAMES})  # type: ignore[arg-type]  # a row has no types of its own
