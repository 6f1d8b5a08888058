"""Define the common columns, the shared metadata, and the conditions of partial indexes."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, text

from gateway.storage.value_limits import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def make_id_column(name: str = "id") -> Column[str]:
    """Return the primary key: 20 characters that sort by time."""
    return Column(name, String(20), primary_key=True)


def make_caller_column() -> Column[str]:
    """Return the reference to the caller; deleting the caller empties it."""
    return Column("caller_id", String(20), ForeignKey("callers.id", ondelete="SET NULL"), nullable=True)


def make_instant_column(name: str, *, null: bool = False, **kwargs: Any) -> Column[Any]:
    """Return a column of an instant in UTC."""
    return Column(name, Instant, nullable=null, **kwargs)


def make_word_column(name: str, size: int = 40, *, default: str | None = "") -> Column[str]:
    """Return a column of a short fixed word, never of a caller's text."""
    return Column(name, String(size), nullable=False, server_default=default)


def make_partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    """Return an index of the rows that fulfil a condition, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# Queries must repeat these conditions literally, or SQLite does not use the index (SQLite, "Partial Indexes", 3).
OPEN = "state IN ('waiting', 'claimed', 'calling', 'review')"
WAITING = "state = 'waiting'"
HELD = "state IN ('claimed', 'calling')"
REVIEW = "state = 'review'"
OVER = "state IN ('reached', 'given_up', 'closed', 'cancelled', 'expired')"
IN_HAND = "state IN ('claimed', 'calling', 'reached')"
UNREAD = "read_at IS NULL"
HAS_CALLER = (
    "caller_id IS NOT NULL"  # without erased rows, whose number makes SQLite think the index of no use
)
UNSEEN = "seen_at IS NULL"
LIVE = "ended_at IS NULL"
RUNG = "outcome <> 'not_dialled'"
PENDING = "state = 'pending'"
IN_LANE = "state IN ('pending', 'sending')"
SENDING = "state = 'sending'"
UNCLEAR = "state = 'unclear'"
