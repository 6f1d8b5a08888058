"""Names the ids in reports and the audit log by the words of the live menus and pages, and the parts of a menu."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import TYPE_CHECKING, Any

from babel.dates import format_date, format_skeleton

from gateway.operations.publishing.draft_sections import SHELVES
from gateway.operations.reporting.periods import SMALLEST
from gateway.web.shared.i18n import _, later
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu, Text
    from gateway.operations.publishing.part_changes import FieldGroup
    from gateway.operations.reporting.activity import Usage
    from gateway.operations.reporting.centre_month import CentreMonth
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
    "referral": "referral_outcome",
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


# Reports: periods, sessions, and all tables as rows of a sheet.

_BUDDHIST = 543


def name_period(written: str) -> str:
    """Return a month, quarter or half-year in words of the page; in Thai with years of the Buddhist era."""
    language, year, part = get_language(), int(written[:4]), written[5:]
    shown = year + (_BUDDHIST if language == "th" else 0)
    if part.startswith("Q"):
        return _("Quarter %(n)s of %(year)s", n=part[1], year=shown)
    if part.startswith("H"):
        return _("Half-year %(n)s of %(year)s", n=part[1], year=shown)
    return f"{format_date(date(year, int(part), 1), 'LLLL', locale=language)} {shown}"


def name_usage(of: Naming, by: str, word: str) -> str:
    """Return the name of a day, month, hour, channel or language in a table of sessions."""
    if by == "month":
        return name_period(word)
    if by == "hour":
        return f"{word}:00"
    if by == "day":
        return format_skeleton("MMMd", date.fromisoformat(word), locale=get_language())
    if by == "language":
        return of("language", word) if word else str(_NOT_SAID)
    return word


def name_word(of: Naming, field: str, word: str) -> str:
    """Return the name of a value of a form field in the reader's language."""
    return of("topic" if field == "topics" and word != "not_asked" else "tick", word)


def list_report_rows(
    parts: Services, of: Naming, centre: CentreMonth, usage: Usage, cells: Iterable[Cell]
) -> list[tuple[str | int, ...]]:
    """Return a report as rows of a sheet, with names in the reader's language; a suppressed cell is a word."""
    heads = (centre.month, "", *(of("tick", column) for column in centre.columns), _("All"))
    rows: list[tuple[str | int, ...]] = [heads]
    rows.append((_("Talks"), "", *map(tell_small, (*centre.talks.cells, centre.talks.total))))
    rows += [
        (
            of("field", table.field),
            name_word(of, table.field, row.word),
            *map(tell_small, (*row.cells, row.total)),
        )
        for table in centre.tables
        for row in table.rows
    ]
    blank = ("",) * len(centre.columns)
    for one in centre.sums:
        field, _colon, currency = one.item.partition(":")
        name = of("tick", currency) if currency else ""
        rows.append((of("field", field), name, *blank, tell_small(one.n)))
    rows += [(title, name, *blank, n) for title, name, n in _list_usage_rows(parts, of, usage)]
    by_section: dict[Any, list[Cell]] = {}
    for cell in cells:
        by_section.setdefault(cell.section, []).append(cell)
    for section, found in by_section.items():
        title = of("counted", section.what)
        named = name_cells(parts, get_language(), found, of)
        if section.what != "dialled":
            rows += [(title, name, *blank, tell_small(n)) for name, n in named]
    return rows


def tell_small(n: int | None) -> str | int:
    """Return a count as a cell of a sheet, in words where it is suppressed for being small."""
    return _("under %(n)s", n=SMALLEST) if n is None else n


def _list_usage_rows(parts: Services, of: Naming, usage: Usage) -> Iterator[tuple[str, str, str | int]]:
    def tell(n: int | None) -> str | int:
        return _("hidden") if n is None else n

    yield _("Sessions"), "", tell(usage.sessions)
    for table in usage.tables:
        for word, n in table.rows:
            yield of("sessions_by", table.by), name_usage(of, table.by, word), tell(n)
    for flow in usage.screens:
        screen = name_screen(parts, flow.screen, get_language())
        yield _("Left the menu here"), screen, tell(flow.left)
        for language, (shown, left) in flow.languages.items():
            name = f"{screen} · {name_usage(of, 'language', language)}"
            yield _("Pages shown, by screen and language"), name, tell(shown)
            yield _("Left the menu here, by language"), name, tell(left)


# Parts of a menu beside its screens.

