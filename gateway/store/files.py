"""Writes a file so that it is whole or absent after a power cut, and for its owner's eyes only."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway import ids


def put_first(path: Path, content: bytes) -> bool:
    """Write the file unless it exists; return whether it was us. Of many writers at once one wins."""
    with _part(path) as (part, file):
        file.write(content)
        _flush(file)
        with suppress(FileExistsError):
            os.link(part, path)
            _settle(path.parent)
            return True
    return False


def put(path: Path, content: bytes) -> None:
    """Write the file, in the place of what is there."""
    with replacing(path) as file:
        file.write(content)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write the file piece by piece; it takes its place when the block ends, and never where the block raises."""
    with _part(path) as (part, file):
        yield file
        _flush(file)
        part.replace(path)
        _settle(path.parent)


@contextmanager
def _part(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    part = path.with_name(f".{path.name}.{ids.new_token(6)}")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield part, file
    finally:
        part.unlink(missing_ok=True)


def _flush(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    # The name is on the disk only when the folder is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
