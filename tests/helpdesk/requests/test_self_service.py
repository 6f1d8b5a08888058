"""What she does to her request: look it up, add to it, move it, take it back; and never somebody else's."""

from datetime import timedelta

import pytest

from gateway.domain.callbacks.states import CallbackState
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import (
    AmendCallback,
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CallbackRefused,
    CancelCallback,
    ChangeWindow,
    CodeWrong,
    Gone,
    Noted,
)
from gateway.storage import callers
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import HER, OTHER, Desk


def code_of(line: Desk, callback: str) -> str:
    return line.callback(callback).code


def test_her_code_opens_her_request_and_nobody_else(line: Desk) -> None:
    callback = line.requested()
    code = code_of(line, callback)
    found = line.does(accept.find_by_code, code=code)
    assert found == CallbackFound(callback=callback, code=code, due_at=at(24, 18), due_until=at(24, 21))
    assert line.does(accept.find_by_code, OTHER, code=code) == CodeWrong()


def test_each_code_of_a_shared_phone_opens_its_own(line: Desk) -> None:
    made = [line.requested(phone_seen="sometimes") for _ in range(3)]
    for callback in made:
        found = line.does(accept.find_by_code, code=code_of(line, callback))
        assert isinstance(found, CallbackFound)
        assert found.callback == callback


def test_after_three_wrong_codes_the_right_one_is_wrong_too_until_tomorrow(line: Desk) -> None:
    code = code_of(line, line.requested())
    for wrong in ("0001", "0002", "0003"):
        assert line.does(accept.find_by_code, code=wrong) == CodeWrong()
    assert line.does(accept.find_by_code, code=code) == CodeWrong()
    line.clock.forward(hours=23)
    assert line.does(accept.find_by_code, code=code) == CodeWrong()
    line.clock.forward(hours=1)
    assert isinstance(line.does(accept.find_by_code, code=code), CallbackFound)


def test_a_right_code_is_no_try(light: Desk) -> None:
    code = code_of(light, light.requested())
    for _ in range(5):
        assert isinstance(light.does(accept.find_by_code, code=code), CallbackFound)


def test_a_code_of_a_request_that_is_over_opens_nothing(light: Desk) -> None:
    callback = light.requested()
    code = code_of(light, callback)
    light.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    assert light.does(accept.find_by_code, code=code) == CodeWrong()


def test_she_adds_to_her_request(line: Desk) -> None:
    callback = line.requested()
    added = {"woman": "yes", "sms_safe": "yes", "danger": "yes", "when": "now"}
    assert line.does(accept.amend_request, effect=AmendCallback(callback=callback, answers=added)) == Noted()
    row = line.callback(callback)
    assert row.wants_woman
    assert row.contact is not None
    assert row.contact.sms_safe
    assert (row.answers["woman"], row.answers["sms_safe"]) == ("yes", "yes")
    assert (row.answers["danger"], row.answers["when"], row.window) == ("no", "evening", "evening")
    with line.parts.store.read() as tx:
        caller = callers.find_caller(tx, HER)
    assert caller is not None
    assert caller.contact is not None
    assert caller.contact.sms_safe
    assert caller.language == "lo"


def test_texts_stay_unsafe_on_a_shared_phone(light: Desk) -> None:
    callback = light.requested(phone_seen="sometimes")
    effect = AmendCallback(callback=callback, answers={"sms_safe": "yes", "other_language": "en"})
    assert light.does(accept.amend_request, effect=effect) == Noted()
    row = light.callback(callback)
    assert row.contact is not None
    assert not row.contact.sms_safe
    assert "sms_safe" not in row.answers
    assert row.answers["other_language"] == "en"


def test_she_moves_it(line: Desk) -> None:
    callback = line.requested(when="evening")
    line.clock.forward(hours=1)
    changed = line.does(accept.change_window, effect=ChangeWindow(callback=callback, when="sunday"))
    assert changed == CallbackChanged(due_at=at(29, 9), due_until=at(29, 18))
    row = line.callback(callback)
    assert (row.window, row.due_at, row.last_asked_at) == ("sunday", at(29, 9), line.clock.now())
    assert row.contact is not None
    assert row.contact.said_at == line.clock.now()
    now = line.does(accept.change_window, effect=ChangeWindow(callback=callback, when="now"))
    assert isinstance(now, CallbackChanged)
    assert now.now
    assert now.due_until - now.due_at == timedelta(minutes=30)


def test_never_takes_it_back(light: Desk) -> None:
    callback = light.requested()
    assert (
        light.does(accept.change_window, effect=ChangeWindow(callback=callback, when="never"))
        == CallbackCancelled()
    )
    assert light.callback(callback).state is CallbackState.CANCELLED


def test_not_my_phone_cannot_be_moved_to_an_hour_and_nobody_promises_an_unstaffed_one(light: Desk) -> None:
    callback = light.requested(phone_seen="not_mine", when="now")
    refused = light.does(accept.change_window, effect=ChangeWindow(callback=callback, when="evening"))
    assert refused == CallbackRefused(reason="hours")
    other = light.requested(OTHER)
    light.clock.set("2026-11-24T22:00:00+07:00")
    refused = light.does(accept.change_window, OTHER, effect=ChangeWindow(callback=other, when="now"))
    assert refused == CallbackRefused(reason="hours")
    assert light.callback(other).window == "evening"


@pytest.mark.parametrize("state", ["waiting", "claimed", "calling", "review"])
def test_she_takes_it_back_at_any_time(line: Desk, state: str) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    if state != "waiting":
        claim.claim_callback(line.parts, noy, callback)
    if state in ("calling", "review"):
        attempts.begin_call(line.parts, noy, callback)
    if state == "review":
        outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="wrong_number")
    assert line.callback(callback).state == state
    assert line.does(accept.cancel_request, effect=CancelCallback(callback=callback)) == CallbackCancelled()
    row = line.callback(callback)
    assert (row.state, row.closed_at) == (CallbackState.CANCELLED, line.clock.now())
    assert line.does(accept.cancel_request, effect=CancelCallback(callback=callback)) == Gone()


def test_nothing_reaches_the_request_of_another_number(line: Desk) -> None:
    callback = line.requested()
    before = line.callback(callback)
    effects = (
        (accept.amend_request, AmendCallback(callback=callback, answers={"woman": "yes"})),
        (accept.change_window, ChangeWindow(callback=callback, when="noon")),
        (accept.cancel_request, CancelCallback(callback=callback)),
        (accept.cancel_request, CancelCallback(callback="")),
        (accept.amend_request, AmendCallback(callback="no such", answers={})),
    )
    for deed, effect in effects:
        assert line.does(deed, OTHER, effect=effect) == Gone()
    assert line.callback(callback) == before
