"""Windows: what is offered and what is planned, against an oracle that looks at every minute."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.domain.callbacks.queue_rules import LONG_ENOUGH
from gateway.domain.callbacks.windows import (
    ALWAYS,
    DAYS,
    BadHours,
    Hours,
    find_natural_start,
    find_next_window,
    is_on_duty,
    list_offered_windows,
)
from gateway.domain.contact_safety import When
from tests.support.examples import count_examples
from tests.support.windows import EVERY, SAMPLE

ZONE = "Asia/Vientiane"
VIENTIANE = ZoneInfo(ZONE)
WEEK = Hours.parse({day: ["08:00-12:00", "13:00-21:00"] for day in DAYS[:6]} | {"sun": ["10:00-16:00"]})
MINUTE = timedelta(minutes=1)

SPANS = {When("morning"): (6, 9), When("noon"): (12, 13), When("evening"): (18, 21), When("sunday"): (9, 18)}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 in Vientiane; the 24th is a Tuesday, the 29th a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=VIENTIANE).astimezone(UTC)


def in_window(when: When, hours: Hours, instant: datetime) -> bool:
    """The oracle's one question: may her phone ring in this minute, by this window alone?"""
    local = instant.astimezone(VIENTIANE)
    start, end = SPANS[when]
    right_day = when != "sunday" or local.weekday() == 6
    return right_day and start <= local.hour < end and duty(hours, instant)


def duty(hours: Hours, instant: datetime) -> bool:
    local = instant.astimezone(VIENTIANE)
    minute = local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in hours.days[local.weekday()])


