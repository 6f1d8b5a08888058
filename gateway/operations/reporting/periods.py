"""Reads the period of a report (month, quarter, half-year), and suppresses what small counts would give away.

Small cells of a table are suppressed, and further cells from which they could be computed: primary and secondary
suppression as statistical offices practise it (OECD, Glossary of Statistical Terms).

A quarter is read beside its months: where one month is hidden, the quarter minus the others would be its number. So a
longer report hides what would give a shorter one away, and takes nothing as a cover that can be added up from months.
This is the differencing problem of linked tables in statistical disclosure control.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.engine.dates import find_odd_year

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services

SMALLEST = 5
"""Smaller counts could identify a person and are shown as "under 5" (statistical disclosure control)."""

_FORM = re.compile(r"([0-9]{4})-(?:([0-9]{2})|Q([1-4])|H([12]))")
_QUARTER, _HALF, _YEAR = 3, 6, 12
_SHORTER = {_HALF: _QUARTER, _QUARTER: 1}


class NoMonth(ValueError):
    """The period is not of the form 2026-11, 2026-Q4 or 2026-H2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month, quarter or half-year, with its days (both included) and the shorter periods that make it up."""

    written: str
    first: date
    last: date
    parts: tuple[Period, ...] = ()


def find_period(written: str, today: date) -> Period:
    """Return a period, written as 2026-11, 2026-Q4 or 2026-H2.

    Raises:
        NoMonth: it is malformed or its year is implausible.
    """
    found = _FORM.fullmatch(written)
    if odd := find_odd_year(written[:4] if found and not found[2] else written, today):
        raise NoMonth(str(odd))
    if found is None:
        raise NoMonth("write the month like 2026-11, or 2026-Q4, 2026-H2")
    year, month, quarter, half = (int(each or 0) for each in found.groups())
    if month > _YEAR or found[2] == "00":
        raise NoMonth("write the month like 2026-11")
    if month:
        return _make_period(year, month, 1)
    if quarter:
        return _make_period(year, _QUARTER * quarter - 2, _QUARTER)
    return _make_period(year, _HALF * half - 5, _HALF)


def open_period(parts: Services, actor: Actor, written: str, *, exact: bool = False) -> Period:
    """Return the period of a report to whoever may read it.

    Args:
        parts: the services of this process.
        actor: who asks.
        written: the period as in ``2026-11``, ``2026-Q4`` or ``2026-H2``.
        exact: nothing will be hidden in it; for those who see every request anyway.

    Raises:
        NoMonth: it is malformed or its year is implausible.
        NotPermitted: the actor may not see metrics, or not exact ones.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    if exact:
        check_permission(actor, Permission.SEE_OTHERS)
    return find_period(written, find_today(parts))


def find_today(parts: Services) -> date:
    """Return today in the zone of the line, in which counters have their day."""
    return parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date()


def _make_period(year: int, month: int, months: int) -> Period:
    last = month + months - 1
    shorter = _SHORTER.get(months, 0)
    starts = range(month, month + months, shorter) if shorter else ()
    return Period(
        written=_write_period(year, month, months),
        first=date(year, month, 1),
        last=date(year, last, calendar.monthrange(year, last)[1]),
        parts=tuple(_make_period(year, start, shorter) for start in starts),
    )


def _write_period(year: int, month: int, months: int) -> str:
    if months == 1:
        return f"{year:04}-{month:02}"
    letter = "Q" if months == _QUARTER else "H"
    return f"{year:04}-{letter}{(month - 1) // months + 1}"


