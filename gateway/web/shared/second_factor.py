"""Serves the pages for the second factor, a person's own sign-ins, re-authentication, and a locked page."""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, request
from markupsafe import Markup

from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.staff import sign_in as desk
from gateway.helpdesk.staff import two_factor as second
from gateway.web.shared.auth import (
    ENROL,
    UNLOCK,
    anyone,
    check_way_back,
    find_home,
    get_actor,
    get_cookie_name,
    get_sign_in,
    permit_while_locked,
    without_second_factor,
)
from gateway.web.shared.forms import read_field
from gateway.web.shared.i18n import _
from gateway.web.shared.labels import find_word

if TYPE_CHECKING:
    from werkzeug.wrappers import Response

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services

OK, BAD, SEE_OTHER = 200, 422, 303


def add_to(pages: Blueprint, parts: Services) -> None:
    """Register the pages."""
    _add_door(pages, parts)
    _add_own(pages, parts)
    _add_sign_ins(pages, parts)
    _add_proof(pages, parts)
    _add_lock(pages, parts)


def get_token() -> str:
    """Return the token of the current sign-in's cookie."""
    return request.cookies.get(get_cookie_name(), "")


def _add_door(pages: Blueprint, parts: Services) -> None:
    @pages.get("/sign-in/code")
    @anyone
    def code() -> Response | str:
        if not second.waits_for_factor(parts, get_token()):
            return redirect("/sign-in")
        return render_template("code.html", back=check_way_back(request.args.get("back", "")))

    @pages.post("/sign-in/code")
    @anyone
    def enter_code() -> Response | tuple[str, int]:
        back = check_way_back(read_field("back"))
        try:
            second.enter_code(parts, get_token(), read_field("code"), request.remote_addr or "")
        except Rejected as declined:
            return render_template("code.html", back=back, fault=find_word(declined.why)), BAD
        who = desk.find_signed_in(parts, get_token())
        return redirect(back or (find_home(who.actor) if who else "/sign-in"), SEE_OTHER)


def _add_own(pages: Blueprint, parts: Services) -> None:
    @pages.get(ENROL)
    @without_second_factor
    def second_factor() -> str:
        return _render_page(parts)

    @pages.post(ENROL)
    @without_second_factor
    def set_up() -> tuple[str, int] | str:
        try:
            second.set_up(parts, get_actor())
            return _render_page(parts)
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD

    @pages.post(f"{ENROL}/confirm")
    @without_second_factor
    def confirm() -> tuple[str, int] | str:
        code, address = read_field("code"), request.remote_addr or ""
        try:
            return _render_page(
                parts,
                codes=second.confirm_factor(parts, get_actor(), code, token=get_token(), address=address),
            )
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD

    @pages.post(f"{ENROL}/off")
    def off() -> Response | tuple[str, int]:
        try:
            second.take_away(
                parts, get_actor(), read_field("code"), token=get_token(), address=request.remote_addr or ""
            )
        except Rejected as declined:
            return _render_page(parts, fault=find_word(declined.why)), BAD
        flash(_("The second factor is off."))
        return redirect(ENROL, SEE_OTHER)


def _add_sign_ins(pages: Blueprint, parts: Services) -> None:
    @pages.get("/me/sign-ins")
    def sign_ins() -> str:
        found = desk.list_sign_ins(parts, get_actor(), get_actor().person_id, get_token())
        return render_template("sign_ins.html", found=found)

    @pages.post("/me/sign-ins/<listed_id>/end")
    def end_sign_in(listed_id: str) -> Response:
        ended = desk.revoke_sign_in(parts, get_actor(), get_actor().person_id, listed_id)
        flash(_("That sign-in is ended.") if ended else _("It had ended already."))
        return redirect("/me/sign-ins", SEE_OTHER)


def _add_proof(pages: Blueprint, parts: Services) -> None:
    @pages.get("/prove")
    def proof() -> str:
        return render_template("prove.html", back=check_way_back(request.args.get("back", "")))

    @pages.post("/prove")
    def prove() -> Response | tuple[str, int]:
        back, password = check_way_back(read_field("back")), request.form.get("password", "")
        address = request.remote_addr or ""
        try:
            second.prove_identity(
                parts, get_actor(), get_token(), password=password, code=read_field("code"), address=address
            )
        except Rejected as declined:
            return render_template("prove.html", back=back, fault=find_word(declined.why)), BAD
        return redirect(back or "/", SEE_OTHER)


_OWN_FIELDS = frozenset({"csrf_token", "as", "password", "code"})


def take_proof(parts: Services) -> tuple[Actor, str]:
    """Return the actor, and why the proof that this form brings is none; both say nothing where it brings none.

    A deed that asks once more who it is takes the proof with its own form, so that nobody has to press twice.
    """
    actor, password = get_actor(), request.form.get("password", "")
    if not password:
        return actor, ""
    try:
        second.prove_identity(
            parts,
            actor,
            get_token(),
            password=password,
            code=read_field("code"),
            address=request.remote_addr or "",
        )
    except Rejected as declined:
        return replace(actor, proved_at=None), find_word(declined.why)
    return replace(actor, proved_at=parts.clock.now()), ""


def ask_proof(fault: str = "") -> tuple[str, int]:
    """Ask once more who it is; the answer goes on with what this form asked for."""
    sent = [(name, value) for name, value in request.form.items(multi=True) if name not in _OWN_FIELDS]
    page = render_template("prove.html", action=request.path, sent=sent or [("asked", "yes")], fault=fault)
    return page, BAD if fault else OK


def _add_lock(pages: Blueprint, parts: Services) -> None:
    @pages.get(UNLOCK)
    @permit_while_locked
    def locked() -> Response | str:
        back = check_way_back(request.args.get("back", ""))
        return render_template("unlock.html", back=back) if get_sign_in().locked else redirect(back or "/")

    @pages.post(UNLOCK)
    @permit_while_locked
    def unlock() -> Response | tuple[str, int]:
        back, password = check_way_back(read_field("back")), request.form.get("password", "")
        try:
            desk.release_lock(
                parts, get_actor(), get_token(), password=password, address=request.remote_addr or ""
            )
        except Rejected as declined:
            return render_template("unlock.html", back=back, fault=find_word(declined.why)), BAD
        return redirect(back or "/", SEE_OTHER)


def draw_code(uri: str) -> Markup:
    """Return the QR code of an address as SVG, dark on light in dark pages too, because cameras want it so."""
    # Imported where it is drawn: a person sees it once.
    drawn = importlib.import_module("segno").make(uri, error="m", micro=False)
    return Markup(drawn.svg_inline(scale=4, dark="#000", light="#fff"))  # noqa: S704 - made here of numbers alone


def _render_page(parts: Services, *, codes: tuple[str, ...] = (), fault: str = "") -> str:
    setup = second.find_pending(parts, get_actor())
    return render_template(
        "second_factor.html",
        on=get_sign_in().person.second_factor or bool(codes),
        wanted=second.is_wanted(get_actor()),
        must=get_sign_in().lacks_second_factor,
        left=second.count_codes_left(parts, get_actor()),
        setup=setup,
        picture=draw_code(setup.uri) if setup is not None else "",
        codes=codes,
        fault=fault,
    )
