"""Numbers as people write them, the countries they are read in, and those that no callback ever goes to."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.numbers import masked, may_be_called, region_of, to_e164

HOME = ("LA", "TH")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("+8562055512345", "+8562055512345"),
        ("008562055512345", "+8562055512345"),
        ("020 5551 2345", "+8562055512345"),
        ("020-5551-2345", "+8562055512345"),
        ("(020) 55512345", "+8562055512345"),
        ("02055512345", "+8562055512345"),
        ("\u200e+856 20 555 12345\u202c", "+8562055512345"),
        ("+856\u00a02055512345", "+8562055512345"),
        ("+66812345678", "+66812345678"),
        ("081 234 5678", "+66812345678"),
        ("+254700000001", "+254700000001"),
    ],
)
def test_any_way_to_write_a_number_is_one_number(written: str, expected: str) -> None:
    assert to_e164(written, HOME) == expected


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "+",
        "00",
        "BANK",
        "+0",
        "1234",
        "22384",
        "*123*4#",
        "+85620555",
        "call me",
        "०९",
        "+" + "9" * 30,
    ],
)
def test_what_is_no_number_is_none(written: str) -> None:
    assert to_e164(written, HOME) is None


def test_a_national_number_needs_a_region_to_be_read_in() -> None:
    assert to_e164("02055512345") is None
    assert to_e164("02055512345", ("TH",)) is None
    assert to_e164("0812345678", ("TH", "LA")) == "+66812345678"


def test_the_first_region_in_which_it_is_valid_wins() -> None:
    written = "0812345678"
    assert to_e164(written, ("LA", "TH")) == "+66812345678"
    assert to_e164(written, ("TH",)) == to_e164(written, ("TH", "LA"))


@given(st.text(max_size=40))
@example("+\u0660")
@example("\u202e+85620")
def test_any_text_at_all_is_a_number_or_none_and_never_fails(written: str) -> None:
    found = to_e164(written, HOME)
    assert found is None or (found.startswith("+") and found[1:].isascii() and found[1:].isdigit())


@given(st.integers(min_value=10**6, max_value=10**8 - 1))
def test_reading_a_number_twice_changes_nothing(digits: int) -> None:
    once = to_e164(f"+85620{digits:08}", HOME)
    assert once is None or to_e164(once, HOME) == once


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("+8562055512345", True),
        ("+66812345678", True),
        ("+254700000001", True),
        ("+870773111632", False),  # satellite
        ("+881612345678", False),  # satellite
        ("+883510012345", False),  # global network
        ("+979123456789", False),  # international premium
        ("+661900123456", False),  # premium in Thailand
        ("+19005550100", False),  # premium in the United States
        ("+448451234567", False),  # shared cost in Britain
        ("", False),
        ("BANK", False),
    ],
)
def test_numbers_that_cost_more_are_never_called(number: str, may: bool) -> None:
    assert may_be_called(number) is may


@pytest.mark.parametrize(
    ("number", "region"),
    [("+8562055512345", "LA"), ("+66812345678", "TH"), ("+254700000001", "KE"), ("", ""), ("x", "")],
)
def test_the_country_of_a_number(number: str, region: str) -> None:
    assert region_of(number) == region


def test_everybody_sees_the_country_and_three_digits() -> None:
    assert masked("+8562055512345") == "+856•••••345"
    assert masked("+66812345678") == "+66•••••678"
    assert "2055512" not in masked("+8562055512345")
