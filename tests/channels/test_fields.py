"""What adapters share: typed fields of JSON, phone numbers as they are posted, digits behind a service code."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.contract import BadRequest, Request
from gateway.channels.post_fields import find_id, narrow_request, open_object, read_flag, read_id
from gateway.channels.ussd_only import find_digits_behind
from gateway.foundation.phone_numbers import read_posted_number


def posted(**values: Any) -> Request:
    return narrow_request(Request(event="ussd", fields={}), values)


@pytest.mark.parametrize(
    ("value", "found"),
    [("7", "7"), (7, "7"), (7.0, "7"), (0, "0"), (-1, "-1"), ("s-1", "s-1"), (10**30, "1" + "0" * 30)],
)
def test_an_id_is_read_as_text_or_as_a_whole_number(value: Any, found: str) -> None:
    assert read_id(posted(x=value), "x") == find_id(posted(x=value), "x") == found


@pytest.mark.parametrize("value", [True, False, 1.5, float("inf"), [], ["7"], {"a": 7}])
def test_an_id_of_any_other_type_is_named(value: Any) -> None:
    for read in (read_id, find_id):
        with pytest.raises(BadRequest, match=r"^field x is not text$"):
            read(posted(x=value), "x")


def test_an_id_that_is_not_there_is_named_or_empty() -> None:
    with pytest.raises(BadRequest, match=r"^field x is missing$"):
        read_id(posted(), "x")
    with pytest.raises(BadRequest, match=r"^field x is empty$"):
        read_id(posted(x=""), "x")
    assert [find_id(posted(**values), "x") for values in ({}, {"x": ""}, {"x": None})] == ["", "", ""]


@pytest.mark.parametrize("value", [True, 1, "true", "True", "TRUE", "1", " true "])
def test_a_yes_is_read_in_each_of_its_forms(value: Any) -> None:
    assert read_flag(posted(x=value), "x")


@pytest.mark.parametrize("value", [False, 0, "false", "False", "0"])
def test_a_no_is_read_in_each_of_its_forms(value: Any) -> None:
    assert not read_flag(posted(x=value), "x")


@pytest.mark.parametrize("value", ["yes", "", 2, -1, None, [], "tru"])
def test_what_is_neither_yes_nor_no_is_named(value: Any) -> None:
    with pytest.raises(BadRequest, match=r"^field x is "):
        read_flag(posted(x=value), "x")


def test_an_object_inside_is_opened_and_anything_else_is_named() -> None:
    inner = open_object(posted(payload={"request_id": 4, "response": "1"}), "payload")
    assert (read_id(inner, "request_id"), inner.need("response")) == ("4", "1")
    for value in ("{}", [], 1, True):
        with pytest.raises(BadRequest, match=r"^field payload is not an object$"):
            open_object(posted(payload=value), "payload")
    with pytest.raises(BadRequest, match=r"^field payload is missing$"):
        open_object(posted(), "payload")


CODES = ("*711*2#", "*711*2*9#", "*123#")


@pytest.mark.parametrize(
    ("dialled", "digits"),
    [
        ("*711*2#", ""),
        ("711*2", ""),
        ("*711*2*1#", "1"),
        ("711*2*1*4", "1*4"),
        ("*711*2*9#", ""),
        ("*711*2*9*1#", "1"),
        ("*711*2*91#", "91"),
        ("*711#", ""),
        ("*711*23#", ""),
        ("*1234#", ""),
        ("*123*0*00#", "0*00"),
        (" *123*5# ", "5"),
        ("*999*1#", ""),
        ("", ""),
        ("#", ""),
        ("*711*2*#", ""),
        ("*123**1#", "*1"),
    ],
)
def test_digits_behind_the_longest_code_of_the_line(dialled: str, digits: str) -> None:
    assert find_digits_behind(dialled, CODES) == digits


@given(st.text(max_size=20), st.lists(st.text(max_size=6), max_size=4))
def test_digits_are_the_end_of_what_was_dialled_and_no_code_of_the_line_dialled_alone_has_any(
    dialled: str, codes: list[str]
) -> None:
    digits = find_digits_behind(dialled, codes)
    assert dialled.strip().removesuffix("#").endswith(digits)
    for code in codes:
        assert find_digits_behind(code, [code]) == ""


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("+233200000001", "+233200000001"),
        ("233200000001", "+233200000001"),
        (" 233200000001", "+233200000001"),
        ("%2B233200000001", "+233200000001"),
        ("00233200000001", "+233200000001"),
        ("tel:+233200000001", "+233200000001"),
        ("0200000001", None),
        ("MTN", None),
        ("22384", None),
        ("", None),
        ("anonymous", None),
    ],
)
def test_a_number_is_read_however_it_is_posted(written: str, number: str | None) -> None:
    assert read_posted_number(written) == number
