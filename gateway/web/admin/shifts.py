"""Serves the page of duty: who is here when, what callers are offered, holidays, absences and the escalation list."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from flask import Blueprint, jsonify, redirect, render_template, request

from gateway.domain.callbacks.windows import DAYS, BadHours
from gateway.domain.contact_safety import read_span
from gateway.domain.permissions import Permission
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import people, shifts
from gateway.helpdesk.staff.shifts import TimesWithdrawn
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

OK, BAD, SEE_OTHER, CONFLICT = 200, 422, 303, 409
_LONGEST = 120
_SPANS = 2  # picked for a day at most: before and after noon
_LOOSE = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))?-([0-9]{1,2})(?:[:.]([0-9]{2}))?", re.ASCII)

_WEEKDAYS = DAYS[:5]
PRESETS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "days": dict.fromkeys(_WEEKDAYS, ("08:00-12:00", "13:00-17:00")),
    "mornings": dict.fromkeys(_WEEKDAYS, ("06:00-12:00",)),
    "evenings": dict.fromkeys(DAYS, ("18:00-21:00",)),
    "sunday": {"sun": ("09:00-18:00",)},
    "none": {},
}
"""Weeks that are filled in by one press: name → day → shifts."""


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

    @pages.get("/shifts/people")
    def people_by_name() -> Response:
        return jsonify(_list_places(parts))

    @pages.post("/shifts/<person_id>/week")
    def week(person_id: str) -> Response | tuple[str, int]:
        typed = {day: _read_spans(day) for day in DAYS}
        if request.form.get("fill"):
            return _render_page(parts, opened=person_id, typed=_fill_week(parts, typed), unsaved=True), OK
        return _answer_change(
            parts,
            lambda: shifts.set_week(parts, get_actor(), person_id, typed, agreed=read_agreed()),
            opened=person_id,
            typed=typed,
        )


def _list_places(parts: Services) -> list[dict[str, str]]:
    """Return the pages about each person whom the actor may see, for the palette: what to show, and where it leads."""
    actor, today = get_actor(), parts.clock.now().astimezone(ZoneInfo(parts.line.zone)).date()
    workers = shifts.show_plan(parts, actor).people
    everybody = people.list_people(parts, actor) if actor.may(Permission.SEE_DUTY) else ()
    found = [(one.name, _("Shifts"), f"/admin/shifts#{one.id}") for one in workers]
    found += [(one.name, _("People"), f"/admin/people#{one.id}") for one in everybody if one.named]
    if actor.may(Permission.SEE_AUDIT):
        found += [(one.name, _("Today"), f"/admin/record?who={one.id}&day={today}") for one in workers]
    return [{"words": f"{name} · {page}", "to": to} for name, page, to in sorted(found)]


def _add_away(pages: Blueprint, parts: Services) -> None:
    @pages.post("/shifts/<person_id>/away")
    def away(person_id: str) -> Response | tuple[str, int]:
        return _answer_change(
            parts,
            lambda: shifts.set_away(
                parts, get_actor(), person_id, _read_day("first"), _read_day("last"), agreed=read_agreed()
            ),
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
            parts,
            lambda: shifts.set_holiday(
                parts, get_actor(), _read_day("day"), read_field("name"), agreed=read_agreed()
            ),
        )

    @pages.post("/holidays/drop")
    def workday() -> Response | tuple[str, int]:
        return _answer_change(parts, lambda: shifts.drop_holiday(parts, get_actor(), _read_day("day")))


def _add_help(pages: Blueprint, parts: Services) -> None:
    @pages.post("/help-list")
    def help_list() -> Response | tuple[str, int]:
        order = [one for one in request.form.getlist("person") if one]
        return _answer_change(parts, lambda: alerts.set_list(parts, get_actor(), order))


def _read_spans(day: str) -> list[str]:
    """Return the shifts of a day: picked as times from and to, or typed, separated by commas or spaces."""
    if day in request.form:
        tidy = (
            read_field(day, _LONGEST)
            .replace("–", "-")
            .replace(" -", "-")
            .replace("- ", "-")
            .replace(",", " ")
        )
        return [_complete_hours(one) for one in tidy.split()]
    picked = [[read_field(f"{day}-{n}-{end}") for end in ("from", "to")] for n in range(_SPANS)]
    # The end of a day is picked as 00:00: a field for times knows no 24:00.
    return [f"{start}-{'24:00' if end == '00:00' else end}" for start, end in picked if start or end]


def _complete_hours(written: str) -> str:
    """Return hours as people write them (8-12, 8.30-12) in the form 08:30-12:00; anything else as it is."""
    found = _LOOSE.fullmatch(written)
    if found is None:
        return written
    start, start_minute, end, end_minute = found.groups()
    return f"{int(start):02}:{start_minute or '00'}-{int(end):02}:{end_minute or '00'}"


def _fill_week(parts: Services, typed: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the week that the pressed button fills in: a preset, Monday's hours until Friday, or a person's week."""
    how = read_field("like") if read_field("fill") == "like" else read_field("fill")
    if how == "copy":
        return typed | dict.fromkeys(_WEEKDAYS, typed["mon"])
    if how in PRESETS:
        return {day: list(PRESETS[how].get(day, ())) for day in DAYS}
    plan = shifts.show_plan(parts, get_actor())
    week = plan.opening if how == "opening" else plan.weeks.get(how)
    return typed if week is None else {day: list(spans) for day, spans in zip(DAYS, week, strict=True)}


