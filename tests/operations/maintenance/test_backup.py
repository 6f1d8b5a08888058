"""A backup of either database comes back on either, whole, with the sheet; or not at all."""

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.operations.maintenance import backup as backups
from gateway.operations.maintenance import key_care
from gateway.operations.maintenance.backup import LedgerNotEmpty, NotOpened, restore_backup, write_backup
from gateway.storage import migrate
from gateway.storage.database import Store, Unavailable
from gateway.storage.encryption import PURPOSES, SEALED_COLUMNS
from gateway.storage.tables import metadata, people
from tests.support.clocks import SetClock
from tests.support.filled import SAID, fill, opened, row

SECRET = bytes(range(1, 33))
KEY = key_care.derive_public_half(SECRET)
NEW_MASTER = b"the master key of another machine"


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.store) for name in ("sqlite", "postgresql")])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A database of another machine without a single table."""
    url = f"sqlite:///{tmp_path / 'other.db'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_ledgers").empty_url()
    store = Store(url, master=NEW_MASTER)
    yield store
    store.close()


@pytest.fixture
def full(store: Store, clock: SetClock) -> Store:
    fill(store, clock.now())
    return store


def _rows(store: Store, *, but: tuple[str, ...] = ()) -> dict[str, list[dict[str, Any]]]:
    with store.read() as tx:
        return {
            name: sorted(migrate.list_rows(tx, name), key=lambda row: json.dumps(row, sort_keys=True))
            for name in migrate.list_tables()
            if name not in but
        }


def test_everything_comes_back(full: Store, empty: Store, clock: SetClock, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    written = write_backup(full, file, KEY, clock.now())
    assert written.rows == len(PURPOSES) + len(migrate.list_tables()) - 1
    clock.forward(days=3)
    assert restore_backup(empty, file, SECRET, clock.now()) == written
    assert _rows(empty, but=("audit",)) == _rows(full, but=("audit",))
    assert len(_rows(empty)["audit"]) == 2  # the restore itself is on record
    assert migrate.find_revision(empty) == migrate.find_newest()


def test_what_was_sealed_opens_on_the_new_machine(
    full: Store, empty: Store, clock: SetClock, tmp_path: Path
) -> None:
    write_backup(full, tmp_path / "backup", KEY, clock.now())
    restore_backup(empty, tmp_path / "backup", SECRET, clock.now())
    again = Store(empty._url.render_as_string(hide_password=False), master=NEW_MASTER)
    with again.read() as tx:
        again.ring.refresh(tx)
        for table, column in SEALED_COLUMNS:
            if table != "sessions":
                assert opened(tx, table, column) == [SAID], (table, column)
    for purpose in PURPOSES:
        assert again.ring.key(purpose) == full.ring.key(purpose) == empty.ring.key(purpose)
    again.close()


def test_a_ledger_that_was_just_started_counts_as_empty(
    full: Store, empty: Store, clock: SetClock, tmp_path: Path
) -> None:
    migrate.upgrade(empty)
    with empty.write() as tx:
        empty.ring.load(tx, clock.now())
        tx.execute(sa.insert(metadata.tables["chores"]), [row(tx, metadata.tables["chores"], clock.now())])
    write_backup(full, tmp_path / "backup", KEY, clock.now())
    restore_backup(empty, tmp_path / "backup", SECRET, clock.now())
    assert empty.ring.key("caller") == full.ring.key("caller")


def test_a_ledger_that_holds_something_is_left_alone(full: Store, clock: SetClock, tmp_path: Path) -> None:
    write_backup(full, tmp_path / "backup", KEY, clock.now())
    before = _rows(full)
    with pytest.raises(LedgerNotEmpty):
        restore_backup(full, tmp_path / "backup", SECRET, clock.now())
    assert _rows(full) == before


def test_one_person_is_enough_to_refuse(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> None:
    write_backup(sqlite_store, tmp_path / "backup", KEY, clock.now())
    with sqlite_store.write() as tx:
        tx.execute(sa.insert(people), [row(tx, people, clock.now())])
    with pytest.raises(LedgerNotEmpty, match="people"):
        restore_backup(sqlite_store, tmp_path / "backup", SECRET, clock.now())


def _cut(content: bytes) -> bytes:
    return content[: len(content) * 2 // 3]


def _without_end(content: bytes) -> bytes:
    return content[:-1]


def _flipped(content: bytes) -> bytes:
    return content[:300] + bytes([content[300] ^ 1]) + content[301:]


@pytest.mark.parametrize("harm", [_cut, _without_end, _flipped, lambda _: b"", lambda _: b"something else"])
def test_a_harmed_file_brings_nothing_back(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, harm: Callable[[bytes], bytes]
) -> None:
    fill(sqlite_store, clock.now())
    file = tmp_path / "backup"
    write_backup(sqlite_store, file, KEY, clock.now())
    file.write_bytes(harm(file.read_bytes()))
    _refuses(file, SECRET, tmp_path, clock)


def test_another_sheet_brings_nothing_back(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> None:
    fill(sqlite_store, clock.now())
    write_backup(sqlite_store, tmp_path / "backup", KEY, clock.now())
    _refuses(tmp_path / "backup", bytes(31) + b"\x01", tmp_path, clock)


@pytest.mark.parametrize("head", [{"format": 2}, {"format": 1, "revision": "9999"}, {}])
def test_a_newer_release_is_told(
    sqlite_store: Store,
    clock: SetClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    head: dict[str, Any],
) -> None:
    monkeypatch.setattr(backups, "_list_lines", lambda *_: iter([head]))
    write_backup(sqlite_store, tmp_path / "backup", KEY, clock.now())
    _refuses(tmp_path / "backup", SECRET, tmp_path, clock, "newer release")


def _refuses(file: Path, secret: bytes, folder: Path, clock: SetClock, words: str | None = None) -> None:
    other = Store(f"sqlite:///{folder / 'other.db'}", master=NEW_MASTER)
    with pytest.raises(NotOpened, match=words):
        restore_backup(other, file, secret, clock.now())
    with other.read() as tx:
        for table in metadata.sorted_tables:
            assert tx.execute(sa.select(table)).all() == []
    other.close()


def test_the_file_is_its_owners_and_tells_nothing(full: Store, clock: SetClock, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    write_backup(full, file, KEY, clock.now())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    content = file.read_bytes()
    assert not any(word in content for word in (b"callers", b"ring", SAID.encode()))


def test_without_sql_the_last_backup_stays(clock: SetClock, tmp_path: Path) -> None:
    file = tmp_path / "backup"
    file.write_bytes(b"the last one")
    with pytest.raises(Unavailable):
        write_backup(Store("sqlite:////nowhere/at/all.db", master=NEW_MASTER), file, KEY, clock.now())
    assert file.read_bytes() == b"the last one"
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_many_rows_come_back_in_batches(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backups, "_BATCH", 7)
    table = metadata.tables["texts"]
    with sqlite_store.write() as tx:
        rows = [row(tx, table, clock.now(), id=f"text-{n}", caller_id=None) for n in range(50)]
        tx.execute(sa.insert(table), rows)
    write_backup(sqlite_store, tmp_path / "backup", KEY, clock.now())
    other = Store(f"sqlite:///{tmp_path / 'other.db'}", master=NEW_MASTER)
    restore_backup(other, tmp_path / "backup", SECRET, clock.now())
    assert _rows(other)["texts"] == _rows(sqlite_store)["texts"]
    other.close()
