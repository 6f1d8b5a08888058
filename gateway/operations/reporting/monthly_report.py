"""Reports the metrics of a month (requests and their results) without anything that identifies a caller."""

import calendar
from collections import Counter
from dataclasses import dataclass
from datetime import date

from gateway.domain.permissions import Actor, Permission, check_permission
from gateway.foundation.services import Services
from gateway.menus.engine.dates import find_odd_year
from gateway.storage import reports
from gateway.storage.reports import Figure

SMALLEST = 5
"""Smaller counts could identify a person and are shown as "under 5" (statistical disclosure control)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One table of the report: a metric split by one label.

    A metric is split only once: a second split, or a total, would let a small count be computed from the others.
    """

    title: str
    what: str
    by: str


SECTIONS = (
    Section(title="Calls to the menu, by language at the first page", what="dialled", by="language"),
    Section(title="Pages shown, by screen", what="shown", by="item"),
    Section(title="Texts, by what was understood", what="text", by="item"),
    Section(title="Requests for a call, by topic", what="asked", by="item"),
    Section(title="Calls made, by outcome", what="outcome", by="item"),
    Section(title="Promises that were not kept, by kind", what="promise", by="item"),
    Section(title="Conversations that callers began", what="incoming", by="item"),
    Section(title="Pages reported as wrong, by screen", what="report_wrong", by="item"),
    Section(title="Messages, by what became of them", what="outbox", by="item"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One count of a section; ``n`` is None if it is suppressed."""

    section: Section
    name: str
    n: int | None


class NoMonth(ValueError):
    """The month is not of the form 2026-11."""


def report_month(parts: Services, actor: Actor, written: str) -> tuple[Cell, ...]:
    """Return the cells of a month in the order of the sections, largest first.

    Raises:
        NoMonth: the month is malformed or its year is implausible.
        NotPermitted: the actor may not see metrics.
        Unavailable: the database cannot be reached.
    """
    check_permission(actor, Permission.SEE_FIGURES)
    first, last = find_month_days(written, parts.clock.now().date())
    with parts.store.read() as tx:
        found = reports.list_figures(tx, first, last, what=[section.what for section in SECTIONS])
    return tuple(cell for section in SECTIONS for cell in _make_cells(section, found))


def find_month_days(written: str, today: date) -> tuple[date, date]:
    """Return the first and last day of a month.

    Raises:
        NoMonth: the month is malformed or its year is implausible.
    """
    if odd := find_odd_year(written, today):
        raise NoMonth(str(odd))
    try:
        year, number = (int(part) for part in written.split("-"))
        return date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1])
    except ValueError:
        raise NoMonth("write the month like 2026-11") from None


def _make_cells(section: Section, found: tuple[Figure, ...]) -> list[Cell]:
    counts: Counter[str] = Counter()
    for figure in found:
        if figure.what == section.what:
            counts[getattr(figure, section.by) or "-"] += figure.n
    ordered = sorted(counts.items(), key=lambda each: (-max(each[1], SMALLEST - 1), each[0]))
    return [Cell(section=section, name=name, n=n if n >= SMALLEST else None) for name, n in ordered]