def oracle(when: When, hours: Hours, earliest: datetime) -> tuple[datetime, datetime] | None:
    """Walk minute by minute to the first safe one that stays safe for long enough, then on to the first unsafe one."""
    start = earliest
    for _ in range(15 * 24 * 60):
        if all(in_window(when, hours, start + n * MINUTE) for n in range(LONG_ENOUGH // MINUTE)):
            break
        start += MINUTE
    else:
        return None
    end = start
    while in_window(when, hours, end):
        end += MINUTE
    return start, end


@pytest.mark.parametrize(
    ("when", "now", "start", "end"),
    [
        (When("evening"), at(24, 14, 5), at(24, 18), at(24, 21)),
        (When("evening"), at(24, 19, 30), at(24, 19, 30), at(24, 21)),
        (When("evening"), at(24, 21), at(25, 18), at(25, 21)),
        (When("evening"), at(28, 20, 50), at(28, 20, 50), at(28, 21)),
        (When("evening"), at(28, 21), at(30, 18), at(30, 21)),  # nobody on Sunday evening
        (When("morning"), at(24, 14), at(25, 8), at(25, 9)),  # her 6 to 9, our 8 to 12
        (When("sunday"), at(24, 14), at(29, 10), at(29, 16)),
        (
            When("sunday"),
            at(29, 16),
            at(29 - 23, 10) + timedelta(days=30),
            at(29 - 23, 16) + timedelta(days=30),
        ),
        (When("noon"), at(24, 11), at(29, 12), at(29, 13)),  # we are at lunch except on Sunday
        (When.NOW, at(24, 14, 5), at(24, 14, 5), at(24, 14, 35)),
        (When.NOW, at(24, 20, 50), at(24, 20, 50), at(24, 21)),
        (When.NOW, at(24, 11, 40), at(24, 11, 40), at(24, 12)),
    ],
)
def test_the_next_window(when: When, now: datetime, start: datetime, end: datetime) -> None:
    assert find_next_window(when, WEEK, ZONE, now) == (start, end)


@pytest.mark.parametrize("now", [at(24, 12, 30), at(24, 21), at(24, 3), at(29, 9, 59)])
def test_now_is_nothing_while_nobody_is_on_duty(now: datetime) -> None:
    assert find_next_window(When.NOW, WEEK, ZONE, now) is None


def test_never_has_no_window() -> None:
    assert find_next_window(When.NEVER, ALWAYS, ZONE, at(24, 14)) is None


def test_not_before_cuts_the_window_and_passes_over_one_that_is_too_early() -> None:
    assert find_next_window(When("evening"), WEEK, ZONE, at(24, 14), not_before=at(24, 20)) == (
        at(24, 20),
        at(24, 21),
    )
    assert find_next_window(When("evening"), WEEK, ZONE, at(24, 14), not_before=at(24, 21)) == (
        at(25, 18),
        at(25, 21),
    )
    assert find_next_window(When.NOW, WEEK, ZONE, at(24, 14), not_before=at(24, 16)) is None


def test_a_window_without_anybody_is_none() -> None:
    never = Hours.parse({"mon": ["09:00-10:00"]})
    assert find_next_window(When("evening"), never, ZONE, at(24, 14)) is None


def test_now_runs_over_midnight_where_duty_does() -> None:
    assert find_next_window(When.NOW, ALWAYS, ZONE, at(24, 23, 50)) == (at(24, 23, 50), at(25, 0, 20))


def test_offers_keep_their_order_and_now_comes_and_goes() -> None:
    assert list_offered_windows(SAMPLE, WEEK, ZONE, at(24, 14)) == (
        "morning",
        "noon",
        "evening",
        "sunday",
        "now",
    )
    assert list_offered_windows(SAMPLE, WEEK, ZONE, at(24, 12, 30)) == (
        "morning",
        "noon",
        "evening",
        "sunday",
    )
    weekdays = Hours.parse({day: ["09:00-17:00"] for day in DAYS[:5]})
    assert list_offered_windows(SAMPLE, weekdays, ZONE, at(24, 3)) == ("noon",)
    assert list_offered_windows(SAMPLE, Hours(), ZONE, at(24, 14)) == ()


def test_a_window_began_at_the_same_instant_wherever_one_stands_in_it() -> None:
    assert find_natural_start(When("evening"), ZONE, at(24, 18)) == at(24, 18)
    assert find_natural_start(When("evening"), ZONE, at(24, 20, 59)) == at(24, 18)
    assert find_natural_start(When("evening"), ZONE, at(24, 21)) is None
    assert find_natural_start(When("sunday"), ZONE, at(28, 12)) is None
    assert find_natural_start(When("sunday"), ZONE, at(29, 12)) == at(29, 9)
    assert find_natural_start(When.NOW, ZONE, at(24, 18)) is None


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ({"monday": ["08:00-12:00"]}, "monday"),
        ({"mon": ["8-12"]}, "mon"),
        ({"mon": ["08:00-25:00"]}, "08:00-25:00"),
        ({"mon": ["08:60-12:00"]}, "08:60"),
        ({"mon": ["12:00-08:00"]}, "before"),
        ({"mon": ["08:00-08:00"]}, "before"),
        ({"mon": ["08:00"]}, "08:00"),
        ({"mon": ["08:00-09:00-10:00"]}, "mon"),
        ({"mon": ["-1:00-09:00"]}, "mon"),
        ({"mon": ["๐๘:๐๐-๑๒:๐๐"]}, "mon"),
        ({"mon": [""]}, "mon"),
    ],
)
def test_hours_that_cannot_be_read_say_where(written: dict[str, list[str]], says: str) -> None:
    with pytest.raises(BadHours, match=says):
        Hours.parse(written)


def test_hours_that_touch_are_one_span() -> None:
    hours = Hours.parse({"tue": ["12:00-21:00", "08:00-12:00", "09:00-10:00", "22:00-24:00"]})
    assert hours.days[1] == ((480, 1260), (1320, 1440))
    assert find_next_window(
        When("noon"), Hours.parse({"tue": ["08:00-12:30", "12:30-14:00"]}), ZONE, at(24, 12)
    ) == (
        at(24, 12),
        at(24, 13),
    )


