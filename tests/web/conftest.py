"""Parts and an app with the pages that this folder is about."""

from pathlib import Path

import pytest

from gateway.parts import Parts
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.web.around import parts_around


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Parts:
    return parts_around(sqlite_store, clock, tmp_path)
