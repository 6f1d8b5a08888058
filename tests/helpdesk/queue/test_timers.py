"""What the clock does: windows roll, *now* dies, claims are freed, calls without an outcome are asked about, answers age."""

from datetime import timedelta

import pytest

from gateway.delivery import clock_guard
from gateway.domain.callbacks.states import OPEN, CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, NotSafe
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CancelCallback
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import Desk


def test_a_window_that_passed_becomes_the_next_one(line: Desk) -> None:
    callback = line.requested(when="evening", danger="yes")
    line.clock.set("2026-11-24T20:59:59+07:00")
    assert timers.roll_windows(line.parts) == 0
    line.clock.set("2026-11-24T21:00:00+07:00")
    assert timers.roll_windows(line.parts) == 1
    row = line.callback(callback)
    assert (row.state, row.due_at, row.due_until) == (CallbackState.WAITING, at(25, 18), at(25, 21))
    assert row.escalate_at == at(25, 18, 10)
    assert timers.roll_windows(line.parts) == 0


def test_now_dies(line: Desk) -> None:
    callback = line.requested(when="now")
    line.clock.forward(minutes=30)
    assert timers.roll_windows(line.parts) == 1
    row = line.callback(callback)
    assert (row.state, row.reason, row.closed_at) == (
        CallbackState.EXPIRED,
        "not called in time",
        line.clock.now(),
    )


def test_a_window_that_nobody_staffs_any_more_still_has_a_next_step(light: Desk) -> None:
    callback = light.requested(when="evening")
    mornings = light.with_hours(mon=["08:00-12:00"])
    light.clock.set("2026-11-24T21:30:00+07:00")
    timers.roll_windows(mornings.parts)
    assert light.callback(callback).due_at == at(25, 18)


def test_a_claim_that_is_forgotten_is_free_again(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested()
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(minutes=14)
    assert timers.release_leases(line.parts) == 0
    claim.renew_claim(line.parts, noy, callback)
    line.clock.forward(minutes=14)
    assert timers.release_leases(line.parts) == 0
    line.clock.forward(minutes=1)
    assert timers.release_leases(line.parts) == 1
    row = line.callback(callback)
    assert (row.state, row.holder_id) == (CallbackState.WAITING, None)


def test_one_that_was_to_be_decided_goes_back_to_review(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="not_safe")
    claim.claim_callback(light.parts, boss, callback)
    light.clock.forward(minutes=16)
    assert timers.release_leases(light.parts) == 1
    assert light.callback(callback).state is CallbackState.REVIEW


def test_a_call_without_an_outcome_goes_into_review_and_blocks_the_number(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested(when="evening", phone_seen="sometimes")
    line.clock.set("2026-11-24T18:00:00+07:00")
    call = line.calling(noy, callback)
    line.clock.forward(hours=2)
    assert timers.release_leases(line.parts) == 1
    assert timers.release_leases(line.parts) == 0
    row = line.callback(callback)
    assert (row.state, row.reason) == (CallbackState.REVIEW, "unclear")
    assert row.escalate_at == line.clock.now() + timedelta(minutes=30)
    other = line.requested(when="now", phone_seen="sometimes")
    claim.claim_callback(line.parts, dao, other)
    with pytest.raises((AlreadyCalling, NotSafe)) as refused:
        attempts.begin_call(line.parts, dao, other)
    assert isinstance(refused.value, AlreadyCalling)
    assert refused.value.name == "Noy"
    late = outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form)
    assert (late.state, late.due_at) == (CallbackState.WAITING, at(25, 18))


def test_deciding_ends_a_call_that_nobody_explained(line: Desk) -> None:
    noy, boss = line.person("Noy"), line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(when="now")
    line.calling(noy, callback)
    line.clock.forward(hours=2)
    timers.release_leases(line.parts)
    outcome.decide_review(line.parts, boss, callback, decision="given_up")
    assert line.callback(callback).state is CallbackState.GIVEN_UP
    assert line.rows("SELECT outcome FROM attempts WHERE ended_at IS NOT NULL") == [("unclear",)]


def test_a_call_for_what_she_cancelled_ends_by_itself(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    line.calling(noy, callback)
    line.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    line.clock.forward(hours=2)
    assert timers.release_leases(line.parts) == 1
    assert line.callback(callback).state is CallbackState.CANCELLED
    assert line.rows("SELECT outcome FROM attempts") == [("unclear",)]


def test_answers_age_after_fourteen_days(line: Desk) -> None:
    noy = line.person("Noy")
    old = line.requested("+8562055500001")
    held = line.requested("+8562055500002")
    line.clock.forward(days=1)
    young = line.requested("+8562055500003")
    line.clock.forward(days=13)
    claim.claim_callback(line.parts, noy, held)
    assert timers.expire_requests(line.parts) == 1
    assert line.callback(old).state is CallbackState.EXPIRED
    assert line.callback(held).state is CallbackState.CLAIMED
    assert line.callback(young).state is CallbackState.WAITING
    line.clock.forward(minutes=15)
    timers.release_leases(line.parts)
    assert timers.expire_requests(line.parts) == 1


def test_asking_again_makes_answers_young(light: Desk) -> None:
    callback = light.requested()
    light.clock.forward(days=13)
    light.requested()
    light.clock.forward(days=13)
    assert timers.expire_requests(light.parts) == 0
    assert light.callback(callback).state is CallbackState.WAITING


def has_a_next_step(light: Desk, callback: str) -> bool:
    row = light.callback(callback)
    if row.state is CallbackState.WAITING:
        return row.due_until is not None and row.due_until > light.clock.now()
    return row.state not in OPEN or (row.held_until or row.escalate_at) is not None


def test_nothing_open_is_ever_without_a_next_step(light: Desk) -> None:
    """Two weeks of chores, every other hour, over a line where somebody works badly."""
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    made = [
        light.requested(f"+85620555000{n:02}", when=when, danger="yes" if n % 2 else "no")
        for n, when in enumerate(["morning", "noon", "evening", "sunday", "now"] * 2)
    ]
    for step in range(15 * 12):
        light.clock.forward(hours=2)
        clock_guard.allow_end(
            light.parts, boss, clock_guard.REQUESTS
        )  # all are of one age: a person must let them end
        for chore in (
            timers.release_leases,
            timers.roll_windows,
            timers.expire_requests,
            timers.escalate_stalled,
        ):
            chore(light.parts)
        taken = claim.take_next(light.parts, noy) if step % 7 else None
        if taken and step % 2:
            attempts.begin_call(light.parts, noy, taken.callback_id)
        assert step % 9 or all(has_a_next_step(light, one) for one in made)
    states = {light.callback(one).state for one in made}
    assert states <= {CallbackState.EXPIRED, CallbackState.REVIEW}