_TITLES = {
    "messages": later("Messages"),
    "keywords": later("Words that texts are searched for"),
    "danger": later("Words of danger"),
    "speech": later("How people talk around them"),
    "form": later("Questions of the form, times and topics"),
    "head": later("Languages and where things begin"),
}
_HELP = {
    "messages": later(
        "What phones show beside the screens, what we text to callers and colleagues, and the number that was promised."
    ),
    "keywords": later("A text that holds one of these words opens a screen, or does what stands beside it."),
    "danger": later(
        "They come before everything else in a text, count as whole words only, and alert those on duty."
    ),
    "speech": later(
        "Thanks, refusals and what stands between: they decide whether a text asks for a call or refuses one."
    ),
    "form": later("What is asked before a call, and the hours that can be chosen."),
    "head": later("What stands at the top of the menu: its languages, its first screen, the names of days."),
}
_PARTS: Mapping[str, Any] = {
    "who": (later("Persons"), later("Each of them replaces {who} in a word of danger.")),
    "lists": (
        later("List"),
        later("Each word may stand for the name of the list, in brackets, in a sentence of danger."),
    ),
    "courtesy": (later("Courtesy"), later("Words beside an answer that change nothing: please, thanks.")),
    "about": (later("Beside STOP and START"), later("Further words that may stand beside these two.")),
    "numbering": (later("Before a number"), later("Words before the number of a choice: no, option.")),
    "declines": (later("No"), later("Whole texts that mean no while the questions are open.")),
    "answers": (
        later("Answers in words"),
        later("Words for an answer of the form, beside the labels of its choices."),
    ),
    "contact": (later("What a refusal is about"), later("To call, to talk.")),
    "refusals": (later("Refusals"), later("Words before these that refuse them: do not, never.")),
    "negations": (
        later("Negations"),
        later("Words that say that something did not happen: you did not call."),
    ),
    "bridges": (later("In between"), later("Words that may stand between a refusal and what it is about.")),
    "automatic": (
        later("Written by phones"),
        later("Whole texts that phones and operators send by themselves."),
    ),
    "harmless": (
        later("Harmless"),
        later("Longer words and sentences that hold a word of danger and do not mean it."),
    ),
    "clock": (later("Words of the clock"), later("Before a number they are a time of day, no blow.")),
    "numbers": (later("Numbers in words"), later("Hours as people write them.")),
    "counted": (later("Counted"), later("Behind such a number they show that it is no time of day.")),
    "struck": (later("Struck"), later("Before the word of the clock they show that a blow is meant.")),
    "languages": (later("Languages"), later("Each with its own name, in the order of the first screen.")),
    "fallback": (
        later("In place of a missing text"),
        later("The languages that are shown then, in this order."),
    ),
    "written_in": (later("Written in"), later("The language that is translated from.")),
    "start": (later("First screen"), later("Where a dial begins.")),
    "home": (later("Main menu"), later("Where key 00 leads.")),
    "offer": (later("After three wrong keys"), later("The screen that offers a call.")),
    "sos": (later("Numbers for danger"), later("The screen behind 9.")),
    "call_me": (later("The form"), later("The screen that asks the questions before a call.")),
    "countries": (
        later("Names of countries"),
        later("So that a number for danger can be seen beside its country."),
    ),
    "units": (later("Words beside figures"), later("A number beside one of them belongs into a fact.")),
    "calendar": (later("Days and months"), later("How each language tells a date.")),
    "drafts": (later("Drafts"), later("Languages in which no text counts as reviewed.")),
}


def name_shelves() -> dict[str, tuple[str, str]]:
    """Return shelf → its title and what it is for."""
    return {shelf: (str(_TITLES[shelf]), str(_HELP[shelf])) for shelf in SHELVES}


def name_part(section: str, name: str, menu: Menu | None) -> str:
    """Return the name of a part beside the screens."""
    first, _slash, rest = name.partition("/")
    if section in {"speech", "head"} and first in _PARTS:
        return f"{_PARTS[first][0]} {rest}".strip()
    if section == "keywords":
        file, _colon, place = name.rpartition(":")
        return _("Words %(n)s of %(file)s", n=int(place) + 1 if place.isdecimal() else place, file=file)
    if menu is not None and section in {"fields", "topics"}:
        found = menu.fields[name].label if name in menu.fields else menu.topics.get(name, {})
        return menu.text(found, get_language()) or name
    return name


_FIELD_HELP = {
    "text": later("What the phone shows; beside it stands how it is cut into pages."),
    "label": later("Words of the choice; the phone shows its key before them."),
    "key": later("One or two digits that no other choice of this screen has."),
    "to": later("The screen that the key opens."),
    "next": later("The screen that follows."),
}
"""Last step of a field's path → what it is for; other screens and lists of words are told by what they hold."""


_FIELD_NAMES = {
    "words": later("Words"),
    "label": later("Words"),
    "key": later("Key"),
    "to": later("Leads to"),
    "next": later("Leads to"),
    "text": later("Text"),
}


def name_field(group: FieldGroup, choices: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of a field of a part: that of a choice begins with its key; empty for the part itself."""
    *before, last = group.path or ("",)
    what = str(_FIELD_NAMES.get(last, last))
    if before[:1] == ["choices"]:
        n = int(before[1])
        return _("Choice %(key)s: %(what)s", key=choices[n].get("key", n + 1), what=what)
    return what if not before else f"{' '.join(before)} {what}"


def explain_field(group: FieldGroup, *, is_pointer: bool) -> str:
    """Return what a field of a part is for, for who has never read the menu's file."""
    last = group.path[-1] if group.path else ""
    if last in _FIELD_HELP:
        return str(_FIELD_HELP[last])
    if is_pointer or group.fields[0].is_pointer:
        return _("A screen of this menu.")
    if group.fields[0].many:
        return _("One word or phrase a line, as callers write it.")
    if group.is_text:
        return _("In each language that callers can choose; an empty one is shown as missing.")
    return _("As it stands in the menu's file. It is checked when it is saved.")


def explain_part(section: str, name: str) -> str:
    """Return in one sentence what a part does."""
    first = name.partition("/")[0]
    if section in {"speech", "head"} and first in _PARTS:
        return str(_PARTS[first][1])
    if section == "keywords":
        return _("One word or phrase a line; it counts in any text, in small or capital letters.")
    if section == "windows":
        return _("Callers read these hours and are called in them. Days without a word mean every day.")
    return ""
