"""What she reads: one page with its values, her notice above it, never beyond the hard stop."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import USSD_LIMITS, Piece, PieceKind
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.model import make_page_key
from gateway.menus.engine.paging import cut_screen
from gateway.menus.engine.render import measure_text
from gateway.menus.engine.screens import Choices, Information
from gateway.menus.engine.session import Session
from gateway.menus.engine.wording import find_longest_values
from tests.support.menu_builders import FACTS, LINE, changed, choice, en, small_menu, told, walk

MENU = small_menu()
ENGLISH = Session(screen="x", language="en", script="en", trail=(("main", 1),))
LAO = ENGLISH.copy_with(language="lo", script="lo")


def text_of(screen, session=ENGLISH, line=LINE):
    return told(changed(MENU, screen), session, line=line).text


def test_pieces_say_what_they_are():
    pieces = told(MENU, walk(MENU, "4 1").session).pieces
    assert pieces[0] == Piece(PieceKind.HEADING, "My pay")
    assert pieces[1] == Piece(PieceKind.OPTION, "1 Minimum wage", "1")
    assert pieces[-1] == Piece(PieceKind.NAVIGATION, "00 Home", "00")


def test_reply_says_where_she_is():
    reply = told(MENU, walk(MENU, "1 1 1 1").session)
    assert (reply.screen, reply.page, reply.pages, reply.language, reply.ends) == ("wage", 1, 1, "lo", False)
    assert told(MENU, walk(MENU, "4 7 2 1 6").session).ends


def test_facts_are_those_of_the_day():
    assert told(MENU, walk(MENU, "4 1 1").session).text.startswith("Bangkok: 400 baht a day.")


def test_a_variant_is_told_to_those_it_is_for():
    at_home = walk(MENU, "4 9").session.copy_with(region="LA")
    assert told(MENU, at_home).text.startswith("Police 1191.")
    assert told(MENU, walk(MENU, "4 9").session).text.startswith("Police 191.")


def test_stored_pages_are_what_is_shown():
    screen = MENU.screens["wage"]
    pages = cut_screen(MENU, screen, -1, "en", USSD_LIMITS, find_longest_values(MENU, "en"))
    marked = ((Piece(PieceKind.TEXT, "As proved: {th.wage}"), *pages[0][1:]),)
    stored = replace(MENU, pages={make_page_key("ussd", "en", "wage", -1): marked})
    assert told(stored, walk(MENU, "4 1 1").session).text.startswith("As proved: 400\n7 Call me\n0 Back")


def test_a_page_on_which_nothing_is_open_is_left_out():
    lines = (choice("1", "pay", "One"), choice("2", "pay", "Two", page=2, only_if={"region": ("LA",)}))
    screen = Choices(id="x", choices=lines)
    assert text_of(screen) == "1 One\n0 Back\n00 Home"
    assert text_of(screen, ENGLISH.copy_with(region="LA")) == "1 One\n98 More\n0 Back\n00 Home"
    first = Choices(
        id="x", choices=(replace(lines[0], only_if={"region": ("LA",)}), replace(lines[1], only_if={}))
    )
    assert text_of(first) == "2 Two\n0 Back\n00 Home"
    assert text_of(first, ENGLISH.copy_with(trail=())) == "2 Two\n00 Home"


@pytest.mark.parametrize(("page", "shown"), [(0, 1), (-3, 1), (1, 1), (2, 2), (9, 2)])
def test_a_page_that_is_not_there_is_the_nearest(page, shown):
    assert told(MENU, walk(MENU, "4 1 2").session.copy_with(page=page)).page == shown


def test_an_empty_price_says_nothing():
    screen = Information(id="x", text=en("Free help.\n{price}"))
    assert text_of(screen) == "Free help.\n0 Back\n00 Home"
    assert text_of(screen, line=DisplayValues(zone=LINE.zone, values={"price": "500 kip"})).startswith(
        "Free help.\n500 kip\n0"
    )


def test_a_missing_number_says_so():
    screen = Information(id="x", text=en("Call {helpline}."))
    assert text_of(screen, line=DisplayValues(zone=LINE.zone)).startswith("Call ‹not set: helpline›.")


def test_typography_is_folded_unless_the_page_is_lao():
    assert text_of(Information(id="x", text=en("Don’t…"))).startswith("Don't...")
    assert text_of(Information(id="x", text={"lo": "ຢ່າ’…"}), LAO).startswith("ຢ່າ’…")


WRONG = "Not a valid choice. Try again."


def test_notice_stands_first():
    assert told(MENU, walk(MENU, "4 1 5").session).text.startswith(WRONG + "\nMy pay\n1 Minimum wage")


@pytest.mark.parametrize(
    ("room", "first", "last"),
    [
        (114, WRONG, "00 Home"),
        (115, WRONG, "0 Back"),
        (122, WRONG, "0 Back"),
        (123, "Not a valid choice.", "00 Home"),
        (125, "Not a valid choice.", "00 Home"),
        (126, "Not a valid choice.", "0 Back"),
        (133, "Not a valid choice.", "0 Back"),
    ],
)
def test_notice_gives_up_home_then_its_second_sentence(room, first, last):
    session = ENGLISH.copy_with(notice="invalid", wrong=1)
    lines = text_of(Information(id="x", text=en("x" * room)), session).split("\n")
    assert (lines[0], lines[-1]) == (first, last)


def test_a_notice_that_finds_no_room_at_all_is_left_out():
    lines = tuple(choice(str(n), "pay", {"lo": "ບໍ່ໄດ້ເງິນ"}) for n in range(1, 6))
    session = LAO.copy_with(notice="invalid")
    told_text = text_of(Choices(id="x", choices=lines), session)
    assert measure_text(told_text).units <= 80
    tight = small_menu(messages={**MENU.messages, "invalid": {"lo": "ຜິດ" * 30}})
    page = told(changed(tight, Choices(id="x", choices=lines)), session).text
    assert page.startswith("1 ")


def test_a_notice_of_another_alphabet_does_not_flip_an_untranslated_page():
    session = LAO.copy_with(notice="invalid")
    assert text_of(Information(id="x", text=en("y" * 100)), session).startswith(WRONG)


@given(st.text(max_size=300), st.sampled_from([ENGLISH, LAO]), st.sampled_from(["", "invalid", "again"]))
def test_no_value_pushes_a_page_beyond_the_hard_stop(value, session, notice):
    screen = Information(
        id="x", text=en("Call {helpline} now."), choices=(choice("7", "call_me", "Call me"),)
    )
    menu = changed(MENU, screen)
    reply = told(
        menu, session.copy_with(notice=notice), line=DisplayValues(zone=LINE.zone, values={"helpline": value})
    )
    size = measure_text(reply.text)
    assert size.units <= {"gsm7": 182, "ucs2": 80}[size.coding]
    assert any(piece.key == ("98" if reply.alone else "7") for piece in reply.pieces)


def test_a_shortened_line_keeps_its_options():
    screen = Information(id="x", text=en("{mrc}"), choices=(choice("7", "call_me", "Call me"),))
    text = text_of(screen, line=DisplayValues(zone=LINE.zone, values={"mrc": "ສູນ " * 60}))
    assert text.endswith("7 Call me\n0 Back")
    assert measure_text(text).units <= 80


def test_no_language_chosen_means_english():
    assert told(MENU, Session(screen="pay")).language == "en"
    assert told(small_menu(languages={"th": "ไทย"}), Session(screen="pay")).language == "th"


def test_every_placeholder_of_the_small_menu_is_filled():
    assert set(FACTS) <= set(MENU.facts)
    for name in MENU.screens:
        assert "{" not in told(MENU, Session(screen=name, language="en")).text
