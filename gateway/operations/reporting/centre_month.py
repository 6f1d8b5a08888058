"""Reports a centre's month from the statistics forms, with small cells suppressed so that nobody can be identified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.domain.permissions import Permission, check_permission
from gateway.operations.reporting.monthly_report import SMALLEST, find_month_days
from gateway.storage import reports

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.reports import Figure

# Suppression of small cells, and of further cells from which they could be computed.
#
# This is primary and secondary suppression as statistical offices practise it (OECD, Glossary of
# Statistical Terms).

Place = tuple[int, int]
"""A (row, column) pair; ``TOTAL`` in either place means the total."""

TOTAL = -1


@dataclass(frozen=True, slots=True)
class HiddenGrid:
    """A table of counts with suppressed cells as None.

    Attributes:
        cells: by row, then column.
        totals: by row.
    """

    cells: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]


def hide_small_cells(
    counts: Sequence[Sequence[int]], smallest: int, *, told: Sequence[bool] | None = None
) -> HiddenGrid:
    """Return the table with every count from 1 to ``smallest`` - 1 suppressed, and the cells that would reveal one.

    A total is the sum of its cells. If it is known, a single hidden cell is the difference, and hidden cells that
    add up to less than ``smallest`` are all small. So the smallest shown cell is hidden too, until neither holds. A
    zero is shown unless it is such a partner. If nothing helps, the whole table is hidden.

    Args:
        counts: the table, by row, then column.
        smallest: the smallest count that may be shown.
        told: for each column, and last for the whole table, whether its total is published elsewhere (True) or hidden
            there (False). None if the columns add up to no published number.
    """
    table = _Table(counts, smallest, told)
    while any([table.guard_line(line) for line in table.lines()]):  # noqa: C419 - a list: guard every line
        pass
    if any(table.gives_small_away(line) for line in table.lines()):
        table.hidden.update(table.value)
    return HiddenGrid(
        cells=tuple(tuple(table.show((row, at)) for at in range(table.width)) for row in range(table.height)),
        totals=tuple(table.show((row, TOTAL)) for row in range(table.height)),
    )


class _Table:
    """The counts with their totals, the cells hidden so far, and those reopened because nothing can hide them."""

    def __init__(self, counts: Sequence[Sequence[int]], smallest: int, told: Sequence[bool] | None) -> None:
        self.height, self.width = len(counts), len(counts[0]) if counts else 0
        self.smallest = smallest
        self.value: dict[Place, int] = {}
        for row, cells in enumerate(counts):
            self.value |= {(row, at): n for at, n in enumerate(cells)} | {(row, TOTAL): sum(cells)}
        self.hidden = {place for place, n in self.value.items() if 0 < n < smallest}
        self.opened: set[Place] = set()
        self.columns = (*range(self.width), TOTAL) if told is not None else ()
        self.hidden |= {
            (TOTAL, at) for at, is_told in zip(self.columns, told or (), strict=True) if not is_told
        }

    def lines(self) -> Iterator[tuple[Place, list[Place]]]:
        """Yield the place of each total with the places that add up to it."""
        for row in range(self.height):
            yield (row, TOTAL), [(row, at) for at in range(self.width)]
        for at in self.columns:
            yield (TOTAL, at), [(row, at) for row in range(self.height)]

    def guard_line(self, line: tuple[Place, list[Place]]) -> bool:
        """Hide more in a line that reveals a hidden cell; return whether anything changed."""
        total, places = line
        if not self._gives_away(line):
            return False
        hidden = [place for place in places if place in self.hidden]
        return self._hide_smallest(total, places) or self._open_only(hidden)

    def gives_small_away(self, line: tuple[Place, list[Place]]) -> bool:
        """Return whether a small cell, or a hidden total, can be computed from this line."""
        hidden = [place for place in line[1] if place in self.hidden]
        small = any(0 < self.value[place] < self.smallest for place in hidden)
        return self._gives_away(line) and (small or not hidden)

    def _gives_away(self, line: tuple[Place, list[Place]]) -> bool:
        total, places = line
        hidden = [self.value[place] for place in places if place in self.hidden]
        if total in self.hidden:
            return not hidden  # its shown cells add up to the hidden total
        return bool(hidden) and (len(hidden) == 1 or sum(hidden) < self.smallest)

    def _hide_smallest(self, total: Place, places: list[Place]) -> bool:
        shown = [place for place in places if place not in self.hidden and place not in self.opened]
        shown = [place for place in shown if self.value[place]] or shown
        if not shown and total[0] != TOTAL and total not in self.hidden and total not in self.opened:
            shown = [total]
        self.hidden.update(sorted(shown, key=lambda place: self.value[place])[:1])
        return bool(shown)

    def _open_only(self, hidden: list[Place]) -> bool:
        """Show a cell that its published total reveals anyway, so that it is nobody's partner."""
        if len(hidden) != 1 or 0 < self.value[hidden[0]] < self.smallest:
            return False
        self.hidden.discard(hidden[0])
        self.opened.add(hidden[0])
        return True

    def show(self, place: Place) -> int | None:
        """Return a count, or None if it is hidden."""
        return None if place in self.hidden else self.value[place]


