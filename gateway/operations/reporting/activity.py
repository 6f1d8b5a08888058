"""Reports how the menu is used: sessions by day, hour, channel and language, and on which screens callers leave it.

All tables of a period are protected together, for each is a split of the same sessions or pages: the total counts as
known, so a table never hides a single cell; pages by screen and language are hidden as a two-way table, with those
who left and those who went on as its parts. What callers did on a screen is told in tens besides: who leaves one
screen is shown on the next, so exact numbers of all ways would add up to the small ones. A longer report adds up what
its months show, and so tells nothing that they do not (A. Hundepool and others, "Handbook on Statistical Disclosure
Control", on linked tables and on rounding).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gateway.domain.callbacks.windows import WAIT_STEPS
from gateway.domain.permissions import Permission, check_permission
from gateway.operations.reporting.periods import SMALLEST, Period, find_today, hide_small_cells, open_period
from gateway.storage import reports
from gateway.storage.reports import SESSIONS

if TYPE_CHECKING:
    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx
    from gateway.storage.reports import Figure

SHOWN, ANSWERED, FINISHED, WAIT = "shown", "answered", "finished", "first_call"
_FLOW = (SHOWN, ANSWERED, FINISHED)
TENS = 10
SPLITS = ("day", "hour", "channel", "language")
_NINETY = 0.9
_MOST_MONTHS = 36

Cells = dict[tuple[str, ...], tuple[int, bool]]
"""Name of a cell → its count, and whether it is shown; a cell that is not named is a shown 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageTable:
    """Sessions by one split: (day as 2026-11-05, month as 2026-11, hour as 14, channel or language tag) and count."""

    by: str
    rows: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenFlow:
    """What callers did on a screen; None is hidden.

    Attributes:
        screen: its id.
        shown: how many of its pages were shown.
        left: on how many of them the session broke off: hung up, timed out, lost; like all below in tens, if the report
            is not exact.
        finished: on how many the menu itself ended the session.
        answered: key → how many went on by it; the empty key stands for words, wrong keys and typed codes.
        languages: language tag → pages shown, and left.
    """

    screen: str
    shown: int | None
    left: int | None
    finished: int | None
    answered: Mapping[str, int | None]
    languages: Mapping[str, tuple[int | None, int | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Steps of waiting, in minutes, up to which half and nine of ten first calls were made; None: not known."""

    half: int | None = None
    ninety: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The use of the menu in a period.

    Attributes:
        sessions: how many began; None is hidden.
        tables: sessions by each of the splits.
        screens: those that callers left most often first.
        languages: the tags in which pages were shown.
        waits: how long callers waited for a first call.
    """

    sessions: int | None
    tables: tuple[UsageTable, ...] = ()
    screens: tuple[ScreenFlow, ...] = ()
    languages: tuple[str, ...] = ()
    waits: Waits = field(default_factory=Waits)


def read_usage(
    parts: Services, actor: Actor, written: str, *, exact: bool = False, is_brief: bool = False
) -> Usage:
    """Return the use of the menu in a month, quarter or half-year.

    Args:
        parts: the services of this process.
        actor: who asks.
        written: the period as in ``2026-11``, ``2026-Q4`` or ``2026-H2``.
        exact: hide nothing; for those who see every request anyway.
        is_brief: leave out the screens.

    Raises:
        NoMonth: the period is malformed.
        NotPermitted: the actor may not see metrics, or not exact ones.
        Unavailable: the database cannot be reached.
    """
    period = open_period(parts, actor, written, exact=exact)
    with parts.store.read() as tx:
        firsts = (None, None) if is_brief else reports.find_first_days(tx, (SHOWN, ANSWERED))
        months = [_read_month(tx, month, firsts, by_day=not period.parts) for month in list_months(period)]
        waits = reports.list_months(tx, period.first, period.last, what=(WAIT,))
    cells = join_months([hide_month_cells(month, exact=exact) for month in months])
    return _make_usage(cells, find_waits(waits, exact=exact))


def hide_languages(found: Iterable[Figure], period: Period, *, exact: bool = False) -> Cells:
    """Return the cells ``("language", tag)`` of sessions in a period, hidden as ``read_usage`` hides them."""
    counts: dict[date, Counter[str]] = defaultdict(Counter)
    for one in found:
        if one.what == SESSIONS:
            counts[one.day][one.language] += one.n
    return join_months(
        [
            hide_month_cells(
                MonthCounts(month=month.written, sessions={"language": counts[month.first]}), exact=exact
            )
            for month in list_months(period)
        ]
    )


def list_known_months(parts: Services, actor: Actor) -> tuple[str, ...]:
    """Return the months from which reports can be read, the running one first, back to the first or for three years.

    Raises:
        NotPermitted: the actor may not see metrics.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    with parts.store.read() as tx:
        known = reports.list_known_months(tx)
    last = find_today(parts).replace(day=1)
    first = min(known[0], last) if known else last
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    months = (last.year * 12 + last.month - 1 - back for back in range(min(count, _MOST_MONTHS)))
    return tuple(f"{month // 12:04}-{month % 12 + 1:02}" for month in months)


def list_months(period: Period) -> list[Period]:
    """Return the months of a period."""
    return [month for part in period.parts for month in list_months(part)] if period.parts else [period]


def find_waits(found: Iterable[Figure], *, exact: bool = False) -> Waits:
    """Return the steps that half and nine of ten of the counted waits do not exceed; none for a small number."""
    counts = Counter({one.item: one.n for one in found})
    total = sum(counts.values())
    if total < (1 if exact else SMALLEST):
        return Waits()
    reached = 0
    found_steps: dict[float, int] = {}
    for step in WAIT_STEPS:
        reached += counts[f"m{step}"]
        for share in (0.5, _NINETY):
            if reached >= share * total:
                found_steps.setdefault(share, step)
    return Waits(half=found_steps.get(0.5), ninety=found_steps.get(_NINETY))


# Counts of one month.


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCounts:
    """Counts of a month before anything is hidden.

    Attributes:
        month: as in ``2026-11``.
        sessions: split → word → sessions.
        pages: screen → metric → language → pages.
        keys: screen → key → answers.
    """

    month: str
    sessions: Mapping[str, Mapping[str, int]]
    pages: Mapping[str, Mapping[str, Mapping[str, int]]] = field(default_factory=dict)
    keys: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


def _read_month(tx: Tx, month: Period, firsts: tuple[date | None, ...], *, by_day: bool) -> MonthCounts:
    """Read a month; ``firsts`` are the first days on which pages, and answers, were counted."""
    sessions: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    for one in reports.list_months(tx, month.first, month.last, what=(SESSIONS,), by_hour=True):
        sessions["hour"][f"{int(one.item):02}"] += one.n
        sessions["channel"][one.channel] += one.n
        sessions["language"][one.language] += one.n
    if by_day:
        for day, n in reports.count_days(tx, month.first, month.last, what=SESSIONS).items():
            sessions["day"][day.isoformat()] += n
    found: tuple[Figure, ...] = ()
    since = _find_first_day(month, *firsts)
    if since == month.first:
        found = reports.list_months(tx, month.first, month.last, what=_FLOW)
    elif since is not None:
        found = reports.list_figures(tx, since, month.last, what=_FLOW)
    pages, keys = _count_pages(found)
    return MonthCounts(month=month.written, sessions=sessions, pages=pages, keys=keys)


def _find_first_day(month: Period, shown: date | None, answered: date | None) -> date | None:
    """Return the first day of a month from which answers are counted beside pages; None where there is none.

    Releases before counted pages only; a page of theirs would look as if everybody had left on it.
    """
    if shown is None or answered is None or answered > month.last:
        return None
    return max(month.first, answered + timedelta(days=shown < answered))


def _count_pages(
    found: Iterable[Figure],
) -> tuple[dict[str, dict[str, Counter[str]]], dict[str, Counter[str]]]:
    pages: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: {what: Counter() for what in _FLOW})
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    for one in found:
        if one.what in _FLOW:
            screen, _slash, key = one.item.partition("/")
            pages[screen][one.what][one.language] += one.n
            if one.what == ANSWERED:
                keys[screen][key] += one.n
    return pages, keys


# What of it is shown.


def hide_month_cells(counts: MonthCounts, *, exact: bool = False) -> Cells:
    """Return the cells of a month's tables, with those hidden that would tell a small one."""
    cells: Cells = {}
    smallest = 1 if exact else SMALLEST
    for by in SPLITS:
        _hide_row(cells, (by,), counts.sessions.get(by, {}), ("sessions",), smallest)
    if ("sessions",) in cells:
        cells["month", counts.month] = cells["sessions",]
    for screen, of in counts.pages.items():
        _hide_screen(cells, screen, of, smallest)
        if (SHOWN, screen) in cells:
            ends = sum(of[FINISHED].values())
            _hide_ways(cells, screen, {**counts.keys.get(screen, {}), FINISHED: ends}, smallest)
    return cells if exact else {name: _round_flow(name, cell) for name, cell in cells.items()}


def _hide_row(
    cells: Cells, name: tuple[str, ...], counts: Mapping[str, int], total: tuple[str, ...], smallest: int
) -> None:
    """Add a table of one row, whose total is told elsewhere too and so is hidden only if it is small itself."""
    words = sorted(word for word, n in counts.items() if n > 0)
    if not words:
        return
    values = [counts[word] for word in words]
    is_told = sum(values) >= smallest
    grid = hide_small_cells([values], smallest)
    for word, n, shown in zip(words, values, grid.cells[0], strict=True):
        cells[*name, word] = n, is_told and shown is not None
    cells.setdefault(total, (sum(values), is_told))


def _hide_screen(cells: Cells, screen: str, of: Mapping[str, Mapping[str, int]], smallest: int) -> None:
    """Add the pages of a screen by language, and those on which callers left or went on."""
    languages = sorted(one for one, n in of[SHOWN].items() if n > 0)
    if not languages:
        return
    shown = {one: of[SHOWN][one] for one in languages}
    on = [min(n, of[ANSWERED].get(one, 0) + of[FINISHED].get(one, 0)) for one, n in shown.items()]
    left = [n - went_on for n, went_on in zip(shown.values(), on, strict=True)]
    _hide_row(cells, (SHOWN, screen), shown, (SHOWN, screen), smallest)
    told = [cells[SHOWN, screen, one][1] for one in languages]
    grid = hide_small_cells([left, on], smallest, told=[*told, cells[SHOWN, screen][1]])
    for at, one in enumerate(languages):
        cells["left", screen, one] = left[at], grid.cells[0][at] is not None
    cells["left", screen] = sum(left), grid.totals[0] is not None
    cells["on", screen] = sum(on), grid.totals[1] is not None


def _hide_ways(cells: Cells, screen: str, ways: Mapping[str, int], smallest: int) -> None:
    """Add by which key callers went on from a screen; all of them are hidden where their sum is."""
    names = [name for name, n in ways.items() if n > 0]
    if names:
        is_told = cells["on", screen][1]
        row = hide_small_cells([[ways[name] for name in names]], smallest)
        for name, shown in zip(names, row.cells[0], strict=True):
            cells["way", screen, name] = ways[name], is_told and shown is not None


def _round_flow(name: tuple[str, ...], cell: tuple[int, bool]) -> tuple[int, bool]:
    n, is_shown = cell
    if name[0] not in {"left", "on", "way"}:
        return cell
    return (n + TENS // 2) // TENS * TENS, is_shown and (n == 0 or n >= TENS)


def join_months(months: Sequence[Cells]) -> Cells:
    """Return the cells of a longer report: sums of what its months show, and hidden where one of them hides."""
    joined: Cells = {}
    for cells in months:
        for name, (n, is_shown) in cells.items():
            before, was_shown = joined.get(name, (0, True))
            joined[name] = before + n, was_shown and is_shown
    return joined


# The report.


def _make_usage(cells: Cells, waits: Waits) -> Usage:
    below: dict[tuple[str, ...], dict[str, int | None]] = defaultdict(dict)
    for name in sorted(cells):
        below[name[:-1]][name[-1]] = _tell(cells, name)
    splits = SPLITS if len(below["month",]) == 1 else ("month", *SPLITS[1:])
    flows = [_make_flow(cells, below, screen) for screen in below[SHOWN,]]
    return Usage(
        sessions=_tell(cells, ("sessions",)),
        tables=tuple(UsageTable(by=by, rows=tuple(below[by,].items())) for by in splits if below[by,]),
        screens=tuple(sorted(flows, key=lambda flow: (-(flow.left or 0), -(flow.shown or 0), flow.screen))),
        languages=tuple(sorted({one for flow in flows for one in flow.languages})),
        waits=waits,
    )


def _make_flow(
    cells: Cells, below: Mapping[tuple[str, ...], Mapping[str, int | None]], screen: str
) -> ScreenFlow:
    ways = dict(below.get(("way", screen), {}))
    finished = ways.pop(FINISHED, 0)
    languages = below.get((SHOWN, screen), {})
    return ScreenFlow(
        screen=screen,
        shown=_tell(cells, (SHOWN, screen)),
        left=_tell(cells, ("left", screen)),
        finished=finished,
        answered=ways,
        languages={one: (n, _tell(cells, ("left", screen, one))) for one, n in languages.items()},
    )


def _tell(cells: Cells, name: tuple[str, ...]) -> int | None:
    n, is_shown = cells.get(name, (0, True))
    return n if is_shown else None
