"""Kills while a phone is the line: what was in flight is given again under its own id, so it settles by itself."""

from pathlib import Path

import pytest

from tests.support.kills import PLACES, run
from tests.support.kills_phone import PhoneRig

pytestmark = [pytest.mark.kills, pytest.mark.timeout(180), pytest.mark.xdist_group("kills")]


@pytest.mark.slow
def test_kills_in_each_place_leave_nothing_unclear_lost_or_twice(tmp_path: Path) -> None:
    tally, rig = run(tmp_path, kills=1, clock_kills=0, wipes=1, rig_of=PhoneRig)
    assert rig.kills == {f"worker {place}": 1 for place in PLACES}
    assert (tally.unclear, tally.lost, tally.twice) == (0, 0, 0), tally
    assert tally.once == 4, tally
    print(f"\n{sum(rig.kills.values())} kills: {tally}")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_kills_in_each_place(tmp_path: Path) -> None:
    tally, rig = run(tmp_path, kills=20, clock_kills=5, wipes=10, rig_of=PhoneRig)
    print(f"\n{dict(sorted(rig.kills.items()))}: {tally}")
    assert (tally.unclear, tally.lost, tally.twice) == (0, 0, 0), tally
