"""Counts what a database looks at: instructions of SQLite's virtual machine, rows that PostgreSQL reads.

Unlike the clock, both are the same on a machine that is busy. SQLite calls a progress handler every so many instructions
(sqlite3_progress_handler); PostgreSQL keeps the rows read by the running transaction in pg_stat_xact_user_tables.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event

from gateway.storage.database import Store

_ROWS_READ = "SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0) FROM pg_stat_xact_user_tables"
_EVERY = 10


@dataclass
class Examined:
    """What was looked at, the statements that were run, and how often a transaction began."""

    work: int = 0
    statements: list[str] = field(default_factory=list)
    built: list[Any] = field(default_factory=list)
    writes: int = 0


@contextmanager
def examine(store: Store) -> Iterator[Examined]:
    """Count the work of every transaction of this store."""
    with store.read() as reading, store.write() as writing:
        engines = {False: reading.conn.engine, True: writing.conn.engine}
    seen = Examined()
    with ExitStack() as stack:
        for is_writing, engine in engines.items():
            for name, note in _make_notes(seen, store.dialect, is_writing=is_writing).items():
                event.listen(engine, name, note)
                stack.callback(event.remove, engine, name, note)
        yield seen


def _make_notes(seen: Examined, dialect: str, *, is_writing: bool) -> dict[str, Callable[..., None]]:
    count_from, count_to = _count_steps(seen) if dialect == "sqlite" else _count_rows(seen)

    def begin(connection: Connection) -> None:
        seen.writes += is_writing
        count_from(connection.connection.driver_connection)

    def end(connection: Connection) -> None:
        count_to(connection.connection.driver_connection)

    def run(_: object, __: object, statement: str, *___: object) -> None:
        seen.statements.append(statement)

    def build(_: object, statement: Any, *___: object) -> None:
        seen.built.append(statement)

    return {
        "begin": begin,
        "commit": end,
        "rollback": end,
        "before_cursor_execute": run,
        "before_execute": build,
    }


def _count_steps(seen: Examined) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    def count() -> int:
        seen.work += _EVERY
        return 0

    return (
        lambda connection: connection.set_progress_handler(count, _EVERY),
        lambda connection: connection.set_progress_handler(None, 0),
    )


def _count_rows(seen: Examined) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
    def add(connection: Any, sign: int) -> None:
        with connection.cursor() as cursor:
            seen.work += sign * int(cursor.execute(_ROWS_READ).fetchone()[0])

    # Rows of transactions before this one may be counted there still: they are taken off at its beginning.
    return lambda connection: add(connection, -1), lambda connection: add(connection, 1)
