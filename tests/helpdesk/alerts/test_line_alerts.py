"""A line that has stopped is told once, by another road, to those who keep the menus."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.channels.contract import Channel
from gateway.delivery.channel_status import look_at_channels, note_seen
from gateway.domain.events import ChannelSeen
from gateway.domain.outbox.send_policy import RateLimits, make_full_bucket
from gateway.domain.permissions import Role
from gateway.helpdesk.alerts.line_alerts import tell_stopped_lines
from gateway.storage import counts
from gateway.storage.database import Store
from gateway.storage.tables import people
from tests.support import house
from tests.support.channel_tables import line_of
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk


def real(name: str) -> Channel:
    """A line with an account."""
    account = {"api_key": "k", "api_secret": "s", "api_url": "http://127.0.0.1:1"}
    return line_of("vonage", name, **account)


@pytest.fixture
def desk(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    found = house.made_parts(store, clock, tmp_path)
    lines = {"first": real("first"), "second": real("second")}
    made = Desk(replace(found, channels=lines), clock)
    house.publish(made.parts)
    made.person("Boss", Role.SUPERVISOR, number="+85620555900001")
    made.person("Admin", Role.ADMINISTRATOR, number="+85620555900002")
    made.person("Noy", Role.COUNSELLOR, number="+85620555900003")
    return made


def pause(desk: Desk, name: str, *, seconds: int = 90) -> None:
    """Let a line be paused, as after faults."""
    now = desk.clock.now()
    with desk.parts.store.write() as tx:
        bucket = make_full_bucket(RateLimits(), now)
        paused = replace(bucket, paused_until=now + timedelta(seconds=seconds), why="no-connection", faults=3)
        counts.ensure_buckets(tx, {name: bucket})
        counts.save_bucket(tx, name, paused)


def run(desk: Desk, minutes: int, *, paused: str = "") -> list[int]:
    """Run the chore each minute; return how many texts each run added."""
    added = []
    for _ in range(minutes):
        if paused:
            pause(desk, paused)
        added.append(tell_stopped_lines(desk.parts))
        desk.clock.forward(minutes=1)
    return added


def texts(desk: Desk) -> list[tuple[str, str]]:
    """Each alert: the line that it leaves by, and its words."""
    found = [row for row in house.rows(desk.parts) if row.kind == "alert"]
    return [(row.channel, house.payload_text(desk.parts, row)) for row in found]


def test_a_pause_that_lasts_is_told_once_by_the_other_line_to_whoever_keeps_the_menus(desk: Desk) -> None:
    assert run(desk, 20, paused="first") == [0, 0, 0, 0, 0, 2] + [0] * 14
    assert texts(desk) == [("second", "The line first has stopped. Please look at it.")] * 2


def test_a_pause_that_passes_is_not_told(desk: Desk) -> None:
    assert run(desk, 3, paused="first") == [0] * 3
    assert run(desk, 20) == [0] * 20


def test_a_line_that_looks_well_between_two_pauses_is_still_stopped(desk: Desk) -> None:
    added = [*run(desk, 2, paused="first"), *run(desk, 2), *run(desk, 4, paused="first")]
    assert sum(added) == 2


def test_a_line_that_stops_again_after_it_worked_is_told_again(desk: Desk) -> None:
    assert sum(run(desk, 8, paused="first")) == 2
    assert sum(run(desk, 8)) == 0
    assert sum(run(desk, 8, paused="first")) == 2


def test_both_lines_are_told_apart(desk: Desk) -> None:
    assert sum(run(desk, 8, paused="first")) == 2
    assert sum(run(desk, 8, paused="second")) == 2
    assert {words for _, words in texts(desk)} == {
        "The line first has stopped. Please look at it.",
        "The line second has stopped. Please look at it.",
    }


def test_without_anybody_to_tell_it_stays_to_be_told(desk: Desk, clock: SetClock) -> None:
    lonely = Desk(desk.parts, clock)
    with lonely.parts.store.write() as tx:
        tx.execute(people.update().values(number=None))
    assert sum(run(lonely, 8, paused="first")) == 0
    lonely.person("New", Role.ADMINISTRATOR, number="+85620555900009")
    assert sum(run(lonely, 2, paused="first")) == 1


def test_a_silent_line_is_told_at_once(desk: Desk) -> None:
    line = desk.parts.channels["first"]
    line.contract = replace(line.contract, silent_after=timedelta(minutes=3))
    note_seen(desk.parts, ChannelSeen(channel="first"))
    assert tell_stopped_lines(desk.parts) == 0
    desk.clock.forward(minutes=4)
    look_at_channels(desk.parts)
    assert tell_stopped_lines(desk.parts) == 2
    assert {road for road, _ in texts(desk)} == {"second"}


def test_a_trial_tells_nobody(store: Store, clock: SetClock, tmp_path: Path) -> None:
    desk = Desk(house.made_parts(store, clock, tmp_path), clock)
    house.publish(desk.parts)
    desk.person("Admin", Role.ADMINISTRATOR, number="+85620555900002")
    assert sum(run(desk, 8, paused="simulator")) == 0
