"""Reports a centre's month, quarter or half-year from the statistics forms, with small cells suppressed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from gateway.operations.reporting.periods import (
    SMALLEST,
    TOTAL,
    Period,
    PublishedCells,
    hide_small_cells,
    is_giveaway,
    is_known,
    is_solvable,
    open_period,
)
from gateway.storage import reports

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.reports import Figure

RECORD, BY_PERSON, SUM, SUMMED = "record", "record_by", "record_sum", "record_sum_of"
"""Metrics of the form: a value, a value by the kind of person, an amount, and the number of calls behind an amount."""

COLUMNS = ("woman", "man")
REST = "rest"
"""Column for everyone else: other, not said, not asked. They are joined, as each alone would be a handful of people."""

_ALL = (*COLUMNS, REST)
_TALKS = "talks"
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
        month: the period, as in ``2026-11``, ``2026-Q4`` or ``2026-H2``.
        columns: kinds of persons.
        talks: number of calls, by column and in total.
        tables: one for each form field with a count.
        sums: people and amounts of complaints.
        published: what readers know from this report and from the shorter ones in it.
    """

    month: str
    columns: tuple[str, ...]
    talks: CentreRow
    tables: tuple[CentreTable, ...]
    sums: tuple[CentreSum, ...]
    published: PublishedCells = field(default_factory=PublishedCells, repr=False, compare=False)


def read_centre_month(parts: Services, actor: Actor, month: str, *, exact: bool = False) -> CentreMonth:
    """Return the report of a centre for a month, quarter or half-year.

    Args:
        parts: the services of this process.
        actor: who asks.
        month: the period as in ``2026-11``, ``2026-Q4`` or ``2026-H2``.
        exact: hide nothing; for those who see every request anyway.

    Raises:
        NoMonth: the period is malformed.
        NotPermitted: the actor may not see metrics, or not exact ones.
        Unavailable: the database cannot be reached.
    """
    period = open_period(parts, actor, month, exact=exact)
    with parts.store.read() as tx:
        found = reports.list_months(tx, period.first, period.last, what=(BY_PERSON, SUM, SUMMED))
    return _build_report(period, found, (), None) if exact else make_centre_report(period, found)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRequests:
    """What only the requests themselves tell of a period, while they are kept.

    Attributes:
        numbers: how many numbers asked for a call; None where it is small.
        backlog: how many requests were open at its end, or are now; None where it is small.
        is_kept: whether the period is still in the requests that are kept; else nobody can count it any more.
    """

    numbers: int | None = None
    backlog: int | None = None
    is_kept: bool


def count_stored_requests(
    parts: Services, actor: Actor, written: str, *, exact: bool = False
) -> StoredRequests:
    """Count the numbers that asked for a call, since one phone often asks more than once, and what was left open.

    Raises:
        NoMonth: the period is malformed.
        NotPermitted: the actor may not see metrics, or not exact ones.
        Unavailable: the database cannot be reached.
    """
    since, until, is_kept = _find_instants(parts, open_period(parts, actor, written, exact=exact))
    if not is_kept:
        return StoredRequests(is_kept=False)
    with parts.store.read() as tx:
        numbers = reports.count_unique_callers(tx, actor.team, since=since, until=until)
        backlog = reports.count_backlog(tx, actor.team, at=min(until, parts.clock.now()))
    hide = not exact
    return StoredRequests(numbers=_tell(numbers, hide), backlog=_tell(backlog, hide), is_kept=True)


def _tell(n: int, hide: bool) -> int | None:  # noqa: FBT001 - private
    return None if hide and 0 < n < SMALLEST else n


def _find_instants(parts: Services, period: Period) -> tuple[datetime, datetime, bool]:
    """Return the first instant of a period and the first after it, and whether its requests are still kept."""
    zone = ZoneInfo(parts.line.zone)
    since = datetime.combine(period.first, time(), zone)
    until = datetime.combine(period.last + timedelta(days=1), time(), zone)
    return since, until, since >= parts.clock.now() - timedelta(days=parts.line.days)


def make_centre_report(period: Period, found: Sequence[Figure]) -> CentreMonth:
    """Return the report of a period from the counters of its days.

    A table that would tell a hidden count together with the shorter reports shows only what they add up to; where
    that is not enough, so does the whole report.
    """
    parts = tuple(make_centre_report(part, found).published for part in period.parts)
    own = [figure for figure in found if period.first <= figure.day <= period.last]
    report = _build_report(period, own, parts, frozenset())
    careful = {name for name in (_TALKS, *FIELDS) if parts and _is_small_solvable(report.published, name)}
    if careful:
        report = _build_report(period, own, parts, frozenset(careful))
        if any(_is_small_solvable(report.published, name) for name in (_TALKS, *FIELDS)):
            report = _build_report(period, own, parts, frozenset((_TALKS, *FIELDS)))
    return report


