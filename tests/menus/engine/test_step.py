"""What keys do, kind by kind: a table a kind, each row from a fresh dial."""

import pytest

from gateway.domain.events import SMS_LIMITS
from gateway.menus.engine.effects import (
    AmendCallback,
    CancelCallback,
    ChangeWindow,
    EraseEverything,
    LookUpCode,
    RefuseCalls,
    ReportWrong,
    RequestCallback,
)
from gateway.menus.engine.engine import begin_session, open_screen, settle_session, step_session
from gateway.menus.engine.model import Choice, Deed
from gateway.menus.engine.screens import SCREEN_KINDS, Entry, Information
from gateway.menus.engine.session import MAX_TRAIL, Session
from tests.support.menu_builders import (
    ACCEPTED,
    FOUND,
    LINE,
    NOW,
    changed,
    choice,
    en,
    known,
    small_menu,
    told,
    walk,
)

MENU = small_menu()

# keys pressed, from the first dial → the screen, and its page
WALKS = {
    "choices": [
        ("", "language", 1),
        ("4", "main", 1),
        ("1", "script", 1),
        ("1 1", "main", 1),
        ("4 98", "main", 2),
        ("4 98 98", "main", 2),
        ("4 98 0", "main", 1),
        ("4 8", "numbers", 1),
        ("4 98 1", "pay", 1),
        ("4 1 0", "main", 1),
        ("4 98 8 0", "main", 2),
        ("4 1 1 00", "main", 1),
        ("4 0", "main", 1),
        ("0", "language", 1),
        ("98", "language", 1),
        ("00", "language", 1),
        ("9 00", "language", 1),
        ("9 0", "language", 1),
        ("4 9 00", "main", 1),
        ("4 8 4", "language", 1),
        ("4 8 4 0", "language", 1),
        ("໔", "main", 1),
        ("４ ๑", "pay", 1),
    ],
    "information": [
        ("4 1 1", "wage", 1),
        ("4 1 2", "not_paid", 1),
        ("4 1 2 98", "not_paid", 2),
        ("4 1 2 98 98", "not_paid", 2),
        ("4 1 2 98 0", "not_paid", 1),
        ("4 1 2 98 0 0", "pay", 1),
        ("4 1 2 7", "danger", 1),
        ("4 1 2 98 7", "danger", 1),
        ("4 1 2 98 7 0", "not_paid", 2),
        ("4 9", "sos", 1),
        ("4 9 7", "phone_seen", 1),
    ],
    "question": [
        ("4 7", "danger", 1),
        ("4 7 1", "danger_numbers", 1),
        ("4 7 1 7", "phone_seen", 1),
        ("4 7 2", "phone_seen", 1),
        ("4 7 2 1", "when", 1),
        ("4 7 2 2", "when", 1),
        ("4 7 2 3", "when_not_mine", 1),
        ("4 7 2 3 1", "consent", 1),
        ("4 7 2 3 2", "no_call", 1),
        ("4 7 2 1 3", "consent", 1),
        ("4 7 2 1 6", "no_call", 1),
        ("4 7 2 1 3 1", "code", 1),
        ("4 7 2 1 3 2", "no_call", 1),
        ("4 7 2 1 3 0", "when", 1),
        ("4 7 2 1 3 0 0", "phone_seen", 1),
        ("4 7 2 1 3 0 0 3", "when_not_mine", 1),
        ("4 7 2 1 3 0 0 0 0", "main", 1),
        ("4 7 2 1 00", "main", 1),
        ("4 7 2 98", "phone_seen", 1),
    ],
    "form": [
        ("4 7", "danger", 1),
        ("4 9 7 0", "sos", 1),
        ("4 9 7 1 1 1", "code", 1),
        ("4 7 2 0 2 1", "when", 1),
    ],
    "entry": [
        ("4 8 5", "my_code", 1),
        ("4 8 5 4821", "my_code", 1),
        ("4 8 5 482", "my_code", 1),
        ("4 8 5 0", "numbers", 1),
        ("4 8 5 00", "main", 1),
    ],
    "offer": [
        ("4 5 5", "main", 1),
        ("4 5 5 5", "offer", 1),
        ("4 5 5 1 5 5", "pay", 1),
        ("4 5 5 5 1", "danger", 1),
        ("4 5 5 5 1 0", "main", 1),
        ("4 5 5 5 2", "main", 1),
        ("4 98 5 5 5 2", "main", 2),
        ("4 5 5 5 0", "main", 1),
        ("4 5 5 5 00", "main", 1),
        ("4 5 5 5 6 6 6 6", "offer", 1),
        ("5 5 5", "offer", 1),
        ("5 5 5 2", "language", 1),
        ("4 7 2 9 9 9 2", "phone_seen", 1),
    ],
    "end": [
        ("4 7 2 1 6 1", "no_call", 1),
        ("4 7 2 1 6 0", "no_call", 1),
        ("4 7 2 1 6 00", "no_call", 1),
        ("4 8 6 1 7", "thanks", 1),
    ],
}


