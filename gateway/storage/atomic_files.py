"""Write files atomically and durably, readable by their owner only; and load or create the master key.

A file is written under a temporary name, flushed with fsync and then linked or renamed, so that after a power cut it
is either complete or absent (fsync(2), rename(2), link(2) in the Linux manual).
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.foundation import ids
from gateway.foundation.ids import make_random_bytes, new_token


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
    part = path.with_name(f".{path.name}.{ids.new_token(6)}")
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
