"""Cut every screen into pages at publish, so that what is checked is what is shown; and measure sizes and distances."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.domain.events import Limits
from gateway.menus.authoring.graph import MenuWay, find_reached, line_breaks, list_shown_ways
from gateway.menus.engine.model import Menu, Screen, make_page_key
from gateway.menus.engine.paging import CannotCut, Page, cut_screen, write_page
from gateway.menus.engine.text_size import GSM7, measure_text
from gateway.menus.engine.visibility import PLAIN
from gateway.menus.engine.wording import LONGEST_SETTINGS, find_longest_values, find_widest


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A text of a screen that cannot be cut as required."""

    screen: str
    variant: int
    language: str
    limits: Limits
    why: CannotCut


@dataclass(slots=True)
class Cut:
    """All pages by ``page_key``, the texts that could not be cut, and language → placeholder → longest value."""

    pages: dict[str, tuple[Page, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    widest: dict[str, dict[str, str]] = field(default_factory=dict)


_CUT: dict[tuple[int, tuple[Limits, ...], tuple[tuple[str, str], ...] | None], tuple[Menu, Cut]] = {}
_KEPT = 4
"""Menus whose pages are kept: what was cut to be checked is what is published a moment later."""


def cut_menu(menu: Menu, limits: Iterable[Limits], settings: Mapping[str, str] | None = None) -> Cut:
    """Cut each text of each screen in each language, once for each set of limits.

    The pages of the latest menus are kept, so whoever is given them changes nothing in them.
    """
    different = tuple({one.name: one for one in limits}.values())
    key = id(menu), different, None if settings is None else tuple(settings.items())
    known = _CUT.get(key)
    if known is None or known[0] is not menu:
        known = menu, _cut_texts(menu, different, settings)
        while len(_CUT) >= _KEPT:
            _CUT.pop(next(iter(_CUT)), None)
        _CUT[key] = known
    return known[1]


def _cut_texts(menu: Menu, limits: Iterable[Limits], settings: Mapping[str, str] | None) -> Cut:
    cut = Cut(widest={language: reserve_values(menu, language, settings) for language in menu.languages})
    for each in limits:
        for language in menu.languages:
            values, breaks = cut.widest[language], line_breaks(language)
            for screen, variant in _list_texts(menu):
                try:
                    pages = cut_screen(menu, screen, variant, language, each, values, breaks)
                except CannotCut as why:
                    cut.faults.append(
                        Fault(screen=screen.id, variant=variant, language=language, limits=each, why=why)
                    )
                else:
                    cut.pages[make_page_key(each.name, language, screen.id, variant)] = pages
    return cut


def reserve_values(menu: Menu, language: str, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return placeholder → longest value; of a setting, the longer of its own value and the usual one."""
    known = {
        name: find_widest((value, LONGEST_SETTINGS.get(name, ""))) for name, value in (settings or {}).items()
    }
    return find_longest_values(menu, language, known)


def add_pages(menu: Menu, limits: Iterable[Limits], settings: Mapping[str, str] | None = None) -> Menu:
    """Return the menu with its pages stored."""
    return replace(menu, pages=cut_menu(menu, limits, settings).pages)


def _list_texts(menu: Menu) -> Iterator[tuple[Screen, int]]:
    for screen in menu.screens.values():
        if not screen.is_shown:
            continue
        yield screen, PLAIN
        for variant in range(len(screen.variants)):
            yield screen, variant


# Sizes of pages, and distances to help.


@dataclass(frozen=True, slots=True)
class Measured:
    """Sizes of the pages of one text in one language, with longest values; in septets or UTF-16 units."""

    screen: str
    variant: int
    language: str
    units: tuple[int, ...]
    room: int

    def __str__(self) -> str:
        return f"{' '.join(map(str, self.units))}/{self.room}" if self.units else "too long"


@dataclass(frozen=True, slots=True)
class Far:
    """Keys to a screen of help, in one language.

    ``at_most`` is the distance from the farthest screen, ``farthest``.
    """

    to: str
    language: str
    from_start: int
    from_home: int
    at_most: int
    farthest: str


def measure_sizes(menu: Menu, limits: Limits, settings: Mapping[str, str] | None = None) -> list[Measured]:
    """Return the sizes of every page for one channel; a text that cannot be cut has none."""
    return list(_measure_screens(menu, limits, settings))


def measure_distances(menu: Menu, limits: Limits, settings: Mapping[str, str] | None = None) -> list[Far]:
    """Return the number of keys to the danger numbers and to the callback form."""
    pages = cut_menu(menu, (limits,), settings).pages
    found = []
    for language in menu.languages:
        shown = [*list_shown_ways(menu, pages, limits.name, language), *_find_way_home(menu)]
        for to in (menu.sos, menu.call_me):
            back = find_reached([replace(way, source=way.target, target=way.source) for way in shown], [to])
            reachable = {name: presses for name, presses in back.items() if _can_stand(menu, name)}
            farthest = max(reachable, key=lambda name: reachable[name])
            found.append(
                Far(
                    to,
                    language,
                    _from_start(menu, shown, to, language),
                    back[menu.home],
                    reachable[farthest],
                    farthest,
                )
            )
    return found


def _measure_screens(menu: Menu, limits: Limits, settings: Mapping[str, str] | None) -> Iterator[Measured]:
    pages = cut_menu(menu, (limits,), settings).pages
    for screen in menu.screens.values():
        if not screen.is_shown:
            continue
        for variant in range(PLAIN, len(screen.variants)):
            for language in menu.languages:
                values = reserve_values(menu, language, settings)
                cut = pages.get(make_page_key(limits.name, language, screen.id, variant), ())
                found = [measure_text(write_page(page, values)) for page in cut]
                small = all(size.coding == GSM7 for size in found)
                room = limits.gsm7 if small else limits.ucs2
                yield Measured(screen.id, variant, language, tuple(size.units for size in found), room)


def _find_way_home(menu: Menu) -> Iterator[MenuWay]:
    for name in menu.screens:
        if name != menu.start and _can_stand(menu, name):
            yield MenuWay(name, menu.home, "00")


def _can_stand(menu: Menu, name: str) -> bool:
    return menu.screens[name].is_shown and not menu.screens[name].ends


def _from_start(menu: Menu, shown: list[MenuWay], to: str, language: str) -> int:
    """Return the keys from a first dial, including the choice of this language."""
    spoken = [way for way in shown if way.language in {"", language}]
    return find_reached(spoken, [menu.start]).get(to, 0)
