"""Show the pages of a screen as a phone will: cut by the engine, filled with the values of a day, and measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS, Limits
from gateway.menus.authoring.graph import line_breaks, list_message_texts
from gateway.menus.authoring.pages import reserve_values
from gateway.menus.engine.model import Menu
from gateway.menus.engine.paging import CannotCut, Page, cut_anyway, cut_screen, write_page
from gateway.menus.engine.text_size import GSM7, fold_to_gsm7, measure_text
from gateway.menus.engine.visibility import PLAIN
from gateway.menus.engine.wording import LONGEST_SETTINGS, fill_facts, fill_template

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
