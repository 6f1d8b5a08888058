"""Apply the missing database migrations in one transaction, so that a failure changes nothing.

Alembic is imported only where a migration is missing: most starts find the tables as they should be, and its import
takes a tenth of a second and 11 MiB in every process. What a start asks is read without it: the revision from
Alembic's own table, the known ones from the names of the migrations' files.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text

from gateway.storage.database import Store, Tx

if TYPE_CHECKING:
    from alembic.config import Config

_FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 4_815_162_342
"""Number of the PostgreSQL advisory lock by which concurrent starts take turns."""

_REVISION_TABLE = "alembic_version"


class Newer(Exception):
    """A newer release has migrated this database; this one must not write to it."""


def upgrade(store: Store) -> None:
    """Apply every missing migration.

    Raises:
        Newer: the database has a migration that this release does not know.
        Unavailable: SQL cannot be used; nothing was changed.
    """
    with store.write() as tx:
        if tx.dialect == "postgresql":
            # Copying a large table takes long, here or in the process that holds the lock.
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(text("SET LOCAL lock_timeout = '60s'"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        had = read_revision(tx)
        if had is not None and not knows_revision(had):
            raise Newer(
                f"the database is at {had}, this release knows {find_newest()}: please install the newer release"
            )
        if had != find_newest():
            _run_migrations(tx)


def _run_migrations(tx: Tx) -> None:
    from alembic import command

    config = _make_config()
    config.attributes["connection"] = tx.conn
    command.upgrade(config, "head")


def find_revision(store: Store) -> str | None:
    """Return the name of the database's last migration, or None when it is empty."""
    with store.read() as tx:
        return read_revision(tx)


def read_revision(tx: Tx) -> str | None:
    """Return the name of the last migration, read in an open transaction."""
    if not tx.conn.dialect.has_table(tx.conn, _REVISION_TABLE):
        return None
    found = tx.execute(text(f"SELECT version_num FROM {_REVISION_TABLE}")).scalar_one_or_none()  # noqa: S608 - a constant
    return None if found is None else str(found)


def find_newest() -> str:
    """Return the name of this release's last migration."""
    return max(_list_revisions())


def knows_revision(name: str) -> bool:
    """Say whether this release has a migration of that name."""
    return name in _list_revisions()


def _list_revisions() -> list[str]:
    """Return the names of this release's migrations: each file is named by its own, and they sort in their order."""
    found = [file.name.partition("_")[0] for file in (_FOLDER / "versions").glob("[0-9]*_*.py")]
    if not found:
        raise RuntimeError("the release holds no migrations")
    return found


def _make_config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