def _build_report(
    period: Period,
    own: Sequence[Figure],
    parts: tuple[PublishedCells, ...],
    careful: frozenset[str] | None,
) -> CentreMonth:
    """Return the report; the ``careful`` tables show only what the shorter reports add up to; None hides nothing."""
    counts = _count_cells(own)
    cells: dict[Hashable, tuple[int, bool]] = {}
    notes = _Notes(parts=parts, cells=cells, careful=careful)
    talks = _count_talks(counts, notes)
    tables = [_make_table(name, counts, talks, notes) for name in FIELDS]
    sums = _make_sums(own, notes)
    return CentreMonth(
        month=period.written,
        columns=_ALL,
        talks=talks,
        tables=tuple(table for table in tables if table.rows),
        sums=sums,
        published=PublishedCells(cells=cells, parts=parts),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Notes:
    """What is published of a period while its report is built: the shorter reports, and its own cells so far."""

    parts: tuple[PublishedCells, ...]
    cells: dict[Hashable, tuple[int, bool]]
    careful: frozenset[str] | None


def _is_small_solvable(published: PublishedCells, name: str) -> bool:
    """Say whether a small count of a table follows from all that is shown of it, here and in the shorter reports."""
    words = sorted({key[1] for key in published.cells if isinstance(key, tuple) and key[0] == name})
    columns = range(len(_ALL))
    reports_in = published.list_reports()
    unknown = {
        (months.start, word, at): n
        for n, (months, report, word, at) in enumerate(
            (months, report, word, at)
            for months, report in reports_in
            if not report.parts
            for word in words
            for at in columns
            if not report.cells.get((name, word, at), (0, True))[1]
        )
    }
    equations, targets = [], []
    wanted = [(name, word) for word in words] + ([] if name in {*SEVERAL, _TALKS} else [(_TALKS, "")])
    for months, report in reports_in:
        for (table, word), at in ((row, at) for row in wanted for at in (*columns, TOTAL)):
            n, is_shown = report.cells.get((table, word, at), (0, True))
            summed = [0] * len(unknown)
            for (month, one, column), place in unknown.items():
                if month in months and (table != name or one == word) and at in {TOTAL, column}:
                    summed[place] = 1
            if is_shown and any(summed):
                equations.append(summed)
            elif not is_shown and 0 < n < SMALLEST:
                targets.append(summed)
    return bool(words) and is_solvable(equations, targets)


def split_sheet(month: CentreMonth) -> list[tuple[str, ...]]:
    """Return the month as rows of a spreadsheet with a header row; a suppressed cell reads ``under 5``."""
    rows = [(_TALKS, month.talks), *((table.field, row) for table in month.tables for row in table.rows)]
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


def _count_talks(
    counts: Counter[tuple[str, str, str]],
    notes: _Notes,
) -> CentreRow:
    """Return the number of calls by column, counted in a field that has exactly one value per call."""
    single = next(name for name in FIELDS if name not in SEVERAL)
    found = [sum(n for (one, _, at), n in counts.items() if (one, at) == (single, column)) for column in _ALL]
    (row,) = _hide_rows(_TALKS, {"": found}, None, notes)
    return row


def _make_table(
    name: str,
    counts: Counter[tuple[str, str, str]],
    talks: CentreRow,
    notes: _Notes,
) -> CentreTable:
    words = sorted({word for one, word, _ in counts if one == name}, key=lambda word: (word == UNSAID, word))
    published = None if name in SEVERAL else [n is not None for n in (*talks.cells, talks.total)]
    grid = {word: [counts[name, word, column] for column in _ALL] for word in words}
    return CentreTable(field=name, rows=_hide_rows(name, grid, published if words else None, notes))


def _hide_rows(
    name: str, grid: Mapping[str, Sequence[int]], told: Sequence[bool] | None, notes: _Notes
) -> tuple[CentreRow, ...]:
    """Return the rows of a table with what has to be hidden, and note what is shown."""
    if notes.careful is None:
        return tuple(CentreRow(word=word, cells=tuple(n), total=sum(n)) for word, n in grid.items())
    columns = (*range(len(_ALL)), TOTAL)
    places = {(row, at): (name, word, at) for row, word in enumerate(grid) for at in columns}
    hidden = hide_small_cells(
        list(grid.values()),
        SMALLEST,
        told=told,
        secret=[place for place, key in places.items() if is_giveaway(notes.parts, key)],
        known=[place for place, key in places.items() if is_known(notes.parts, key)],
    )
    rows = []
    for row, (word, counted) in enumerate(grid.items()):
        shown: list[int | None] = [*hidden.cells[row], hidden.totals[row]]
        if name in notes.careful:
            known = (is_known(notes.parts, (name, word, at)) for at in columns)
            shown = [
                n if is_told else None for n, is_told in zip((*counted, sum(counted)), known, strict=True)
            ]
        for at, n, told_n in zip(columns, (*counted, sum(counted)), shown, strict=True):
            notes.cells[name, word, at] = n, told_n is not None
        rows.append(CentreRow(word=word, cells=tuple(shown[:-1]), total=shown[-1]))
    return tuple(rows)


def _make_sums(found: Iterable[Figure], notes: _Notes) -> tuple[CentreSum, ...]:
    amounts: Counter[str] = Counter()
    talks: Counter[str] = Counter()
    for figure in found:
        if figure.what in (SUM, SUMMED):
            (amounts if figure.what == SUM else talks)[figure.item] += figure.n
    for item in amounts:
        key = (SUM, item)
        is_shown = talks[item] >= SMALLEST and not is_giveaway(notes.parts, key)
        notes.cells[key] = talks[item], is_shown or notes.careful is None
    return tuple(
        CentreSum(item=item, n=amounts[item] if notes.cells[SUM, item][1] else None)
        for item in sorted(amounts)
    )
