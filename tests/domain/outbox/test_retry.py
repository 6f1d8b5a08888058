"""When a row is tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.outbox.states import (
    DELAYS,
    FAULTS_ALLOWED,
    LAST_TRY,
    Next,
    OutboxEvent,
    find_delay,
    plan_after_fault,
    plan_retry,
)

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
HOUR = NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(0, 1), (1, 1), (2, 2), (3, 5), (4, 15), (5, 60), (6, 60), (99, 60)]
)
def test_delays(attempts: int, minutes: int) -> None:
    assert find_delay(attempts) == timedelta(minutes=minutes)


def test_delays_never_shrink() -> None:
    assert list(DELAYS) == sorted(DELAYS)


@pytest.mark.parametrize(
    ("wait", "named", "expires", "expected"),
    [
        (60, None, HOUR, Next(OutboxEvent.AGAIN, "busy", NOW + timedelta(seconds=60))),
        (60, NOW + timedelta(seconds=7), HOUR, Next(OutboxEvent.AGAIN, "busy", NOW + timedelta(seconds=60))),
        (60, NOW + timedelta(minutes=9), HOUR, Next(OutboxEvent.AGAIN, "busy", NOW + timedelta(minutes=9))),
        (3600, None, HOUR, Next(OutboxEvent.FAIL, "busy")),
        pytest.param(
            *(60, HOUR, HOUR, Next(OutboxEvent.AGAIN, "busy", HOUR - LAST_TRY)),
            marks=pytest.mark.fault("K14"),
        ),
        pytest.param(
            *(60, HOUR + timedelta(days=1), HOUR, Next(OutboxEvent.AGAIN, "busy", HOUR - LAST_TRY)),
            marks=pytest.mark.fault("K14"),
        ),
        (60, HOUR, NOW + timedelta(seconds=61), Next(OutboxEvent.AGAIN, "busy", NOW + timedelta(seconds=60))),
        (60, HOUR, NOW + timedelta(seconds=60), Next(OutboxEvent.FAIL, "busy")),
        (60, None, NOW, Next(OutboxEvent.FAIL, "busy")),
    ],
)
def test_again(wait: int, named: datetime | None, expires: datetime, expected: Next) -> None:
    assert (
        plan_retry(reason="busy", now=NOW, wait=timedelta(seconds=wait), expires_at=expires, named=named)
        == expected
    )


@pytest.mark.parametrize("attempts", range(1, 8))
def test_the_fifth_fault_of_ours_frees_the_lane(attempts: int) -> None:
    then = plan_after_fault(attempts=attempts, now=NOW, wait=timedelta(minutes=1), expires_at=HOUR)
    assert then.event is (OutboxEvent.FAIL if attempts >= FAULTS_ALLOWED else OutboxEvent.AGAIN)
    assert then.reason == "fault"


@given(
    st.integers(0, 10**6),
    st.integers(-(10**6), 10**6),
    st.none() | st.integers(-(10**6), 10**6),
)
def test_a_further_try_is_never_before_what_was_asked_nor_after_the_expiry(
    wait: int, expires: int, named: int | None
) -> None:
    def at(seconds: int) -> datetime:
        return NOW + timedelta(seconds=seconds)

    wish = None if named is None else at(named)
    then = plan_retry(reason="x", now=NOW, wait=timedelta(seconds=wait), expires_at=at(expires), named=wish)
    if then.event is OutboxEvent.AGAIN:
        assert then.due_at is not None
        assert at(wait) <= then.due_at < at(expires)
        assert wish is None or then.due_at >= min(wish, at(expires) - LAST_TRY)
    else:
        assert wait >= expires
