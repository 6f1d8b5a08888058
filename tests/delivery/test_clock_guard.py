"""The clock guard: a clock that stands behind or jumps stops what would leave, until somebody has looked at it."""

import pytest

from gateway.delivery import clock_guard
from gateway.delivery.clock_guard import ClockWatch
from gateway.delivery.send import drain_outbox
from gateway.domain.permissions import NotPermitted, Role
from gateway.foundation.services import Services
from gateway.storage import settings
from tests.support.actors import SUPERVISOR, actor
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Phone, Rows


def on(parts: Services) -> bool:
    with parts.store.read() as tx:
        return settings.is_on(tx)


@pytest.mark.parametrize("minutes", [-60 * 24, -60, -4, 4, 60, 60 * 24 * 400])
def test_a_jump_stops_what_would_leave_until_it_is_confirmed(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, minutes: int
) -> None:
    watch = ClockWatch(parts)
    assert watch.look() == ""
    clock.set(clock.now() + (minutes * clock_guard.TOLERANCE / 3))
    assert watch.look() == "jumped"
    assert on(parts)
    row_id = rows.add()
    assert drain_outbox(parts) == 0
    clock_guard.confirm_clock(parts, SUPERVISOR)
    watch.look()
    assert not on(parts)
    assert drain_outbox(parts) == 1
    assert rows.state(row_id) == "sent"


def test_time_that_simply_passes_is_no_jump(parts: Services, clock: SetClock) -> None:
    watch = ClockWatch(parts)
    for span in (1, 60, 3_600, 86_400):
        clock.forward(seconds=span)
        assert watch.look() == ""
    clock.set(clock.now() + clock_guard.TOLERANCE)
    assert watch.look() == ""
    assert not on(parts)


def test_a_clock_that_starts_behind_the_newest_row(parts: Services, rows: Rows, clock: SetClock) -> None:
    clock.booted = "earlier"
    rows.add()
    clock.booted = "another"
    clock.set("2026-11-24T13:00:00+07:00")
    watch = ClockWatch(parts)
    assert watch.look() == "behind"
    assert clock_guard.find_state(parts)["why"] == "behind"
    clock_guard.confirm_clock(parts, SUPERVISOR)
    assert watch.look() == ""
    assert not on(parts)
    clock.set("2026-11-24T14:05:00+07:00")
    rows.add()
    clock.set("2026-11-20T14:05:00+07:00")
    clock.booted = "a third"
    assert ClockWatch(parts).look() == ""  # confirmed against the rows up to then
    clock.set("2026-11-24T15:05:00+07:00")
    rows.add()
    clock.set("2026-11-20T14:05:00+07:00")
    assert ClockWatch(parts).look() == "behind"


def test_only_a_supervisor_confirms(parts: Services) -> None:
    clock_guard.trip_guard(parts, "jumped")
    for role in Role:
        if role is not Role.SUPERVISOR:
            with pytest.raises(NotPermitted):
                clock_guard.confirm_clock(parts, actor(role))
    assert on(parts)


def test_inside_rows_go_on(parts: Services, rows: Rows) -> None:
    clock_guard.trip_guard(parts, "jumped")
    row_id = rows.add("announce", payload=None)
    drain_outbox(parts)
    assert rows.get(row_id).attempts == 1  # nobody is wired here, so it was at least tried
