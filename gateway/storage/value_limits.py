"""Define columns and value limits that hold alike on SQLite and PostgreSQL, and statements that keep their text.

PostgreSQL stores no NUL in text and enforces lengths, SQLite does neither; UTF-8 has no surrogates (RFC 3629). The
conditions of partial indexes stand here too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
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
    Result,
    String,
    Table,
    Text,
    TypeDecorator,
    event,
    text,
)
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.dml import UpdateBase

from gateway.storage.sql_drivers import open_cursor, write_places

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.dialects import postgresql, sqlite
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

    A statement raises NotText for a value, also of a condition, that holds NUL or a lone surrogate, and TooLong for
    one to write that is longer than its column.
    """

    @event.listens_for(engine, "before_cursor_execute", retval=True)  # else SQLAlchemy wraps it once more
    def _look(
        _conn: Connection,
        _cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None,
        many: bool,  # noqa: FBT001 - the signature is SQLAlchemy's
    ) -> tuple[str, Any]:
        if context is None:
            return statement, parameters  # a CompiledStatement, which checks its values itself
        for row in parameters if many else (parameters,):
            _check_text(row.values() if isinstance(row, dict) else row)
        compiled = getattr(context, "compiled", None)
        written = getattr(compiled, "statement", None)
        if isinstance(written, UpdateBase) and isinstance(written.table, Table):
            for values in getattr(context, "compiled_parameters", ()):
                _check_lengths(written.table, values)
        return statement, parameters


def _check_text(values: Iterable[object]) -> None:
    # Joined, since one look at all is cheaper than one at each: no text becomes good or bad by its neighbours.
    if not is_text("".join([value for value in values if isinstance(value, str)])):
        raise NotText("a value holds a NUL or half a character")


def _check_lengths(table: Table, values: Mapping[str, object]) -> None:
    """Check values against their columns: INSERT and UPDATE parameters have the column's name, conditions do not."""
    for name, value in values.items():
        most = _find_length(table, name) if isinstance(value, str) else None
        if most is not None and len(str(value)) > most:
            raise TooLong(f"{table.name}.{name} takes {most} letters")


def _find_length(table: Table, name: str) -> int | None:
    return getattr(table.c[name].type, "length", None) if name in table.c else None


# Statements that keep their text.

_CURSOR = "cursor of compiled statements"
"""Where a connection keeps its cursor, unless a statement failed: a new one is dear with PostgreSQL's driver."""


class CompiledStatement:
    """A statement that a process builds once and whose text it keeps, for each database and each set of names given.

    SQLAlchemy keeps compiled text too, but does ten times the work of the driver around it for each run: its cache
    key, an execution context, the description of the result. What it says of a fault is kept: errors, lost
    connections and listeners are its own. Values that ``statement`` (what was built) names itself are part of the
    form; a list whose text depends on its length cannot be.
    """

    __slots__ = ("_forms", "statement")

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._forms: dict[tuple[str, tuple[str, ...]], _Form] = {}

    def run(self, conn: Connection, given: Mapping[str, Any]) -> Result[Any]:
        """Run it on this connection, in its transaction; all rows are read at once.

        Raises:
            NotText: a value holds NUL or a lone surrogate.
            TooLong: a value to write is longer than its column.
            sqlalchemy.exc.DBAPIError: what the driver says.
        """
        form = self.find_form(conn.dialect, tuple(given))
        return IteratorResult(form.columns, iter(run_form(conn, form, form.text, form.bind_values(given))))

    def find_form(self, dialect: Dialect, names: tuple[str, ...]) -> _Form:
        """Return its text on this database, for these names of values."""
        form = self._forms.get((dialect.name, names))
        if form is None:
            form = self._forms[dialect.name, names] = _compile_form(self.statement, dialect, names)
        return form


def run_form(conn: Connection, form: _Form, text: str, values: Sequence[Any]) -> Sequence[Any]:
    """Run this text with these values and return the rows; what is raised is as in ``CompiledStatement.run``."""
    link = conn.connection
    cursor = link.info.pop(_CURSOR, None) or open_cursor(link)
    for listener in conn.dispatch.before_cursor_execute:
        listener(conn, cursor, text, values, None, False)
    try:
        cursor.execute(text, values)
        rows = cursor.fetchall() if form.types else ()
    except conn.dialect.loaded_dbapi.Error as fault:
        # The one place that knows which faults lose the connection and what a message may say; it always raises.
        conn._handle_dbapi_exception(fault, text, values, cursor, None)  # noqa: SLF001
    except Exception as fault:  # a job's time limit, by a signal: what was under way must not be met again
        conn.invalidate(fault)
        raise
    except BaseException as fault:  # noqa: BLE001 - the process is to end: the connection is dropped
        conn._handle_dbapi_exception(fault, text, values, cursor, None)  # noqa: SLF001
    if rows:
        rows = form.read_rows(rows, cursor)
    link.info[_CURSOR] = cursor
    return rows


