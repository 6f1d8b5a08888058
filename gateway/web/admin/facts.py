"""Serves the page of facts, and the form that changes one of them in a draft."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, abort, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.operations.publishing import menu_drafts
from gateway.operations.publishing.fact_changes import (
    DAYS,
    FactForm,
    FactRow,
    WrongField,
    change_fact,
    find_today,
    list_facts,
)
from gateway.operations.publishing.menu_drafts import DraftClosed, DraftMoved, UnknownDraft
from gateway.web.admin.naming import name_screen
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
HERE = "/admin/facts"
_HALF_A_YEAR = timedelta(days=182)


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the list, the form of one fact, and its change."""

    @pages.get("/facts")
    def facts() -> str:
        rows = list_facts(parts, get_actor())
        asked = request.args.get("q", "").strip()[:60]
        words = asked.casefold().split()
        shown = [row for row in rows if all(word in _list_words(row) for word in words)]
        return render_template(
            "admin/facts.html",
            rows=shown,
            count=len(rows),
            asked=asked,
            days=DAYS,
            drafts=get_actor().may(Permission.DRAFT_MENUS),
            name_screen=lambda name: name_screen(parts, name, get_language()),
        )

    @pages.get("/facts/<fact>")
    def fact_form(fact: str) -> str:
        return _render_form(parts, fact)

    @pages.post("/facts/<fact>")
    def save_fact(fact: str) -> Response | tuple[str, int]:
        return _save_fact(parts, fact)


def _list_words(row: FactRow) -> str:
    return " ".join([row.fact.id, row.current.value, row.current.source, *row.screens]).casefold()


def _save_fact(parts: Services, name: str) -> Response | tuple[str, int]:
    form = FactForm(
        sort=read_field("sort", 10),
        value=read_field("value", 400),
        valid_from=read_field("valid_from", 10),
        source=read_field("source", 400),
        checked_on=read_field("checked_on", 10),
        expires_on=read_field("expires_on", 10),
        seen=read_field("seen", 400),
    )
    check_permission(get_actor(), Permission.DRAFT_MENUS)
    row = _find_row(parts, name)
    draft_id = read_field("draft", 20)
    fresh = "" if draft_id else menu_drafts.open_draft(parts, get_actor(), row.menu, name)
    try:
        opened = menu_drafts.read_draft(parts, get_actor(), draft_id or fresh)
        change_fact(parts, get_actor(), opened, name, form)
    except (WrongField, DraftMoved, DraftClosed, UnknownDraft, NotEditable) as refused:
        if fresh:
            menu_drafts.drop_draft(parts, get_actor(), fresh)
        status = BAD if isinstance(refused, WrongField) else CONFLICT
        return _render_form(parts, name, typed=form, fault=_explain(refused)), status
    return redirect(f"/admin/drafts/{draft_id or fresh}", SEE_OTHER)


def _find_row(parts: Services, name: str) -> FactRow:
    found = next((row for row in list_facts(parts, get_actor()) if row.fact.id == name), None)
    return found if found is not None else abort(NOT_FOUND)


def _explain(refused: Exception) -> tuple[str, str]:
    """Return the field that a refusal is about, and what to do, in words."""
    match refused:
        case WrongField():
            words = {
                "missing": _("Something is missing here."),
                "long": _("This is too long. Shorten it."),
                "day": _("Write the day as year-month-day, like 2026-11-24."),
                "year": _("Write the year of the common calendar, like 2026, not more than 20 years off."),
                "future": _("A check cannot lie in the future."),
                "before": _("This is before the day of the check."),
                "unknown": _("No file of the draft has this fact."),
            }
            return refused.field, words[refused.why]
        case DraftMoved():
            return "value", _(
                "Somebody changed this fact meanwhile: it is %(now)s there now. Look at it, then save again.",
                now=refused.now or "?",
            )
        case DraftClosed() | UnknownDraft():
            return "draft", _("This draft is not open any more. Choose another one.")
        case _:
            return "value", _("The file is written so that this fact can be changed only in its text.")


def _render_form(
    parts: Services, name: str, *, typed: FactForm | None = None, fault: tuple[str, str] | None = None
) -> str:
    row, today = _find_row(parts, name), find_today(parts)
    blank = FactForm(
        sort="change",
        value=row.current.value,
        valid_from=today.isoformat(),
        source=row.current.source,
        checked_on=today.isoformat(),
        expires_on=(today + _HALF_A_YEAR).isoformat(),
        seen=row.current.value,
    )
    board = menu_drafts.list_board(parts, get_actor())
    return render_template(
        "admin/fact.html",
        row=row,
        form=typed or blank,
        fault={fault[0]: fault[1]} if fault else {},
        drafts=[each for each in board.drafts if each.menu == row.menu],
        chosen=read_field("draft", 20) if typed else "",
        changes=get_actor().may(Permission.DRAFT_MENUS),
        name_screen=lambda screen: name_screen(parts, screen, get_language()),
        days=DAYS,
    )
