"""Apply the missing database migrations in one transaction, so that a failure changes nothing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gateway.storage.database import Store, Tx

_FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 4_815_162_342
"""Number of the PostgreSQL advisory lock by which concurrent starts take turns."""


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
        config = _make_config()
        config.attributes["connection"] = tx.conn
        command.upgrade(config, "head")


def find_revision(store: Store) -> str | None:
    """Return the name of the database's last migration, or None when it is empty."""
    with store.read() as tx:
        return read_revision(tx)


def read_revision(tx: Tx) -> str | None:
    """Return the name of the last migration, read in an open transaction."""
    return MigrationContext.configure(tx.conn).get_current_revision()


def find_newest() -> str:
    """Return the name of this release's last migration."""
    head = ScriptDirectory.from_config(_make_config()).get_current_head()
    if head is None:
        raise RuntimeError("the release holds no migrations")
    return head


def knows_revision(name: str) -> bool:
    """Say whether this release has a migration of that name."""
    return any(
        script.revision == name for script in ScriptDirectory.from_config(_make_config()).walk_revisions()
    )


def _make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
