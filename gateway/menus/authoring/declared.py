"""What the head of a menu declares about its languages and countries for the proofs alone; callers never need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.menus.authoring.yaml_nodes import MapNode, get_pairs, get_scalars
from gateway.menus.engine.model import Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What an author says beside the texts.

    Attributes:
        units: language → words that make a number a figure of the world outside: money, spans of time.
        countries: two letters of a country → language → how it is named there, in every form.
    """

    countries: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_declared(root: MapNode) -> Declared:
    """Return what a merged folder declares."""
    countries = {
        country.text: {
            language.text: tuple(each.text for each in get_scalars(names))
            for language, names in get_pairs(spoken)
        }
        for country, spoken in get_pairs(root, "countries")
    }
    units = {
        language.text: tuple(each.text for each in get_scalars(words))
        for language, words in get_pairs(root, "units")
    }
    return Declared(countries=countries, units=units)


# What a phone types from the first screen on to have the texts in one language.


def find_keys_to_language(menu: Menu, tag: str) -> tuple[tuple[str, str], ...] | None:
    """Return the screens on which a key is typed, each with its key; None where the menu offers no such language."""
    if tag not in menu.languages:
        return None
    typed: list[tuple[str, str]] = []
    screen = menu.start
    while any(choice.script for choice in menu.screens[screen].choices) and len(typed) < len(menu.screens):
        found = next((choice for choice in menu.screens[screen].choices if choice.script == tag), None)
        if found is None:
            return None
        typed.append((screen, found.key))
        screen = found.to
    return tuple(typed)


def find_keys_to_languages(menu: Menu) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return the same for every language that can be reached so."""
    found = {tag: find_keys_to_language(menu, tag) for tag in menu.languages}
    return {tag: typed for tag, typed in found.items() if typed}
