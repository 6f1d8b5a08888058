"""What the processes of one run share is made once, by whoever asks first."""

import multiprocessing
import os
from pathlib import Path

import pytest

from tests.support import shared


def _ask(folder: str, made: str) -> None:
    os.environ[shared._NAMED] = folder

    def make() -> bytes:
        with Path(made).open("a") as file:
            file.write("made\n")
        return b"\r\nwhat was made\xff"

    assert shared.make_once("thing", make) == b"\r\nwhat was made\xff"


def test_processes_that_ask_at_once_make_it_once(tmp_path: Path) -> None:
    context, made = multiprocessing.get_context("spawn"), tmp_path / "made"
    (tmp_path / "shared").mkdir()
    asking = [context.Process(target=_ask, args=(str(tmp_path / "shared"), str(made))) for _ in range(3)]
    for process in asking:
        process.start()
    for process in asking:
        process.join(60)
    assert [process.exitcode for process in asking] == [0, 0, 0]
    assert made.read_text() == "made\n"


def test_what_failed_is_made_by_the_next_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(shared._NAMED, str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        shared.make_once("thing", lambda: bytes([1 // 0]))
    assert shared.make_once("thing", lambda: b"made") == b"made"


def test_the_folder_of_this_run_is_there_for_its_processes() -> None:
    assert Path(os.environ[shared._NAMED]).is_dir()