def find_period_before(period: Period) -> str:
    """Return the period of the same length that ended just before, as it is written."""
    day = period.first - timedelta(days=1)
    months = (period.last.year - period.first.year) * _YEAR + period.last.month - period.first.month + 1
    return _write_period(day.year, (day.month - 1) // months * months + 1, months)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedCells:
    """The cells of a report as others read them, with those of the shorter reports that make it up.

    Attributes:
        cells: key of a cell → its count, and whether it is shown; a cell that is not named is a shown 0.
        parts: the same of the shorter reports.
    """

    cells: Mapping[Hashable, tuple[int, bool]] = field(default_factory=dict)
    parts: tuple[PublishedCells, ...] = ()

    def list_unknown(self, key: Hashable) -> list[int]:
        """Return the counts of the months that a reader of all these reports does not know."""
        n, is_shown = self.cells.get(key, (0, True))
        if is_shown:
            return []
        return [each for part in self.parts for each in part.list_unknown(key)] if self.parts else [n]

    def list_reports(self, first: int = 0) -> list[tuple[range, PublishedCells]]:
        """Return this report and every shorter one, each with the months that it covers, counted from ``first``."""
        if not self.parts:
            return [(range(first, first + 1), self)]
        found: list[tuple[range, PublishedCells]] = []
        at = first
        for part in self.parts:
            below = part.list_reports(at)
            at = max(months.stop for months, _ in below)
            found += below
        return [(range(first, at), self), *found]


_PRIME = (1 << 61) - 1
"""Modulus of the elimination: exact like fractions, and whole numbers are fast."""


def is_solvable(equations: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> bool:
    """Say whether one of the target sums follows from the known sums, by Gaussian elimination.

    Each sum is a list of coefficients, one for each unknown count.
    """
    rows: dict[int, list[int]] = {}
    for equation in equations:
        rest = _reduce_sum(equation, rows)
        pivot = next((at for at, each in enumerate(rest) if each), None)
        if pivot is not None:
            inverse = pow(rest[pivot], -1, _PRIME)
            rows[pivot] = [each * inverse % _PRIME for each in rest]
    return any(not any(_reduce_sum(target, rows)) for target in targets)


def _reduce_sum(coefficients: Sequence[int], rows: Mapping[int, Sequence[int]]) -> list[int]:
    rest = list(coefficients)
    for pivot, row in rows.items():
        if factor := rest[pivot]:
            rest = [(a - factor * b) % _PRIME for a, b in zip(rest, row, strict=True)]
    return rest


def is_giveaway(parts: Sequence[PublishedCells], key: Hashable) -> bool:
    """Say whether a count of the whole, once shown, would tell a hidden count of a shorter report."""
    unknown = [each for part in parts for each in part.list_unknown(key)]
    return len(unknown) == 1 or (bool(unknown) and sum(unknown) < SMALLEST)


def is_known(parts: Sequence[PublishedCells], key: Hashable) -> bool:
    """Say whether a count of the whole is the sum of shown ones, so that hiding it would cover nothing."""
    return bool(parts) and not any(part.list_unknown(key) for part in parts)


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
    counts: Sequence[Sequence[int]],
    smallest: int,
    *,
    told: Sequence[bool] | None = None,
    secret: Collection[Place] = (),
    known: Collection[Place] = (),
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
        secret: places that must be hidden like a small count, because another table would give one away with them.
        known: places that another table tells, so that hiding them would cover nothing.
    """
    table = _Table(counts, smallest, told, frozenset(secret), frozenset(known))
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

    def __init__(
        self,
        counts: Sequence[Sequence[int]],
        smallest: int,
        told: Sequence[bool] | None,
        secret: frozenset[Place],
        known: frozenset[Place],
    ) -> None:
        self.height, self.width = len(counts), len(counts[0]) if counts else 0
        self.smallest = smallest
        self.value: dict[Place, int] = {}
        for row, cells in enumerate(counts):
            self.value |= {(row, at): n for at, n in enumerate(cells)} | {(row, TOTAL): sum(cells)}
        self.secret = secret | {place for place, n in self.value.items() if 0 < n < smallest}
        self.hidden = set(self.secret)
        self.opened = set(known - self.secret)
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
        return self._gives_away(line) and (not hidden or any(place in self.secret for place in hidden))

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
        if len(hidden) != 1 or hidden[0] in self.secret:
            return False
        self.hidden.discard(hidden[0])
        self.opened.add(hidden[0])
        return True

    def show(self, place: Place) -> int | None:
        """Return a count, or None if it is hidden."""
        return None if place in self.hidden else self.value[place]
