"""Find the path of a Unix socket for the processes of one machine, however long the data folder's path is.

unix(7) allows a path of 108 bytes with the final zero; servers add a suffix while they start.
"""

import hashlib
import os
from pathlib import Path

_LONGEST = 100
"""Bytes of a path, so that a suffix fits behind it."""

_TEMPORARY = Path("/tmp")  # noqa: S108 - our folder in it is private, and that is checked
"""Not ``tempfile.gettempdir()``: it looks for a folder by writing into it, so it finds none while the disk is full."""


def find_socket_path(folder: Path, name: str) -> Path:
    """Return the socket's path: in the folder, or in a private temporary folder if that path is too long.

    Raises:
        PermissionError: the private folder belongs to somebody else.
    """
    plain = folder / f"{name}.sock"
    if len(os.fsencode(plain)) <= _LONGEST:
        return plain
    private = _TEMPORARY / f"helpline-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    if private.stat().st_uid != os.getuid() or private.stat().st_mode & 0o077:
        raise PermissionError(
            f"{private} belongs to somebody else; remove it or choose a shorter GATEWAY_DATA_DIR"
        )
    seed = os.fsencode(folder if name == "valkey" else plain)  # Valkey's has the name of earlier releases
    return private / f"{hashlib.sha256(seed).hexdigest()[:16]}.sock"
