"""The watch over the desk against what was really done."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.domain.contact_safety import When
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.requests import referrals
from gateway.operations.reporting import metrics
from gateway.operations.reporting.metrics import render_metrics
from gateway.storage import reports
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import OTHER, Desk, made_parts

HOUR = timedelta(hours=1)


@pytest.fixture
def desk(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    return Desk(made_parts(store, clock, tmp_path), clock)


def called(desk: Desk, actor: Actor, callback: str, outcome: str = "reached") -> None:
    desk.calling(actor, callback)
    queue_outcome.record_outcome(desk.parts, actor, callback_id=callback, outcome=outcome)


def test_an_empty_house_measures_nothing(desk: Desk) -> None:
    seen = metrics.show_quality(desk.parts, desk.person("Boss", Role.SUPERVISOR))
    assert (seen.asked, seen.tried, seen.oldest, seen.unsafe, seen.contact_rate) == (0, 0, None, 0, None)
    assert (seen.by_clock, seen.in_windows) == (metrics.Times(), metrics.Times())


def test_the_first_attempt_by_the_clock_and_in_her_windows(desk: Desk) -> None:
    noy, boss = desk.person("Noy"), desk.person("Boss", Role.SUPERVISOR)
    tuesday, wednesday = desk.requested(when="evening"), desk.requested(OTHER, when="evening")
    desk.requested("+8562055500009", when="sunday")
    desk.clock.set("2026-11-24T19:05:00+07:00")
    called(desk, noy, tuesday)
    desk.clock.set("2026-11-25T18:05:00+07:00")
    timers.roll_windows(desk.parts)
    called(desk, noy, wednesday, "no_answer")
    seen = metrics.show_quality(desk.parts, boss)
    assert (seen.asked, seen.tried) == (3, 2)
    assert seen.by_clock == metrics.Times(median=5 * HOUR, ninety=28 * HOUR)
    assert seen.in_windows == metrics.Times(
        median=HOUR + timedelta(minutes=5), ninety=3 * HOUR + timedelta(minutes=5)
    )
    assert seen.outcomes == {"reached": 1, "no_answer": 1}
    assert seen.oldest is not None
    desk.clock.set("2026-11-26T18:05:00+07:00")
    timers.roll_windows(desk.parts)
    called(desk, noy, wednesday)  # a second attempt is no first one
    desk.parts.count.flush(desk.parts.store)
    with desk.parts.store.read() as tx:
        waits = reports.list_figures(tx, date(2026, 11, 1), date(2026, 11, 30), what=("first_call",))
    assert {(one.item, one.n) for one in waits} == {("m120", 1), ("m240", 1)}


def test_the_contact_rate_is_of_those_that_ended(desk: Desk) -> None:
    noy = desk.person("Noy")
    spoke, silent = desk.requested(when="now"), desk.requested(OTHER, when="now")
    called(desk, noy, spoke)
    queue_outcome.close_callback(desk.parts, noy, spoke)
    called(desk, noy, silent, "silent")
    desk.requested("+8562055500009")
    with desk.parts.store.read() as tx:
        seen = metrics.measure_quality(desk.parts, tx)
    assert (seen.ended, seen.spoke, seen.contact_rate) == (2, 1, 0.5)


def test_a_follow_up_was_agreed_and_is_no_wait(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    called(desk, noy, callback)
    on = (desk.clock.now() + timedelta(days=5)).date()
    referrals.follow_up(desk.parts, noy, callback, on=on, when=When("noon"))
    with desk.parts.store.read() as tx:
        assert metrics.measure_quality(desk.parts, tx).asked == 1


def test_a_call_outside_her_window_is_seen(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="evening")
    claim.claim_callback(desk.parts, noy, callback)
    queue_outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="no_answer")
    with desk.parts.store.read() as tx:
        assert metrics.measure_quality(desk.parts, tx).unsafe == 1


def test_what_a_supervisor_may_do_right_after_her_own_contact_is_not_unsafe(desk: Desk) -> None:
    boss = desk.person("Boss", Role.SUPERVISOR)
    callback = desk.requested(when="evening")
    claim.claim_callback(desk.parts, boss, callback)
    attempts.begin_call(desk.parts, boss, callback, reason="she is on the other phone")
    with desk.parts.store.read() as tx:
        assert metrics.measure_quality(desk.parts, tx).unsafe == 0


def test_what_is_old_is_not_measured(desk: Desk) -> None:
    noy = desk.person("Noy")
    called(desk, noy, desk.requested(when="now"))
    desk.clock.forward(days=31)
    with desk.parts.store.read() as tx:
        seen = metrics.measure_quality(desk.parts, tx)
    assert (seen.asked, seen.outcomes, seen.unsafe) == (0, {}, 0)


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_the_watch(desk: Desk, role: Role) -> None:
    one = desk.person("One", role)
    if role in {Role.COUNSELLOR, Role.TRANSLATOR}:
        with pytest.raises(NotPermitted):
            metrics.show_quality(desk.parts, one)
    else:
        assert metrics.show_quality(desk.parts, one).asked == 0


def test_the_operators_graphs_have_it_too(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    desk.clock.forward(minutes=2)
    called(desk, noy, callback)
    queue_outcome.close_callback(desk.parts, noy, callback)
    desk.requested(OTHER)
    desk.clock.forward(minutes=1)
    page = render_metrics(desk.parts).decode()
    assert 'gateway_first_attempt_seconds{counted="clock",quantile="0.5"} 120.0' in page
    assert 'gateway_first_attempt_seconds{counted="windows",quantile="0.9"} 120.0' in page
    assert "gateway_unsafe_contacts 0.0" in page
    assert "gateway_callbacks_oldest_seconds 60.0" in page
    assert "gateway_contact_rate 1.0" in page
