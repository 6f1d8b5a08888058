"""The clock guard: a clock that stands behind or jumps stops what would leave, until somebody has looked at it."""

import pytest

from gateway.access import Refused, Role
from gateway.parts import Parts
from gateway.sending import guard
from gateway.sending.guard import Watch
from gateway.sending.send import drain
from gateway.store import clock_guard
from tests.clocks import SetClock
from tests.outbox_rig import Phone, Rows
from tests.sending.actors import SUPERVISOR, actor


def on(parts: Parts) -> bool:
    with parts.store.read() as tx:
        return clock_guard.is_on(tx)


@pytest.mark.parametrize("minutes", [-60 * 24, -60, -4, 4, 60, 60 * 24 * 400])
def test_a_jump_stops_what_would_leave_until_it_is_confirmed(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock, minutes: int
) -> None:
    watch = Watch(parts)
    assert watch.look() == ""
    clock.set(clock.now() + (minutes * guard.TOLERANCE / 3))
    assert watch.look() == "jumped"
    assert on(parts)
    row_id = rows.add()
    assert drain(parts) == 0
    guard.confirm(parts, SUPERVISOR)
    watch.look()
    assert not on(parts)
    assert drain(parts) == 1
    assert rows.state(row_id) == "sent"


def test_time_that_simply_passes_is_no_jump(parts: Parts, clock: SetClock) -> None:
    watch = Watch(parts)
    for span in (1, 60, 3_600, 86_400):
        clock.forward(seconds=span)
        assert watch.look() == ""
    clock.set(clock.now() + guard.TOLERANCE)
    assert watch.look() == ""
    assert not on(parts)


def test_a_clock_that_starts_behind_the_newest_row(parts: Parts, rows: Rows, clock: SetClock) -> None:
    clock.booted = "earlier"
    rows.add()
    clock.booted = "another"
    clock.set("2026-11-24T13:00:00+07:00")
    watch = Watch(parts)
    assert watch.look() == "behind"
    assert guard.state(parts)["why"] == "behind"
    guard.confirm(parts, SUPERVISOR)
    assert watch.look() == ""
    assert not on(parts)
    clock.set("2026-11-24T14:05:00+07:00")
    rows.add()
    clock.set("2026-11-20T14:05:00+07:00")
    clock.booted = "a third"
    assert Watch(parts).look() == ""  # confirmed against the rows up to then
    clock.set("2026-11-24T15:05:00+07:00")
    rows.add()
    clock.set("2026-11-20T14:05:00+07:00")
    assert Watch(parts).look() == "behind"


def test_only_a_supervisor_confirms(parts: Parts) -> None:
    guard.trip(parts, "jumped")
    for role in Role:
        if role is not Role.SUPERVISOR:
            with pytest.raises(Refused):
                guard.confirm(parts, actor(role))
    assert on(parts)


def test_inside_rows_go_on(parts: Parts, rows: Rows) -> None:
    guard.trip(parts, "jumped")
    row_id = rows.add("announce", payload=None)
    drain(parts)
    assert rows.get(row_id).attempts == 1  # nobody is wired here, so it was at least tried
