"""A crash at each of eleven points of each hop with Valkey wiped: she reads what is true, and nothing is done twice."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest
import redis

from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.crash_rig import MAIN, POINTS, Fuse, Hop, Rig, Way, ways, wired
from tests.support.house import made_parts, publish
from tests.support.servers import Valkey

BAD = ("wrong screen", "ledger", "done and not told")
MakeRig = Callable[[Store], Rig]


@pytest.fixture
def make_rig(
    clock: SetClock, tmp_path: Path, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MakeRig]:
    # Only what is killed may fail here: a busy machine must not look like a Valkey that is away.
    with redis.Redis.from_url(valkey.url, socket_timeout=20, retry=None) as client:

        def make(store: Store) -> Rig:
            fuse = Fuse()
            parts = made_parts(store, clock, tmp_path, client)
            publish(parts)
            return Rig(parts=wired(parts, fuse, monkeypatch), fuse=fuse, valkey=client)

        yield make


def every_point(rig: Rig, way: Way, truth: tuple[Hop, ...]) -> None:
    for at, hop in enumerate(truth):
        for point in dict.fromkeys(hop.points):
            rig.run(way, truth, at, point)


def told(rig: Rig) -> str:
    names = ("runs", "told", "again", *BAD, *POINTS)
    return ", ".join(f"{name} {rig.figures[name]}" for name in names)


def test_a_slice_of_all_crashes(store: Store, make_rig: MakeRig) -> None:
    rig, chance = make_rig(store), Random(5)
    for way in chance.sample([way for script in MAIN for way in ways(script)], 10):
        truth = rig.truth(way)
        all_runs = [(at, point) for at, hop in enumerate(truth) for point in dict.fromkeys(hop.points)]
        deeds = [run for run in all_runs if "deed" in truth[run[0]].points]
        for at, point in {*chance.sample(deeds, min(3, len(deeds))), *chance.sample(all_runs, 3)}:
            rig.run(way, truth, at, point)
    print(told(rig))
    assert rig.faults == []
    assert rig.figures["runs"] >= 50
    assert rig.figures["told"]
    assert rig.figures["again"]


def test_one_hop_with_a_deed_passes_all_eleven_points_in_order(
    sqlite_store: Store, make_rig: MakeRig
) -> None:
    rig = make_rig(sqlite_store)
    truth = rig.truth(Way("4 7 2 2 3 1"))
    assert truth[-1].points == POINTS
    assert truth[1].points == ("load", "loaded", "stepped", "save", "answer")
    for point in POINTS:
        rig.run(Way("4 7 2 2 3 1"), truth, 6, point)
    assert rig.faults == []
    # From the commit on her request is on record, and the repeat reads her code to her.
    assert (rig.figures["told"], rig.figures["again"]) == (3, 8)


@pytest.mark.parametrize(
    ("way", "fault"),
    [
        (
            Way("4 7 2 1 3 1"),
            "ledger",
        ),  # her language is remembered now, so the first key means something else
        (Way("4 7 2 2 3 1 1"), "ledger"),  # asked for once more
        (Way("4 CODE 2", before="4 7 2 2 3 1"), "wrong screen"),  # the code that it types again opens nothing
    ],
)
def test_replaying_the_text_is_caught_by_this_rig(
    sqlite_store: Store, make_rig: MakeRig, way: Way, fault: str
) -> None:
    rig = make_rig(sqlite_store)
    control = rig.control()
    truth = rig.truth(way)
    for at, hop in enumerate(truth):
        late = POINTS[POINTS.index("nudge") :]
        for point in [point for point in late if point in hop.points]:
            control.run(way, truth, at, point)
            rig.run(way, truth, at, point)
    assert control.figures[fault], control.faults
    assert rig.faults == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("script", MAIN)
def test_every_crash_of_every_way(store: Store, make_rig: MakeRig, script: str) -> None:
    rig = make_rig(store)
    for way in ways(script):
        every_point(rig, way, rig.truth(way))
    print(f"\n{store.dialect} {script}: {told(rig)}")
    assert rig.faults == []
    assert rig.figures["runs"] >= 1_000


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_naive_replay_of_every_way(sqlite_store: Store, make_rig: MakeRig) -> None:
    rig = make_rig(sqlite_store)
    control = rig.control()
    for way in ways("en"):
        every_point(control, way, rig.truth(way))
    print(f"\nnaive replay: {told(control)}")
    assert control.figures["wrong screen"] > 0
    assert control.figures["ledger"] > 0
