"""What is on disk is whole, sealed, its owner's, and the first one's."""

import errno
import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.storage import atomic_files
from gateway.storage.database import Store
from gateway.storage.spool import Spool
from tests.support.examples import count_examples
from tests.support.processes import CONTEXT

KEY, OTHER = b"\x01" * 32, b"\x02" * 32
ENTRY = {"number": "+8562055500001", "effects": [{"callback": {"topic": "pay"}}]}


@pytest.fixture
def spool(tmp_path: Path, sqlite_store: Store) -> Spool:
    return Spool(tmp_path / "spool", sqlite_store.ring)


def _only_file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "spool").iterdir()
    return path


def test_what_is_kept_is_found_and_dropped(spool: Spool) -> None:
    assert spool.keep(KEY, ENTRY) == ENTRY
    assert spool.load(KEY) == ENTRY
    assert list(spool.list()) == [KEY]
    spool.drop(KEY)
    assert spool.load(KEY) is None
    assert spool.list() == []
    spool.drop(KEY)


def test_the_first_wins_and_the_second_is_told(spool: Spool) -> None:
    spool.keep(KEY, ENTRY)
    assert spool.keep(KEY, {"number": "another"}) == ENTRY
    assert spool.load(KEY) == ENTRY


def test_the_oldest_is_listed_first(spool: Spool, tmp_path: Path) -> None:
    spool.keep(OTHER, ENTRY)
    spool.keep(KEY, ENTRY)
    os.utime(tmp_path / "spool" / KEY.hex(), ns=(1, 1))
    assert list(spool.list()) == [KEY, OTHER]


def test_only_the_owner_may_look(spool: Spool, tmp_path: Path) -> None:
    spool.keep(KEY, ENTRY)
    assert stat.S_IMODE((tmp_path / "spool").stat().st_mode) == 0o700
    assert stat.S_IMODE(_only_file(tmp_path).stat().st_mode) == 0o600


def test_the_file_tells_nothing(spool: Spool, tmp_path: Path) -> None:
    spool.keep(KEY, ENTRY)
    content = _only_file(tmp_path).read_bytes()
    assert b"856" not in content
    assert b"pay" not in content


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "moved"])
def test_what_cannot_be_read_is_put_aside(spool: Spool, tmp_path: Path, harm: str) -> None:
    spool.keep(KEY, ENTRY)
    path, key = _only_file(tmp_path), KEY
    content = bytearray(path.read_bytes())
    if harm == "cut":
        path.write_bytes(content[:-5])
    elif harm == "flipped":
        content[-1] ^= 1
        path.write_bytes(content)
    elif harm == "emptied":
        path.write_bytes(b"")
    else:
        path.rename(path.with_name(OTHER.hex()))
        key = OTHER
    assert spool.load(key) is None
    assert spool.list() == []
    assert spool.unreadable() == 1
    assert spool.keep(key, ENTRY) == ENTRY
    assert spool.load(key) == ENTRY


def test_a_damaged_file_does_not_stand_in_for_a_new_entry(spool: Spool, tmp_path: Path) -> None:
    spool.keep(KEY, ENTRY)
    _only_file(tmp_path).write_bytes(b"rubbish")
    assert spool.keep(KEY, {"kept": True}) == {"kept": True}
    assert spool.load(KEY) == {"kept": True}


def test_other_files_in_the_folder_are_left_alone(spool: Spool, tmp_path: Path) -> None:
    (tmp_path / "spool" / "README").write_text("x")
    (tmp_path / "spool" / ("z" * 64)).write_text("x")
    (tmp_path / "spool" / f".{KEY.hex()}.part").write_text("x")
    assert spool.list() == []


def test_a_full_disk_is_told_and_leaves_nothing(
    spool: Spool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        spool.keep(KEY, ENTRY)
    assert list((tmp_path / "spool").iterdir()) == []


def test_file_and_folder_are_flushed(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[bool] = []
    real = os.fsync

    def seen(descriptor: int) -> None:
        flushed.append(stat.S_ISDIR(os.fstat(descriptor).st_mode))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    spool.keep(KEY, ENTRY)
    assert flushed == [False, True]


@given(entry=st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text()))))
@settings(
    max_examples=count_examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_entry_comes_back_as_it_was(spool: Spool, entry: dict[str, object]) -> None:
    spool.drop(KEY)
    assert spool.keep(KEY, entry) == entry
    assert spool.load(KEY) == entry


def _race(path: Path, content: bytes, start: object, won: object) -> None:
    start.wait()  # type: ignore[attr-defined]
    won.put((atomic_files.put_first(path, content), content))  # type: ignore[attr-defined]


def test_of_four_processes_one_wins(tmp_path: Path) -> None:
    start, won = CONTEXT.Barrier(4), CONTEXT.Queue()
    racers = [
        CONTEXT.Process(target=_race, args=(tmp_path / "one", bytes([65 + n]) * 1000, start, won))
        for n in range(4)
    ]
    for racer in racers:
        racer.start()
    results = [won.get(timeout=30) for _ in racers]
    for racer in racers:
        racer.join()
    assert [content for mine, content in results if mine] == [(tmp_path / "one").read_bytes()]
    assert [path.name for path in tmp_path.iterdir()] == ["one"]


def test_replacing_a_file_that_cannot_be_replaced_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "inside").write_text("x")
    with pytest.raises(OSError):
        atomic_files.write_file(tmp_path / "one", b"x")
    assert [path.name for path in tmp_path.iterdir()] == ["one"]
