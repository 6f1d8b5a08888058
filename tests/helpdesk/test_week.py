"""A simulated week: whatever happens, the promises about her phone hold; and a planted fault breaks one of them."""

import time
from collections import Counter

import pytest

from gateway.domain import contact_safety
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.operations.reporting import metrics
from tests.support.desk_rig import Desk
from tests.support.week_rig import Broken, Week

SEED = 5


def figures_of(week: Week, began: float) -> str:
    states = Counter(state for (state,) in week.desk.rows("SELECT state FROM callbacks"))
    with week.desk.parts.store.read() as tx:
        seen = metrics.measure_quality(week.desk.parts, tx)
    rate = seen.contact_rate or 0
    return (
        f"\nseed {week.seed}, {week.desk.parts.store.dialect}, {time.perf_counter() - began:.0f} s: {dict(week.counts)}\n"
        f"states {dict(states)}; first tried by the clock {seen.by_clock.median} (9 of 10: {seen.by_clock.ninety}), "
        f"in her windows {seen.in_windows.median} (9 of 10: {seen.in_windows.ninety}); "
        f"contact rate {rate:.0%}; unsafe {seen.unsafe}"
    )


def holds(week: Week) -> None:
    """What must be true of the ledger at the end, whatever was played."""
    desk, now = week.desk, week.desk.clock.now()
    assert (
        desk.rows(
            "SELECT caller_id FROM attempts WHERE ended_at IS NULL GROUP BY caller_id HAVING count(*) > 1"
        )
        == []
    )
    assert (
        desk.rows("SELECT caller_id FROM attempts GROUP BY caller_id, window_from HAVING count(*) > 2") == []
    )
    assert desk.rows("SELECT id FROM callbacks WHERE attempts > 3") == []
    open_states = ", ".join(f"'{state}'" for state in OPEN)
    for (one,) in desk.rows(f"SELECT id FROM callbacks WHERE state IN ({open_states})"):
        row = desk.callback(one)
        step = row.due_until if row.state is CallbackState.WAITING else row.escalate_at or row.held_until
        assert step is not None, f"{row.state} without a next step"
        assert row.state is not CallbackState.WAITING or step > now
    with desk.parts.store.read() as tx:
        assert metrics.measure_quality(desk.parts, tx).unsafe == 0


def played(desk: Desk, requests: int, days: int) -> Week:
    began = time.perf_counter()
    week = Week(desk, SEED, requests=requests, days=days).run()
    print(figures_of(week, began))
    holds(week)
    return week


def test_a_day(light: Desk) -> None:
    """On one database; the week below is played on each."""
    week = played(light, requests=30, days=1)
    assert week.counts["rung"] > 10
    assert week.counts["reached"] > 3


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_a_week_with_two_thousand_requests(line: Desk) -> None:
    week = played(line, requests=2_000, days=7)
    assert week.counts["asked"] > 1_500
    assert week.counts["rung"] > 1_000


def test_who_ignores_sunday_is_found_out(light: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted fault: a window of Sunday that every day has."""
    _, hours = contact_safety._FIRST_RELEASE["sunday"]
    monkeypatch.setitem(contact_safety._FIRST_RELEASE, "sunday", (frozenset(range(7)), hours))  # type: ignore[arg-type]
    with pytest.raises(Broken, match="not in sunday"):
        Week(light, SEED, requests=60, days=2).run()
