"""Refuses what one database would take and the other not, before either sees it.

PostgreSQL keeps no NUL in a text and enforces lengths, SQLite does neither, and no database keeps half a character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Table, event
from sqlalchemy.sql.dml import UpdateBase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import Connection
    from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext


class ValueRefused(ValueError):
    """A text that no column can hold; the words never hold the text."""


class NotText(ValueRefused):
    """It holds a NUL, or half a character."""


class TooLong(ValueRefused):
    """It has more letters than its column."""


def is_text(value: str) -> bool:
    """Say whether every database can keep this: no NUL, no half of a surrogate pair (RFC 3629, section 3)."""
    if "\0" in value:
        return False
    try:
        value.encode()  # a whole menu is one value: letter by letter it took longer than its publishing
    except UnicodeEncodeError:
        return False
    return True


def check_fitting(engine: Engine) -> None:
    """Look at every value before it goes to the database of this engine.

    Raises (when a statement is run):
        NotText: a value, also one that is only looked for, is no text.
        TooLong: a value to be written is longer than its column.
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
    """Compare with the columns: in an INSERT or an UPDATE a value bears the name of its column, a condition never."""
    for name, value in values.items():
        if not isinstance(value, str) or name not in table.c:
            continue
        most = getattr(table.c[name].type, "length", None)
        if most is not None and len(value) > most:
            raise TooLong(f"{table.name}.{name} takes {most} letters")
