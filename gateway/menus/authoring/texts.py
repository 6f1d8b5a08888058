"""List every text of a menu with its path, measure test coverage, and find word breaks with ICU."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.graph import read_in
from gateway.menus.engine.model import DUTY_PLACEHOLDERS, LINE_PLACEHOLDERS, RESULT_PLACEHOLDERS, Menu, Text
from gateway.menus.engine.option_lines import FORM_PLACEHOLDERS
from gateway.menus.engine.text_breaks import PLACEHOLDER, SOFT_BREAK, Breaks

if TYPE_CHECKING:
    from icu4py.breakers import LineBreaker


@dataclass(frozen=True, slots=True)
class AuthoredText:
    """One text in all its languages; ``screen`` is empty for messages and facts."""

    path: tuple[str, ...]
    text: Text
    screen: str = ""
    required: bool = False


@keep_per_owner
def list_texts(menu: Menu) -> tuple[AuthoredText, ...]:
    """Return messages, texts and labels of screens, then the texts of expired facts."""
    return tuple(_list_in_order(menu))


def _list_in_order(menu: Menu) -> Iterator[AuthoredText]:
    for name in menu.messages:
        yield from list_message_texts(menu, name)
    for name in menu.screens:
        yield from list_screen_texts(menu, name)
    for name, fact in menu.facts.items():
        for number, value in enumerate(fact.values):
            inherited = number > 0 and value.when_old is fact.values[number - 1].when_old
            if value.when_old and not inherited:
                yield AuthoredText(("facts", name, str(number), "when_old"), value.when_old, required=True)


def list_message_texts(menu: Menu, name: str) -> Iterator[AuthoredText]:
    """Yield the wordings of a message: its own, then its variants."""
    yield AuthoredText(("messages", name, "text"), menu.messages[name], required=True)
    for number, variant in enumerate(menu.message_variants.get(name, ())):
        yield AuthoredText(("messages", name, "variants", str(number), "text"), variant.text, required=True)


def list_screen_texts(menu: Menu, name: str) -> Iterator[AuthoredText]:
    """Yield the texts of a screen: its own, its variants, the labels of its choices."""
    screen = menu.screens[name]
    path = ("screens", name)
    if screen.text:
        yield AuthoredText((*path, "text"), screen.text, name, required=True)
    for number, variant in enumerate(screen.variants):
        yield AuthoredText((*path, "variants", str(number), "text"), variant.text, name, required=True)
    for number, choice in enumerate(screen.choices):
        if choice.label:
            yield AuthoredText((*path, "choices", str(number), "label"), choice.label, name)


def has_unknown_names(menu: Menu, one: AuthoredText) -> bool:
    """Say whether any language of a text has a placeholder that nothing fills."""
    results = RESULT_PLACEHOLDERS | DUTY_PLACEHOLDERS
    known = {*menu.facts, *LINE_PLACEHOLDERS, *results, *FORM_PLACEHOLDERS}
    names = (name for words in one.text.values() for name in PLACEHOLDER.findall(words))
    return any(name.partition(":")[0] not in known for name in names)


@keep_per_owner
def list_sent_texts(menu: Menu) -> tuple[tuple[AuthoredText, str, str], ...]:
    """Return every text with its language and its words as sent."""
    return tuple(
        (one, language, words.replace(SOFT_BREAK, ""))
        for one in list_texts(menu)
        for language, words in one.text.items()
    )


def format_count(number: int, noun: str) -> str:
    """Return the number with its noun."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# Coverage by conversation tests.


@dataclass(frozen=True, slots=True)
class Coverage:
    """(Screen, language) pairs of a menu: all that can be read, and those that tests showed."""

    readable: frozenset[tuple[str, str]]
    shown: frozenset[tuple[str, str]]

    def of(self, language: str) -> tuple[int, int]:
        """Return how many screens were shown in a language, and how many can be read in it."""
        return sum(tag == language for _, tag in self.shown), sum(tag == language for _, tag in self.readable)

    @property
    def languages(self) -> list[str]:
        """The languages in which anything can be read."""
        return sorted({language for _, language in self.readable})

    @property
    def screens(self) -> list[str]:
        """The readable screens, those shown in the fewest languages first."""
        names = {name for name, _ in self.readable}
        return sorted(names, key=lambda name: (sum(screen == name for screen, _ in self.shown), name))

    def mark(self, screen: str, language: str) -> str:
        """Return ``yes`` if shown, ``no`` if readable but not shown, empty if not readable."""
        if (screen, language) in self.shown:
            return "yes"
        return "no" if (screen, language) in self.readable else ""


def measure_coverage(menu: Menu, seen: Iterable[tuple[str, str]]) -> Coverage:
    """Compare what was shown with all that can be read."""
    forms = {name for name, screen in menu.screens.items() if not screen.is_shown}
    readable = frozenset(pair for pair in read_in(menu) if pair[0] not in forms)
    return Coverage(readable, readable.intersection(seen))


# Line breaks of scripts without spaces, from ICU's dictionaries where installed (UAX #14).


@cache
def line_breaks(language: str) -> Breaks | None:
    """Return a function for the line breaks of a text in this language; None without the extra ``segment``.

    They are suggestions: the cutter uses one only where a cut is safe.
    """
    breaker = _line_breaker()
    return partial(_find_breaks, breaker, language) if breaker else None


@cache
def _line_breaker() -> "type[LineBreaker] | None":
    try:
        found: type[LineBreaker] = import_module("icu4py.breakers").LineBreaker
    except ImportError:
        return None
    return found


def _find_breaks(breaker: "type[LineBreaker]", language: str, text: str) -> Collection[int]:
    ends = (end for _, end in breaker(text, language).segments())
    if text.isascii() or max(text, default="") <= "\uffff":
        return frozenset(ends)
    # ICU positions are UTF-16 units, two for a character above U+FFFF.
    units = accumulate((1 + (each > "\uffff") for each in text), initial=0)
    places = {unit: place for place, unit in enumerate(units)}
    return frozenset(places[end] for end in ends if end in places)
