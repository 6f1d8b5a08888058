"""A text that nobody understood: the two topics that come nearest, and the language of its letters."""

import pytest

from gateway.menus.engine.model import Menu, Reaction
from gateway.menus.keywords import detect_language, find_nearest_topics


@pytest.mark.parametrize(
    ("text", "topic"),
    [
        ("papr", "papers"),
        ("pasp", "papers"),
        ("holidy", "hours"),
        ("นายจ้างไม่ดี", "not_paid"),
        ("wgs salry", "pay"),
    ],
)
def test_the_nearest_topics_hold_what_was_meant(menu: Menu, text: str, topic: str) -> None:
    found = [keyword.to for keyword in find_nearest_topics(menu, text)]
    assert topic in found
    assert len(found) == len(set(found)) <= 2


@pytest.mark.parametrize("text", ["", "....", "12345", "zzz qqq", "🙏"])
def test_a_text_that_is_near_nothing_has_no_topics(menu: Menu, text: str) -> None:
    assert find_nearest_topics(menu, text) == ()


def test_danger_and_commands_are_never_offered(menu: Menu) -> None:
    for text in ("polic emergen dang", "unsubscrib", "call m back", "langua"):
        for keyword in find_nearest_topics(menu, text):
            assert keyword.reaction is Reaction.SHOW
            assert not keyword.danger


@pytest.mark.parametrize(
    ("text", "tag"),
    [("ກິນເຂົ້າ", "lo"), ("กินข้าว", "th"), ("hello", ""), ("ok ຂອບໃຈຫຼາຍໆ", "lo"), ("", ""), ("123", "")],
)
def test_letters_tell_the_language_where_they_can(menu: Menu, text: str, tag: str) -> None:
    assert detect_language(menu, text) == tag
