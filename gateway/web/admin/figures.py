"""Serves the report of a period: key figures beside the period before, charts, and tables as CSV and XLSX."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Blueprint, Response, current_app, redirect, render_template, request
from markupsafe import Markup

from gateway.domain.callbacks.outcomes import RULES
from gateway.operations.reporting import metrics, monthly_report
from gateway.operations.reporting.activity import list_known_months, read_usage
from gateway.operations.reporting.centre_month import count_stored_requests, read_centre_month
from gateway.operations.reporting.monthly_report import write_csv, write_sheet
from gateway.operations.reporting.periods import (
    SMALLEST,
    NoMonth,
    find_period,
    find_period_before,
    find_today,
)
from gateway.storage.reports import SESSIONS
from gateway.web.admin.naming import (
    list_report_rows,
    name_cells,
    name_period,
    name_screen,
    name_usage,
    name_word,
)
from gateway.web.shared.auth import get_actor
from gateway.web.shared.health import find_notice
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from werkzeug.wrappers import Response as BaseResponse

    from gateway.foundation.services import Services
    from gateway.operations.reporting.activity import UsageTable
    from gateway.operations.reporting.centre_month import CentreTable
    from gateway.operations.reporting.monthly_report import Cell
    from gateway.operations.reporting.periods import Period

BAD, SEE_OTHER = 422, 303
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_HELPED = ("reached",)
_MISSED = tuple(outcome.value for outcome, rule in RULES.items() if rule.missed)


class OutcomeCount(NamedTuple):
    """A sum of cells; ``small`` says that suppressed cells are not included."""

    n: int
    small: bool


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages of the month and of service quality."""

    @pages.get("/")
    def first() -> str | tuple[str, int]:
        month = _read_period(parts)
        try:
            return _render_page(parts, month), 200
        except NoMonth:
            return _render_page(parts, f"{find_today(parts):%Y-%m}", wrong=month), BAD

    @pages.get("/figures.<any(csv, xlsx):kind>")
    def sheet(kind: str) -> BaseResponse:
        month = _read_period(parts)
        try:
            rows = _list_rows(parts, month)
        except NoMonth:
            return redirect("/admin/", SEE_OTHER)
        if kind == "csv":
            # With a byte order mark a spreadsheet reads the file as UTF-8.
            written = "\ufeff" + write_csv(rows)
            answer = Response(written, content_type="text/csv; charset=utf-8")
        else:
            answer = Response(write_sheet(rows, month), mimetype=_XLSX)
        name = f"helpline-{month}{'-exact' if _wants_exact() else ''}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    @pages.get("/watch")
    def watch() -> str:
        return render_template("admin/watch.html", seen=metrics.show_quality(parts, get_actor()))


def _read_period(parts: Services) -> str:
    return request.args.get("month", "")[:7].strip().upper() or f"{find_today(parts):%Y-%m}"


def _wants_exact() -> bool:
    """Say whether nothing is to be hidden; who may not read that is refused by the reports themselves."""
    return request.args.get("exact") == "1"


def _list_rows(parts: Services, month: str) -> list[tuple[str | int, ...]]:
    context: dict[str, Any] = {}
    current_app.update_template_context(context)
    actor, exact = get_actor(), _wants_exact()
    return list_report_rows(
        parts,
        context["of"],
        read_centre_month(parts, actor, month, exact=exact),
        read_usage(parts, actor, month, exact=exact),
        monthly_report.report_month(parts, actor, month, exact=exact),
    )


def _render_page(parts: Services, month: str, *, wrong: str = "") -> str:
    actor, exact = get_actor(), _wants_exact()
    period = find_period(month, find_today(parts))
    cells = monthly_report.report_month(parts, actor, month, exact=exact)
    before = find_period_before(period)
    last = monthly_report.report_month(parts, actor, before, exact=exact)
    return render_template(
        "admin/first.html",
        fact_ends=find_notice(parts, actor),
        month=month,
        before=before,
        wrong=wrong,
        wider=[f"{period.first:%Y-%m}", *_list_wider(period)],
        choices=_list_choices(list_known_months(parts, actor), month),
        exact=exact,
        helped=(count_outcomes(cells, _HELPED), count_outcomes(last, _HELPED)),
        talked=(count_talks(cells), count_talks(last)),
        missed=(count_outcomes(cells, _MISSED), count_outcomes(last, _MISSED)),
        asked=count_asked(cells),
        trials=monthly_report.count_trials(parts, actor, month),
        kept=count_stored_requests(parts, actor, month, exact=exact),
        contact_rate=find_contact_rate(cells),
        centre=read_centre_month(parts, actor, month, exact=exact),
        usage=(usage := read_usage(parts, actor, month, exact=exact)),
        usage_before=read_usage(parts, actor, before, exact=exact, is_brief=True),
        usage_rows=[(table.by, fill_gaps(table, find_today(parts))) for table in usage.tables],
        tables=[
            (section, list(found))
            for section, found in groupby(cells, key=lambda cell: cell.section)
            if section.what != SESSIONS
        ],
        **_list_drawn_names(parts),
    )


