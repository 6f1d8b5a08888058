"""Parts on SQLite with nudges through the real Valkey: what crosses between them is the same on both databases."""

from pathlib import Path

import pytest
import redis

from gateway.delivery.nudge import Nudger
from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Phone, Rows, made_parts


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def parts(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, phone: Phone, redis_client: redis.Redis
) -> Services:
    return made_parts(sqlite_store, clock, tmp_path, phone, nudge=Nudger(redis_client, clock))


@pytest.fixture
def rows(parts: Services) -> Rows:
    return Rows(parts)
