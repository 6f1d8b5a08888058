"""The bucket: a rate over any time, a day's budget, pauses that grow and end."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.outbox.send_policy import (
    LONGEST_PAUSE,
    Bucket,
    RateLimits,
    did_not,
    fill_bucket,
    find_wait,
    make_full_bucket,
    note_success,
    read_price,
    take_token,
)

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
TODAY = NOW.date()
NO_WAIT = timedelta()


@given(st.integers(1, 50), st.lists(st.integers(0, 400), max_size=300))
def test_never_more_than_one_second_of_burst_above_the_rate(rate: int, gaps: list[int]) -> None:
    limits = RateLimits(rate=rate)
    bucket, now, left = make_full_bucket(limits, NOW), NOW, 0
    for gap in gaps:
        now += timedelta(milliseconds=gap)
        bucket = fill_bucket(bucket, limits, now=now, today=TODAY)
        if find_wait(bucket, limits, now=now) == NO_WAIT:
            bucket, left = take_token(bucket, limits), left + 1
    assert left <= rate + (now - NOW).total_seconds() * rate + 1e-6


@given(st.integers(1, 100))
def test_after_the_wait_that_it_names_there_is_a_token(rate: int) -> None:
    limits = RateLimits(rate=rate)
    bucket = Bucket(tokens=0, filled_at=NOW)
    span = find_wait(bucket, limits, now=NOW)
    assert span is not None
    later = NOW + span + timedelta(milliseconds=2)
    assert find_wait(fill_bucket(bucket, limits, now=later, today=TODAY), limits, now=later) == NO_WAIT


def test_a_line_without_a_rate_never_waits() -> None:
    bucket, limits = make_full_bucket(RateLimits(rate=0), NOW), RateLimits(rate=0)
    for _ in range(100):
        assert find_wait(bucket, limits, now=NOW) == NO_WAIT
        bucket = take_token(bucket, limits)
    assert bucket.tokens == 0
    assert bucket.sent == 100


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    limits = RateLimits(rate=10)
    bucket = fill_bucket(
        Bucket(tokens=4_000, filled_at=NOW), limits, now=NOW - timedelta(hours=1), today=TODAY
    )
    assert bucket.tokens == 4_000


def test_the_budget_of_a_day_ends_and_begins_anew() -> None:
    limits = RateLimits(rate=0, day=2)
    bucket = fill_bucket(make_full_bucket(limits, NOW), limits, now=NOW, today=TODAY)
    for _ in range(2):
        assert find_wait(bucket, limits, now=NOW) == NO_WAIT
        bucket = take_token(bucket, limits)
    assert find_wait(bucket, limits, now=NOW) is None
    tomorrow = fill_bucket(bucket, limits, now=NOW, today=TODAY + timedelta(days=1))
    assert find_wait(tomorrow, limits, now=NOW) == NO_WAIT


@pytest.mark.parametrize(
    ("before", "alarm", "named", "seconds"),
    [
        (0, False, None, None),
        (1, False, None, None),
        (2, False, None, 5),
        (3, False, None, 10),
        (4, False, None, 20),
        (30, False, None, 120),
        (0, True, None, 60),
        (2, True, None, 60),
        (0, False, 7, 7),
        (0, False, -7, None),
        (0, False, 86_400, 120),
    ],
)
def test_pauses(before: int, alarm: bool, named: int | None, seconds: int | None) -> None:
    bucket = replace(make_full_bucket(RateLimits(), NOW), faults=before)
    wish = None if named is None else NOW + timedelta(seconds=named)
    after = did_not(bucket, now=NOW, reason="timeout", alarm=alarm, named=wish)
    assert after.faults == before + 1
    assert after.paused_until == (None if seconds is None else NOW + timedelta(seconds=seconds))
    assert after.why == ("" if seconds is None else "timeout")
    paused = find_wait(after, RateLimits(), now=NOW)
    assert paused == timedelta(seconds=seconds or 0) <= LONGEST_PAUSE
    well = note_success(after, cost=80)
    assert (well.faults, well.paused_until, well.why, well.spent) == (0, None, "", 80)


@pytest.mark.parametrize(
    ("written", "price"),
    [("", 0), ("0.06 USD", 600), ("0.0625", 625), ("5", 50_000), ("5 EUR", 50_000), ("1.5 LAK", 15_000)],
)
def test_a_price_is_read_in_hundredths_of_a_cent(written: str, price: int) -> None:
    assert read_price(written) == price


def test_a_day_whose_money_is_spent_lets_nothing_leave_until_the_next() -> None:
    limits = RateLimits(rate=10, spend=read_price("0.10 USD"))
    bucket = fill_bucket(make_full_bucket(limits, NOW), limits, now=NOW, today=TODAY)
    for _ in range(2):
        assert find_wait(bucket, limits, now=NOW) == NO_WAIT
        bucket = note_success(take_token(bucket, limits), cost=600)
    assert find_wait(bucket, limits, now=NOW) is None
    tomorrow = NOW + timedelta(days=1)
    bucket = fill_bucket(bucket, limits, now=tomorrow, today=tomorrow.date())
    assert find_wait(bucket, limits, now=tomorrow) == NO_WAIT
