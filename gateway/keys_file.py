"""The master key of a data folder: made once, readable by its owner only; it does nothing but open the key ring."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from gateway.ids import new_token, random_bytes

_SIZE = 32


def master_key(data_dir: Path, given: str | None) -> bytes:
    """Return the master key: the one given in the settings, or the one kept in the data folder, made when absent."""
    if given:
        return hashlib.sha256(given.encode()).digest()
    path = data_dir / "keys" / "master"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _make(path)
    return bytes.fromhex(path.read_text(encoding="ascii"))


def _make(path: Path) -> None:
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
