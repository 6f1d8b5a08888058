"""Parts on SQLite with nudges through the real Valkey: what crosses between them is the same on both databases."""

from pathlib import Path

import pytest
import redis

from gateway.parts import Parts
from gateway.sending.nudge import Nudger
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.outbox_rig import Phone, Rows, made_parts


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def parts(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, phone: Phone, redis_client: redis.Redis
) -> Parts:
    return made_parts(sqlite_store, clock, tmp_path, phone, nudge=Nudger(redis_client, clock))


@pytest.fixture
def rows(parts: Parts) -> Rows:
    return Rows(parts)
