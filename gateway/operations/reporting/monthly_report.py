"""Reports the metrics of a period without anything that identifies a caller, and writes any report as CSV or XLSX.

No spreadsheet runs a cell of ours as a formula.
"""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from gateway.domain.permissions import Actor
from gateway.foundation.services import Services
from gateway.operations.reporting.activity import hide_languages
from gateway.operations.reporting.periods import (
    SMALLEST,
    Period,
    PublishedCells,
    is_giveaway,
    open_period,
)
from gateway.storage import reports
from gateway.storage.counts import TRIAL
from gateway.storage.reports import SESSIONS, Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of the report: a metric split by one label.

    A metric is split only once: a second split, or a total, would let a small count be computed from the others.
    """

    title: str
    what: str
    by: str


SECTIONS = (
    Section(title="Calls to the menu, by language", what=SESSIONS, by="language"),
    Section(title="Pages shown, by screen", what="shown", by="item"),
    Section(title="Texts, by what was understood", what="text", by="item"),
    Section(title="Requests for a call, by topic", what="asked", by="item"),
    Section(title="Calls made, by outcome", what="outcome", by="item"),
    Section(title="Promises that were not kept, by kind", what="promise", by="item"),
    Section(title="Conversations that callers began", what="incoming", by="item"),
    Section(title="Pages reported as wrong, by screen", what="report_wrong", by="item"),
    Section(title="Referrals, by what came of them", what="referral", by="item"),
    Section(title="Messages, by what became of them", what="outbox", by="item"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One count of a section; ``n`` is None if it is suppressed."""

    section: Section
    name: str
    n: int | None


def report_month(parts: Services, actor: Actor, written: str, *, exact: bool = False) -> tuple[Cell, ...]:
    """Return the cells of a month, quarter or half-year in the order of the sections, largest first.

    Raises:
        NoMonth: the period is malformed or its year is implausible.
        NotPermitted: the actor may not see metrics, or not exact ones.
        Unavailable: the database cannot be reached.
    """
    period = open_period(parts, actor, written, exact=exact)
    with parts.store.read() as tx:
        found = reports.list_months(
            tx, period.first, period.last, what=[section.what for section in SECTIONS]
        )
    languages = hide_languages(found, period, exact=exact)
    sessions = {name[1]: cell for name, cell in languages.items() if name[0] == "language"}
    rest = tuple(figure for figure in found if figure.what != SESSIONS)
    return (*_list_sessions(sessions), *_make_report(period, rest, exact=exact)[0])


def _list_sessions(languages: Mapping[str, tuple[int, bool]]) -> Iterator[Cell]:
    """Yield the sessions by language: their total is told by other tables, which decides what is hidden."""
    largest = sorted(languages.items(), key=lambda each: (-each[1][0] if each[1][1] else 0, each[0]))
    for language, (n, is_shown) in largest:
        yield Cell(section=SECTIONS[0], name=language or "-", n=n if is_shown else None)


def count_trials(parts: Services, actor: Actor, written: str) -> int:
    """Return how many requests of trial phones a period had; the report holds none of them.

    Raises:
        NoMonth: the period is malformed or its year is implausible.
        NotPermitted: the actor may not see metrics.
        Unavailable: the database cannot be reached.
    """
    period = open_period(parts, actor, written)
    with parts.store.read() as tx:
        found = reports.list_months(tx, period.first, period.last, what=(TRIAL,))
    return sum(figure.n for figure in found if figure.item == "asked")


def _make_report(
    period: Period, found: tuple[Figure, ...], *, exact: bool = False
) -> tuple[tuple[Cell, ...], PublishedCells]:
    """Return the cells of a period, and what its readers know of it and of the shorter reports in it."""
    parts = tuple(_make_report(part, found)[1] for part in period.parts)
    counts: Counter[tuple[Section, str]] = Counter()
    by_what = {section.what: section for section in SECTIONS}
    for figure in found:
        if period.first <= figure.day <= period.last:
            section = by_what[figure.what]
            counts[section, getattr(figure, section.by) or "-"] += figure.n
    shown = {key: exact or (n >= SMALLEST and not is_giveaway(parts, key)) for key, n in counts.items()}
    cells = tuple(
        Cell(section=section, name=name, n=n if shown[section, name] else None)
        for section in SECTIONS
        for (_section, name), n in sorted(
            ((key, n) for key, n in counts.items() if key[0] is section),
            key=lambda each: (-(each[1] if shown[each[0]] else SMALLEST - 1), each[0][1]),
        )
    )
    return cells, PublishedCells(cells={key: (n, shown[key]) for key, n in counts.items()}, parts=parts)


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Beginnings of a cell that a spreadsheet may run (OWASP, "CSV Injection"), also in full width."""

_LEADING_SPACE = " \u00a0\u3000\ufeff"
_WIDTH, _FIRST_WIDTH = 14, 34
_LONGEST_TITLE = 31
_NOT_IN_TITLES = str.maketrans("", "", "[]:*?/\\")

SheetValue = str | int


def quote_formula(cell: SheetValue) -> SheetValue:
    """Return a cell that no spreadsheet runs: text that begins like a formula gets an apostrophe before it."""
    if isinstance(cell, str) and cell.lstrip(_LEADING_SPACE).startswith(_FORMULA):
        return f"'{cell}"
    return cell


def write_csv(rows: Sequence[Sequence[SheetValue]]) -> str:
    """Return the rows as CSV (RFC 4180)."""
    written = io.StringIO()
    csv.writer(written).writerows([quote_formula(cell) for cell in row] for row in rows)
    return written.getvalue()


def write_sheet(rows: Sequence[Sequence[SheetValue]], title: str) -> bytes:
    """Return the rows as a workbook of one sheet, with its first row as heads; text stays text, counts are numbers."""
    openpyxl: Any = import_module("openpyxl")  # used once a month: not in the memory of every process
    styles: Any = import_module("openpyxl.styles")
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title.translate(_NOT_IN_TITLES)[:_LONGEST_TITLE] or "1"
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column)
            cell.value = value
            if isinstance(value, str):
                cell.data_type, cell.number_format = "s", "@"
            cell.font = styles.Font(bold=number == 1)
            cell.alignment = styles.Alignment(horizontal="right" if column > 2 else "left")  # noqa: PLR2004 - heads
    for column in range(1, max((len(row) for row in rows), default=1) + 1):
        letter = sheet.cell(1, column).column_letter
        sheet.column_dimensions[letter].width = _FIRST_WIDTH if column <= 2 else _WIDTH  # noqa: PLR2004
    sheet.freeze_panes = "A2"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth = "landscape", 1
    sheet.sheet_properties.pageSetUpPr = import_module("openpyxl.worksheet.properties").PageSetupProperties(
        fitToPage=True
    )
    sheet.page_setup.fitToHeight = 0
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()
