"""The machine that most tests of commands work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli_house import Machine


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine that was started once, without an account; its ledgers are closed at the end."""
    made = Machine(tmp_path / "house", monkeypatch)
    made.starts()
    yield made
    made.close()
