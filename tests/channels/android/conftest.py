"""A house whose line is a phone, on each database; its texts are the sample menu's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.house import publish
from tests.support.phone_line import Rig, phone_line


@pytest.fixture
def rig(store: Store, clock: SetClock, tmp_path: Path) -> Iterator[Rig]:
    """The house and the phone, with the sample menu live."""
    with phone_line(store, clock, tmp_path, rate="50", day_limit="1000") as rig:
        publish(rig.parts)
        yield rig
