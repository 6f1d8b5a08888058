"""Names for the ids in figures and record, so that a reader needs neither the menu's files nor the code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gateway.domain.permissions import Role
from gateway.web.shared.i18n import later
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu, Text
    from gateway.operations.reporting.monthly_report import Cell

    Naming = Callable[[str, str], str]

_LONGEST_HEADING = 60
_UNDERSTOOD = {
    "-": later("not understood"),
    "again": later("a wrong answer: asked again"),
    "call_me": later("asks for a call"),
    "callback": later("answer to the questions of the form"),
    "copy": later("a copy of our own text"),
    "courtesy": later("thanks, or a sign"),
    "danger": later("a word of danger"),
    "further": later("answer to a further question of the form"),
    "help": later("asks for help"),
    "key": later("the number of a line"),
    "language": later("chooses a language"),
    "nearest": later("nearly a word of the menu"),
    "no_time": later("asks for a call while none can be promised"),
    "no_call": later("does not want to be called"),
    "refused": later("does not want to be called"),
    "refused_said": later("does not want to be called, in a sentence"),
    "start": "START",
    "stop": "STOP",
}
_NOT_SAID = later("not chosen yet")
_SCREENS = ("shown", "text", "report_wrong")
_GROUPS = {"dialled": "language", "outcome": "outcome", "asked": "topic", "outbox": "delivery"}


def name_cells(
    parts: Services, language: str, cells: Iterable[Cell], of: Naming
) -> list[tuple[str, int | None]]:
    """Return the cells of one section with names for people; where two would be called alike, the id stands behind.

    Args:
        parts: the parts, whose live menus name their screens.
        language: of the page.
        cells: the cells of one section.
        of: what gives a code of a group its word.
    """
    found = [(_name_cell(parts, cell, of, language), cell) for cell in cells]
    times = Counter(name for name, _cell in found)
    return [(name if times[name] == 1 else f"{name} ({cell.name})", cell.n) for name, cell in found]


def _name_cell(parts: Services, cell: Cell, of: Naming, language: str) -> str:
    what = cell.section.what
    if what == "text" and cell.name in _UNDERSTOOD:
        return str(_UNDERSTOOD[cell.name])
    if cell.name == "-":
        return str(_NOT_SAID)
    if what in _GROUPS:
        return of(_GROUPS[what], cell.name)
    if what not in _SCREENS:
        return cell.name
    screen, _sign, key = cell.name.partition("/")
    named = name_screen(parts, screen, language)
    return f"{named} › {key}" if key else named


def name_screen(parts: Services, screen: str, language: str) -> str:
    """Return what a live menu calls a screen: its heading, else the line that leads there, else its id in words."""
    for menu in (parts.versions.live(name)[1] for name in parts.versions.loaded()):
        if screen in menu.screens:
            named = _find_heading(menu, screen, language) or _line_to(menu, screen, language)
            if named:
                return named
    return screen.replace("_", " ")


def _find_heading(menu: Menu, screen: str, language: str) -> str:
    """Return the first line up to a value that only a caller's day fills in, cut where it is a whole paragraph."""
    first = _read_text(menu, menu.screens[screen].text, language).strip().partition("\n")[0]
    fixed = first.partition("{")[0].strip(" :(")
    if len(fixed) <= _LONGEST_HEADING:
        return fixed
    sentence = fixed.partition(". ")[0]
    return sentence if len(sentence) <= _LONGEST_HEADING else f"{sentence[:_LONGEST_HEADING].rstrip()}…"


def _line_to(menu: Menu, screen: str, language: str) -> str:
    if screen == menu.home:
        return _read_text(menu, menu.messages.get("home", {}), language)
    lines = (
        _read_text(menu, choice.label, language).strip()
        for one in menu.screens.values()
        for choice in one.choices
        if choice.to == screen and not choice.language
    )
    return next((line for line in lines if line and "{" not in line), "")


def _read_text(menu: Menu, text: Text, language: str) -> str:
    return menu.text(text, language) or text.get("en") or next(iter(text.values()), "")


def name_detail(of: Naming, act: str, detail: str) -> str:
    """Return what stands behind a deed of the record, in words; empty where it says nothing to a reader."""
    if act in {"refused", "stopped"}:
        return "" if detail == "her" else of("reason", detail)
    if act in {"person.add", "person.role"} and detail in set(Role):
        return find_word(Role(detail))
    if act in {"asked", "added"}:
        return of("how", detail)
    return "" if act == "page refused" else detail
