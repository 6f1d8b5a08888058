"""Keeps the data folder for its owner's eyes: an earlier release, another mask or a copy may have left it open."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OURS = (
    "gateway.sqlite3*", "keys", "spool", "live", "valkey", "valkey.sock", "lock", "children.json*", "clock", "outages",
)  # fmt: skip
"""What the product makes there. Only this is ever closed: who names a wrong folder must find it as it was."""


def find_open_files(data_dir: Path) -> list[Path]:
    """Return what others on this machine may open: names below the folder, and the folder itself if they may write it.

    Args:
        data_dir: of this house; one that cannot be read has nothing open to us.
    """
    found = [path for path in _list_ours(data_dir) if _mode(path) & _OTHERS]
    folder = _mode(data_dir)
    return [*([data_dir] if folder & _OTHERS_WRITE and not folder & stat.S_ISVTX else []), *found]


def close_files(data_dir: Path) -> int:
    """Take what is ours from the eyes of others, where we may; return how much of it was open."""
    closed = 0
    for path in _list_ours(data_dir):
        if _mode(path) & _OTHERS:
            with suppress(OSError):  # somebody else's, or a read-only disk: the doctor says so
                path.chmod(_mode(path) & ~_OTHERS)
                closed += 1
    return closed


def _list_ours(data_dir: Path) -> Iterator[Path]:
    for pattern in _OURS:
        for path in sorted(data_dir.glob(pattern)):
            if path.is_symlink():
                continue  # its mode says nothing, and it leads out of the folder
            yield path
            for where, folders, files in os.walk(path):
                below = (Path(where) / name for name in (*folders, *files))
                yield from (each for each in below if not each.is_symlink())


def _mode(path: Path) -> int:
    """Return the mode; none where the file is just gone, as a spool's are again and again."""
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except OSError:
        return 0
