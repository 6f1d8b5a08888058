"""Serves the pages for the second factor, a person's own sign-ins, and re-authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import sign_in as desk
from gateway.helpdesk.staff import two_factor as second
from gateway.web.shared.auth import (
    ENROL,
    actor,
    anyone,
    cookie_name,
    current_sign_in,
    home_of,
    way_back,
    without_second_factor,
)
from gateway.web.shared.forms import field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, SEE_OTHER = 422, 303


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages."""
    _add_door(pages, parts)
    _add_own(pages, parts)
    _add_sign_ins(pages, parts)
    _add_proof(pages, parts)


def token_here() -> str:
    """Return the token of the current sign-in's cookie."""
    return request.cookies.get(cookie_name(), "")


def _add_door(pages: Blueprint, parts: Services) -> None:
    @pages.get("/sign-in/code")
    @anyone
    def code() -> Response | str:
        if not second.waits_for_factor(parts, token_here()):
            return redirect("/sign-in")
        return render_template("code.html", back=way_back(request.args.get("back", "")))

    @pages.post("/sign-in/code")
    @anyone
    def enter_code() -> Response | tuple[str, int]:
        back = way_back(field("back"))
        try:
            second.enter_code(parts, token_here(), field("code"), request.remote_addr or "")
        except Rejected as declined:
            return render_template("code.html", back=back, fault=find_word(declined.why)), BAD
        who = desk.find_signed_in(parts, token_here())
        return redirect(back or (home_of(who.actor) if who else "/sign-in"), SEE_OTHER)


def _add_own(pages: Blueprint, parts: Services) -> None:
    @pages.get(ENROL)
    @without_second_factor
    def second_factor() -> str:
        return _render_page(parts)

    @pages.post(ENROL)
    @without_second_factor
    def set_up() -> tuple[str, int] | str:
        try:
            second.set_up(parts, actor())
            return _render_page(parts)
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD

    @pages.post(f"{ENROL}/confirm")
    @without_second_factor
    def confirm() -> tuple[str, int] | str:
        try:
            return _render_page(
                parts,
                codes=second.confirm(
                    parts, actor(), field("code"), token=token_here(), address=request.remote_addr or ""
                ),
            )
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD

    @pages.post(f"{ENROL}/off")
    def off() -> Response | tuple[str, int]:
        try:
            second.take_away(
                parts, actor(), field("code"), token=token_here(), address=request.remote_addr or ""
            )
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD
        flash(_("The second factor is off."))
        return redirect(ENROL, SEE_OTHER)


def _add_sign_ins(pages: Blueprint, parts: Services) -> None:
    @pages.get("/me/sign-ins")
    def sign_ins() -> str:
        found = desk.list_sign_ins(parts, actor(), actor().person_id, token_here())
        return render_template("sign_ins.html", found=found)

    @pages.post("/me/sign-ins/<listed_id>/end")
    def end_sign_in(listed_id: str) -> Response:
        ended = desk.revoke_sign_in(parts, actor(), actor().person_id, listed_id)
        flash(_("That sign-in is ended.") if ended else _("It had ended already."))
        return redirect("/me/sign-ins", SEE_OTHER)


def _add_proof(pages: Blueprint, parts: Services) -> None:
    @pages.get("/prove")
    def proof() -> str:
        return render_template("prove.html", back=way_back(request.args.get("back", "")))

    @pages.post("/prove")
    def prove() -> Response | tuple[str, int]:
        back, password = way_back(field("back")), request.form.get("password", "")
        address = request.remote_addr or ""
        try:
            second.prove_identity(
                parts, actor(), token_here(), password=password, code=field("code"), address=address
            )
        except Rejected as declined:
            return render_template("prove.html", back=back, fault=find_word(declined.why)), BAD
        return redirect(back or "/", SEE_OTHER)


def _render_page(parts: Services, *, codes: tuple[str, ...] = (), fault: str = "") -> str:
    return render_template(
        "second_factor.html",
        on=current_sign_in().person.second_factor or bool(codes),
        wanted=second.is_wanted(actor()),
        must=current_sign_in().lacks_second_factor,
        left=second.codes_left(parts, actor()),
        setup=second.find_pending(parts, actor()),
        codes=codes,
        fault=fault,
    )
