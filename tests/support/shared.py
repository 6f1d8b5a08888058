"""Shares among the processes of one run what takes long to make: each of them would make the same."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

_NAMED = "TESTS_SHARED_FOLDER"
"""Variable with the folder of this run; workers and what they start inherit it."""


def open_folder() -> Path:
    """Make an empty folder for this run, where the first process of it begins."""
    folder = Path(tempfile.mkdtemp(prefix="gw-shared-"))
    os.environ[_NAMED] = str(folder)
    return folder


def drop_folder(folder: Path) -> None:
    """Remove it at the end of the run."""
    os.environ.pop(_NAMED, None)
    shutil.rmtree(folder, ignore_errors=True)


def make_once(name: str, make: Callable[[], bytes]) -> bytes:
    """Return what ``make`` returns; where another process of this run makes it or made it, wait for that."""
    if _NAMED not in os.environ:
        return make()
    path = Path(os.environ[_NAMED], name)
    with path.with_suffix(".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go by the system where its holder is killed
        if not path.exists():
            part = path.with_suffix(".part")
            part.write_bytes(make())
            part.replace(path)
    return path.read_bytes()
