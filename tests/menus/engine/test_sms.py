"""What a text means in its thread, table by table: the same answer whoever asks, and nothing kept that is not needed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.domain.events import SMS_LIMITS
from gateway.menus.engine.effects import (
    CallbackAccepted,
    CallbackRefused,
    LookUpCode,
    RefuseCalls,
    RequestCallback,
)
from gateway.menus.engine.model import Keyword, Reaction
from gateway.menus.engine.session import FORM, Known, ThreadState
from gateway.menus.engine.sms import NOT_UNDERSTOOD, SILENCE, apply_receipts, interpret_text, write_reply
from gateway.menus.engine.sms_reply import LANGUAGE, SCREEN
from gateway.menus.engine.text_size import split_parts
from tests.support.menu_builders import KEYWORDS, LINE, MESSAGES, NOW, OFFERS, small_menu

REACTIONS = tuple(
    Keyword(words={"en": (word,)}, reaction=reaction)
    for word, reaction in [
        ("stop", Reaction.STOP),
        ("start", Reaction.START),
        ("menu", Reaction.HELP),
        ("language", Reaction.LANGUAGE),
    ]
)
LINES = {"sms_reply": {"en": "Reply with a number."}, "sms_near": {"en": "Did you mean:"}}
MENU = replace(small_menu(messages={**MESSAGES, **LINES}), keywords=(*KEYWORDS, *REACTIONS))
KNOWN = Known(region="LA", offers=OFFERS)
NEW = ThreadState()


def read(words, before=NEW, **more):
    """Take a text without deeds, and return what it means, what is read and where the thread stands."""
    meaning = interpret_text(MENU, words, before, KNOWN, **more)
    reply, stands = write_reply(MENU, meaning, before, LINE, NOW)
    return meaning, reply, stands


def thread(*texts):
    """Where a thread stands after these texts."""
    stands = NEW
    for words in texts:
        stands = read(words, stands)[2] or stands
    return stands


@pytest.mark.parametrize(
    ("words", "understood", "says", "screen"),
    [
        ("wage", "pay", "", "pay"),
        ("please tell me the wage", "pay", "", "pay"),
        ("help me now, my pay", "danger", "", "sos"),
        ("ຄ່າແຮງ", "pay", "", "pay"),
        ("call me", "call_me", "sms_form", "sms_form"),
        ("start", "start", "sms_started", "sms_started"),
        ("menu", "help", "sms_help", "sms_help"),
        ("language", "language", "sms_language", "sms_language"),
        ("hello there", NOT_UNDERSTOOD, "sms_help", "sms_help"),
        ("1", NOT_UNDERSTOOD, "sms_help", "sms_help"),
        ("123456", NOT_UNDERSTOOD, "sms_help", "sms_help"),
    ],
)
def test_the_first_text_of_a_thread(words, understood, says, screen):
    meaning, reply, _ = read(words)
    assert (meaning.understood, meaning.says, reply.screen) == (understood, says, screen)
    assert meaning.effects == ()


def test_the_words_of_the_menu_are_told_with_their_language():
    assert read("ຄ່າແຮງ")[0].session.script == "lo"
    assert read("wage")[0].session.script == "en"
    assert read("wage")[0].match.keyword.to == "pay"
    assert read("hello")[0].match is None


def test_a_number_is_a_key_of_the_screen_that_was_read():
    stands = thread("wage")
    assert stands.session.screen == "pay"
    meaning, reply, after = read("1", stands)
    assert meaning.understood == "key"
    assert (reply.screen, after.session.screen) == ("wage", "wage")


@pytest.mark.parametrize("digit", ["1", " 1 ", "໑", "๑"])
def test_digits_of_any_script_are_keys(digit):
    assert read(digit, thread("wage"))[1].screen == "wage"


def test_a_code_typed_at_home_is_looked_up():
    assert read("4821", thread("wage", "00"))[0].effects == (LookUpCode(code="4821"),)


def test_stop_is_answered_with_nothing_and_only_a_word_ends_it():
    assert read("stop")[0].says == SILENCE
    for words in ("1", "hello", "9999"):
        meaning = interpret_text(MENU, words, NEW, KNOWN, stopped=True)
        assert (meaning.says, meaning.understood) == (SILENCE, NOT_UNDERSTOOD)
    assert interpret_text(MENU, "wage", NEW, KNOWN, stopped=True).understood == "pay"


FORM_SENT = thread("call me")


@pytest.mark.parametrize(
    ("words", "says", "asks"),
    [
        ("2 3", "sms_saved", {"phone_seen": "sometimes", "when": "evening"}),
        ("1-1", "sms_saved", {"phone_seen": "no", "when": "morning"}),
        ("3 5", "sms_saved", {"phone_seen": "not_mine", "when": "now"}),
        ("3 2", "sms_no_call", None),
        ("1 6", "sms_no_call", None),
        ("maybe", "sms_form_again", None),
        ("7 7", "sms_form_again", None),
    ],
)
def test_the_form_in_one_text(words, says, asks):
    meaning = interpret_text(MENU, words, FORM_SENT, KNOWN)
    assert FORM_SENT.waits_for == FORM
    assert meaning.says == says
    if asks is None:
        if says != "sms_no_call":
            assert meaning.effects == ()
            return
        seen = {"1": "no", "3": "not_mine"}[words[0]]
        assert meaning.effects == (RefuseCalls(how="plain", phone_seen=seen),)
        return
    (effect,) = meaning.effects
    assert isinstance(effect, RequestCallback)
    assert dict(effect.answers) == {"danger": "no", "consent": "yes", **asks}
    assert (effect.language, effect.script) == ("en", "en")


def test_who_asks_for_hours_in_which_nobody_is_there_may_answer_again():
    known = Known(region="LA", offers=("morning",))
    meaning = interpret_text(MENU, "2 3", FORM_SENT, known)
    assert (meaning.says, meaning.effects) == ("sms_form_again", ())
    assert interpret_text(MENU, "2 1", FORM_SENT, known).says == "sms_saved"


@pytest.mark.fault("W2")
@pytest.mark.parametrize("between", ["help", "wage", "language", "nonsense words", "start", "1", "help me"])
def test_a_form_stays_answerable_whatever_comes_between(between):
    stands = read(between, FORM_SENT)[2] or FORM_SENT
    (request,) = read("2 3", stands)[0].effects
    assert (request.answers["phone_seen"], request.answers["when"]) == ("sometimes", "evening")
    assert request.topic == "other"


@pytest.mark.fault("W2")
def test_a_form_is_open_for_a_day_and_closed_by_its_answer():
    later = read("wage", FORM_SENT)[2]
    assert later.at(NOW + timedelta(hours=23)).open_form is not None
    assert later.at(NOW + timedelta(hours=24)).open_form is None
    answered = read("2 3", later)[2]
    assert answered.open_form is None
    assert read("2 3", answered)[0].effects == ()


@pytest.mark.fault("W2")
@pytest.mark.parametrize(
    ("words", "shows", "danger"),
    [
        ("2 3 help me", "sos", "yes"),
        ("help me! 2, 3", "sos", "yes"),
        ("2 3 what is the wage", "pay", "no"),
        ("wage? 2 3", "pay", "no"),
    ],
)
def test_an_answer_that_carries_more_loses_neither(words, shows, danger):
    meaning = interpret_text(MENU, words, FORM_SENT, KNOWN)
    (request,) = meaning.effects
    assert (meaning.session.screen, request.answers["danger"]) == (shows, danger)
    due = datetime(2026, 11, 24, 11, tzinfo=UTC)
    receipt = CallbackAccepted(callback="c", code="4821", due_at=due, due_until=due.replace(hour=14))
    reply, stands = write_reply(
        MENU, apply_receipts(MENU, meaning, (receipt,), LINE, NOW), FORM_SENT, LINE, NOW
    )
    assert reply.text.endswith("4821.")
    assert reply.text != "Your code is 4821."
    assert stands.open_form is None


@pytest.mark.parametrize(
    "words", ["help me since 23:00", "help me, room 12", "wage for 3 days", "2 wages", "help me 2026"]
)
def test_other_numbers_beside_a_word_are_no_answer(words):
    assert interpret_text(MENU, words, FORM_SENT, KNOWN).effects == ()


def test_a_line_that_she_reads_now_comes_before_an_older_form():
    stands = read("wage", FORM_SENT)[2]
    key = next(choice.key for choice in MENU.screens["pay"].choices)
    assert read(key, stands)[0].understood == "key"


@pytest.mark.fault("W1")
@pytest.mark.parametrize(
    "texts", [("help me", "call me"), ("call me", "help me"), ("help me", "wage", "call me")]
)
def test_danger_of_the_last_day_goes_into_the_request(texts):
    stands = thread(*texts)
    (request,) = interpret_text(MENU, "2 3", stands, KNOWN).effects
    assert request.answers["danger"] == "yes"
    (request,) = interpret_text(MENU, "2 3", replace(stands, danger_until=NOW).at(NOW), KNOWN).effects
    assert request.answers["danger"] == "no"


def test_a_word_in_place_of_the_answer_leaves_the_form():
    stands = read("wage", FORM_SENT)[2]
    assert (stands.waits_for, stands.session.screen) == ("", "pay")


def test_what_came_of_the_request_is_told_by_its_code_or_in_words_that_betray_nothing():
    due = datetime(2026, 11, 24, 11, tzinfo=UTC)
    receipt = CallbackAccepted(callback="c", code="4821", due_at=due, due_until=due.replace(hour=14))
    meaning = interpret_text(MENU, "2 3", FORM_SENT, KNOWN)
    saved = apply_receipts(MENU, meaning, (receipt,), LINE, NOW)
    assert write_reply(MENU, saved, FORM_SENT, LINE, NOW)[0].text == "Your code is 4821."
    refused = apply_receipts(MENU, meaning, (CallbackRefused(reason="stopped"),), LINE, NOW)
    assert (refused.says, refused.understood) == ("sms_no_call", "refused")


def test_her_code_is_not_kept_in_the_thread():
    due = datetime(2026, 11, 24, 11, tzinfo=UTC)
    receipt = CallbackAccepted(callback="c", code="4821", due_at=due, due_until=due.replace(hour=14))
    saved = apply_receipts(MENU, interpret_text(MENU, "2 3", FORM_SENT, KNOWN), (receipt,), LINE, NOW)
    stands = write_reply(MENU, saved, FORM_SENT, LINE, NOW)[1]
    assert stands.session.values == {}
    assert stands.waits_for == ""


def test_a_list_of_languages_is_answered_by_its_number():
    _, reply, stands = read("language", thread("wage"))
    number = next(key for key, what in stands.listed.items() if what == f"{LANGUAGE}:th")
    assert f"{number} " in reply.text
    meaning, _, after = read(number, stands)
    assert (meaning.understood, meaning.language, meaning.session.script) == ("language", "th", "th")
    assert (after.language, after.session.screen) == ("th", "main")
    assert read("ຄ່າແຮງ", after)[0].session.script == "th"  # what she asked for wins over what she writes


def test_the_nearest_topics_are_answered_by_their_number():
    listed = ThreadState(session=thread("wage").session, listed={"1": f"{SCREEN}:sos"})
    meaning, reply, _ = read("1", listed)
    assert (meaning.understood, reply.screen) == ("nearest", "sos")
    gone = ThreadState(session=thread("wage").session, listed={"1": f"{SCREEN}:no_such_screen"})
    assert read("1", gone)[0].understood == "key"


def test_a_place_that_the_live_menu_does_not_have_is_told_as_a_new_beginning():
    meaning, reply, _ = read("1", ThreadState(again=True))
    assert meaning.understood == "again"
    assert reply.text.startswith("We lost your place.")
    assert read("hello", ThreadState(again=True))[0].says == "sms_help"


def test_how_to_go_on_stands_below_the_first_answer():
    assert read("wage")[1].text.endswith("Reply with a number.")


def test_later_it_is_said_only_where_it_costs_nothing():
    reply = read("1", thread("wage"))[1]
    shown = reply.text
    assert len(split_parts(shown)) == 1
    assert shown.endswith("Reply with a number.")
    assert len(split_parts(read("2", thread("wage"))[1].text)) <= SMS_LIMITS.parts


def test_a_session_that_is_over_is_not_kept():
    stands = thread("help me", "7", "1", "6")
    assert stands.session is None
    assert read("1", stands)[0].says == "sms_help"


def test_the_facts_of_a_message_and_of_a_screen_are_told():
    assert read("help me")[1].facts == ("la.police",)
    assert read("hello")[1].facts == ()


@pytest.mark.fault("W11")
@pytest.mark.parametrize(
    ("words", "offers", "shown", "hidden"),
    [
        ("2 5", ("evening",), "3 Evening", "5 "),
        ("1 1", ("evening", "now"), "5 ", "1 Morning"),
        ("3 5", ("evening",), "6 ", "3 Evening"),
        ("3 3", ("evening", "now"), "5 ", "3 Evening"),
    ],
)
def test_a_clear_answer_that_cannot_be_kept_is_told_so_with_what_can(words, offers, shown, hidden):
    cannot = {"sms_form_cannot": {"en": "We cannot call then. Possible:"}}
    menu = replace(MENU, messages={**MENU.messages, **cannot})
    meaning = interpret_text(menu, words, FORM_SENT, Known(region="LA", offers=offers))
    reply, stands = write_reply(menu, meaning, FORM_SENT, LINE, NOW)
    lines = reply.text.splitlines()
    assert lines[0] == "We cannot call then. Possible:"
    assert any(line.startswith(shown) for line in lines[1:])
    assert not any(line.startswith(hidden) for line in lines[1:])
    assert (stands or FORM_SENT).open_form is not None
