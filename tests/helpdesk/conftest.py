"""A helpline on each database; it is Tuesday, 14:05 in Vientiane, and somebody is on duty from 8 to 21."""

from pathlib import Path

import pytest

from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk, made_parts


@pytest.fixture
def line(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    return Desk(made_parts(store, clock, tmp_path), clock)


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    """The same on one database, for what no database decides."""
    return Desk(made_parts(sqlite_store, clock, tmp_path), clock)
