"""The pages of the second factor, of one's own sign-ins, and of showing once more who one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request

from gateway.desk import second
from gateway.desk import sign_in as desk
from gateway.desk.declined import Declined
from gateway.web.forms import field
from gateway.web.guard import (
    ENROL,
    actor,
    anyone,
    cookie_name,
    home_of,
    me,
    way_back,
    without_second_factor,
)
from gateway.web.translate import _
from gateway.web.words import word

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.parts import Parts

BAD, SEE_OTHER = 422, 303


def add_to(pages: Blueprint, parts: Parts) -> None:
    """Add the pages."""
    _add_door(pages, parts)
    _add_own(pages, parts)
    _add_sign_ins(pages, parts)
    _add_proof(pages, parts)


def token_here() -> str:
    """Return the token of the sign-in through which the page is seen."""
    return request.cookies.get(cookie_name(), "")


def _add_door(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/sign-in/code")
    @anyone
    def code() -> Response | str:
        if not second.waits(parts, token_here()):
            return redirect("/sign-in")
        return render_template("code.html", back=way_back(request.args.get("back", "")))

    @pages.post("/sign-in/code")
    @anyone
    def enter_code() -> Response | tuple[str, int]:
        back = way_back(field("back"))
        try:
            second.enter(parts, token_here(), field("code"), request.remote_addr or "")
        except Declined as declined:
            return render_template("code.html", back=back, fault=word(declined.why)), BAD
        who = desk.who(parts, token_here())
        return redirect(back or (home_of(who.actor) if who else "/sign-in"), SEE_OTHER)


def _add_own(pages: Blueprint, parts: Parts) -> None:
    @pages.get(ENROL)
    @without_second_factor
    def second_factor() -> str:
        return _page(parts)

    @pages.post(ENROL)
    @without_second_factor
    def set_up() -> tuple[str, int] | str:
        try:
            second.set_up(parts, actor())
            return _page(parts)
        except Declined as declined:
            return _page(parts, fault=word(declined.why)), BAD

    @pages.post(f"{ENROL}/confirm")
    @without_second_factor
    def confirm() -> tuple[str, int] | str:
        try:
            return _page(
                parts,
                codes=second.confirm(
                    parts, actor(), field("code"), token=token_here(), address=request.remote_addr or ""
                ),
            )
        except Declined as declined:
            return _page(parts, fault=word(declined.why)), BAD

    @pages.post(f"{ENROL}/off")
    def off() -> Response | tuple[str, int]:
        try:
            second.take_away(
                parts, actor(), field("code"), token=token_here(), address=request.remote_addr or ""
            )
        except Declined as declined:
            return _page(parts, fault=word(declined.why)), BAD
        flash(_("The second factor is off."))
        return redirect(ENROL, SEE_OTHER)


def _add_sign_ins(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/me/sign-ins")
    def sign_ins() -> str:
        found = desk.listed(parts, actor(), actor().person_id, token_here())
        return render_template("sign_ins.html", found=found)

    @pages.post("/me/sign-ins/<listed_id>/end")
    def end_sign_in(listed_id: str) -> Response:
        ended = desk.revoke(parts, actor(), actor().person_id, listed_id)
        flash(_("That sign-in is ended.") if ended else _("It had ended already."))
        return redirect("/me/sign-ins", SEE_OTHER)


def _add_proof(pages: Blueprint, parts: Parts) -> None:
    @pages.get("/prove")
    def proof() -> str:
        return render_template("prove.html", back=way_back(request.args.get("back", "")))

    @pages.post("/prove")
    def prove() -> Response | tuple[str, int]:
        back, password = way_back(field("back")), request.form.get("password", "")
        address = request.remote_addr or ""
        try:
            second.prove(parts, actor(), token_here(), password=password, code=field("code"), address=address)
        except Declined as declined:
            return render_template("prove.html", back=back, fault=word(declined.why)), BAD
        return redirect(back or "/", SEE_OTHER)


def _page(parts: Parts, *, codes: tuple[str, ...] = (), fault: str = "") -> str:
    return render_template(
        "second_factor.html",
        on=me().person.second_factor or bool(codes),
        wanted=second.is_wanted(actor()),
        must=me().lacks_second_factor,
        left=second.codes_left(parts, actor()),
        setup=second.pending(parts, actor()),
        codes=codes,
        fault=fault,
    )
