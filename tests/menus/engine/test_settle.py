"""Where receipts lead, and which results they leave for the next screen."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from gateway.menus.engine.effects import (
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackRefused,
    CodeWrong,
    Erased,
    Gone,
    Noted,
    Receipt,
)
from gateway.menus.engine.engine import settle_session
from gateway.menus.engine.screens import Question
from gateway.menus.engine.session import dump_session, load_session
from tests.support.menu_builders import (
    ACCEPTED,
    FOUND,
    LINE,
    NOW,
    changed,
    choice,
    en,
    small_menu,
    told,
    walk,
)

MENU = small_menu()
SOON = {"due_at": NOW, "due_until": datetime(2026, 11, 24, 7, 35, tzinfo=UTC)}


def after(keys, *receipts, menu=MENU):
    return load_session(dump_session(settle_session(menu, walk(menu, keys).session, receipts, LINE, NOW)))


def text_after(keys, *receipts):
    return told(MENU, after(keys, *receipts)).text


def test_nothing_happened_nothing_changes():
    session = walk(MENU, "4 1").session
    assert settle_session(MENU, session, (), LINE, NOW) == session


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ("4 7 2 1 3 1", "Your code is 4821. We plan to call Wed 18-21.\n1 Finish"),
        ("4 7 2 2 3 1", "Your code is 4821. We plan to call Wed 18-21. Clear your call list."),
        ("1 1 7 2 2 3 1", "Your code is 4821. We plan to call ພຸດ 18-21."),
    ],
)
def test_a_saved_request_shows_its_code_and_time(keys, words):
    assert text_after(keys, ACCEPTED).startswith(words)


def test_now_shows_when_the_promise_dies():
    soon = CallbackAccepted(callback="cb1", code="7350", now=True, **SOON)
    assert text_after("4 7 2 1 5 1", soon).startswith("Code 7350. We call before 14:35.")


@pytest.mark.parametrize("reason", ["number", "full"])
def test_a_refused_request_looks_like_no_call(reason):
    session = after("4 7 2 1 3 1", CallbackRefused(reason=reason))
    assert (session.screen, session.ended, session.trail, session.callback) == ("no_call", True, (), "")
    assert told(MENU, session).text == "OK, we will not call. You can call 021 000 000."


def test_a_refusal_without_a_screen_for_it_leads_home():
    consent = Question(
        id="consent", asks="consent", text=en("OK?"), choices=(choice("1", "code", "Yes", answer="yes"),)
    )
    assert after("4", CallbackRefused(reason="full"), menu=changed(MENU, consent)).screen == "main"


@pytest.mark.parametrize("keys", ["4 4821", "4 8 5 4821"])
def test_a_right_code_opens_her_request(keys):
    session = after(keys, FOUND)
    assert (session.screen, session.callback) == ("status", "cb1")
    assert told(MENU, session).text.startswith("We plan to call Wed 18-21.")


@pytest.mark.parametrize("keys", ["4 4821", "4 8 5 4821"])
def test_a_wrong_code_is_a_wrong_key(keys):
    session = after(keys, CodeWrong())
    assert (session.screen, session.wrong, session.notice) == (walk(MENU, keys).session.screen, 1, "invalid")
    assert session.callback == ""


def test_three_wrong_codes_lead_to_the_offer():
    session = walk(MENU, "4").session
    for _ in range(3):
        session = settle_session(MENU, walk(MENU, "4821", session).session, (CodeWrong(),), LINE, NOW)
    assert session.screen == "offer"
    assert walk(MENU, "2", session).session.screen == "main"


def test_wrong_codes_and_wrong_keys_count_together():
    session = settle_session(MENU, walk(MENU, "4 5 4821").session, (CodeWrong(),), LINE, NOW)
    assert session.wrong == 2


def test_a_changed_window_is_told_at_once():
    session = settle_session(
        MENU, walk(MENU, "3", after("4 4821", FOUND)).session, (CallbackChanged(now=True, **SOON),), LINE, NOW
    )
    assert told(MENU, session).text.startswith("We plan to call Tue 14:05-14:35.")
    assert session.values["code"] == "4821"


@pytest.mark.parametrize("receipt", [CallbackCancelled(), Erased()])
def test_what_is_gone_leaves_nothing_in_the_session(receipt):
    session = settle_session(MENU, walk(MENU, "2", after("4 4821", FOUND)).session, (receipt,), LINE, NOW)
    assert (session.screen, session.ended) == ("thanks", True)
    assert (session.callback, dict(session.values), dict(session.answers)) == ("", {}, {})


def test_a_request_that_went_meanwhile_leads_home_with_a_word():
    session = settle_session(MENU, walk(MENU, "1 3", after("4 4821", FOUND)).session, (Gone(),), LINE, NOW)
    assert (session.screen, session.notice, session.callback, dict(session.values)) == (
        "main",
        "again",
        "",
        {},
    )


def test_a_request_that_went_before_it_was_cancelled_ends_all_the_same():
    session = settle_session(MENU, walk(MENU, "2", after("4 4821", FOUND)).session, (Gone(),), LINE, NOW)
    assert (session.screen, session.ended) == ("thanks", True)


def test_there_is_no_way_back_into_a_deed():
    assert after("4 7 2 1 3 1", ACCEPTED).trail == ()


@pytest.mark.parametrize("keys", ["", "4", "4 1 2", "4 7 2", "4 7 2 1 6", "4 8 5"])
def test_any_receipt_anywhere_does_no_harm(keys):
    examples = {
        type(receipt): receipt
        for receipt in (
            ACCEPTED,
            FOUND,
            CallbackRefused(reason="full"),
            CodeWrong(),
            CallbackChanged(due_at=NOW, due_until=NOW + timedelta(hours=3)),
            CallbackCancelled(),
            Noted(),
            Erased(),
            Gone(),
        )
    }
    assert set(examples) == set(get_args(Receipt))
    for receipt in examples.values():
        session = after(keys, receipt)
        assert told(MENU, session).screen == session.screen
