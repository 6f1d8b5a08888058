"""Walk a menu: ways between screens and to a callback, the keys to each language, and every text with its path.

What a menu's head declares for checks only (units, country names) is read here, too. Test coverage is measured over
the texts, and their word breaks are found with ICU.
"""

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from importlib import import_module
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.authoring.yaml_nodes import MapNode, get_pairs, get_scalars
from gateway.menus.engine.model import (
    DUTY_PLACEHOLDERS,
    LINE_PLACEHOLDERS,
    NO_TIME,
    RESULT_PLACEHOLDERS,
    RESUME,
    Choice,
    Menu,
    Screen,
    Text,
    make_page_key,
)
from gateway.menus.engine.paging import Page
from gateway.menus.engine.session import Session
from gateway.menus.engine.shapes import FORM_PLACEHOLDERS
from gateway.menus.engine.text_breaks import PLACEHOLDER, SOFT_BREAK, Breaks
from gateway.menus.engine.visibility import NEXT_QUESTION, PLAIN, find_language

if TYPE_CHECKING:
    from icu4py.breakers import LineBreaker


class MenuWay(NamedTuple):
    """A step from one screen to another.

    ``presses`` includes paging; ``language`` is the tag of the texts from there on, where it changes.
    """

    source: str
    target: str
    key: str = ""
    presses: int = 1
    language: str = ""


@keep_per_owner
def list_ways(menu: Menu) -> tuple[MenuWay, ...]:
    """Return every way opened by a choice, a form or a typed code."""
    found = (way for screen in menu.screens.values() for way in _list_screen_ways(menu, screen))
    return tuple(dict.fromkeys(way for way in found if way.target in menu.screens))


def list_shown_ways(
    menu: Menu, pages: Mapping[str, tuple[Page, ...]], limits: str, language: str
) -> tuple[MenuWay, ...]:
    """Return every way with its presses, including 98 to the page of its option."""
    return tuple(
        way if presses == way.presses else way._replace(presses=presses)
        for way in list_ways(menu)
        for presses in (_find_last_page(menu, pages, limits, language, way),)
    )


def find_reached(ways_of: Iterable[MenuWay], begin: Iterable[str]) -> dict[str, int]:
    """Return the reachable screens with the fewest presses (shortest paths)."""
    out: dict[str, list[MenuWay]] = {}
    for way in ways_of:
        out.setdefault(way.source, []).append(way)
    presses = dict.fromkeys(begin, 0)
    queue = deque(presses)
    while queue:
        here = queue.popleft()
        for way in out.get(here, ()):
            total = presses[here] + way.presses
            if total < presses.get(way.target, total + 1):
                presses[way.target] = total
                queue.append(way.target)
    return presses


@keep_per_owner
def read_in(menu: Menu) -> frozenset[tuple[str, str]]:
    """Return every (screen, language) in which the screen can be read."""
    words = {keyword.to for keyword in menu.keywords} & set(menu.screens)
    begin = {menu.home, menu.offer, menu.sos, menu.call_me} | words | ({RESUME, NO_TIME} & set(menu.screens))
    queue = [(name, language) for name in begin for language in menu.languages]
    queue.append((menu.start, find_language(menu, Session(screen=menu.start))))
    out: dict[str, list[MenuWay]] = {}
    for way in list_ways(menu):
        out.setdefault(way.source, []).append(way)
    found = set(queue)
    while queue:
        name, language = queue.pop()
        for way in out.get(name, ()):
            there = (way.target, way.language or language)
            if there not in found:
                found.add(there)
                queue.append(there)
    return frozenset(found)


def find_callback_path(menu: Menu) -> tuple[str, ...]:
    """Return the screens from the first one through danger and the form to the end."""
    form = menu.screens[menu.call_me]
    questions = form.list_questions()
    form_screens = [*questions, *(way.target for way in list_ways(menu) if way.source in questions)]
    last = form.get_following()
    ends = [way.target for way in list_ways(menu) if way.source == last and _is_end(menu, way.target)]
    path = [menu.start, menu.home, menu.sos, *form_screens, last, *ends]
    return tuple(dict.fromkeys(name for name in path if name in menu.screens))


@keep_per_owner
def walk_to_callback(menu: Menu) -> tuple[str, ...]:
    """Return the same, with the screens that ask for the language, and the offer."""
    chosen = [way for way in list_ways(menu) if way.language and way.target != menu.home]
    between = find_reached(chosen, [menu.start])
    return tuple(dict.fromkeys((*between, *find_callback_path(menu), menu.offer)))


def _find_last_page(
    menu: Menu, pages: Mapping[str, tuple[Page, ...]], limits: str, language: str, way: MenuWay
) -> int:
    """Return the last page, over all variants, on which the key of a way first appears."""
    variants = menu.screens[way.source].variants
    if (
        not variants
        and len(pages.get(make_page_key(limits, language, way.source, PLAIN), ())) <= 1 <= way.presses
    ):
        return 1  # as most: a key on the only page
    texts = range(PLAIN, len(variants))
    cuts = [pages.get(make_page_key(limits, language, way.source, variant), ()) for variant in texts]
    found = [
        next(
            (number for number, page in enumerate(cut, start=1) for piece in page if piece.key == way.key), 0
        )
        for cut in cuts
        if way.key
    ]
    return max([min(way.presses, 1), *found])


def _is_end(menu: Menu, name: str) -> bool:
    return menu.screens[name].ends


def _list_screen_ways(menu: Menu, screen: Screen) -> Iterator[MenuWay]:
    for target, presses in screen.list_targets():
        yield MenuWay(screen.id, target, presses=presses)
    for choice in screen.choices:
        for target in _list_targets(menu, screen, choice):
            language = choice.script or choice.language
            yield MenuWay(screen.id, target, choice.key, max(1, choice.page), language)


def _list_targets(menu: Menu, screen: Screen, choice: Choice) -> Iterator[str]:
    if choice.to and choice.to != NEXT_QUESTION:
        yield choice.to
    elif choice.to == NEXT_QUESTION or screen.get_asked():
        for form in menu.screens.values():
            if form.list_questions():
                yield from (target for target, _presses in form.list_targets() if target != screen.id)


class AuthoredText(NamedTuple):
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


@keep_per_owner
def list_filled_texts(menu: Menu) -> tuple[AuthoredText, ...]:
    """Return the texts that may hold a placeholder in some language, in the order of ``list_texts``."""
    return tuple(one for one in list_texts(menu) if any("{" in words for words in one.text.values()))


def has_unknown_names(menu: Menu, one: AuthoredText) -> bool:
    """Say whether any language of a text has a placeholder that nothing fills."""
    filled = _list_filled(menu)
    names = (name for words in one.text.values() for name in PLACEHOLDER.findall(words))
    return any(name.partition(":")[0] not in filled for name in names)


@keep_per_owner
def _list_filled(menu: Menu) -> frozenset[str]:
    """Return every name that something fills."""
    results = RESULT_PLACEHOLDERS | DUTY_PLACEHOLDERS
    return frozenset({*menu.facts, *LINE_PLACEHOLDERS, *results, *FORM_PLACEHOLDERS})


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
