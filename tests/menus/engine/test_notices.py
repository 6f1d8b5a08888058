"""A notice stands above its page within the limit, or on a page of its own that leads on to it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, PieceKind
from gateway.menus.engine.engine import step_session
from gateway.menus.engine.render import forget_notice
from gateway.menus.engine.screens import Choices, Information
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import measure_text
from tests.support.menu_builders import LINE, MESSAGES, changed, choice, en, menu_of, small_menu, told, walk

MENU = small_menu()
WRONG = "Not a valid choice. Try again."
THERE = Session(screen="x", language="en", trail=(("main", 1),))


def full(room: int = 150, **more):
    """A menu whose screen x has this many letters and a way on."""
    screen = Information(
        id="x", text=en("x" * room), choices=(choice("7", "call_me", "Call me"), choice("8", "pay")), **more
    )
    return changed(MENU, screen)


def lines_of(menu, session):
    return told(menu, session).text.split("\n")


def test_where_there_is_no_room_it_stands_alone_with_every_way_on():
    reply = told(full(140), THERE.copy_with(notice="invalid"))
    assert reply.text.split("\n") == [WRONG, "98 More", "0 Back"]
    assert (reply.alone, reply.screen, reply.page, reply.facts) == (True, "x", 1, ())


@pytest.mark.parametrize("room", [10, 100, 114])
def test_where_there_is_room_it_stands_above_the_page(room):
    reply = told(full(room), THERE.copy_with(notice="invalid"))
    assert reply.text.startswith((f"{WRONG}\nxxx", "Not a valid choice.\nxxx"))
    assert not reply.alone


def test_98_leads_to_the_page_that_it_stood_for_and_not_to_the_next():
    menu = changed(MENU, Information(id="x", text=en("a" * 149 + ". " + "b" * 149)))
    first = told(menu, THERE)
    assert first.pages > 1
    wrong = walk(menu, "55", THERE).session
    assert told(menu, wrong).alone
    again = walk(menu, "98", wrong).session
    assert (told(menu, again).page, told(menu, again).pieces) == (1, first.pieces)
    assert told(menu, walk(menu, "98", again).session).page == 2


def test_the_second_page_is_led_back_to_as_well():
    menu = changed(MENU, Information(id="x", text=en("a" * 149 + ". " + "b" * 149)))
    second = walk(menu, "98", THERE).session
    wrong = walk(menu, "55", second).session
    assert told(menu, wrong).page == 2
    assert told(menu, walk(menu, "98", wrong).session).pieces == told(menu, second).pieces


@pytest.mark.parametrize(("key", "screen"), [("7", "danger"), ("8", "pay"), ("0", "main"), ("00", "main")])
def test_every_key_of_the_page_behind_it_works(key, screen):
    wrong = walk(full(), "55", THERE).session
    assert told(full(), wrong).alone
    assert walk(full(), key, wrong).session.screen == screen


def test_reading_the_page_again_does_not_forget_that_she_was_wrong():
    menu = full()
    session = walk(menu, "55 98 56 98", THERE).session
    assert (session.screen, session.wrong) == ("x", 2)
    assert walk(menu, "57", session).session.screen == "offer"


def test_a_wrong_key_on_the_notice_is_told_again():
    menu = full()
    twice = walk(menu, "55 56", THERE).session
    assert (lines_of(menu, twice)[0], twice.wrong) == (WRONG, 2)


def test_what_is_kept_between_two_inputs():
    menu, wrong = full(), THERE.copy_with(notice="invalid", wrong=1)
    assert forget_notice(wrong, told(menu, wrong)) == wrong
    roomy = full(20)
    assert forget_notice(wrong, told(roomy, wrong)) == wrong.copy_with(notice="")
    assert step_session(roomy, forget_notice(wrong, told(roomy, wrong)), "98").session.notice == "invalid"


def test_numbers_for_danger_stay_in_sight():
    for menu in (full(topic="danger"), replace(full(), sos="x")):
        plain = told(menu, THERE)
        reply = told(menu, THERE.copy_with(notice="invalid"))
        assert (reply.pieces, reply.alone) == (plain.pieces, False)


def test_a_question_is_never_parted_from_its_answers():
    lines = tuple(choice(str(n), "pay", {"lo": "ບໍ່ໄດ້ເງິນ"}) for n in range(1, 6))
    menu = changed(MENU, Choices(id="x", text={"lo": "ຖາມ"}, choices=lines))
    reply = told(menu, THERE.copy_with(language="lo", script="lo", notice="invalid"))
    assert reply.alone
    assert [piece for piece in reply.pieces if piece.kind is PieceKind.OPTION] == []


def test_values_in_a_notice_are_filled():
    menu = changed(
        small_menu(messages={**MESSAGES, "invalid": en("Ask {helpline}.")}),
        Information(id="x", text=en("Hi")),
    )
    assert lines_of(menu, THERE.copy_with(notice="invalid"))[0] == f"Ask {LINE.values['helpline']}."


@pytest.mark.parametrize("notice", ["", "unknown"])
def test_where_nothing_is_to_be_told_the_page_is_as_it_is(notice):
    assert told(full(), THERE.copy_with(notice=notice)).pieces == told(full(), THERE).pieces


def test_an_end_has_no_notice():
    assert told(MENU, Session(screen="thanks", language="en", notice="invalid")).text.startswith("Thank")


def test_a_text_has_room_for_both():
    reply = told(full(), THERE.copy_with(notice="invalid"), limits=SMS_LIMITS)
    assert not reply.alone
    assert reply.text.startswith(WRONG)


@given(
    st.text("aé€ ບກ.", min_size=1, max_size=400),
    st.sampled_from(["en", "lo", "th", "lo-Latn"]),
    st.sampled_from(["invalid", "again"]),
)
def test_no_page_with_a_notice_passes_the_limit(words, language, notice):
    screens = (Information(id="start", text=en("Hi")), Information(id="home", text=en("Hi")))
    menu = menu_of(*screens, Information(id="x", text=en(words)), sos="start")
    session = THERE.copy_with(language=language, script=language, trail=(("home", 1),))
    for page in range(1, told(menu, session).pages + 1):
        reply = told(menu, session.copy_with(page=page, notice=notice))
        size = measure_text(reply.text)
        assert size.units <= (USSD_LIMITS.gsm7 if size.coding == "gsm7" else USSD_LIMITS.ucs2)
        assert reply.alone or reply.text != told(menu, session.copy_with(page=page)).text