RECORD, BY_PERSON, SUM, SUMMED = "record", "record_by", "record_sum", "record_sum_of"
"""Metrics of the form: a value, a value by the kind of person, an amount, and the number of calls behind an amount."""

COLUMNS = ("woman", "man")
REST = "rest"
"""Column for everyone else: other, not said, not asked. They are joined, as each alone would be a handful of people."""

_ALL = (*COLUMNS, REST)
UNSAID = "not_asked"
FIELDS = ("topics", "service", "country", "sector", "complaint", "stage", "age", "lodged", "result")
"""The tables of the month, in the order of the report."""

SEVERAL = ("topics", "service", "complaint")
"""Fields in which a call may have several values, so that their columns do not add up to the number of calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreRow:
    """One value of a table: calls by column, and in total; None is suppressed."""

    word: str
    cells: tuple[int | None, ...]
    total: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreTable:
    """The table of one form field."""

    field: str
    rows: tuple[CentreRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreSum:
    """An amount, or the number of people in complaints; None if fewer than five calls are behind it."""

    item: str
    n: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CentreMonth:
    """A centre's month.

    Attributes:
        month: year and month as in ``2026-11``.
        columns: kinds of persons.
        talks: number of calls, by column and in total.
        tables: one for each form field with a count.
        sums: people and amounts of complaints.
    """

    month: str
    columns: tuple[str, ...]
    talks: CentreRow
    tables: tuple[CentreTable, ...]
    sums: tuple[CentreSum, ...]


def read_centre_month(parts: Services, actor: Actor, month: str) -> CentreMonth:
    """Return the month's report of a centre.

    Args:
        parts: the services of this process.
        actor: who asks.
        month: year and month as in ``2026-11``.

    Raises:
        NoMonth: the month is malformed.
        NotPermitted: the actor may not see metrics.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    first, last = find_month_days(month, parts.clock.now().date())
    with parts.store.read() as tx:
        found = reports.list_figures(tx, first, last, what=(BY_PERSON, SUM, SUMMED))
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
    """Return the month as rows of a spreadsheet with a header row; a suppressed cell reads ``under 5``."""
    rows = [("talks", month.talks), *((table.field, row) for table in month.tables for row in table.rows)]
    sheet = [("field", "word", *month.columns, "total")]
    sheet += [(field, row.word, *map(tell_cell, (*row.cells, row.total))) for field, row in rows]
    return sheet + [("sum", one.item, *("" for _ in month.columns), tell_cell(one.n)) for one in month.sums]


def tell_cell(n: int | None) -> str:
    """Return a cell as text: the count, or ``under 5``."""
    return f"under {SMALLEST}" if n is None else str(n)


def _count_cells(found: Iterable[Figure]) -> Counter[tuple[str, str, str]]:
    """Return (field, value, column) → number of calls."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for figure in found:
        field, _, rest = figure.item.partition(":")
        word, _, person = rest.partition(":")
        if figure.what == BY_PERSON and person:
            counts[field, word, person if person in COLUMNS else REST] += figure.n
    return counts


def _count_talks(counts: Counter[tuple[str, str, str]]) -> CentreRow:
    """Return the number of calls by column, counted in a field that has exactly one value per call."""
    field = next(field for field in FIELDS if field not in SEVERAL)
    found = [sum(n for (one, _, at), n in counts.items() if (one, at) == (field, column)) for column in _ALL]
    hidden = hide_small_cells([found], SMALLEST)
    return CentreRow(word="", cells=hidden.cells[0], total=hidden.totals[0])


def _make_table(field: str, counts: Counter[tuple[str, str, str]], talks: CentreRow) -> CentreTable:
    words = sorted({word for one, word, _ in counts if one == field}, key=lambda word: (word == UNSAID, word))
    published = None if field in SEVERAL else [n is not None for n in (*talks.cells, talks.total)]
    grid = [[counts[field, word, column] for column in _ALL] for word in words]
    hidden = hide_small_cells(grid, SMALLEST, told=published if words else None)
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
