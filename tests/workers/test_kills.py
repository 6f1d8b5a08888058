"""Processes of the product that are killed, asked to stop and left without Redis: nothing is lost, nothing leaves twice."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.kills import PLACES, Rig, run

pytestmark = [pytest.mark.kills, pytest.mark.timeout(180), pytest.mark.xdist_group("kills")]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """One rig for the tests that only stop and start; each leaves it well."""
    with Rig(tmp_path_factory.mktemp("rig")) as rig:
        yield rig


@pytest.fixture
def working(rig: Rig) -> Iterator[Rig]:
    rig.valkey.heal()
    rig.start("worker")
    row_id = rig.add()
    rig.wait(lambda: rig.state(row_id) == "sent")
    yield rig
    rig.standin.reset()
    if "worker" in rig.processes:
        rig.kill("worker")


def test_kills_in_each_place_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    tally, rig = run(tmp_path, kills=1, clock_kills=0, wipes=2)
    assert rig.kills == {f"worker {place}": 1 for place in PLACES}
    assert (tally.lost, tally.twice) == (0, 0), tally
    assert tally.unclear == 2, tally  # those that were held, no more
    assert tally.once == 3, tally


def test_the_same_rig_shows_doubles_where_rows_in_flight_are_driven_again(tmp_path: Path) -> None:
    with Rig(tmp_path, redrive=True) as rig:
        rig.kill_sender("worker", "between", nudge=True)
        rig.kill_sender("worker", "after", nudge=True)
        rig.start("worker")
        rig.wait(lambda: rig.tally().once + rig.tally().twice == 2)
        assert rig.tally().twice == 1


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_twenty_kills_in_each_place(tmp_path: Path) -> None:
    tally, rig = run(tmp_path, kills=20, clock_kills=20, wipes=10)
    print(f"\n{dict(sorted(rig.kills.items()))}: {tally}")
    assert (tally.lost, tally.twice, tally.unclear) == (0, 0, 80), tally


def test_a_worker_that_is_asked_to_stop_finishes_the_row_under_way(working: Rig) -> None:
    working.standin.rule("delay", at="after", seconds=1.5)
    row_id = working.add()
    working.wait(lambda: working.state(row_id) == "sending")
    time.sleep(0.3)
    assert working.kill("worker", signal.SIGTERM) < 10
    assert working.state(row_id) == "sent"


@pytest.mark.slow
def test_a_row_that_takes_too_long_is_given_up_within_15_seconds_and_unclear(working: Rig) -> None:
    working.standin.rule("hold", at="after")
    row_id = working.add()
    working.standin.wait_held(1)
    assert working.kill("worker", signal.SIGTERM) < 15
    assert working.state(row_id) == "unclear"


def test_an_idle_worker_stops_at_once_with_redis_and_without(working: Rig) -> None:
    assert working.kill("worker", signal.SIGTERM) < 5
    working.start("worker")
    row_id = working.add()
    working.wait(lambda: working.state(row_id) == "sent")
    working.valkey.kill()
    time.sleep(1.5)
    assert working.kill("worker", signal.SIGINT) < 5


def test_a_worker_goes_on_when_redis_is_back(working: Rig) -> None:
    process = working.processes["worker"]
    working.valkey.kill()
    time.sleep(1)
    working.valkey.heal()

    def goes_on() -> bool:
        row_id = working.add()
        time.sleep(0.5)
        return working.state(row_id) == "sent"

    working.wait(goes_on, 30)
    assert process.poll() is None