def _list_drawn_names(parts: Services) -> dict[str, Any]:
    """Return what the page names and draws with."""
    return {
        "name_cells": partial(name_cells, parts, get_language()),
        "name_screen": lambda screen: name_screen(parts, screen, get_language()),
        "name_usage": name_usage,
        "name_period": name_period,
        "draw_bars": draw_bars,
        "draw_columns": draw_columns,
        "draw_field": draw_field,
        "name_word": name_word,
        "smallest": SMALLEST,
        "minute": timedelta(minutes=1),
        "most_screens": _MOST_SCREENS,
    }


def _list_choices(months: Sequence[str], chosen: str) -> list[list[str]]:
    """Return the periods to choose from, newest first: months, quarters, half-years; the chosen one among them."""
    firsts = [(int(month[:4]), int(month[5:])) for month in months]
    found = [
        list(months),
        list(dict.fromkeys(f"{year:04}-Q{(month + 2) // 3}" for year, month in firsts)),
        list(dict.fromkeys(f"{year:04}-H{(month + 5) // 6}" for year, month in firsts)),
    ]
    kind = found["QH".find(chosen[5]) + 1]
    if chosen not in kind:
        kind.append(chosen)
    return found


def fill_gaps(table: UsageTable, today: date) -> list[tuple[str, int | None]]:
    """Return the rows with a zero for each day of the month until today, or hour of the day, on which nothing was."""
    found = dict(table.rows)
    if table.by == "hour":
        names = [f"{hour:02}" for hour in range(24)]
    elif table.by == "day":
        first = date.fromisoformat(f"{table.rows[0][0][:7]}-01")
        last = first.replace(day=monthrange(first.year, first.month)[1])
        last = min(last, max(today, date.fromisoformat(table.rows[-1][0])))
        names = [f"{first:%Y-%m}-{day:02}" for day in range(1, last.day + 1)]
    else:
        names = list(found)
    return [(name, found.get(name, 0)) for name in names]


def _list_wider(period: Period) -> list[str]:
    """Return the quarter and the half-year in which a period begins."""
    year, month = period.first.year, period.first.month
    return [f"{year:04}-Q{(month + 2) // 3}", f"{year:04}-H{(month + 5) // 6}"]


def count_asked(cells: Iterable[Cell]) -> OutcomeCount:
    """Return the number of requests for a call, without suppressed cells."""
    found = [cell.n for cell in cells if cell.section.what == "asked"]
    return OutcomeCount(n=sum(n for n in found if n is not None), small=None in found)


def count_outcomes(cells: Iterable[Cell], names: tuple[str, ...]) -> OutcomeCount:
    """Return the number of calls with one of these outcomes, without suppressed cells."""
    found = [cell.n for cell in cells if cell.section.what == "outcome" and cell.name in names]
    return OutcomeCount(n=sum(n for n in found if n is not None), small=None in found)


def find_contact_rate(cells: Iterable[Cell]) -> float | None:
    """Return the share of calls in which somebody spoke with her; None without calls, or where a cell is hidden."""
    found = [cell for cell in cells if cell.section.what == "outcome"]
    every = count_outcomes(found, tuple(cell.name for cell in found))
    return None if every.small or not every.n else count_outcomes(found, _HELPED).n / every.n


def count_talks(cells: Iterable[Cell]) -> OutcomeCount:
    """Return the number of conversations that callers began, without suppressed cells."""
    found = [cell.n for cell in cells if cell.section.what == "incoming"]
    return OutcomeCount(n=sum(n for n in found if n is not None), small=None in found)


# Charts: bars of a table that stands below them. Lengths are percentages and heights are in em, so that the letters
# keep their size on a narrow screen; colours come from the style sheet, which knows dark mode and print.

_MOST_BARS, _FEWEST_BARS = 12, 2
_MOST_SCREENS = 15
_TALL, _MOST_LABELS = 8.0, 6
_LONGEST_NAME = 34
"""Letters of a name beside its number on one line of a 360 px screen."""

_ROW, _BASE, _TOP, _THICK, _MIDDLE = 3.0, 1.1, 1.7, 0.7, 2.05
"""Heights in em: a row; in it the line of letters, the top of the bar, its thickness, and its middle."""


