"""Cuts every screen of a menu into pages at publish, so that what was proved is what is shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from gateway.catalogue.segment import line_breaks
from gateway.engine.menu import Form, Menu, Screen, page_key
from gateway.engine.paging import CannotCut, Page, cut_screen
from gateway.engine.showing import PLAIN
from gateway.engine.values import LONGEST_SETTINGS, longest, widest
from gateway.messages import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One text of a screen that cannot be cut as it must be, and why."""

    screen: str
    variant: int
    language: str
    limits: Limits
    why: CannotCut


@dataclass(slots=True)
class Cut:
    """All pages by their key, what could not be cut, and the widest value of each placeholder by language."""

    pages: dict[str, tuple[Page, ...]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    widest: dict[str, dict[str, str]] = field(default_factory=dict)


def cut_menu(menu: Menu, limits: Iterable[Limits], settings: Mapping[str, str] | None = None) -> Cut:
    """Cut each text of each screen in each language, for each set of limits once."""
    cut = Cut(widest={language: reserved(menu, language, settings) for language in menu.languages})
    for each in {one.name: one for one in limits}.values():
        for language in menu.languages:
            values, breaks = cut.widest[language], line_breaks(language)
            for screen, variant in _texts(menu):
                try:
                    pages = cut_screen(menu, screen, variant, language, each, values, breaks)
                except CannotCut as why:
                    cut.faults.append(
                        Fault(screen=screen.id, variant=variant, language=language, limits=each, why=why)
                    )
                else:
                    cut.pages[page_key(each.name, language, screen.id, variant)] = pages
    return cut


def reserved(menu: Menu, language: str, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the widest value of each placeholder; of a setting, its own value or what is usual."""
    known = {
        name: widest((value, LONGEST_SETTINGS.get(name, ""))) for name, value in (settings or {}).items()
    }
    return longest(menu, language, known)


def with_pages(menu: Menu, limits: Iterable[Limits], settings: Mapping[str, str] | None = None) -> Menu:
    """Return the menu with its pages stored."""
    return replace(menu, pages=cut_menu(menu, limits, settings).pages)


def _texts(menu: Menu) -> Iterator[tuple[Screen, int]]:
    for screen in menu.screens.values():
        if isinstance(screen, Form):
            continue
        yield screen, PLAIN
        for variant in range(len(screen.variants)):
            yield screen, variant
