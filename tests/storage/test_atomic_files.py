"""The master key of a folder: made once, whole before it has its name, and readable by its owner only."""

import hashlib
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.storage.atomic_files import read_master_key


def test_it_is_made_once_and_stays(tmp_path: Path) -> None:
    made = read_master_key(tmp_path, None)
    assert len(made) == 32
    assert read_master_key(tmp_path, None) == made


def test_two_folders_have_two_keys(tmp_path: Path) -> None:
    assert read_master_key(tmp_path / "one", None) != read_master_key(tmp_path / "two", None)


def test_a_given_key_wins_and_is_written_nowhere(tmp_path: Path) -> None:
    assert read_master_key(tmp_path, "a long secret") == hashlib.sha256(b"a long secret").digest()
    assert list(tmp_path.rglob("*")) == []


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    read_master_key(tmp_path, None)
    assert stat.S_IMODE((tmp_path / "keys" / "master").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) & 0o077 == 0


def test_of_many_starts_at_once_all_read_the_same_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(lambda _: read_master_key(tmp_path, None), range(64)))
    assert len(found) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["master"]


def test_a_key_file_that_is_no_key_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "master").write_text("not a key")
    with pytest.raises(ValueError, match="non-hexadecimal"):
        read_master_key(tmp_path, None)
    assert (tmp_path / "keys" / "master").read_text() == "not a key"
