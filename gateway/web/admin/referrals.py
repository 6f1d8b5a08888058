"""Serves the referral book, which counsellors read and administrators edit, and the referrals that somebody made."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.domain.permissions import Permission
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.requests import referrals as requests_referrals
from gateway.helpdesk.requests.referrals import Referral
from gateway.helpdesk.staff.centre_lists import list_languages, list_topics
from gateway.web.shared.auth import get_actor
from gateway.web.shared.forms import flash_saved, read_field, read_number_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, SEE_OTHER = 422, 303
_LONGEST = 80
_EMPTY = Referral(id="", team="", name="", number="")


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages and their forms."""
    _add_made(pages, parts)

    @pages.get("/referrals")
    def referrals() -> str:
        return _render_page(parts)

    @pages.post("/referrals")
    def add_referral() -> Response | tuple[str, int]:
        return _save_entry(parts, "")

    @pages.post("/referrals/<referral_id>")
    def change_referral(referral_id: str) -> Response | tuple[str, int]:
        return _save_entry(parts, referral_id)

    @pages.post("/referrals/<referral_id>/drop")
    def drop_referral(referral_id: str) -> Response | tuple[str, int]:
        try:
            requests_referrals.drop_entry(parts, get_actor(), referral_id)
        except Rejected as declined:
            return _render_page(parts, fault=declined.why), BAD
        flash(_("It is out of the book."))
        return redirect("/admin/referrals", SEE_OTHER)


def _add_made(pages: Blueprint, parts: Services) -> None:
    @pages.get("/referrals/made")
    def made_referrals() -> str:
        return _render_made(parts)

    @pages.post("/referrals/made/<made_id>")
    def settle_made(made_id: str) -> Response | tuple[str, int]:
        outcome = read_field("outcome", 20)
        try:
            due_on = date.fromisoformat(read_field("due_on", 10)) if read_field("due_on", 10) else None
            case_record.settle_made(parts, get_actor(), made_id, due_on=due_on, outcome=outcome)
        except (Rejected, ValueError):
            fault = _(
                "Nothing was saved: choose what came of it, or a day. Somebody else may have written it."
            )
            return _render_made(parts, fault=fault), BAD
        flash_saved(parts)
        return redirect("/admin/referrals/made", SEE_OTHER)


def _render_made(parts: Services, *, fault: str = "") -> str:
    rows, today = case_record.list_made(parts, get_actor()), parts.clock.now().date()
    return render_template(
        "admin/referrals_made.html",
        open_rows=[one for one in rows if not one.outcome],
        settled=[one for one in rows if one.outcome],
        outcomes=case_record.REFERRAL_OUTCOMES,
        own=get_actor().person_id,
        today=today,
        fault=fault,
    )


def _save_entry(parts: Services, referral_id: str) -> Response | tuple[str, int]:
    typed = _read_entry(referral_id)
    try:
        made = requests_referrals.save_entry(parts, get_actor(), typed)
    except Rejected as declined:
        return _render_page(parts, typed=typed, fault=declined.why), BAD
    flash_saved(parts)
    return redirect(f"/admin/referrals#{made}", SEE_OTHER)


def _read_entry(referral_id: str) -> Referral:
    """Return the typed entry; an invalid date means "not checked"."""
    try:
        checked_on = date.fromisoformat(read_field("checked_on"))
    except ValueError:
        checked_on = None
    return Referral(
        id=referral_id,
        team="",
        name=read_field("name"),
        number=read_number_field("number"),
        place=read_field("place"),
        hours=read_field("hours"),
        languages=tuple(request.form.getlist("language")),
        topics=tuple(request.form.getlist("topic")),
        may_share=read_field("may_share") == "yes",
        checked_on=checked_on,
    )


def _render_page(parts: Services, *, typed: Referral | None = None, fault: Why | None = None) -> str:
    return render_template(
        "admin/referrals.html",
        book=requests_referrals.list_entries(parts, get_actor()),
        keeps=get_actor().may(Permission.SET_RULES),
        typed=typed,
        empty=_EMPTY,
        fault=fault,
        spoken=list_languages(parts),
        topics=list_topics(parts),
        today=parts.clock.now().date(),
    )
