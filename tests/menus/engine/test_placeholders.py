"""Which value a placeholder gets, and how much room is kept for it."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_size import count_septets, count_units, find_coding, measure_text
from gateway.menus.engine.wording import fill_template, find_current_values, find_longest_values, find_widest
from tests.support.menu_builders import LINE, NOW, fact, small_menu

MENU = small_menu()
SOMEWHERE = Session(screen="main")


def test_fill_leaves_no_placeholder():
    assert fill_template("{a.b} and {c} {}", {"a.b": "1"}) == "1 and  {}"


def test_a_value_is_not_filled_again():
    assert fill_template("{a}", {"a": "{b}", "b": "never"}) == "{b}"


@pytest.mark.parametrize(
    ("now", "value"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC), "372"),
        (datetime(2025, 6, 30, 16, 59, tzinfo=UTC), "372"),
        (datetime(2025, 6, 30, 17, 0, tzinfo=UTC), "400"),  # midnight in Vientiane
        (NOW, "400"),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "450"),
    ],
)
def test_a_fact_is_what_holds_on_the_day_of_the_line(now, value):
    assert find_current_values(MENU, SOMEWHERE, LINE, now)["th.wage"] == value


def test_results_come_from_the_session_alone():
    assert "code" not in find_current_values(MENU, SOMEWHERE, LINE, NOW)
    assert (
        find_current_values(MENU, SOMEWHERE.copy_with(values={"code": "4821"}), LINE, NOW)["code"] == "4821"
    )


@pytest.mark.parametrize("settings", [{}, {"helpline": "", "mrc": ""}])
def test_a_number_that_is_not_set_says_so(settings):
    values = find_current_values(MENU, SOMEWHERE, DisplayValues(zone="Asia/Vientiane", values=settings), NOW)
    assert values["helpline"] == "‹not set: helpline›"
    assert values["mrc"] == "‹not set: mrc›"
    assert values.get("price", "") == ""


def test_longest_keeps_room_for_every_value():
    room = find_longest_values(MENU, "en", {"price": "500 kip a minute"})
    assert room["th.wage"] in {"372", "400", "450"}
    assert room["price"] == "500 kip a minute"
    assert room["code"] == "000000"
    assert room["until"] == "00:00"
    assert room["when"].endswith("18-21")
    assert len(room["helpline"]) == 11


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((), ""),
        (("",), ""),
        (("9", "1,000", "10"), "1,000"),
        (("฿9", "1,000"), "฿,000"),
        (("1,000 ບາດ", "9"), "1,000 ບາດ"),
        (("€9", "100"), "100"),
        (("€€", "100"), "€00"),
    ],
)
def test_the_widest_takes_the_room_of_each_in_both_alphabets(values, text):
    assert find_widest(values) == text
    for value in values:
        for beside in ("", "ກ"):
            took, room = measure_text(value + beside), measure_text(text + beside)
            assert room.coding in {took.coding, "ucs2"}
            assert took.units <= room.units or took.coding != room.coding


@given(st.lists(st.text("0€^aກ😀", max_size=6), max_size=4))
def test_the_widest_is_wide_enough_for_any_values(values):
    room = find_widest(values)
    for value in values:
        assert count_units(value) <= count_units(room)
        assert find_coding(room) != "gsm7" or count_septets(value) <= count_septets(room)


def test_the_longest_of_dated_values_is_reserved():
    facts = {"x": fact("x", ("9", date(2025, 1, 1)), ("1,000", date(2026, 1, 1)), ("10", date(2027, 1, 1)))}
    assert find_longest_values(replace(MENU, facts=facts), "lo")["x"] == "1,000"
