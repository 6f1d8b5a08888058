"""Names the ids in reports and the audit log by the words of the live menus and pages."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gateway.web.shared.i18n import later

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
_GROUPS = {
    "dialled": "language",
    "outcome": "outcome",
    "asked": "topic",
    "outbox": "delivery",
    "promise": "reason",
}


def name_cells(
    parts: Services, language: str, cells: Iterable[Cell], of: Naming
) -> list[tuple[str, int | None]]:
    """Return (name, count) of the cells of one section; if two names are equal, the id is appended.

    Args:
        parts: the services of this process, whose live menus name their screens.
        language: tag of the page's language.
        cells: the cells of one section.
        of: names a code of a group.
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
    """Return the name of a screen in a live menu: its heading, else the choice that leads there, else its id."""
    for menu in (parts.versions.live(name)[1] for name in parts.versions.loaded()):
        if screen in menu.screens:
            named = _find_heading(menu, screen, language) or _line_to(menu, screen, language)
            if named:
                return named
    return screen.replace("_", " ")


def _find_heading(menu: Menu, screen: str, language: str) -> str:
    """Return the first line of a screen up to its first placeholder, shortened if it is a paragraph."""
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
