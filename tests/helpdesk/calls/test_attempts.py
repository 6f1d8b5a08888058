"""Showing a number: the attempt comes first, one call a number, only when it is safe, only from helpline phones."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClaimedByOther,
    ClockStopped,
    NoPhone,
    NoSuchCallback,
    NotSafe,
)
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CancelCallback
from gateway.storage import settings
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import HER, Desk

EVENING = "2026-11-24T18:00:00+07:00"


def test_the_number_comes_with_an_attempt_a_form_and_one_audit_row(line: Desk) -> None:
    noy = line.person("Noy", number="+85620555900007")
    callback = line.requested(when="now")
    call = line.calling(noy, callback)
    row = line.callback(callback)
    assert (call.number, call.code, call.from_number) == (HER, row.code, "+85620555900007")
    assert call.lease_until == line.clock.now() + timedelta(hours=2)
    assert call.due_until == at(24, 14, 35)
    assert (row.state, row.held_until) == (CallbackState.CALLING, call.lease_until)
    assert line.rows("SELECT id, form, outcome, how FROM attempts") == [
        (call.attempt_id, call.form, "", "phone")
    ]
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'reveal'") == [(1,)]


def test_nobody_is_called_while_the_clock_is_known_to_be_wrong(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim_callback(line.parts, noy, callback)
    now = line.clock.now()
    with line.parts.store.write() as tx:
        settings.save_setting(tx, settings.SETTING, {"on": True, "why": "jumped"}, by="clock", now=now)
    with pytest.raises(ClockStopped):
        attempts.begin_call(line.parts, noy, callback)
    assert line.rows("SELECT count(*) FROM attempts") == [(0,)]
    with line.parts.store.write() as tx:
        settings.save_setting(tx, settings.SETTING, {"on": False}, by="Boss", now=now)
    assert attempts.begin_call(line.parts, noy, callback).number == HER


def test_asking_again_gets_the_same_call_and_writes_nothing(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    call = line.calling(noy, callback)
    line.clock.forward(minutes=5)
    assert attempts.begin_call(line.parts, noy, callback) == call
    assert attempts.find_current_call(line.parts, noy, callback) == call
    assert line.rows("SELECT count(*) FROM attempts") == [(1,)]
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'reveal'") == [(1,)]


def test_nobody_else_gets_the_number_meanwhile(line: Desk) -> None:
    noy, dao, boss = line.person("Noy"), line.person("Dao"), line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(when="now")
    line.calling(noy, callback)
    for other in (dao, boss):
        with pytest.raises(ClaimedByOther, match="Noy"):
            attempts.begin_call(line.parts, other, callback, reason="I want to")
        assert attempts.find_current_call(line.parts, other, callback) is None


def test_a_second_request_of_the_number_cannot_be_called_meanwhile(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    one = line.requested(when="now", phone_seen="sometimes")
    two = line.requested(when="now", phone_seen="sometimes")
    line.calling(noy, one)
    claim.claim_callback(line.parts, dao, two)
    with pytest.raises(AlreadyCalling, match="Noy"):
        attempts.begin_call(line.parts, dao, two)
    assert line.callback(two).state is CallbackState.CLAIMED


def test_of_two_who_call_one_number_at_once_one_gets_it(line: Desk) -> None:
    people = [line.person(f"Person {n}") for n in range(3)]
    made = [line.requested(when="now", phone_seen="sometimes") for _ in people]
    for actor, callback in zip(people, made, strict=True):
        claim.claim_callback(line.parts, actor, callback)
    gate = Barrier(len(people))
    got: list[str] = []
    told: list[str] = []

    def call(actor: Actor, callback: str) -> None:
        gate.wait()
        try:
            attempts.begin_call(line.parts, actor, callback)
            got.append(actor.name)
        except AlreadyCalling as refused:
            told.append(refused.name)

    threads = [Thread(target=call, args=pair) for pair in zip(people, made, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 1
    assert told == got * 2
    assert line.rows("SELECT count(*) FROM attempts") == [(1,)]


def test_calls_are_made_from_helpline_phones_only(light: Desk) -> None:
    noy = light.person("Noy", number=None)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(NoPhone):
        attempts.begin_call(light.parts, noy, callback)
    assert light.rows("SELECT count(*) FROM attempts") == [(0,)]


def test_it_must_be_claimed_first(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    with pytest.raises(IllegalMove):
        attempts.begin_call(light.parts, noy, callback)
    with pytest.raises(NoSuchCallback):
        attempts.begin_call(light.parts, noy, "none")
    light.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    with pytest.raises(IllegalMove):
        attempts.begin_call(light.parts, noy, callback)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-24T17:59:59+07:00", at(24, 18)),
        ("2026-11-24T21:00:00+07:00", None),
        ("2026-11-25T03:00:00+07:00", None),
    ],
)
@pytest.mark.parametrize("danger", ["yes", "no"])
def test_her_phone_rings_in_her_window_only_danger_included(
    light: Desk, moment: str, until: object, danger: str
) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="evening", danger=danger)
    light.clock.set(moment)
    with pytest.raises(NotSafe) as refused:
        light.calling(noy, callback)
    assert refused.value.until == until
    assert light.rows("SELECT count(*) FROM attempts") == [(0,)]
    assert light.callback(callback).state is CallbackState.CLAIMED


def test_answers_that_aged_bind_everybody(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="evening")
    light.clock.set("2026-12-08T18:30:00+07:00")
    claim.claim_callback(light.parts, boss, callback)
    with pytest.raises(NotSafe):
        attempts.begin_call(light.parts, boss, callback, reason="she is in need")


def test_a_supervisor_calls_outside_her_window_right_after_her_own_contact(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(when="evening")
    claim.claim_callback(line.parts, boss, callback)
    line.clock.forward(minutes=10)
    with pytest.raises(NotSafe):
        attempts.begin_call(line.parts, boss, callback)
    call = attempts.begin_call(line.parts, boss, callback, reason="she texted: call now")
    assert call.outside
    assert call.due_until is None
    assert line.rows("SELECT detail FROM audit WHERE act = 'reveal'") == [("outside her window",)]
    assert line.rows("SELECT count(*) FROM notes") == [(1,)]
    outcome.record_outcome(line.parts, boss, callback_id=callback, outcome="no_answer", form=call.form)
    claim.claim_callback(line.parts, boss, callback)
    with pytest.raises(NotSafe):
        attempts.begin_call(line.parts, boss, callback, reason="once more")


@pytest.mark.parametrize(
    ("role", "minutes", "answers"),
    [
        (Role.COUNSELLOR, 5, {"when": "evening"}),
        (Role.SUPERVISOR, 30, {"when": "evening"}),
        (Role.SUPERVISOR, 29, {"when": "now", "phone_seen": "not_mine"}),
    ],
)
def test_nobody_else_and_never_later_and_never_a_phone_that_is_not_hers(
    light: Desk, role: Role, minutes: int, answers: dict[str, str]
) -> None:
    actor = light.person("Somebody", role)
    callback = light.requested(**answers)
    if answers["when"] == "now":
        light.clock.forward(minutes=31)
        light.does(accept.find_by_code, code="0007")  # her own contact, a moment ago
    light.clock.forward(minutes=minutes)
    claim.claim_callback(light.parts, actor, callback)
    with pytest.raises(NotSafe):
        attempts.begin_call(light.parts, actor, callback, reason="she asked")


def test_a_supervisor_takes_the_number_of_anothers_with_a_reason(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        attempts.begin_call(light.parts, dao, callback, reason="I want to")
    with pytest.raises(ClaimedByOther, match="Noy"):
        attempts.begin_call(light.parts, boss, callback)
    assert attempts.begin_call(light.parts, boss, callback, reason="Noy went home").number == HER
    assert light.callback(callback).holder_id == boss.person_id
    assert light.rows("SELECT detail FROM audit WHERE act = 'reveal'") == [("held by another",)]


def test_one_attempt_a_window_even_when_it_is_planned_again(line: Desk) -> None:
    noy = line.person("Noy")
    one = line.requested(when="evening", phone_seen="sometimes")
    two = line.requested(when="evening", phone_seen="sometimes")
    line.clock.set(EVENING)
    line.calling(noy, one)
    outcome.record_outcome(line.parts, noy, callback_id=one, outcome="no_answer")
    line.clock.set("2026-11-24T20:30:00+07:00")
    with pytest.raises(NotSafe) as refused:
        line.calling(noy, two)
    assert refused.value.until is None


def test_two_hours_apart_whatever_the_window(light: Desk) -> None:
    noy = light.person("Noy")
    one = light.requested(when="now", phone_seen="sometimes")
    light.clock.set("2026-11-24T17:00:00+07:00")
    two = light.requested(when="evening", phone_seen="sometimes")
    three = light.requested(when="now", phone_seen="sometimes")
    light.calling(noy, three)
    outcome.record_outcome(light.parts, noy, callback_id=three, outcome="no_answer")
    light.clock.set("2026-11-24T18:30:00+07:00")
    with pytest.raises(NotSafe) as refused:
        light.calling(noy, two)
    assert refused.value.until == at(24, 19)
    light.clock.set("2026-11-24T19:00:00+07:00")
    attempts.begin_call(light.parts, noy, two)
    assert light.callback(one).state is CallbackState.WAITING


def test_one_who_was_reached_is_rung_once_more_in_her_window_by_the_same_person(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested(when="evening")
    line.clock.set(EVENING)
    line.calling(noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached")
    with pytest.raises(IllegalMove):
        attempts.begin_call(line.parts, dao, callback)
    line.clock.forward(minutes=5)
    newer = line.requested(when="evening")  # her slot is taken by a newer request
    attempts.begin_call(line.parts, noy, callback)
    assert (line.callback(callback).slot, line.callback(newer).slot) == (1, 0)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached")
    with pytest.raises(NotSafe):
        attempts.begin_call(line.parts, noy, callback)


def test_an_erased_number_cannot_be_shown(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    light.calling(noy, callback)
    light.does(accept.erase_caller)
    assert attempts.find_current_call(light.parts, noy, callback) is None