def test_every_kind_has_a_table():
    assert set(WALKS) == set(SCREEN_KINDS)
    assert {screen.kind for screen in MENU.screens.values()} == set(SCREEN_KINDS)


@pytest.mark.parametrize(
    ("keys", "screen", "page"),
    [pytest.param(*row, id=f"{kind}: {row[0]}") for kind, rows in WALKS.items() for row in rows],
)
def test_keys_lead(keys, screen, page):
    session = walk(MENU, keys).session
    assert (session.screen, session.page) == (screen, page)
    assert session.ended == (screen in {"no_call", "thanks"})


ASKED = {"danger": "no", "phone_seen": "sometimes", "when": "evening", "consent": "yes"}


def request(**changes):
    fields = {"topic": "other", "path": ("main",), "answers": ASKED, "language": "en", "script": "en"}
    return RequestCallback(**{**fields, **changes})


@pytest.mark.parametrize(
    ("keys", "effects"),
    [
        ("4 7 2 2 3 1", [request()]),
        ("2 7 2 2 3 1", [request(language="lo", script="lo-Latn")]),
        ("1 1 7 2 2 3 1", [request(language="lo", script="lo")]),
        ("1 2 7 2 2 3 1", [request(language="lo", script="lo-Latn")]),
        ("3 2 7 2 2 3 1", [request(language="th", script="en")]),
        ("4 1 2 7 2 2 3 1", [request(topic="pay", path=("main", "pay", "not_paid"))]),
        ("4 1 1 7 2 2 3 1", [request(topic="pay", path=("main", "pay", "wage"))]),
        ("4 9 7 2 3 1", [request(topic="danger", path=("main", "sos"), answers={**ASKED, "danger": "yes"})]),
        (
            "9 7 2 3 1",
            [
                request(
                    topic="danger",
                    path=("language", "sos"),
                    answers={**ASKED, "danger": "yes"},
                    language="",
                    script="",
                )
            ],
        ),
        ("4 7 1 7 2 3 1", [request(answers={**ASKED, "danger": "yes"})]),
        ("4 7 2 3 1 1", [request(answers={**ASKED, "phone_seen": "not_mine", "when": "now"})]),
        ("4 7 1 0 2 2 3 1", [request()]),
        ("4 7 2 2 3 0 0 1 3 1", [request(answers={**ASKED, "phone_seen": "no"})]),
        ("4 1 7 00 1 5 5 5 1 2 2 3 1", [request(topic="pay", path=("main", "pay"))]),
        ("4 7 2 2 9 9 9 1 2 2 3 1", [request()]),
        ("4 7 2 2 3 2", [RefuseCalls(how="plain", phone_seen="sometimes")]),
        ("4 7 2 2 6", [RefuseCalls(how="plain", phone_seen="sometimes")]),
        ("4 7 2 3 2", [RefuseCalls(how="plain", phone_seen="not_mine")]),
        ("4 7 2 2 3", []),
        ("4 4821", [LookUpCode(code="4821")]),
        ("4 ໔໘໒໑", [LookUpCode(code="4821")]),
        ("4821", []),
        ("4 482", []),
        ("4 8 5 0007", [LookUpCode(code="0007")]),
        ("4 8 6", []),
        ("4 8 6 1", [EraseEverything()]),
        ("4 8 6 2", []),
        ("4 8 3 2", [ReportWrong(screen="", digit="2")]),
        ("4 1 2 00 8 3 1", [ReportWrong(screen="not_paid", digit="1")]),
    ],
)
def test_keys_ask_for(keys, effects):
    assert list(walk(MENU, keys).effects) == effects


