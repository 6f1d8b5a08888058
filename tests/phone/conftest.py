"""A house with the sample menu live, and a browser before its phone."""

from pathlib import Path

import pytest
import redis

from gateway.parts import Parts
from gateway.store.engines import Store
from tests.clocks import MovableClock, SetClock
from tests.phone import rig
from tests.web.around import Browser


@pytest.fixture
def clock() -> MovableClock:
    """The test clock is on, so the page may move it."""
    return MovableClock()


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Parts:
    return rig.house(sqlite_store, clock, tmp_path, redis_client)


@pytest.fixture
def browser(parts: Parts) -> Browser:
    return Browser(rig.app_of(parts).test_client())
