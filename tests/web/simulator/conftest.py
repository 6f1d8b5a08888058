"""A house with the sample menu live, and a browser before its phone."""

from pathlib import Path

import pytest
import redis

from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support import phone_rig
from tests.support.clocks import MovableClock, SetClock
from tests.support.web_surroundings import Browser


@pytest.fixture
def clock() -> MovableClock:
    """The test clock is on, so the page may move it."""
    return MovableClock()


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    return phone_rig.house(sqlite_store, clock, tmp_path, redis_client)


@pytest.fixture
def browser(parts: Services) -> Browser:
    return Browser(phone_rig.app_of(parts).test_client())