def saved():
    return settle_session(MENU, walk(MENU, "4 7 2 1 3 1").session, (ACCEPTED,), LINE, NOW)


def opened():
    return settle_session(MENU, walk(MENU, "4 4821").session, (FOUND,), LINE, NOW)


@pytest.mark.parametrize(
    ("start", "keys", "screen", "effects"),
    [
        (saved, "2", "code", [AmendCallback(callback="cb1", answers={"woman": "yes"})]),
        (saved, "3", "code", [AmendCallback(callback="cb1", answers={"sms_safe": "yes"})]),
        (saved, "1", "thanks", []),
        (saved, "0", "code", []),
        (saved, "00", "main", []),
        (opened, "1 3", "status", [ChangeWindow(callback="cb1", when="evening")]),
        (opened, "3", "status", [ChangeWindow(callback="cb1", when="now")]),
        (opened, "2", "thanks", [CancelCallback(callback="cb1")]),
        (opened, "0", "main", []),
        (opened, "1 3 0", "main", []),
    ],
)
def test_keys_change_a_request_that_is_on_record(start, keys, screen, effects):
    last = walk(MENU, keys, start())
    assert last.session.screen == screen
    assert list(last.effects) == effects


def test_what_needs_a_request_is_not_offered_without_one():
    unsaved = walk(MENU, "4 7 2 1 3 1").session
    assert [piece.key for piece in told(MENU, unsaved).pieces if piece.key] == ["1", "00"]
    last = walk(MENU, "2", unsaved)
    assert last.effects == ()
    assert last.session.notice == "invalid"


def test_at_home_everything_of_the_request_is_forgotten():
    session = walk(MENU, "00", saved()).session
    assert (session.answers, session.values, session.callback, session.trail) == ({}, {}, "", ())


def test_a_window_without_anybody_on_duty_is_neither_shown_nor_taken():
    session = walk(MENU, "4 7 2 1", begin_session(MENU, known(offers=("evening",)))).session
    assert [piece.key for piece in told(MENU, session).pieces if piece.key] == ["3", "6", "0", "00"]
    for key in ("1", "2", "4", "5"):
        assert walk(MENU, key, session).session.notice == "invalid"
    assert walk(MENU, "3", session).session.screen == "consent"
    assert walk(MENU, "6", session).session.screen == "no_call"


def test_going_back_takes_the_answer_back():
    session = walk(MENU, "4 7 2 1 3").session
    assert dict(session.answers) == {"danger": "no", "phone_seen": "no", "when": "evening"}
    assert dict(walk(MENU, "0", session).session.answers) == {"danger": "no", "phone_seen": "no"}
    assert dict(walk(MENU, "0 0", session).session.answers) == {"danger": "no"}


def test_wrong_keys_are_counted_in_a_row_only():
    session = walk(MENU, "4 5 5").session
    assert (session.wrong, session.notice) == (2, "invalid")
    session = walk(MENU, "98", session).session
    assert (session.wrong, session.notice) == (0, "")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "01",
        "1*2",
        "*",
        "#",
        "²",
        "①",
        "-1",
        "one",
        "1" * 161,
        "000",
        "980",
        "{",
        "\ud83d",
    ],
)
def test_what_is_no_key_is_told_so(text):
    session = walk(MENU, "4").session
    last = step_session(MENU, session, text)
    assert (last.session.screen, last.session.notice, last.session.wrong) == ("main", "invalid", 1)
    assert last.effects == ()


@pytest.mark.parametrize("text", ["1", " 1 ", "\u200f1", "1\r\n", "໑", "๑", "１"])
def test_what_is_a_key_in_disguise_is_taken(text):
    assert step_session(MENU, walk(MENU, "4").session, text).session.screen == "pay"