def draw_bars(key: str, title: str, rows: Sequence[tuple[str, int | None]]) -> Markup:
    """Return the first rows of a table as bars in SVG; empty where there is nothing to compare.

    A suppressed cell has no bar but a dashed line of the whole width and a word, so that nothing tells how small it is.

    Args:
        key: the id of the chart in its page.
        title: what is counted, in the reader's language.
        rows: (name, count), with None for a suppressed count.
    """
    drawn = rows[:_MOST_BARS]
    most = max((n for _name, n in drawn if n is not None), default=0)
    if not most or sum(n is not None for _name, n in drawn) < _FEWEST_BARS:
        return Markup()
    bars = Markup().join(
        _draw_row(at * _ROW, name, n, 100 * (n or 0) / most) for at, (name, n) in enumerate(drawn)
    )
    said = _("The numbers of the table below, as bars.")
    if len(rows) > len(drawn):
        said += " " + _("The first %(n)s of its rows.", n=len(drawn))
    if any(n is None for _name, n in drawn):
        said += " " + _("A dashed line stands for a number that is hidden.")
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{key}-title {key}-said" width="100%" height="{height:.1f}em">'
        '<title id="{key}-title">{title}</title><desc id="{key}-said">{said}</desc>{bars}</svg>'
    ).format(key=key, title=title, said=said, height=len(drawn) * _ROW, bars=bars)


def _draw_row(y: float, name: str, n: int | None, percent: float) -> Markup:
    is_long = len(name) > _LONGEST_NAME
    words = {
        "name": f"{name[: _LONGEST_NAME - 1].rstrip()}…" if is_long else name,
        "base": f"{y + _BASE:.2f}em",
    }
    if n is None:
        return Markup(
            '<text y="{base}">{name}</text><text class="unseen" x="100%" y="{base}">{hidden}</text>'
            '<line class="gap" x1="0" x2="100%" y1="{middle:.2f}em" y2="{middle:.2f}em"/>'
        ).format(**words, hidden=_("hidden"), middle=y + _MIDDLE)
    return Markup(
        '<text y="{base}">{name}</text><text class="count" x="100%" y="{base}">{n}</text>'
        '<rect class="bar" width="{percent:.2f}%" y="{top:.2f}em" height="{thick}em"/>'
    ).format(**words, n=n, percent=percent, top=y + _TOP, thick=_THICK)


def draw_columns(key: str, title: str, rows: Sequence[tuple[str, int | None]]) -> Markup:
    """Return days or hours as columns in SVG; empty where there is nothing to compare.

    A suppressed cell has a dashed line of the whole height, so that nothing tells how small it is.

    Args:
        key: the id of the chart in its page.
        title: what is counted, in the reader's language.
        rows: (name, count) in their order, with None for a suppressed count.
    """
    most = max((n for _name, n in rows if n is not None), default=0)
    if not most or sum(n is not None for _name, n in rows) < _FEWEST_BARS:
        return Markup()
    wide = 100 / len(rows)
    columns = Markup().join(_draw_column(at * wide, wide, n, most) for at, (_name, n) in enumerate(rows))
    every = -(-len(rows) // _MOST_LABELS)
    names = Markup().join(
        Markup('<text x="{x:.2f}%" y="{y}em">{name}</text>').format(x=at * wide, y=_TALL + 2.6, name=name)
        for at, (name, _n) in enumerate(rows)
        if at % every == 0
    )
    said = _("The numbers of the table below, as columns.")
    if any(n is None for _name, n in rows):
        said += " " + _("A dashed line stands for a number that is hidden.")
    return Markup(
        '<svg class="chart" role="img" aria-labelledby="{key}-title {key}-said" width="100%" height="{height}em">'
        '<title id="{key}-title">{title}</title><desc id="{key}-said">{said}</desc>'
        '<text y="1em">{most}</text>{columns}{names}</svg>'
    ).format(key=key, title=title, said=said, height=_TALL + 3, most=most, columns=columns, names=names)


def _draw_column(x: float, wide: float, n: int | None, most: int) -> Markup:
    if n is None:
        return Markup('<line class="gap" x1="{x:.2f}%" x2="{x:.2f}%" y1="1.4em" y2="{foot}em"/>').format(
            x=x + wide / 2, foot=_TALL + 1.4
        )
    high = _TALL * n / most
    return Markup(
        '<rect class="bar" x="{x:.2f}%" width="{wide:.2f}%" y="{y:.2f}em" height="{high:.2f}em"/>'
    ).format(x=x + wide * 0.1, wide=wide * 0.8, y=_TALL + 1.4 - high, high=high)


def draw_field(of: Callable[[str, str], str], table: CentreTable) -> Markup:
    """Return a chart of the totals of a form field."""
    rows = [(name_word(of, table.field, row.word), row.total) for row in table.rows]
    return draw_bars(f"chart-field-{table.field}", of("field", table.field), rows)
