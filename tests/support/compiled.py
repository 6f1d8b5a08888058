"""Keeps what SQLAlchemy and Alembic work out from one test to the next: working it out anew takes longer than the test."""

from typing import Any

from sqlalchemy import Connection, Engine, event

from gateway.storage import migrate
from gateway.storage.database import Tx


class _Statements(dict[tuple[object, ...], object]):
    """Compiled statements of one kind of database, for every engine of that kind.

    SQLAlchemy begins each key with the engine's own dialect, which is what hides the work of one engine from the
    next; here it is left away. Every engine of one kind in these tests speaks to the same server or library.
    """

    def get(self, key: tuple[object, ...], default: object = None) -> object:
        return super().get(key[1:], default)

    def __setitem__(self, key: tuple[object, ...], compiled: object) -> None:
        super().__setitem__(key[1:], compiled)


_KEPT: dict[str, _Statements] = {}


def keep_statements() -> None:
    """Let every connection of this process use them."""

    @event.listens_for(Engine, "engine_connect")
    def _share(connection: Connection) -> None:
        connection.execution_options(compiled_cache=_KEPT.setdefault(connection.dialect.name, _Statements()))


_MIGRATIONS: dict[str, list[tuple[str, Any]]] = {}
"""What the migrations of an empty database execute, by kind of database."""

_migrate = migrate._run_migrations


def replay_migrations(tx: Tx) -> None:
    """Migrate as the product does; an empty database the second time by the very statements of the first time."""
    kind = tx.dialect
    if migrate.read_revision(tx) is not None:
        _migrate(tx)
    elif kind in _MIGRATIONS:
        for statement, values in _MIGRATIONS[kind]:
            tx.conn.exec_driver_sql(statement, values)
    else:
        seen: list[tuple[str, Any]] = []

        def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
            if not statement.startswith(("SELECT", "PRAGMA")):
                seen.append((statement, values))

        event.listen(tx.conn, "before_cursor_execute", note)
        try:
            _migrate(tx)
        finally:
            event.remove(tx.conn, "before_cursor_execute", note)
        _MIGRATIONS[kind] = seen
