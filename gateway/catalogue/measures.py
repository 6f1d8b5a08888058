"""How much room every page takes and how far it is to help: the figures that a proof compares with its limits."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from gateway.catalogue.graph import Way, reached, shown_ways
from gateway.catalogue.pages import cut_menu, reserved
from gateway.engine.menu import End, Form, Menu, page_key
from gateway.engine.paging import page_text
from gateway.engine.showing import PLAIN
from gateway.engine.text import GSM7, measure
from gateway.messages import Limits


@dataclass(frozen=True, slots=True)
class Measured:
    """One text of a screen in one language: the units of each of its pages, navigation and widest values included."""

    screen: str
    variant: int
    language: str
    units: tuple[int, ...]
    room: int

    def __str__(self) -> str:
        return f"{' '.join(map(str, self.units))}/{self.room}" if self.units else "too long"


@dataclass(frozen=True, slots=True)
class Far:
    """The keys to a screen of help, in one language.

    ``at_most`` counts from the farthest screen that somebody can stand on, which is ``farthest``.
    """

    to: str
    language: str
    from_start: int
    from_home: int
    at_most: int
    farthest: str


def sizes(menu: Menu, limits: Limits, settings: Mapping[str, str] | None = None) -> list[Measured]:
    """Return the size of every page, screen by screen, for one channel; a text that cannot be cut has no pages."""
    return list(_sizes(menu, limits, settings))


def distances(menu: Menu, limits: Limits, settings: Mapping[str, str] | None = None) -> list[Far]:
    """Return how many keys it is to the danger numbers and to "call me", as somebody who reads presses them."""
    pages = cut_menu(menu, (limits,), settings).pages
    found = []
    for language in menu.languages:
        shown = [*shown_ways(menu, pages, limits.name, language), *_home(menu)]
        for to in (menu.sos, menu.call_me):
            back = reached([replace(way, source=way.target, target=way.source) for way in shown], [to])
            standing = {name: presses for name, presses in back.items() if _can_stand(menu, name)}
            farthest = max(standing, key=lambda name: standing[name])
            found.append(
                Far(
                    to,
                    language,
                    _from_start(menu, shown, to, language),
                    back[menu.home],
                    standing[farthest],
                    farthest,
                )
            )
    return found


def _sizes(menu: Menu, limits: Limits, settings: Mapping[str, str] | None) -> Iterator[Measured]:
    pages = cut_menu(menu, (limits,), settings).pages
    for screen in menu.screens.values():
        if isinstance(screen, Form):
            continue
        for variant in range(PLAIN, len(screen.variants)):
            for language in menu.languages:
                values = reserved(menu, language, settings)
                cut = pages.get(page_key(limits.name, language, screen.id, variant), ())
                found = [measure(page_text(page, values)) for page in cut]
                small = all(size.coding == GSM7 for size in found)
                room = limits.gsm7 if small else limits.ucs2
                yield Measured(screen.id, variant, language, tuple(size.units for size in found), room)


def _home(menu: Menu) -> Iterator[Way]:
    for name in menu.screens:
        if name != menu.start and _can_stand(menu, name):
            yield Way(name, menu.home, "00")


def _can_stand(menu: Menu, name: str) -> bool:
    return not isinstance(menu.screens[name], End | Form)


def _from_start(menu: Menu, shown: list[Way], to: str, language: str) -> int:
    """Return the keys from a first dial, the choice of this language among them where one must be made."""
    spoken = [way for way in shown if way.language in {"", language}]
    return reached(spoken, [menu.start]).get(to, 0)
