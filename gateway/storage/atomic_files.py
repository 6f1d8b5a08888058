"""Writes a file so that it is whole or absent after a power cut, and for its owner's eyes only."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.foundation import ids
from gateway.foundation.ids import new_token, random_bytes


def put_first(path: Path, content: bytes) -> bool:
    """Write the file unless it exists; return whether it was us. Of many writers at once one wins."""
    with _open_part(path) as (part, file):
        file.write(content)
        _flush_file(file)
        with suppress(FileExistsError):
            os.link(part, path)
            _settle_folder(path.parent)
            return True
    return False


def write_file(path: Path, content: bytes) -> None:
    """Write the file, in the place of what is there."""
    with replace_file(path) as file:
        file.write(content)


@contextmanager
def replace_file(path: Path) -> Iterator[BinaryIO]:
    """Write the file piece by piece; it takes its place when the block ends, and never where the block raises."""
    with _open_part(path) as (part, file):
        yield file
        _flush_file(file)
        part.replace(path)
        _settle_folder(path.parent)


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


def _settle_folder(folder: Path) -> None:
    # The name is on the disk only when the folder is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# The master key of a data folder: made once, readable by its owner only; it does nothing but open the key
# ring.

_SIZE = 32


def master_key(data_dir: Path, given: str | None) -> bytes:
    """Return the master key: the one given in the settings, or the one kept in the data folder, made when absent."""
    if given:
        return hashlib.sha256(given.encode()).digest()
    path = data_dir / "keys" / "master"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make_key(path)
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _make_key(path: Path) -> None:
    """Write a new key whole before it gets its name, so that of two starts at once both read the same one."""
    temporary = path.with_name(f"master.{new_token(8)}")
    with os.fdopen(
        os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii"
    ) as file:
        file.write(random_bytes(_SIZE).hex())
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        path.hardlink_to(temporary)
    temporary.unlink()
