"""A copy of the repository to break things in, without its caches, and the tools run inside it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = (
    "gateway",
    "workers",
    "config",
    "tests",
    "menus",
    "pyproject.toml",
    "README.md",
    "Makefile",
    "Procfile",
)


def copied(to: Path, *names: str) -> Path:
    """Copy the repository, or these parts of it, into a folder; what git would not carry stays behind."""
    to.mkdir(parents=True, exist_ok=True)
    for name in names or COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, to / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
        elif source.exists():
            shutil.copy(source, to / name)
    return to


def run(folder: Path, *command: str, seconds: float = 300) -> tuple[int, str]:
    """Run a tool of this virtual environment inside the copy; its code is the copy's, and the output is not folded."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "400",
        "CI": os.environ.get("CI", ""),
    }
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        check=False,
        env=environ,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
    return done.returncode, done.stdout + done.stderr
