"""She rings us: her request of any state is reached by whoever talks with her, and no call to her is counted."""

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.calls import attempts, bridged_calls
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback
from gateway.helpdesk.queue import claim
from gateway.helpdesk.queue import outcome as outcomes
from gateway.helpdesk.queue.call_sheet import CallSheet, finish_call
from gateway.helpdesk.queue.callback_page import build_call_panel
from gateway.helpdesk.requests import self_service
from gateway.menus.engine.effects import CancelCallback
from gateway.operations.reporting.metrics import show_quality
from tests.support.desk_rig import HER, OTHER, Desk


def ended(desk: Desk, boss, state: str) -> str:
    """A request of hers that ended in this state."""
    wanted = desk.requested(HER, when="now")
    if state == "cancelled":
        desk.does(
            lambda *args, **fields: self_service.cancel_request(
                *args, effect=CancelCallback(callback=wanted), **fields
            )
        )
        return wanted
    claim.claim_callback(desk.parts, boss, wanted)
    if state == "closed":
        outcomes.close_callback(desk.parts, boss, wanted, reason="no_need")
    else:
        call = attempts.begin_call(desk.parts, boss, wanted)
        outcomes.record_outcome(desk.parts, boss, callback_id=wanted, outcome="wrong_number", form=call.form)
        if state == "given_up":
            outcomes.decide_review(desk.parts, boss, wanted, decision="given_up")
    return wanted


@pytest.mark.parametrize("state", ["waiting", "claimed", "review"])
def test_an_open_request_is_reached_and_tonights_call_is_gone(line: Desk, state: str) -> None:
    noy, boss = line.person("Noy"), line.person("Boss", Role.SUPERVISOR)
    wanted = ended(line, boss, "review") if state == "review" else line.requested(HER, when="evening")
    if state == "claimed":
        claim.claim_callback(line.parts, noy, wanted)
    line.clock.forward(minutes=1)
    assert bridged_calls.begin_talk(line.parts, noy, wanted) == wanted
    talked = line.callback(wanted)
    assert (talked.state, talked.holder_id) == (CallbackState.REACHED, noy.person_id)
    assert bridged_calls.begin_talk(line.parts, noy, wanted) == wanted
    assert len(line.rows("SELECT 1 FROM attempts WHERE how = 'incoming'")) == 1
    finish_call(line.parts, noy, wanted, CallSheet(reason="helped"))
    line.clock.set("2026-11-24T18:30:00+07:00")
    assert line.callback(wanted).state is CallbackState.CLOSED
    assert line.rows("SELECT 1 FROM callbacks WHERE state = 'waiting'") == []


@pytest.mark.parametrize("state", ["closed", "given_up"])
def test_one_that_is_over_is_followed_by_a_new_one_with_the_same_code(light: Desk, state: str) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    wanted = ended(light, boss, state)
    light.clock.forward(hours=3)
    talked = light.callback(bridged_calls.begin_talk(light.parts, noy, wanted))
    assert talked.id != wanted
    assert (talked.state, talked.follows, talked.code) == (
        CallbackState.REACHED, wanted, light.callback(wanted).code,
    )  # fmt: skip
    assert light.callback(wanted).state == state, "what is over stays as it is"


@pytest.mark.fault("Q2")
def test_what_a_colleague_has_is_not_taken_and_her_name_is_told(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    held = light.requested(HER, when="now")
    claim.claim_callback(light.parts, dao, held)
    for _step in ("claimed", "calling", "reached"):
        with pytest.raises(ClaimedByOther, match="Dao"):
            bridged_calls.begin_talk(light.parts, noy, held)
        if light.callback(held).state is CallbackState.CLAIMED:
            call = attempts.begin_call(light.parts, dao, held)
        elif light.callback(held).state is CallbackState.CALLING:
            outcomes.record_outcome(light.parts, dao, callback_id=held, outcome="reached", form=call.form)
    bridged_calls.note_ring(light.parts, noy, held)
    assert light.rows("SELECT act FROM audit WHERE act = 'she rang'") == [("she rang",)]
    assert light.callback(held).holder_id == dao.person_id


def test_a_colleagues_call_to_the_same_number_comes_first(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    first = light.requested(HER, when="now", phone_seen="sometimes")
    light.calling(dao, first)
    second = light.requested(HER, when="evening", phone_seen="sometimes")
    assert first != second
    with pytest.raises(AlreadyCalling, match="Dao"):
        bridged_calls.begin_talk(light.parts, noy, second)
    assert light.callback(second).state is CallbackState.WAITING, "all of it or nothing"


def test_after_it_her_phone_rests_and_no_try_is_used_up(light: Desk) -> None:
    noy = light.person("Noy")
    wanted = light.requested(HER, when="evening")
    light.clock.set("2026-11-24T17:30:00+07:00")
    bridged_calls.begin_talk(light.parts, noy, wanted)
    assert light.callback(wanted).attempts == 0
    panel, _look = build_call_panel(light.parts, noy, wanted)
    assert panel.asks_plan
    done = finish_call(light.parts, noy, wanted, CallSheet(reason="informed", keeps_plan=True))
    kept = light.callback(done.follow_up_id)
    assert kept.due_at is not None
    assert kept.due_at.isoformat() == "2026-11-24T12:30:00+00:00", "two hours after the conversation"


@pytest.mark.fault("Q7")
def test_it_is_counted_apart_from_calls_and_as_no_unsafe_call(line: Desk) -> None:
    noy, boss = line.person("Noy"), line.person("Boss", Role.SUPERVISOR)
    wanted = line.requested(HER, when="evening")
    bridged_calls.begin_talk(line.parts, noy, wanted)
    finish_call(line.parts, noy, wanted, CallSheet(reason="helped"))
    seen = show_quality(line.parts, boss)
    assert (seen.talks, seen.tried, seen.unsafe, seen.outcomes) == (1, 0, 0, {})
    assert (seen.ended, seen.spoke) == (1, 1), "she was spoken with"


def test_a_refusal_stays_on_what_follows_it(light: Desk) -> None:
    noy = light.person("Noy")
    wanted = ended(light, noy, "cancelled")
    talked = bridged_calls.begin_talk(light.parts, noy, wanted)
    assert light.callback(talked).withheld == light.callback(wanted).withheld


def test_who_may_not_and_what_is_not(light: Desk) -> None:
    reader, noy = light.person("Reader", Role.READER), light.person("Noy")
    wanted = light.requested(OTHER, when="now")
    with pytest.raises(NotPermitted):
        bridged_calls.begin_talk(light.parts, reader, wanted)
    with pytest.raises(NoSuchCallback):
        bridged_calls.begin_talk(light.parts, noy, "none")
    with light.parts.store.write() as tx:
        from sqlalchemy import text

        tx.execute(text("UPDATE callbacks SET caller_id = NULL"))
    with pytest.raises(IllegalMove):
        bridged_calls.begin_talk(light.parts, noy, wanted)
