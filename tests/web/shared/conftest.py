"""Parts and an app with the pages that this folder is about."""

from pathlib import Path

import pytest

from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.web_surroundings import parts_around


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return parts_around(sqlite_store, clock, tmp_path)
