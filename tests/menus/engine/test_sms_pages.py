"""A text never costs more parts than allowed, and what is cut off is cut at a safe place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.engine.sms_reply import MOST_PARTS, Sms, cut_sms
from gateway.menus.engine.text_breaks import find_safe_cuts
from gateway.menus.engine.text_size import fold_to_gsm7, split_parts
from tests.menus.engine.test_text_size import PHONE_TEXT


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 459, 3),
        ("ກ" * 70, 1),
        ("ກ" * 71, 2),
        ("ກ" * 201, 3),
        ("x" * 70 + "’", 1),
    ],
)
def test_parts_are_counted_as_the_text_is_sent(text, parts):
    assert cut_sms(text) == Sms(fold_to_gsm7(text), parts)


@pytest.mark.parametrize(
    ("text", "end"),
    [
        ("word " * 200, "word"),
        ("ຄ່າແຮງ " * 60, "ຄ່າແຮງ"),
        ("ค่าจ้าง" * 60, "า"),
        ("a" * 455 + " 1546 and on", "a"),
        ("1546" * 200, "4"),
    ],
)
def test_a_longer_text_is_cut_where_it_does_not_hurt(text, end):
    sms = cut_sms(text)
    assert sms.parts == MOST_PARTS
    assert text.startswith(sms.text)
    assert sms.text.endswith(end)


def test_a_very_long_text_is_cut_at_once():
    assert cut_sms("ນ້ຳ" * 200_000).parts == MOST_PARTS


def test_an_escape_never_leaves():
    assert cut_sms("a\x1bb") == Sms("ab", 1)


@given(PHONE_TEXT.map(lambda text: text * 3), st.integers(1, 4))
def test_any_text_keeps_within_its_parts(text, most):
    sms = cut_sms(text, most)
    assert sms.parts == len(split_parts(sms.text)) <= most
    whole = fold_to_gsm7(text)
    assert whole.startswith(sms.text)
    cut = len(sms.text)
    assert (
        cut == len(whole)
        or cut in {0, *find_safe_cuts(whole)}
        or whole[cut] in " \r\n"
        or _forced(whole, most)
    )


def _forced(text, most):
    """Whether no safe cut at all fits, so that one had to be made."""
    return not any(len(split_parts(text[:place])) <= most for place in find_safe_cuts(text))