_span = st.tuples(st.integers(0, 24), st.integers(0, 24)).filter(lambda pair: pair[0] < pair[1])
_day = st.lists(_span, max_size=2).map(lambda spans: [f"{a:02}:00-{b:02}:00" for a, b in spans])
_hours = st.lists(_day, min_size=7, max_size=7).map(
    lambda days: Hours.parse(dict(zip(DAYS, days, strict=True)))
)
_instant = st.builds(
    lambda hours, minutes: at(22, 0) + timedelta(hours=hours, minutes=minutes),
    st.integers(0, 9 * 24 - 1),
    st.integers(0, 59) | st.integers(49, 59),  # spans end with the hour: often little is left of one
)


@settings(max_examples=count_examples(60), deadline=None)
@given(
    when=st.sampled_from(list(SPANS)),
    hours=_hours,
    now=_instant,
    later=st.none() | st.integers(0, 30).map(float),
)
@example(when=When("evening"), hours=WEEK, now=at(24, 20, 50), later=None)
@example(when=When("evening"), hours=WEEK, now=at(24, 20, 51), later=None)
def test_the_plan_agrees_with_looking_at_every_minute(
    when: When, hours: Hours, now: datetime, later: float | None
) -> None:
    not_before = None if later is None else now + timedelta(hours=later)
    assert find_next_window(when, hours, ZONE, now, not_before=not_before) == oracle(
        when, hours, not_before or now
    )


@settings(max_examples=count_examples(60), deadline=None)
@given(hours=_hours, now=_instant)
@example(hours=WEEK, now=at(24, 20, 50))
@example(hours=WEEK, now=at(24, 20, 51))
def test_what_is_offered_can_be_planned_and_nothing_else_can(hours: Hours, now: datetime) -> None:
    offers = list_offered_windows(SAMPLE, hours, ZONE, now)
    for when in EVERY:
        assert (when.value in offers) == (find_next_window(when, hours, ZONE, now) is not None)
    assert is_on_duty(hours, ZONE, now) == duty(hours, now)
    assert ("now" in offers) == all(duty(hours, now + n * MINUTE) for n in range(LONG_ENOUGH // MINUTE))


@settings(max_examples=count_examples(60), deadline=None)
@given(hours=_hours, now=_instant)
def test_now_never_rings_while_nobody_is_there_nor_after_half_an_hour(hours: Hours, now: datetime) -> None:
    window = find_next_window(When.NOW, hours, ZONE, now)
    if window is None:
        return
    assert window[0] == now
    assert now < window[1] <= now + timedelta(minutes=30)
    minutes = int((window[1] - now) / MINUTE)
    assert all(duty(hours, now + n * MINUTE) for n in range(minutes))
    assert window[1] == now + timedelta(minutes=30) or not duty(hours, window[1])


@pytest.mark.fault("W12")
@pytest.mark.parametrize(
    ("when", "now", "start"),
    [
        (When("evening"), at(24, 20, 51), at(25, 18)),
        (When("evening"), at(28, 20, 57), at(30, 18)),  # the next evening on which somebody is there
        (When("noon"), at(29, 12, 55), at(29 - 23, 12) + timedelta(days=30)),
    ],
)
def test_a_window_is_promised_only_while_it_can_be_handed_out(
    when: When, now: datetime, start: datetime
) -> None:
    window = find_next_window(when, WEEK, ZONE, now)
    assert window is not None
    assert window[0] == start
    assert window[1] - window[0] >= LONG_ENOUGH


@pytest.mark.fault("W12")
def test_now_is_not_offered_in_the_last_minutes_of_duty() -> None:
    assert "now" in list_offered_windows((), WEEK, ZONE, at(24, 20, 50))
    assert "now" not in list_offered_windows((), WEEK, ZONE, at(24, 20, 51))
    assert find_next_window(When.NOW, WEEK, ZONE, at(24, 20, 51)) is None
