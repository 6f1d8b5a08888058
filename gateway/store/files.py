"""Writes a file so that it is whole or absent after a power cut, and for its owner's eyes only."""

import os
from contextlib import suppress
from pathlib import Path

from gateway import ids


def put_first(path: Path, content: bytes) -> bool:
    """Write the file unless it exists; return whether it was us. Of many writers at once one wins."""
    part = _part(path, content)
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    finally:
        part.unlink()
        _settle(path.parent)
    return True


def put(path: Path, content: bytes) -> None:
    """Write the file, in the place of what is there."""
    part = _part(path, content)
    try:
        part.replace(path)
    except OSError:
        part.unlink()
        raise
    _settle(path.parent)


def _part(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.{ids.new_token(6)}")
    descriptor = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise
    return part


def _settle(folder: Path) -> None:
    # The name is on the disk only when the folder is.
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
