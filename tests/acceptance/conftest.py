"""One running gateway for all that only use it; whoever kills or starves one starts its own."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.running import Running


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The product as `make run` starts it on a fresh machine: its own Valkey, SQLite.

    It ends with the tests of this folder: left alone, its processes would take a twentieth of a core from all others.
    """
    with Running(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MiB of its own, in memory."""
    disk = tmp_path / "house" / "var"
    disk.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m,mode=700", "tmpfs", disk], capture_output=True, check=False
    )
    if done.returncode:
        words = "no right to mount a disk here; tests/cli/test_full_disk.py needs none"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)
