"""Restrict the data folder to its owner: an earlier release, another umask or a copy may have left it readable."""

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_PRODUCT_FILES = (
    "gateway.sqlite3*", "keys", "spool", "live", "valkey", "valkey.sock", "lock", "children.json*", "clock", "outages",
)  # fmt: skip
"""Names that the product creates. Only these are changed, in case a wrong folder was configured."""


def find_open_files(data_dir: Path) -> list[Path]:
    """Return paths that other users can read: files of the product, and the folder itself if others can write to it.

    Args:
        data_dir: the data folder; an unreadable one gives an empty list.
    """
    found = [path for path in _list_own_files(data_dir) if _mode(path) & _OTHERS]
    folder = _mode(data_dir)
    return [*([data_dir] if folder & _OTHERS_WRITE and not folder & stat.S_ISVTX else []), *found]


def close_files(data_dir: Path) -> int:
    """Remove the permissions of group and others where allowed; return how many paths had some."""
    closed = 0
    for path in _list_own_files(data_dir):
        if _mode(path) & _OTHERS:
            with suppress(OSError):  # another owner, or a read-only disk; the doctor reports it
                path.chmod(_mode(path) & ~_OTHERS)
                closed += 1
    return closed


def _list_own_files(data_dir: Path) -> Iterator[Path]:
    for pattern in _PRODUCT_FILES:
        for path in sorted(data_dir.glob(pattern)):
            if path.is_symlink():
                continue  # a link's mode has no meaning, and it may lead out of the folder
            yield path
            for where, folders, files in os.walk(path):
                below = (Path(where) / name for name in (*folders, *files))
                yield from (each for each in below if not each.is_symlink())


def _mode(path: Path) -> int:
    """Return the mode; 0 where the file has just gone, as spool files do."""
    try:
        return stat.S_IMODE(path.lstat().st_mode)
    except OSError:
        return 0