@pytest.mark.parametrize(
    ("said", "screen", "language", "script", "notice"),
    [
        ({}, "language", "", "", ""),
        ({"language": "lo", "script": "lo-Latn"}, "main", "lo", "lo-Latn", ""),
        ({"language": "th"}, "main", "th", "th", ""),
        ({"language": "th", "script": "klingon"}, "main", "th", "th", ""),
        ({"language": "klingon", "script": "lo"}, "language", "", "", ""),
        ({"lost": True}, "language", "", "", "again"),
        ({"language": "en", "lost": True}, "main", "en", "en", "again"),
    ],
)
def test_begin(said, screen, language, script, notice):
    session = begin_session(MENU, known(**said))
    assert (session.screen, session.language, session.script, session.notice) == (
        screen,
        language,
        script,
        notice,
    )
    assert session.offers == known().offers
    assert session.region == "TH"


def test_words_may_open_a_screen_or_the_form():
    session = begin_session(MENU, known(language="en"))
    assert open_screen(MENU, session, "pay").screen == "pay"
    asked = open_screen(MENU, session, "call_me", {"danger": "yes"})
    assert (asked.screen, dict(asked.answers), asked.path) == ("phone_seen", {"danger": "yes"}, ("main",))
    assert open_screen(MENU, Session(screen="gone"), "pay").screen == "pay"


def test_a_session_left_on_the_form_sees_its_question():
    session = Session(screen="call_me", language="en", answers={"danger": "no"}, offers=("now",))
    assert told(MENU, session).screen == "phone_seen"
    assert step_session(MENU, session, "1").session.screen == "when"


def test_the_trail_never_grows_beyond_its_length():
    menu = changed(MENU, Information(id="loop", text=en("Round."), choices=(choice("1", "loop2", "On"),)))
    menu = changed(menu, Information(id="loop2", text=en("And round."), choices=(choice("1", "loop", "On"),)))
    session = open_screen(menu, begin_session(menu, known(language="en")), "loop")
    for _ in range(3 * MAX_TRAIL):
        session = step_session(menu, session, "1").session
    assert len(session.trail) == MAX_TRAIL


def test_a_screen_to_itself_leaves_no_trace():
    menu = changed(MENU, Information(id="mirror", text=en("You."), choices=(choice("1", "mirror", "Again"),)))
    session = open_screen(menu, begin_session(menu, known(language="en")), "mirror")
    assert walk(menu, "1 1", session).session.trail == session.trail


def test_back_skips_screens_that_the_menu_no_longer_has():
    session = Session(screen="pay", language="en", trail=(("main", 2), ("gone", 1)))
    assert (walk(MENU, "0", session).session.screen, walk(MENU, "0", session).session.page) == ("main", 2)


def test_a_line_without_words_in_her_language_or_behind_which_there_are_none_is_closed():
    menu = changed(MENU, Information(id="thai", text={"th": "ไทยเท่านั้น"}))
    pay = menu.screens["pay"]
    lines = (
        choice("3", "thai", "Thai only"),
        choice("4", "wage", {"th": "ค่าจ้าง"}),
        choice("5", "nowhere", "Nowhere"),
    )
    menu = changed(menu, type(pay)(id="pay", text=pay.text, choices=(*pay.choices, *lines)))
    english = walk(menu, "4 1").session
    assert [piece.key for piece in told(menu, english).pieces if piece.key] == ["1", "2", "0", "00"]
    assert {walk(menu, key, english).session.notice for key in "345"} == {"invalid"}
    assert walk(menu, "3 1 1 3").session.screen == "thai"


def test_digits_for_another_deed_move_on_at_once():
    digits = Entry(id="digits", text=en("Which?"), digits=1, does=Deed.REPORT_WRONG, to="thanks")
    menu = changed(MENU, digits)
    last = walk(menu, "3", open_screen(menu, walk(MENU, "4").session, "digits"))
    assert last.effects == (ReportWrong(screen="", digit="3"),)
    assert last.session.screen == "thanks"


def test_how_many_pages_there_are_depends_on_the_channel():
    session = walk(MENU, "4 1 2").session
    assert step_session(MENU, session, "98").session.page == 2
    assert step_session(MENU, session, "98", SMS_LIMITS).session.notice == "invalid"


def test_every_deed_is_an_effect():
    from gateway.menus.engine.choices import make_effect

    session = Session(screen="main", callback="cb1")
    made = {type(make_effect(session, deed, Choice(key="1", answers={"when": "now"}))) for deed in Deed}
    assert len(made) == len(Deed)
