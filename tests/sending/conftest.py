"""Parts with one phone, on both databases."""

from pathlib import Path

import pytest

from gateway.parts import Parts
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.outbox_rig import Phone, Rows, made_parts


@pytest.fixture
def phone() -> Phone:
    return Phone()


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path, phone: Phone) -> Parts:
    return made_parts(store, clock, tmp_path, phone)


@pytest.fixture
def rows(parts: Parts) -> Rows:
    return Rows(parts)
