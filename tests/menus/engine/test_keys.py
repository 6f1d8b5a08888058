"""What counts as a key, whatever a phone, a keyboard or a hostile person sends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.engine.navigation import MAX_INPUT, clean_key, is_digits


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("1", "1"),
        (" 1 ", "1"),
        ("1\n", "1"),
        ("\u00a01\u2003", "1"),
        ("\u200f1\u200e", "1"),
        ("\ufeff1", "1"),
        ("48 21", "4821"),
        ("໑", "1"),
        ("๙๘", "98"),
        ("၇", "7"),
        ("៩", "9"),
        ("٣", "3"),
        ("７", "7"),
        ("00", "00"),
        ("000", "000"),
        ("01", "01"),
        ("²", "²"),
        ("①", "①"),
        ("½", "½"),
        ("*", "*"),
        ("#", "#"),
        pytest.param("1#", "1", marks=pytest.mark.fault("W15")),
        pytest.param("4.", "4", marks=pytest.mark.fault("W15")),
        pytest.param("4)", "4", marks=pytest.mark.fault("W15")),
        pytest.param("(໔)", "4", marks=pytest.mark.fault("W15")),
        ("1.2", "1.2"),
        ("1a#", "1a#"),
        pytest.param("1 1", "1 1", marks=pytest.mark.fault("W9")),
        pytest.param("1\n1", "1 1", marks=pytest.mark.fault("W9")),
        pytest.param("1, 1", "1,1", marks=pytest.mark.fault("W9")),
        pytest.param(" ໑  ໑. ", "1 1.", marks=pytest.mark.fault("W9")),
        ("4 8 2 1", "4821"),
        ("( 4 )", "4"),
        ("1 .", "1"),
        ("0 0", "00"),
        ("9 8", "98"),
        ("1*2", "1*2"),
        ("-1", "-1"),
        ("+1", "+1"),
        ("Ⅷ", "Ⅷ"),
        ("", ""),
        ("   ", ""),
        ("\x00\x1b", ""),
        ("1" * MAX_INPUT, "1" * MAX_INPUT),
        ("1" * (MAX_INPUT + 1), ""),
        (" " * MAX_INPUT + "1", ""),
    ],
)
def test_clean(typed, key):
    assert clean_key(typed) == key


@pytest.mark.parametrize(
    ("key", "count", "said"),
    [
        ("4821", 4, True),
        ("482", 4, False),
        ("48211", 4, False),
        ("48a1", 4, False),
        ("²²²²", 4, False),
        ("", 0, False),
    ],
)
def test_is_digits(key, count, said):
    assert is_digits(key, count) is said


@given(st.lists(st.integers(0, 99).map(str), min_size=2, max_size=3), st.sampled_from(" \n\t\u00a0\u2003"))
def test_numbers_apart_are_no_key_unless_they_are_a_code_or_lead_on(numbers, space):
    key, whole = clean_key(space.join(numbers)), "".join(numbers)
    assert key == (whole if len(whole) >= 4 or whole in {"00", "98"} else " ".join(numbers))


@given(st.text(max_size=200))
def test_cleaning_twice_changes_nothing_and_never_raises(typed):
    assert clean_key(clean_key(typed)) == clean_key(typed)
