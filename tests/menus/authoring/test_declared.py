"""What a phone types to have its texts in a language: followed on the sample, and where a menu asks otherwise."""

from dataclasses import replace

import pytest

from gateway.menus.authoring.graph import find_keys_to_language, find_keys_to_languages
from gateway.menus.engine import serialization
from gateway.menus.engine.engine import begin_session, step_session
from gateway.menus.engine.model import Menu
from gateway.menus.engine.session import Known
from tests.support.house import sample
from tests.support.menu_folders import base, checked


@pytest.fixture(scope="module")
def menu() -> Menu:
    return serialization.load_menu(sample())


@pytest.mark.parametrize(
    ("tag", "typed"),
    [
        ("lo", (("language", "1"), ("script", "1"))),
        ("lo-Latn", (("language", "2"),)),
        ("th", (("language", "3"), ("script_th", "1"))),
        ("en", (("language", "4"),)),
        ("km", None),
        ("", None),
    ],
)
def test_each_key_comes_with_the_screen_on_which_it_is_typed(
    menu: Menu, tag: str, typed: tuple[tuple[str, str], ...] | None
) -> None:
    assert find_keys_to_language(menu, tag) == typed


def test_they_lead_there(menu: Menu) -> None:
    for tag, typed in find_keys_to_languages(menu).items():
        session = begin_session(menu, Known())
        for screen, key in typed:
            assert session.screen == screen
            session = step_session(menu, session, key).session
        assert (session.screen, session.script) == (menu.home, tag)


def test_every_language_of_the_menu_is_among_them_in_its_order(menu: Menu) -> None:
    assert list(find_keys_to_languages(menu)) == list(menu.languages)


def test_screens_that_lead_to_each_other_do_not_hold_it_for_ever(menu: Menu) -> None:
    start = menu.screens[menu.start]
    turning = [choice for choice in start.choices if choice.script]
    assert turning
    loops = replace(start, choices=tuple(replace(choice, to=menu.start) for choice in turning))
    looped = replace(menu, screens={**menu.screens, menu.start: loops})
    typed = find_keys_to_language(looped, "en")
    assert typed is not None
    assert len(typed) == len(menu.screens)


def test_a_menu_that_asks_for_no_language_needs_no_key() -> None:
    found = checked(base()).menu
    assert found is not None
    asks = any(choice.script for choice in found.screens[found.start].choices)
    assert bool(find_keys_to_languages(found)) is asks
