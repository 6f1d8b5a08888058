"""A caller's talk with a menu that nobody published: what she would read, with nothing recorded and nobody told."""

from collections.abc import Mapping
from datetime import datetime

from gateway.catalogue.conversations import Case
from gateway.catalogue.pages import with_pages
from gateway.catalogue.problems import Place
from gateway.catalogue.proofs import Asked
from gateway.catalogue.tests import LINE_VALUES, Talk
from gateway.engine.hours import offers_in
from gateway.engine.menu import Menu
from gateway.messages import USSD_LIMITS
from gateway.numbers import region_of


def cut_draft(menu: Menu, asked: Asked) -> Menu:
    """Return the menu with its pages cut as a publish here would cut them for a dialled code."""
    return with_pages(menu, (USSD_LIMITS,), read_line_values(asked))


def open_talk(menu: Menu, number: str, asked: Asked, now: datetime) -> Talk:
    """Begin a talk of this number with a menu whose pages are cut; windows are offered as a real dial offers them."""
    case = Case(
        it="draft",
        place=Place(),
        at=now,
        region=region_of(number),
        offers=_find_offers(menu, asked),
    )
    return Talk(menu, case, zone=asked.zone, limits=USSD_LIMITS, values=read_line_values(asked))


def read_line_values(asked: Asked) -> Mapping[str, str]:
    """Return what texts say of the line: its settings, and nothing for those that are empty."""
    return {**dict.fromkeys(LINE_VALUES, ""), **(asked.settings or {})}


def _find_offers(menu: Menu, asked: Asked) -> tuple[str, ...]:
    known = offers_in(menu)
    if asked.staffed is None:
        return known
    staffed = asked.staffed(menu.windows.values())
    return tuple(name for name in known if name in staffed)
