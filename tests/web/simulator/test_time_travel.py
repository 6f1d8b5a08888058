"""Where the clock may be moved to: as a table, and for whatever a form may send."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.web.simulator.controls import FURTHEST, NoSuchTime, find_wished

ZONE = ZoneInfo("Asia/Vientiane")
WISHES = ("hour", "evening", "morning", "at", "real")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE)


NOON = at("2026-11-24T14:05")


@pytest.mark.parametrize(
    ("now", "wish", "then"),
    [
        ("2026-11-24T14:05", "hour", "2026-11-24T15:05"),
        ("2026-11-24T23:30", "hour", "2026-11-25T00:30"),
        ("2026-11-24T14:05", "evening", "2026-11-24T18:05"),
        ("2026-11-24T18:04", "evening", "2026-11-24T18:05"),
        ("2026-11-24T18:05", "evening", "2026-11-25T18:05"),  # once there, the next one is tomorrow's
        ("2026-11-24T23:00", "evening", "2026-11-25T18:05"),
        ("2026-11-24T14:05", "morning", "2026-11-25T06:05"),
        ("2026-11-24T05:00", "morning", "2026-11-24T06:05"),
        ("2026-12-31T20:00", "morning", "2027-01-01T06:05"),
    ],
)
def test_the_clock_is_moved_to_the_next_such_hour(now: str, wish: str, then: str) -> None:
    assert find_wished(wish, "", now=at(now), real=at(now)) == at(then)


def test_back_to_the_real_time_from_anywhere() -> None:
    assert find_wished("real", "", now=NOON + timedelta(days=5000), real=NOON) is None


@pytest.mark.parametrize("written", ["2027-01-01T00:01", "2026-11-24T14:05:30", "2026-01-05"])
def test_a_written_time_is_one_in_the_lines_zone(written: str) -> None:
    found = find_wished("at", written, now=NOON, real=NOON)
    assert found == at(written)
    assert found.utcoffset() == timedelta(hours=7)


@pytest.mark.parametrize(
    ("wish", "written"),
    [
        ("", ""),
        ("noon", ""),
        ("at", ""),
        ("at", "soon"),
        ("at", "2026-13-01T00:00"),
        ("at", "2026-11-24T14:05Z"),
        ("at", "2026-11-24T14:05+07:00"),
        ("at", "9999-12-31T23:59"),
        ("at", "0001-01-01T00:00"),
        ("evening ", ""),
    ],
)
def test_what_is_no_time_or_too_far_away_is_refused(wish: str, written: str) -> None:
    with pytest.raises(NoSuchTime):
        find_wished(wish, written, now=NOON, real=NOON)


def test_nobody_walks_away_hour_by_hour() -> None:
    edge = NOON + FURTHEST - timedelta(minutes=30)
    with pytest.raises(NoSuchTime, match="too far away"):
        find_wished("hour", "", now=edge, real=NOON)


@given(
    wish=st.sampled_from(WISHES) | st.text(max_size=9),
    written=st.text(max_size=20) | st.datetimes().map(lambda each: each.isoformat(timespec="minutes")),
    now=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2027, 12, 1)),
)
def test_whatever_is_sent_it_is_near_the_real_time_or_refused(wish: str, written: str, now: datetime) -> None:
    here = now.replace(tzinfo=ZONE)
    try:
        found = find_wished(wish, written, now=here, real=NOON)
    except NoSuchTime:
        return
    assert found is None or abs(found - NOON) <= FURTHEST
