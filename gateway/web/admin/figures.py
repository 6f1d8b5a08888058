"""Serves the monthly report: key figures beside the previous month, service quality, and tables as CSV."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, Response, redirect, render_template, request

from gateway.domain.callbacks.outcomes import RULES
from gateway.operations.reporting import monthly_report, service_quality
from gateway.operations.reporting.centre_month import read_centre_month, split_sheet
from gateway.operations.reporting.monthly_report import NoMonth
from gateway.web.admin.naming import name_cells
from gateway.web.shared.auth import get_actor
from gateway.web.shared.fact_notice import find_notice
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from werkzeug.wrappers import Response as BaseResponse

    from gateway.foundation.services import Services
    from gateway.operations.reporting.monthly_report import Cell

BAD, SEE_OTHER = 422, 303
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
        month = request.args.get("month", "")[:7]
        here = month or f"{parts.clock.now():%Y-%m}"
        try:
            return _render_page(parts, here), 200
        except NoMonth:
            return _render_page(parts, f"{parts.clock.now():%Y-%m}", wrong=month), BAD

    @pages.get("/figures.csv")
    def sheet() -> BaseResponse:
        month = request.args.get("month", "")[:7] or f"{parts.clock.now():%Y-%m}"
        try:
            found = read_centre_month(parts, get_actor(), month)
        except NoMonth:
            return redirect("/admin/", SEE_OTHER)
        rows = io.StringIO()
        csv.writer(rows).writerows(split_sheet(found))
        # With a byte order mark a spreadsheet reads the file as UTF-8.
        answer = Response("\ufeff" + rows.getvalue(), content_type="text/csv; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="helpline-{found.month}.csv"'
        return answer

    @pages.get("/watch")
    def watch() -> str:
        return render_template("admin/watch.html", seen=service_quality.show_quality(parts, get_actor()))


def _render_page(parts: Services, month: str, *, wrong: str = "") -> str:
    cells = monthly_report.report_month(parts, get_actor(), month)
    before = find_month_before(month)
    last = monthly_report.report_month(parts, get_actor(), before)
    return render_template(
        "admin/first.html",
        fact_ends=find_notice(parts, get_actor()),
        month=month,
        before=before,
        wrong=wrong,
        seen=service_quality.show_quality(parts, get_actor()),
        helped=(count_outcomes(cells, _HELPED), count_outcomes(last, _HELPED)),
        talked=(count_talks(cells), count_talks(last)),
        missed=(count_outcomes(cells, _MISSED), count_outcomes(last, _MISSED)),
        centre=read_centre_month(parts, get_actor(), month),
        tables=[(section, list(found)) for section, found in groupby(cells, key=lambda cell: cell.section)],
        name_cells=partial(name_cells, parts, get_language()),
        smallest=monthly_report.SMALLEST,
    )


def find_month_before(month: str) -> str:
    """Return the previous month in the same form, YYYY-MM."""
    year, number = (int(part) for part in month.split("-"))
    return f"{date(year, number, 1) - timedelta(days=1):%Y-%m}"


def count_outcomes(cells: Iterable[Cell], names: tuple[str, ...]) -> OutcomeCount:
    """Return the number of calls with one of these outcomes, without suppressed cells."""
    found = [cell.n for cell in cells if cell.section.what == "outcome" and cell.name in names]
    return OutcomeCount(n=sum(n for n in found if n is not None), small=None in found)


def count_talks(cells: Iterable[Cell]) -> OutcomeCount:
    """Return the number of conversations that callers began, without suppressed cells."""
    found = [cell.n for cell in cells if cell.section.what == "incoming"]
    return OutcomeCount(n=sum(n for n in found if n is not None), small=None in found)
