"""The migrations make the very schema that the code speaks to, on both databases, whole or not at all."""

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.storage import migrate
from gateway.storage.database import Store
from gateway.storage.tables import metadata
from tests.support.ledgers import MASTER, made


def test_migrations_and_metadata_agree(store: Store) -> None:
    with store.read() as tx:
        context = MigrationContext.configure(tx.conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def _shape(conn: sa.Connection) -> dict[str, Any]:
    """Columns with their defaults and indexes with the words of their conditions: alembic compares neither in full."""
    inspector = sa.inspect(conn)
    shape: dict[str, Any] = {}
    for table in set(inspector.get_table_names()) - {"alembic_version"}:
        shape[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table)["constrained_columns"],
            "indexes": {
                index["name"]: (
                    index["column_names"],
                    bool(index["unique"]),
                    str(index.get("dialect_options", {}).get(f"{conn.dialect.name}_where", "")),
                )
                for index in inspector.get_indexes(table)
            },
        }
    return shape


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_defaults_and_partial_indexes_agree_too(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    migrated: Store = request.getfixturevalue(f"{dialect}_store")
    empty = f"sqlite:///{tmp_path / 'plain.db'}"
    if dialect == "postgresql":
        empty = request.getfixturevalue("postgresql_ledgers").empty_url()
    plain = Store(empty, master=MASTER)
    with plain.write() as tx:
        metadata.create_all(tx.conn)
    with plain.read() as made_plainly, migrated.read() as made_by_migrations:
        assert _shape(made_by_migrations.conn) == _shape(made_plainly.conn)
    plain.close()


def test_revision_is_known(store: Store) -> None:
    assert migrate.find_revision(store) == migrate.find_newest()


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    migrate.upgrade(store)
    assert migrate.find_revision(store) == migrate.find_newest()


def test_the_database_of_a_newer_release_is_left_alone(store: Store) -> None:
    with store.write() as tx:
        tx.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(migrate.Newer, match="9999"):
        migrate.upgrade(store)
    assert migrate.find_revision(store) == "9999"
    with store.write() as tx:  # the next test finds its database as it was
        tx.execute(sa.text("UPDATE alembic_version SET version_num = :name"), {"name": migrate.find_newest()})


def test_an_empty_database_has_no_revision(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'new.db'}", master=MASTER)
    assert migrate.find_revision(store) is None
    store.close()


def test_a_broken_migration_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(f"sqlite:///{tmp_path / 'half.db'}", master=MASTER)
    broken = tmp_path / "migrations"
    (broken / "versions").mkdir(parents=True)
    (broken / "env.py").write_text((Path(migrate.__file__).parent / "migrations" / "env.py").read_text())
    (broken / "versions" / "0001_breaks.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\nrevision = '0001'\ndown_revision = None\n"
        "def upgrade():\n    op.create_table('first', sa.Column('id', sa.Integer))\n    raise OSError('power')\n"
    )
    with monkeypatch.context() as patched:
        patched.setattr(migrate, "_FOLDER", broken)
        with pytest.raises(OSError, match="power"):
            migrate.upgrade(store)
    with store.read() as tx:
        assert sa.inspect(tx.conn).get_table_names() == []
    store.close()


def test_two_processes_that_start_at_once_agree_on_the_ring(tmp_path: Path) -> None:
    first, second = (made(f"sqlite:///{tmp_path / 'one.db'}") for _ in range(2))
    assert first.ring.lookup("caller", "x") == second.ring.lookup("caller", "x")
    first.close()
    second.close()


def test_what_is_read_without_alembic_is_what_alembic_reads(store: Store) -> None:
    """A start asks file names and one row, and Alembic only where something is to be done."""
    scripts = ScriptDirectory.from_config(migrate._make_config())
    known = [script.revision for script in scripts.walk_revisions()]
    assert migrate.find_newest() == scripts.get_current_head()
    assert sorted(migrate._list_revisions()) == sorted(known)
    assert all(map(migrate.knows_revision, known))
    assert not migrate.knows_revision("9999")
    assert not migrate.knows_revision("None")
    with store.read() as tx:
        assert migrate.read_revision(tx) == MigrationContext.configure(tx.conn).get_current_revision()