@dataclass(slots=True)
class _Form:
    """The text of a statement on one database, with numbered or plain places.

    ``places`` holds for each the name of the value given (None: ``fixed``), what changes it, and the fixed value.
    """

    text: str
    places: tuple[tuple[str | None, Callable[[Any], Any] | None, Any], ...]
    table: str
    limited: tuple[tuple[str, int], ...]
    columns: SimpleResultMetaData
    types: Sequence[Any]
    dialect: Dialect
    changed: tuple[tuple[int, Callable[[Any], Any]], ...] | None = None

    def bind_values(self, given: Mapping[str, Any]) -> Sequence[Any]:
        """Return the values by place, as the driver takes them."""
        values = [
            fixed if source is None else (given[source] if change is None else change(given[source]))
            for source, change, fixed in self.places
        ]
        _check_text(values)
        for name, most in self.limited:
            value = given[name]
            if isinstance(value, str) and len(value) > most:
                raise TooLong(f"{self.table}.{name} takes {most} letters")
        return tuple(values)

    def read_rows(self, rows: Sequence[Any], cursor: DBAPICursor) -> Sequence[Any]:
        """Return the rows with their values as Python has them."""
        if (
            self.changed is None
        ):  # only now is it described, which costs PostgreSQL's driver as much as a statement
            found = [
                one.dialect_impl(self.dialect).result_processor(self.dialect, column[1])
                for one, column in zip(self.types, cursor.description, strict=True)
            ]
            self.changed = tuple((at, change) for at, change in enumerate(found) if change is not None)
        if not self.changed:
            return rows
        read = []
        for row in rows:
            values = list(row)
            for at, change in self.changed:
                values[at] = change(values[at])
            read.append(tuple(values))
        return read


def _compile_form(statement: Any, dialect: Dialect, names: tuple[str, ...]) -> _Form:
    compiled = statement.compile(dialect=dialect, column_keys=sorted(names))
    if compiled.literal_execute_params or compiled.post_compile_params:
        raise TypeError("a list in a condition has no text that could be kept")
    if compiled.insert_prefetch or compiled.update_prefetch:
        raise TypeError("a value that Python makes for each row cannot be kept")
    by_name = {name: _find_source(bind, name, names, compiled) for bind, name in compiled.bind_names.items()}
    columns = getattr(statement, "exported_columns", None)
    table = (
        statement.table if isinstance(statement, UpdateBase) and isinstance(statement.table, Table) else None
    )
    lengths = {name: _find_length(table, name) for name in names} if table is not None else {}
    return _Form(
        text=str(compiled) if compiled.positional else write_places(str(compiled), [*by_name]),
        places=tuple(by_name[name] for name in (compiled.positiontup if compiled.positional else by_name)),
        table=table.name if table is not None else "",
        limited=tuple((name, most) for name, most in lengths.items() if most is not None),
        columns=SimpleResultMetaData(tuple(columns.keys()) if columns is not None else ()),
        types=[column.type for column in columns] if columns is not None else [],
        dialect=dialect,
    )


def _find_source(bind: Any, name: str, names: tuple[str, ...], compiled: Any) -> tuple[str | None, Any, Any]:
    """Return the name of the value given, what changes it for the driver, and its fixed value where none is given."""
    dialect = compiled.dialect
    change = bind.type.dialect_impl(dialect).bind_processor(dialect)
    if bind.key in names:
        return bind.key, _find_instant_change(dialect) if isinstance(bind.type, Instant) else change, None
    fixed = compiled.construct_params(dict.fromkeys(names))[name]
    return None, None, fixed if change is None else change(fixed)


_INSTANT_CHANGES: dict[str, Callable[[Any], Any] | None] = {}


def _find_instant_change(dialect: Dialect) -> Callable[[Any], Any] | None:
    """Return what changes an instant for the driver, for all statements of a database.

    Most instants of a turn are one: changed once, and equal ones change to the same.
    """
    if dialect.name not in _INSTANT_CHANGES:
        change = Instant().dialect_impl(dialect).bind_processor(dialect)
        _INSTANT_CHANGES[dialect.name] = lru_cache(64)(change) if change is not None else None
    return _INSTANT_CHANGES[dialect.name]


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
    return Index(name, *columns, unique=unique, info={"where": where})


def give_conditions(metadata: MetaData, dialect: str) -> None:
    """Tell partial indexes their conditions on this database; naming it where they are defined would import it."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_options[dialect]["where"] = text(index.info["where"])


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
# What a query finds by a value is there, so it need not repeat these.
HAS_PERSON = "person_id IS NOT NULL"
HAS_PROVIDER_ID = "provider_id IS NOT NULL"
CLOSED = "closed_at IS NOT NULL"
UNSEEN = "seen_at IS NULL"
LIVE = "ended_at IS NULL"
RUNG = "outcome <> 'not_dialled'"
PENDING = "state = 'pending'"
IN_LANE = "state IN ('pending', 'sending')"
SENDING = "state = 'sending'"
UNCLEAR = "state = 'unclear'"


def build_insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return the INSERT of a database by its name, for statements that a process builds once and runs with values.

    Built anew for each row, a statement costs several times what the database needs to run it. The other database's
    part of the library, a twentieth of all imports, is not imported.
    """
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgresql

        return insert_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table)
