"""The columns that many tables have, and the catalogue that all of them stand in."""

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, text

from gateway.storage.types import Instant

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def id_column(name: str = "id") -> Column[str]:
    """The id of a row: 20 characters that sort by time."""
    return Column(name, String(20), primary_key=True)


def caller_column() -> Column[str]:
    """Whose row it is; erasing the caller empties it."""
    return Column("caller_id", String(20), ForeignKey("callers.id", ondelete="SET NULL"), nullable=True)


def instant_column(name: str, *, null: bool = False, **kwargs: Any) -> Column[Any]:
    """An instant in UTC."""
    return Column(name, Instant, nullable=null, **kwargs)


def word_column(name: str, size: int = 40, *, default: str | None = "") -> Column[str]:
    """A short word of ours, never text of hers."""
    return Column(name, String(size), nullable=False, server_default=default)


def partial_index(name: str, *columns: Any, where: str, unique: bool = False) -> Index:
    """An index over the rows that fulfil a condition, the same on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


# The conditions of the partial indexes, word for word as the queries repeat them.

# The very words of these conditions stand in the queries too: an index is used only where the query repeats them.
OPEN = "state IN ('waiting', 'claimed', 'calling', 'review')"
WAITING = "state = 'waiting'"
HELD = "state IN ('claimed', 'calling')"
REVIEW = "state = 'review'"
IN_HAND = "state IN ('claimed', 'calling', 'reached')"
UNREAD = "read_at IS NULL"
LIVE = "ended_at IS NULL"
RUNG = "outcome <> 'not_dialled'"
PENDING = "state = 'pending'"
IN_LANE = "state IN ('pending', 'sending')"
SENDING = "state = 'sending'"
UNCLEAR = "state = 'unclear'"
