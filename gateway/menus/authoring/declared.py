"""Read what a menu's head declares for checks only (units, country names), and the keys to each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gateway.menus.authoring.yaml_nodes import MapNode, get_pairs, get_scalars
from gateway.menus.engine.model import Menu


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Declarations for checks.

    Attributes:
        countries: country (ISO 3166-1 alpha-2) → language → its names there, in every form.
        units: language → words for money and time spans, beside which a number should be a fact.
    """

    countries: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read_declared(root: MapNode) -> Declared:
    """Return the declarations of a merged folder."""
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


# Keys from the first screen to each language.


def find_keys_to_language(menu: Menu, tag: str) -> tuple[tuple[str, str], ...] | None:
    """Return (screen, key) pairs that lead to this language; None where the menu does not offer it."""
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
    """Return language → (screen, key) pairs, for every language that keys can choose."""
    found = {tag: find_keys_to_language(menu, tag) for tag in menu.languages}
    return {tag: typed for tag, typed in found.items() if typed}