def read_agreed() -> frozenset[str]:
    """Return the times of which the person said, having been asked, that callers may lose them."""
    return frozenset(request.form.getlist("agreed"))


def draw_spans(spans: Sequence[str]) -> list[tuple[float, float]]:
    """Return start and length in hours of spans such as "08:00-12:00", for a bar of a day."""
    found = (read_span(one) for one in spans)
    return [(start / 60, (end - start) / 60) for start, end in found]


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
    typed: dict[str, list[str]] | None = None,
) -> Response | tuple[str, int]:
    try:
        change()
    except Rejected as declined:
        return _render_page(parts, fault=declined.why, opened=opened), BAD
    except TimesWithdrawn as question:
        return _render_page(parts, opened=opened, typed=typed, lost=question.words), CONFLICT
    except BadHours:
        return _render_page(parts, fault=Why.HOURS, opened=opened, typed=typed), BAD
    flash_saved(parts)
    return redirect(f"/admin/shifts#{opened}" if opened else "/admin/shifts", SEE_OTHER)


def _render_page(
    parts: Services,
    *,
    fault: Why | None = None,
    opened: str = "",
    typed: dict[str, list[str]] | None = None,
    unsaved: bool = False,
    lost: tuple[str, ...] = (),
) -> str:
    plans, plan = get_actor().may(Permission.SEE_DUTY), shifts.show_plan(parts, get_actor())
    return render_template(
        "admin/shifts.html",
        plan=plan,
        opening=[(day, spans) for day, spans in zip(DAYS, plan.opening, strict=True) if spans],
        contacts=alerts.list_alerts(parts, get_actor()) if plans else (),
        days=DAYS,
        plans=plans,
        works=get_actor().may(Permission.WORK_QUEUE),
        today=parts.clock.now().date(),
        fault=fault,
        opened=opened,
        typed=typed,
        unsaved=unsaved,
        lost=lost,
        presets=PRESETS,
        spans=_SPANS,
        draw=draw_spans,
        **_try_hours(parts),
    )


def _try_hours(parts: Services) -> dict[str, object]:
    """Return what a caller would be offered on the day and at the hour that the address asks for."""
    day, hour = request.args.get("day", "")[:10], request.args.get("hour", "")[:5]
    found: dict[str, object] = {"tried_day": day, "tried_hour": hour, "tried": None, "tried_fault": ""}
    if not day and not hour:
        return found
    try:
        at = datetime.fromisoformat(f"{day}T{hour}").replace(tzinfo=ZoneInfo(parts.line.zone))
        return found | {"tried": shifts.list_offers_at(parts, get_actor(), at)}
    except (ValueError, Rejected):
        return found | {"tried_fault": _("Write a day and an hour, like 2 December and 19:40.")}
