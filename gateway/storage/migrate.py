"""Brings the database to the shape that this release needs, in one transaction or not at all."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from gateway.storage.database import Store, Tx

_FOLDER = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 4_815_162_342
"""The number of the advisory lock under which two processes that start at once take turns."""


class Newer(Exception):
    """A newer release has changed this database; an older one must not write to it."""


def upgrade(store: Store) -> None:
    """Apply every migration that is missing.

    Raises:
        Newer: the database has had a migration that this release does not know.
        Unavailable: SQL cannot be asked; nothing was changed.
    """
    with store.write() as tx:
        if tx.dialect == "postgresql":
            # Copying a large table takes its time, and the other process may be doing just that.
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.execute(text("SET LOCAL lock_timeout = '60s'"))
            tx.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _ONE_AT_A_TIME})
        had = revision_in(tx)
        if had is not None and not knows_revision(had):
            raise Newer(
                f"the database is at {had}, this release knows {find_newest()}: please install the newer release"
            )
        config = _make_config()
        config.attributes["connection"] = tx.conn
        command.upgrade(config, "head")


def find_revision(store: Store) -> str | None:
    """Return the name of the last migration this database has had, or None when it is empty."""
    with store.read() as tx:
        return revision_in(tx)


def revision_in(tx: Tx) -> str | None:
    """Return the same inside an open transaction."""
    return MigrationContext.configure(tx.conn).get_current_revision()


def find_newest() -> str:
    """Return the name of the last migration that this release knows."""
    head = ScriptDirectory.from_config(_make_config()).get_current_head()
    if head is None:
        raise RuntimeError("the release holds no migrations")
    return head


def knows_revision(name: str) -> bool:
    """Return whether this release has a migration of that name."""
    return any(
        script.revision == name for script in ScriptDirectory.from_config(_make_config()).walk_revisions()
    )


def _make_config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
