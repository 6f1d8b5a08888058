"""The page of the referral book: where else help is, read by whoever calls and kept by those who plan."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.access import Permission
from gateway.desk import referral
from gateway.desk.declined import Declined, Why
from gateway.desk.lists import list_languages, list_topics
from gateway.desk.referral import Referral
from gateway.web.forms import field
from gateway.web.guard import actor
from gateway.web.translate import _
from gateway.web.typed_numbers import read_number_field

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

BAD, SEE_OTHER = 422, 303
_LONGEST = 80
_EMPTY = Referral(id="", team="", name="", number="")


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the page and what can be written on it."""

    @pages.get("/referrals")
    def referrals() -> str:
        return _page(parts)

    @pages.post("/referrals")
    def add_referral() -> Response | tuple[str, int]:
        return _written(parts, "")

    @pages.post("/referrals/<referral_id>")
    def change_referral(referral_id: str) -> Response | tuple[str, int]:
        return _written(parts, referral_id)

    @pages.post("/referrals/<referral_id>/drop")
    def drop_referral(referral_id: str) -> Response | tuple[str, int]:
        try:
            referral.drop(parts, actor(), referral_id)
        except Declined as declined:
            return _page(parts, fault=declined.why), BAD
        flash(_("It is out of the book."))
        return redirect("/admin/referrals", SEE_OTHER)


def _written(parts: Parts, referral_id: str) -> Response | tuple[str, int]:
    typed = _typed(referral_id)
    try:
        made = referral.put(parts, actor(), typed)
    except Declined as declined:
        return _page(parts, typed=typed, fault=declined.why), BAD
    flash(_("Saved."))
    return redirect(f"/admin/referrals#{made}", SEE_OTHER)


def _typed(referral_id: str) -> Referral:
    """Return what was typed; a day that is none counts as not checked."""
    try:
        checked_on = date.fromisoformat(field("checked_on"))
    except ValueError:
        checked_on = None
    return Referral(
        id=referral_id,
        team="",
        name=field("name"),
        number=read_number_field("number"),
        place=field("place"),
        hours=field("hours"),
        languages=tuple(request.form.getlist("language")),
        topics=tuple(request.form.getlist("topic")),
        may_share=field("may_share") == "yes",
        checked_on=checked_on,
    )


def _page(parts: Parts, *, typed: Referral | None = None, fault: Why | None = None) -> str:
    return render_template(
        "admin/referrals.html",
        book=referral.book(parts, actor()),
        keeps=actor().may(Permission.SET_RULES),
        typed=typed,
        empty=_EMPTY,
        fault=fault,
        spoken=list_languages(parts),
        topics=list_topics(parts),
        today=parts.clock.now().date(),
    )
