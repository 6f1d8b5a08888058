"""The migrations make the very schema that the code speaks to, on both databases, whole or not at all."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gateway.storage import migrate
from gateway.storage.database import Store, Tx, Unavailable
from gateway.storage.tables import metadata
from tests.support.ledgers import MASTER, made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def migrated(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A ledger that was made by the migrations, one after the other, on each database."""
    with closing(_empty(request.param, request, tmp_path_factory.mktemp("migrated"))) as store:
        with store.write() as tx:
            migrate.run_migrations(tx)
        yield store


def _empty(dialect: str, request: pytest.FixtureRequest, folder: Path) -> Store:
    if dialect == "postgresql":
        return Store(request.getfixturevalue("postgresql_ledgers").empty_url(), master=MASTER)
    return Store(f"sqlite:///{folder / 'empty.db'}", master=MASTER)


def test_migrations_and_metadata_agree(migrated: Store) -> None:
    with migrated.read() as tx:
        context = MigrationContext.configure(tx.conn, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def _shape(conn: sa.Connection) -> dict[str, Any]:
    """Columns with their defaults, indexes with the words of their conditions, and rules: alembic compares few of them."""
    inspector = sa.inspect(conn)
    shape: dict[str, Any] = {}
    for table in inspector.get_table_names():
        shape[table] = {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in inspector.get_columns(table)
            },
            "key": inspector.get_pk_constraint(table),
            "checks": sorted(map(repr, inspector.get_check_constraints(table))),
            "unique": sorted(map(repr, inspector.get_unique_constraints(table))),
            "refers": sorted(map(repr, inspector.get_foreign_keys(table))),
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


def test_an_empty_database_gets_at_once_what_the_migrations_make(
    migrated: Store, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with closing(_empty(migrated.dialect, request, tmp_path)) as plain:
        migrate.upgrade(plain)
        with plain.read() as made_at_once, migrated.read() as made_by_migrations:
            assert _shape(made_by_migrations.conn) == _shape(made_at_once.conn)
            assert _filled(made_by_migrations) == _filled(made_at_once)
            assert migrate.read_revision(made_by_migrations) == migrate.read_revision(made_at_once)


def _filled(tx: Tx) -> set[str]:
    """The tables with rows: a migration that fills one must be followed by ``make_tables``."""
    return {name for name in metadata.tables if tx.execute(sa.text(f"SELECT 1 FROM {name}")).first()}


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_tables_of_another_program_are_left_as_they_are(
    dialect: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    with closing(_empty(dialect, request, tmp_path)) as store:
        with store.write() as tx:
            tx.execute(sa.text("CREATE TABLE people (name VARCHAR(9))"))
        with pytest.raises((Unavailable, sa.exc.DBAPIError)):
            migrate.upgrade(store)
        with store.read() as tx:
            assert sa.inspect(tx.conn).get_table_names() == ["people"]


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
        with pytest.raises(OSError, match="power"), store.write() as tx:
            migrate.run_migrations(tx)
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
