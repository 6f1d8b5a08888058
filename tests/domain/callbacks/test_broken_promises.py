"""When a promise is broken: a table of the moments around each limit, and what is no promise at all."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.callbacks.states import STANDS_IN, BrokenPromise, PromiseFacts, find_broken_promise
from gateway.domain.callbacks.states import CallbackState as S

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HALF_DAY = timedelta(hours=12)


def facts(state: S, **more: object) -> PromiseFacts:
    usual: dict[str, object] = {
        "reason": "",
        "danger": False,
        "asked_at": NOW,
        "due_at": NOW,
        "changed_at": NOW,
    }
    return PromiseFacts(state=state, **(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("of", "broken"),
    [
        (facts(S.EXPIRED, reason="not called in time"), BrokenPromise.NOW_EXPIRED),
        (facts(S.EXPIRED, reason="not reached in time"), None),  # somebody called
        (facts(S.EXPIRED, reason="answers too old"), None),
        (facts(S.WAITING, danger=True, asked_at=NOW - HALF_DAY), BrokenPromise.DANGER_LATE),
        (facts(S.WAITING, danger=True, asked_at=NOW - HALF_DAY + SECOND), None),
        (facts(S.CLAIMED, danger=True, asked_at=NOW - HALF_DAY), BrokenPromise.DANGER_LATE),
        (facts(S.CALLING, danger=True, asked_at=NOW - HALF_DAY), None),  # she is being called
        (facts(S.WAITING, danger=True, due_at=NOW + HALF_DAY), None),
        (facts(S.WAITING, danger=True, due_at=NOW + HALF_DAY + SECOND), BrokenPromise.DANGER_LATE),
        (facts(S.WAITING, asked_at=NOW - timedelta(days=3), due_at=NOW + timedelta(days=3)), None),
        (facts(S.REACHED, changed_at=NOW - timedelta(hours=2)), BrokenPromise.NOT_CLOSED),
        (facts(S.REACHED, changed_at=NOW - timedelta(hours=2) + SECOND), None),
        (facts(S.REVIEW, reason="unclear"), BrokenPromise.UNCLEAR),
        (facts(S.REVIEW, reason="attempts"), None),
        (facts(S.CLOSED, danger=True, asked_at=NOW - HALF_DAY), None),
        (facts(S.CANCELLED, danger=True, asked_at=NOW - HALF_DAY), None),
    ],
)  # fmt: skip
def test_the_table(of: PromiseFacts, broken: BrokenPromise | None) -> None:
    assert find_broken_promise(of, NOW) is broken
    assert broken is None or of.state in STANDS_IN[broken]


def test_every_promise_says_where_it_stands() -> None:
    assert set(STANDS_IN) == set(BrokenPromise)
