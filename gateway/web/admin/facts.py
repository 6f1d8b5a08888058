"""Serves the page of facts, and the form that changes one of them in a draft."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from babel import Locale
from flask import Blueprint, abort, redirect, render_template, request

from gateway.domain.permissions import Permission, check_permission
from gateway.menus.authoring.yaml_spans import NotEditable
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.fact_expiry import THRESHOLDS
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
from gateway.web.shared.i18n import _, later
from gateway.web.shared.languages import get_language

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services
    from gateway.menus.engine.model import Menu

BAD, CONFLICT, SEE_OTHER, NOT_FOUND = 422, 409, 303, 404
HERE = "/admin/facts"
_HALF_A_YEAR = timedelta(days=182)
_LONGEST_QUOTE = 90
_NAMED_ALONE = 2
_KINDS = {
    "wage": later("Minimum wages"),
    "phone": later("Phone numbers"),
    "hours": later("Hours of work"),
    "rest": later("Days of rest"),
    "holidays": later("Holidays"),
    "sick_leave": later("Sick leave"),
    "overtime": later("Overtime"),
    "deduction": later("Money cut from pay"),
    "complaint": later("Complaints"),
    "domestic": later("House workers"),
    "maternity": later("Maternity"),
    "permit": later("Work permits"),
    "fee": later("Fees"),
    "companies": later("Companies"),
}
"""Second word of the name of a fact, as the sample menu uses them; others are shown as they are written."""


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the list, the form of one fact, and its change."""

    @pages.get("/facts")
    def facts() -> str:
        rows = list_facts(parts, get_actor())
        asked = request.args.get("q", "").strip()[:60]
        words = asked.casefold().split()
        shown = [row for row in rows if all(word in _list_words(parts, row) for word in words)]
        return render_template(
            "admin/facts.html",
            rows=shown,
            groups=_group_rows(shown),
            name_fact=name_fact,
            quote_fact=lambda row: _quote_fact(parts, row),
            count=len(rows),
            asked=asked,
            days=DAYS,
            drafts=get_actor().may(Permission.DRAFT_MENUS),
        )

    @pages.get("/facts/<fact>")
    def fact_form(fact: str) -> str:
        return _render_form(parts, fact)

    @pages.post("/facts/<fact>")
    def save_fact(fact: str) -> Response | tuple[str, int]:
        return _save_fact(parts, fact)


def _list_words(parts: Services, row: FactRow) -> str:
    said = _quote_fact(parts, row) if row.screens else ""
    named = (row.fact.id, _name_kind(row.fact.id), name_fact(row.fact.id))
    return " ".join([*named, said, row.current.value, row.current.source, *row.screens]).casefold()


def _group_rows(rows: list[FactRow]) -> list[tuple[str, list[FactRow]]]:
    """Return (heading, its facts): first what ended or ends soon, then by kind, in the order of the rows."""
    groups: dict[str, list[FactRow]] = {}
    for row in rows:
        urgent = row.has_ended or row.ends_soon
        groups.setdefault(_("Ended, or ends soon") if urgent else _name_kind(row.fact.id), []).append(row)
    return list(groups.items())


def name_fact(fact: str) -> str:
    """Return the name of a fact without its kind, in letters of a sentence: ``th.wage.khon_kaen`` is "Khon kaen"."""
    words = fact.split(".")
    named = [_KINDS[word] if word in _KINDS else word.replace("_", " ") for word in words[2:] or words[-1:]]
    found = " ".join(map(str, named))
    return found[:1].upper() + found[1:]


def _name_kind(fact: str) -> str:
    """Return the kind of a fact and its country: ``th.wage.bangkok`` is "Minimum wages · Thailand"."""
    first, _dot, rest = fact.partition(".")
    country = Locale.parse(get_language()).territories.get(first.upper(), "")
    kind = rest.partition(".")[0] if country and rest else first
    named = str(_KINDS.get(kind, kind.replace("_", " ").capitalize()))
    return f"{named} · {country}" if country and rest else named


def _quote_fact(parts: Services, row: FactRow) -> str:
    """Return the sentence with this fact that callers read, from which its unit is seen; empty if no text has it."""
    menu, today = parts.versions.live(row.menu)[1], find_today(parts)

    def show(found: re.Match[str]) -> str:
        fact = menu.facts.get(found[1])
        return fact.on(today).value if fact is not None else "…"

    for words in _list_texts(menu, row, get_language()):
        name = f"{{{row.fact.id}}}"
        if name in words:
            at = words.index(name)
            begins = [found + len(sign) for sign in (". ", "\n") if (found := words.rfind(sign, 0, at)) >= 0]
            ends = [end for sign in (". ", "\n", " (") if (end := words.find(sign, at)) > 0]
            said = PLACEHOLDER.sub(show, words[max(begins, default=0) : min(ends, default=len(words))]).strip(
                " ."
            )
            return said if len(said) <= _LONGEST_QUOTE else f"{said[:_LONGEST_QUOTE].rstrip()}…"
    return ""


def _list_texts(menu: Menu, row: FactRow, language: str) -> Iterator[str]:
    for name in row.screens:
        screen = menu.screens[name]
        yield menu.text(screen.text, language)
        yield from (menu.text(each.text, language) for each in (*screen.variants,))
        yield from (menu.text(each.label, language) for each in screen.choices)


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
    if form.sort in {"correct", "checked"} and not form.source.strip():
        form = replace(form, source=row.current.source)
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
        valid_from="",
        source="",
        checked_on=today.isoformat(),
        expires_on=(today + _HALF_A_YEAR).isoformat(),
        seen=row.current.value,
    )
    board = menu_drafts.list_board(parts, get_actor())
    return render_template(
        "admin/fact.html",
        row=row,
        name=name_fact(name)
        if len(name.split(".")) <= _NAMED_ALONE
        else f"{_name_kind(name)} · {name_fact(name)}",
        quote=_quote_fact(parts, row),
        shown_on=list(dict.fromkeys(name_screen(parts, screen, get_language()) for screen in row.screens)),
        form=typed or blank,
        fault={fault[0]: fault[1]} if fault else {},
        drafts=[each for each in board.drafts if each.menu == row.menu],
        chosen=read_field("draft", 20) if typed else "",
        changes=get_actor().may(Permission.DRAFT_MENUS),
        warns=THRESHOLDS[0],
        days=DAYS,
    )
