"""A house with the sample menu live, on each database, with a real Valkey for the places in it."""

from pathlib import Path

import pytest
import redis

from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import Phone, made_parts, publish


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    found = made_parts(store, clock, tmp_path, redis_client)
    publish(found)
    return found


@pytest.fixture
def phone(parts: Services) -> Phone:
    return Phone(parts)


@pytest.fixture
def light_parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    """The same house on one database and without Valkey, for what neither decides."""
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found)
    return found


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    """The same house on SQLite alone and without Valkey, where the ledger is not what is looked at."""
    found = made_parts(sqlite_store, clock, tmp_path)
    publish(found)
    return found
