"""Counts the statements and transactions of a block, on whatever engine they run."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy

_NOT_COUNTED = ("PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT")


@dataclass
class SqlCount:
    """The statements of a block, and how many transactions it opened."""

    statements: list[str] = field(default_factory=list)
    transactions: int = 0


@contextmanager
def count_sql() -> Iterator[SqlCount]:
    """Count what this process asks of any database inside the block."""
    found = SqlCount()

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_more: object) -> None:
        if not statement.lstrip().upper().startswith(_NOT_COUNTED):
            found.statements.append(statement)

    def note_begin(_connection: Any) -> None:
        found.transactions += 1

    heard = (
        (sqlalchemy.Engine, "before_cursor_execute", note_statement),
        (sqlalchemy.Engine, "begin", note_begin),
    )
    for target, name, listener in heard:
        sqlalchemy.event.listen(target, name, listener)
    try:
        yield found
    finally:
        for target, name, listener in heard:
            sqlalchemy.event.remove(target, name, listener)
