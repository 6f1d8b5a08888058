"""A screen that a word opened has behind it what keys would have left there."""

from itertools import pairwise

import pytest

from gateway.menus.engine import serialization
from gateway.menus.engine.engine import begin_session, open_screen, step_session
from gateway.menus.engine.model import Menu
from gateway.menus.engine.navigation import find_way
from gateway.menus.engine.session import Known
from tests.support.house import sample


@pytest.fixture(scope="module")
def menu() -> Menu:
    return serialization.load_menu(sample())


def test_every_way_is_one_that_keys_can_walk(menu: Menu) -> None:
    for screen in menu.screens:
        way = [*(name for name, _ in find_way(menu, screen)), screen]
        for here, there in pairwise(way):
            assert there in {choice.to for choice in menu.screens[here].choices}
        assert way[0] in (menu.home, screen)


@pytest.mark.parametrize(
    ("screen", "behind"),
    [
        ("not_paid", ["main", "pay"]),
        ("pay", ["main"]),
        ("main", []),
        ("labour", ["main", "numbers"]),
        ("thanks", None),
    ],
)
def test_the_shortest_way_is_taken(menu: Menu, screen: str, behind: list[str] | None) -> None:
    found = [name for name, _ in find_way(menu, screen)]
    assert behind is None or found == behind


def test_the_topic_of_a_request_is_that_of_the_area_her_word_lies_in(menu: Menu) -> None:
    offers = ("evening",)
    session = open_screen(
        menu, begin_session(menu, Known(language="en", script="en", offers=offers)), "not_paid"
    )
    for key in ("7", "2", "2", "3"):
        session = step_session(menu, session, key).session
    (effect,) = step_session(menu, session, "1").effects
    assert (effect.topic, effect.path) == ("pay", ("main", "pay", "not_paid"))  # type: ignore[union-attr]  # a request


def test_back_leads_to_the_area_then_home(menu: Menu) -> None:
    session = open_screen(menu, begin_session(menu, Known(language="en", script="en")), "not_paid")
    seen = []
    for _ in range(3):
        session = step_session(menu, session, "0").session
        seen.append(session.screen)
    assert seen == ["pay", "main", "main"]
