"""What the head of a menu declares about its languages and countries for the proofs alone; callers never need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.catalogue.nodes import MapNode, pairs_in, scalars_in


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
            language.text: tuple(each.text for each in scalars_in(names))
            for language, names in pairs_in(spoken)
        }
        for country, spoken in pairs_in(root, "countries")
    }
    units = {
        language.text: tuple(each.text for each in scalars_in(words))
        for language, words in pairs_in(root, "units")
    }
    return Declared(countries=countries, units=units)
