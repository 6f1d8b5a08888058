"""Parts with one phone, on both databases."""

from pathlib import Path

import pytest

from gateway.foundation.services import Services
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Phone, Rows, made_parts


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path, phone: Phone) -> Services:
    return made_parts(store, clock, tmp_path, phone)


@pytest.fixture
def rows(parts: Services) -> Rows:
    return Rows(parts)
