"""Cut every screen into pages at publish, so that what is checked is what is shown; measure and preview them.

A preview shows the pages of a screen as a phone will: cut by the engine, filled with the values of a day.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.menus.authoring.graph import (
    MenuWay,
    find_reached,
    line_breaks,
    list_message_texts,
    list_shown_ways,
)
from gateway.menus.engine.model import Menu, Screen, make_page_key
from gateway.menus.engine.paging import (
    CannotCut,
    Page,
    cut_anyway,
    cut_screen,
    cut_text,
    lay_out_text,
    write_page,
)
from gateway.menus.engine.text_size import GSM7, fold_to_gsm7, measure_text
from gateway.menus.engine.visibility import PLAIN
from gateway.menus.engine.wording import (
    LONGEST_SETTINGS,
    fill_facts,
    fill_template,
    find_longest_values,
    find_widest,
)


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
    texts = {
        language: [
            (screen.id, variant, lay_out_text(menu, screen, variant, language, cut.widest[language]))
            for screen, variant in _list_texts(menu)
        ]
        for language in menu.languages
    }
    for each in limits:
        for language in menu.languages:
            breaks = line_breaks(language)
            for screen, variant, text in texts[language]:
                try:
                    pages = cut_text(text, each, breaks)
                except CannotCut as why:
                    cut.faults.append(
                        Fault(screen=screen, variant=variant, language=language, limits=each, why=why)
                    )
                else:
                    cut.pages[make_page_key(each.name, language, screen, variant)] = pages
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
            back = find_reached([way._replace(source=way.target, target=way.source) for way in shown], [to])
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


TEXTED = ("sms_", "ours_", "staff_")
"""How the names of messages begin that leave as texts; the others stand on pages of a dial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewPage:
    """One page on a phone.

    Attributes:
        text: what the phone shows.
        units: its size with the longest values, in septets (GSM-7) or UTF-16 units (UCS-2).
        room: the most that a page may have in this coding.
        coding: the coding that it needs.
    """

    text: str
    units: int
    room: int
    coding: str

    @property
    def is_over(self) -> bool:
        """Whether it is too long for the phone."""
        return self.units > self.room


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """The pages of a screen in one language; ``fault`` says why it cannot be cut as it should be."""

    language: str
    pages: tuple[PreviewPage, ...]
    fault: str = ""


def preview_screen(
    menu: Menu,
    name: str,
    language: str,
    day: date,
    settings: Mapping[str, str],
    *,
    limits: Limits = USSD_LIMITS,
    variant: int = PLAIN,
) -> Preview:
    """Return the pages of a screen in a language on a day.

    Args:
        menu: the menu, built as far as its errors allow.
        name: the screen.
        language: tag of its texts.
        day: the day whose facts are shown.
        settings: placeholder → value of the helpline's settings.
        limits: page limits of the channel.
        variant: which of its texts; ``PLAIN`` for the usual one.
    """
    screen = menu.screens[name]
    if not screen.is_shown:
        return Preview(language=language, pages=())
    longest = reserve_values(menu, language, settings)
    shown = {**_list_examples(longest, settings), **fill_facts(menu, day, language)}
    fault = ""
    try:
        cut = cut_screen(menu, screen, variant, language, limits, longest, line_breaks(language))
    except CannotCut as why:
        fault = str(why)
        cut = cut_anyway(menu, screen, variant, language, limits, longest)
    pages = tuple(_measure_page(page, longest, shown, limits) for page in cut if page)
    return Preview(language=language, pages=pages, fault=fault)


def preview_message(menu: Menu, name: str, language: str, day: date, settings: Mapping[str, str]) -> Preview:
    """Return a message in a language on a day: its own wording, then its variants; the longest values are measured."""
    longest = reserve_values(menu, language, settings)
    shown = {**_list_examples(longest, settings), **fill_facts(menu, day, language)}
    limits = SMS_LIMITS if name.startswith(TEXTED) else USSD_LIMITS
    templates = (menu.text(one.text, language) for one in list_message_texts(menu, name))
    pages = (
        _measure_words(
            fold_to_gsm7(fill_template(words, longest)), fold_to_gsm7(fill_template(words, shown)), limits
        )
        for words in templates
        if words
    )
    return Preview(language=language, pages=tuple(pages))


def _list_examples(longest: Mapping[str, str], settings: Mapping[str, str]) -> dict[str, str]:
    """Return placeholder → what a phone would show: a setting's value, else the longest possible value."""
    known = {name: value for name, value in settings.items() if value}
    return {**longest, **{name: f"‹{name}›" for name in LONGEST_SETTINGS}, **known}


def _measure_page(
    page: Page, longest: Mapping[str, str], shown: Mapping[str, str], limits: Limits
) -> PreviewPage:
    return _measure_words(write_page(page, longest), write_page(page, shown), limits)


def _measure_words(longest: str, shown: str, limits: Limits) -> PreviewPage:
    size = measure_text(longest)
    room = limits.gsm7 if size.coding == GSM7 else limits.ucs2
    return PreviewPage(text=shown, units=size.units, room=room, coding=size.coding)
