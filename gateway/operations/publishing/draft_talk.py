"""Simulates a conversation with an unpublished menu; nothing is stored and nobody is alerted."""

from collections.abc import Mapping
from datetime import datetime

from gateway.domain.events import USSD_LIMITS
from gateway.foundation.phone_numbers import find_region
from gateway.menus.authoring.checks import CheckContext
from gateway.menus.authoring.conversation_files import Case
from gateway.menus.authoring.conversation_runner import LINE_VALUES, Talk
from gateway.menus.authoring.pages import add_pages
from gateway.menus.authoring.problems import Place
from gateway.menus.engine.model import Menu
from gateway.menus.engine.visibility import list_offers


def cut_draft(menu: Menu, asked: CheckContext) -> Menu:
    """Return the menu with its pages cut as a publish would cut them for USSD."""
    return add_pages(menu, (USSD_LIMITS,), read_line_values(asked))


def open_talk(menu: Menu, number: str, asked: CheckContext, now: datetime) -> Talk:
    """Start a conversation of this number with a menu whose pages are cut.

    It offers the windows that a real dial would.
    """
    case = Case(
        it="draft",
        place=Place(),
        at=now,
        region=find_region(number),
        offers=_find_offers(menu, asked),
    )
    return Talk(menu, case, zone=asked.zone, limits=USSD_LIMITS, values=read_line_values(asked))


def read_line_values(asked: CheckContext) -> Mapping[str, str]:
    """Return the values that texts quote from the settings, by placeholder; empty settings are left out."""
    return {**dict.fromkeys(LINE_VALUES, ""), **(asked.settings or {})}


def _find_offers(menu: Menu, context: CheckContext) -> tuple[str, ...]:
    known = list_offers(menu)
    if context.staffed is None:
        return known
    staffed = context.staffed(menu.windows.values())
    return tuple(name for name in known if name in staffed)
