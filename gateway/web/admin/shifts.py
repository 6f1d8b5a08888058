"""Serves the page of shifts, holidays, absences and the escalation list."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.callbacks.windows import DAYS, BadHours
from gateway.domain.permissions import Permission
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import shifts
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, SEE_OTHER = 422, 303
_LONGEST = 120


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the page and its forms."""
    _add_weeks(pages, parts)
    _add_away(pages, parts)
    _add_holidays(pages, parts)
    _add_help(pages, parts)


def _add_weeks(pages: Blueprint, parts: Services) -> None:
    @pages.get("/shifts")
    def plan() -> str:
        return _render_page(parts)

    @pages.post("/shifts/<person_id>/week")
    def week(person_id: str) -> Response | tuple[str, int]:
        typed = {day: read_field(day, _LONGEST) for day in DAYS}
        spans = {day: _split_spans(written) for day, written in typed.items()}
        return _answer_change(
            parts,
            lambda: shifts.set_week(parts, get_actor(), person_id, spans),
            opened=person_id,
            typed=typed,
        )


def _add_away(pages: Blueprint, parts: Services) -> None:
    @pages.post("/shifts/<person_id>/away")
    def away(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            lambda: shifts.set_away(parts, get_actor(), person_id, _read_day("first"), _read_day("last")),
            opened=person_id,
        )

    @pages.post("/shifts/<person_id>/back")
    def back(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            lambda: shifts.cancel_absence(parts, get_actor(), person_id, _read_day("first")),
            opened=person_id,
        )


def _add_holidays(pages: Blueprint, parts: Services) -> None:
    @pages.post("/holidays")
    def holiday() -> Response | tuple[str, int]:
        return _answer_change(
            parts, lambda: shifts.set_holiday(parts, get_actor(), _read_day("day"), read_field("name"))
        )

    @pages.post("/holidays/drop")
    def workday() -> Response | tuple[str, int]:
        return _answer_change(parts, lambda: shifts.drop_holiday(parts, get_actor(), _read_day("day")))


def _add_help(pages: Blueprint, parts: Services) -> None:
    @pages.post("/help-list")
    def help_list() -> Response | tuple[str, int]:
        order = [one for one in request.form.getlist("person") if one]
        return _answer_change(parts, lambda: alerts.set_list(parts, get_actor(), order))


def _split_spans(written: str) -> list[str]:
    """Return the shifts of a day as typed: separated by commas or spaces, with any kind of dash."""
    tidy = written.replace("–", "-").replace(" -", "-").replace("- ", "-").replace(",", " ")
    return tidy.split()


def _read_day(name: str) -> date:
    try:
        return date.fromisoformat(read_field(name))
    except ValueError:
        raise Rejected(Why.DAYS) from None


def _answer_change(
    parts: Services,
    change: Callable[[], None],
    *,
    opened: str = "",
    typed: dict[str, str] | None = None,
) -> Response | tuple[str, int]:
    try:
        change()
    except Rejected as declined:
        return _render_page(parts, fault=declined.why, opened=opened), BAD
    except BadHours:
        return _render_page(parts, fault=Why.HOURS, opened=opened, typed=typed), BAD
    flash(_("Saved."))
    return redirect(f"/admin/shifts#{opened}" if opened else "/admin/shifts", SEE_OTHER)


def _render_page(
    parts: Services, *, fault: Why | None = None, opened: str = "", typed: dict[str, str] | None = None
) -> str:
    plans = get_actor().may(Permission.SEE_DUTY)
    return render_template(
        "admin/shifts.html",
        plan=shifts.show_plan(parts, get_actor()),
        contacts=alerts.list_alerts(parts, get_actor()) if plans else (),
        days=DAYS,
        plans=plans,
        works=get_actor().may(Permission.WORK_QUEUE),
        today=parts.clock.now().date(),
        fault=fault,
        opened=opened,
        typed=typed,
    )
