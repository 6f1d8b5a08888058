"""Fresh ledgers for the tests: a copied file on SQLite, a cleaned database on PostgreSQL."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gateway.storage.database import Store
from gateway.storage.migrate import upgrade
from gateway.storage.tables import metadata
from tests.support.servers import PostgreSQL

MASTER = b"a master key that only the tests use"
_BORN = datetime(2026, 11, 1, tzinfo=UTC)
_TABLES = [table.name for table in reversed(metadata.sorted_tables)]


def made(url: str) -> Store:
    """A store with every table and a key ring."""
    store = Store(url, master=MASTER)
    upgrade(store)
    with store.write() as tx:
        store.ring.load(tx, _BORN)
    return store


class SqliteLedgers:
    """Copies of one file that was migrated once."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        made(
            f"sqlite:///{self._template}"
        ).close()  # closing the last connection empties the log into the file

    @contextmanager
    def fresh(self, folder: Path) -> Iterator[Store]:
        path = folder / "gateway.db"
        shutil.copyfile(self._template, path)
        path.chmod(0o600)
        with _loaded(f"sqlite:///{path}") as store:
            yield store


class PostgresqlLedgers:
    """One migrated database, emptied after each test; and empty ones for those who ask."""

    def __init__(self, server: PostgreSQL) -> None:
        self.server = server
        self._names = 0
        self._admin = server.connect()
        self._admin.execute("CREATE DATABASE gateway")
        made(server.url("gateway")).close()
        self._inside = server.connect("gateway")
        self._keys = self._inside.execute("SELECT * FROM keys").fetchall()

    @contextmanager
    def fresh(self) -> Iterator[Store]:
        with _loaded(self.server.url("gateway")) as store:
            yield store
        self._clean()

    def empty_url(self) -> str:
        """The address of a new database without a single table."""
        self._names += 1
        self._admin.execute(f"CREATE DATABASE empty_{self._names} STRATEGY wal_log")
        return self.server.url(f"empty_{self._names}")

    def close(self) -> None:
        self._inside.close()
        self._admin.close()

    def _clean(self) -> None:
        if self._inside.closed or self._inside.broken:
            self._inside = self.server.connect("gateway")
        # A transaction that a test left open would make the cleaning wait.
        self._inside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'gateway' AND pid <> pg_backend_pid()"
        )
        asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in _TABLES)
        filled = {name for (name,) in self._inside.execute(asked)}
        for name in _TABLES:
            if name in filled - {"keys"}:
                self._inside.execute(f"DELETE FROM {name}")
        if self._inside.execute("SELECT * FROM keys").fetchall() != self._keys:
            self._bring_keys_back()

    def _bring_keys_back(self) -> None:
        self._inside.execute("DELETE FROM keys")
        with self._inside.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO keys VALUES ({', '.join(['%s'] * len(self._keys[0]))})",
                self._keys,
            )


@contextmanager
def _loaded(url: str) -> Iterator[Store]:
    store = Store(url, master=MASTER)
    with store.read() as tx:
        store.ring.refresh(tx)
    try:
        yield store
    finally:
        store.close()
