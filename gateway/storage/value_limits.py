"""Define columns and value limits that hold alike on SQLite and PostgreSQL, and the conditions of partial indexes.

PostgreSQL stores no NUL in text and enforces lengths, SQLite does neither; UTF-8 has no surrogates (RFC 3629).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Engine,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
    text,
)
from sqlalchemy.sql.dml import UpdateBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext


class ValueRefused(ValueError):
    """A text that a column cannot hold; the message never contains the text."""


class NotText(ValueRefused):
    """The text contains NUL or a lone surrogate."""


class TooLong(ValueRefused):
    """The text is longer than its column."""


def is_text(value: str) -> bool:
    """Say whether every database can store this text: no NUL, no lone surrogate (RFC 3629, section 3)."""
    if "\0" in value:
        return False
    try:
        value.encode()  # encoding is much faster than a loop; a whole menu is one value
    except UnicodeEncodeError:
        return False
    return True


def check_fitting(engine: Engine) -> None:
    """Check every value before this engine sends it.

    Raises (when a statement runs):
        NotText: a value, also of a condition, contains NUL or a lone surrogate.
        TooLong: a value to write is longer than its column.
    """

    @event.listens_for(engine, "before_cursor_execute")
    def _look(
        _conn: Connection,
        _cursor: DBAPICursor,
        _statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        many: bool,  # noqa: FBT001 - the signature is SQLAlchemy's
    ) -> None:
        for row in parameters if many else (parameters,):
            _check_text(row.values() if isinstance(row, dict) else row)
        compiled = getattr(context, "compiled", None)
        written = getattr(compiled, "statement", None)
        if isinstance(written, UpdateBase) and isinstance(written.table, Table):
            for values in getattr(context, "compiled_parameters", ()):
                _check_lengths(written.table, values)


def _check_text(values: Iterable[object]) -> None:
    for value in values:
        if isinstance(value, str) and not is_text(value):
            raise NotText("a value holds a NUL or half a character")


def _check_lengths(table: Table, values: Mapping[str, object]) -> None:
    """Check values against their columns: INSERT and UPDATE parameters have the column's name, conditions do not."""
    for name, value in values.items():
        if not isinstance(value, str) or name not in table.c:
            continue
        most = getattr(table.c[name].type, "length", None)
        if most is not None and len(value) > most:
            raise TooLong(f"{table.name}.{name} takes {most} letters")


# Column types that mean the same on both databases.


class Instant(TypeDecorator[datetime]):
    """An instant in UTC; SQLite stores it naive, PostgreSQL with its zone, Python always gets it aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC; raises ValueError for a naive instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Return the instant aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A JSON value, stored as text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Write the value as compact JSON."""
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Read it back."""
        return None if value is None else json.loads(value)


class Sealed(LargeBinary):
    """Bytes that only ``gateway.storage.encryption`` can read; its list of sealed columns comes from this type."""

    cache_ok = True


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
