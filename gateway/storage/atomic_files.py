"""Write files atomically and durably, readable by their owner only; and load or create the master key.

A file is written under a temporary name, flushed with fsync and then linked or renamed, so that after a power cut it
is either complete or absent (fsync(2), rename(2), link(2) in the Linux manual). Files that an earlier release, another
umask or a copy left readable to others are found and closed.
"""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.foundation import time_and_chance
from gateway.foundation.time_and_chance import make_random_bytes, new_token


def put_first(path: Path, content: bytes) -> bool:
    """Write the file unless it exists; return whether this call created it. Of concurrent writers exactly one wins."""
    with _open_part(path) as (part, file):
        file.write(content)
        _flush_file(file)
        with suppress(FileExistsError):
            os.link(part, path)
            _sync_folder(path.parent)
            return True
    return False


def write_file(path: Path, content: bytes) -> None:
    """Write the file, replacing an existing one."""
    with replace_file(path) as file:
        file.write(content)


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Yield a file to write; it replaces the existing one when the block ends, and not if the block raises."""
    with _open_part(path) as (part, file):
        yield file
        _flush_file(file)
        part.replace(path)
        _sync_folder(path.parent)


@contextmanager
def _open_part(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    part = path.with_name(f".{path.name}.{time_and_chance.new_token(6)}")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def _flush_file(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # fsync of a file does not make its directory entry durable: fsync(2), Linux manual.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# The master key of a data folder: it only wraps the keys of the ring.

_SIZE = 32


def read_master_key(data_dir: Path, given: str | None) -> bytes:
    """Return the 32-byte master key: SHA-256 of the configured secret, else the key file, created when absent."""
    if given:
        return hashlib.sha256(given.encode()).digest()
    path = data_dir / "keys" / "master"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make_key(path)
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _make_key(path: Path) -> None:
    """Write a new key completely before it gets its name, so that two concurrent starts read the same key."""
    temporary = path.with_name(f"master.{new_token(8)}")
    with os.fdopen(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
    ) as file:
        file.write(make_random_bytes(_SIZE).hex())
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(temporary)
    temporary.unlink()


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
