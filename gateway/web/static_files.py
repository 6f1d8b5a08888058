"""Addresses of the files a browser is given: each carries a piece of its hash, so that it may be kept for a year."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def addresses() -> dict[str, str]:
    """Return the address of every file by its path below the folder."""
    return {
        path.relative_to(FOLDER).as_posix(): f"/static/{path.relative_to(FOLDER).as_posix()}?{_mark(path)}"
        for path in FOLDER.rglob("*")
        if path.is_file()
    }


def _mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
