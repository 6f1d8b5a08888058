"""The centre's own month: what counsellors ticked after their talks, by women and men, no cell being somebody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.access import Permission, permit
from gateway.figures.report import SMALLEST, days_of_month
from gateway.figures.suppression import hide_small_cells
from gateway.store import figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.access import Actor
    from gateway.parts import Parts
    from gateway.store.figures import Figure

RECORD, BY_PERSON, SUM, SUMMED = "record", "record_by", "record_sum", "record_sum_of"
"""Figures of the form: a word, a word with whom it is about, an amount, and how many talks the amount is of."""

COLUMNS = ("woman", "man")
REST = "rest"
"""Whoever is neither: other, not said, not asked. One column, since each alone would be a handful of people."""

_ALL = (*COLUMNS, REST)
UNSAID = "not_asked"
FIELDS = ("topics", "service", "country", "sector", "complaint", "stage", "age", "lodged", "result")
"""The tables of the month, in the order in which the centre reports them."""

SEVERAL = ("topics", "service", "complaint")
"""Fields of which a talk may have several words, so that their columns add up to no number of talks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreRow:
    """One word of a table: talks by whom they were about, in the order of the columns, and in all; None is hidden."""

    word: str
    cells: tuple[int | None, ...]
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreTable:
    """One field of the form."""

    field: str
    rows: tuple[CentreRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSum:
    """An amount, or the people that complaints were about; None where fewer than five talks stand behind it."""

    item: str
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreMonth:
    """The month of a centre.

    Attributes:
        month: written like ``2026-11``.
        columns: whom the talks were about.
        talks: how many talks, by column and in all.
        tables: one for each field of the form of which anything was counted.
        sums: people and amounts of complaints.
    """

    month: str
    columns: tuple[str, ...]
    talks: CentreRow
    tables: tuple[CentreTable, ...]
    sums: tuple[CentreSum, ...]


def read_centre_month(parts: Parts, actor: Actor, month: str) -> CentreMonth:
    """Return the month that the centre reports.

    Args:
        parts: what the use cases work with.
        actor: who asks.
        month: written like ``2026-11``.

    Raises:
        NoMonth: it is not written so.
        Refused: the role may not see figures.
        Unavailable: SQL cannot be asked.
    """
    permit(actor, Permission.SEE_FIGURES)
    first, last = days_of_month(month, parts.clock.now().date())
    with parts.store.read() as tx:
        found = figures.between(tx, first, last, what=(BY_PERSON, SUM, SUMMED))
    counts = _count_cells(found)
    talks = _count_talks(counts)
    tables = (_make_table(field, counts, talks) for field in FIELDS)
    return CentreMonth(
        month=month,
        columns=_ALL,
        talks=talks,
        tables=tuple(table for table in tables if table.rows),
        sums=_make_sums(found),
    )


def split_sheet(month: CentreMonth) -> list[tuple[str, ...]]:
    """Return the month as the rows of a sheet, a heading first; a hidden cell reads ``under 5``."""
    rows = [("talks", month.talks), *((table.field, row) for table in month.tables for row in table.rows)]
    sheet = [("field", "word", *month.columns, "total")]
    sheet += [(field, row.word, *map(tell_cell, (*row.cells, row.total))) for field, row in rows]
    return sheet + [("sum", one.item, *("" for _ in month.columns), tell_cell(one.n)) for one in month.sums]


def tell_cell(n: int | None) -> str:
    """Return a cell in words: the figure, or that it is hidden."""
    return f"under {SMALLEST}" if n is None else str(n)


def _count_cells(found: Iterable[Figure]) -> Counter[tuple[str, str, str]]:
    """Return (field, word, column) → talks."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for figure in found:
        field, _, rest = figure.item.partition(":")
        word, _, person = rest.partition(":")
        if figure.what == BY_PERSON and person:
            counts[field, word, person if person in COLUMNS else REST] += figure.n
    return counts


def _count_talks(counts: Counter[tuple[str, str, str]]) -> CentreRow:
    """Return the talks by whom they were about: each has one word of a field of which it may have one only."""
    field = next(field for field in FIELDS if field not in SEVERAL)
    found = [sum(n for (one, _, at), n in counts.items() if (one, at) == (field, column)) for column in _ALL]
    hidden = hide_small_cells([found], SMALLEST)
    return CentreRow(word="", cells=hidden.cells[0], total=hidden.totals[0])


def _make_table(field: str, counts: Counter[tuple[str, str, str]], talks: CentreRow) -> CentreTable:
    words = sorted({word for one, word, _ in counts if one == field}, key=lambda word: (word == UNSAID, word))
    told = None if field in SEVERAL else [n is not None for n in (*talks.cells, talks.total)]
    grid = [[counts[field, word, column] for column in _ALL] for word in words]
    hidden = hide_small_cells(grid, SMALLEST, told=told if words else None)
    rows = tuple(
        CentreRow(word=word, cells=hidden.cells[at], total=hidden.totals[at]) for at, word in enumerate(words)
    )
    return CentreTable(field=field, rows=rows)


def _make_sums(found: Iterable[Figure]) -> tuple[CentreSum, ...]:
    amounts: Counter[str] = Counter()
    talks: Counter[str] = Counter()
    for figure in found:
        if figure.what in (SUM, SUMMED):
            (amounts if figure.what == SUM else talks)[figure.item] += figure.n
    return tuple(
        CentreSum(item=item, n=amounts[item] if talks[item] >= SMALLEST else None) for item in sorted(amounts)
    )
