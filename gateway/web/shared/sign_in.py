"""Serves the pages of sign-in, sign-out, one-time links, and a person's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, session

from gateway.helpdesk.alerts import push_alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import people, two_factor
from gateway.helpdesk.staff import sign_in as desk
from gateway.web.shared import installable, languages, second_factor
from gateway.web.shared.auth import (
    ENROL,
    WHO,
    anyone,
    check_way_back,
    find_home,
    find_sign_in,
    get_actor,
    get_cookie_name,
    get_sign_in,
    give_cookie,
    permit_while_locked,
    take_cookie,
    without_second_factor,
)
from gateway.web.shared.forms import flash_saved, read_field, read_number_field
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services

BAD, SLOW, GONE, SEE_OTHER = 422, 429, 410, 303


def build_blueprint(parts: Services, addresses: Mapping[str, str]) -> Blueprint:
    """Return the blueprint of these pages; ``addresses`` maps the path of a static file to its URL."""
    pages = Blueprint("sign_in", __name__)
    _add_doors(pages, parts)
    _add_language(pages, parts)
    _add_links(pages, parts)
    _add_own(pages, parts)
    pages.app_context_processor(lambda: {"push_key": lambda: push_alerts.find_public_key(parts, get_actor())})
    second_factor.add_to(pages, parts)
    installable.add_to(pages, parts, addresses)
    return pages


def _add_doors(pages: Blueprint, parts: Services) -> None:
    @pages.get("/sign-in")
    @anyone
    def form() -> Response | str:
        who = find_sign_in()
        if who:
            return redirect(check_way_back(request.args.get("back", "")) or find_home(who.actor))
        return render_template("sign_in.html", name="", back=check_way_back(request.args.get("back", "")))

    @pages.post("/sign-in")
    @anyone
    def enter() -> Response | tuple[str, int]:
        name, back = read_field("name"), check_way_back(read_field("back"))
        try:
            token = desk.sign_in(
                parts,
                name,
                request.form.get("password", ""),
                request.remote_addr or "",
                device=installable.name_device(request.user_agent.string),
            )
        except Rejected as declined:
            return _render_door(name, back, slow=declined.seconds), SLOW
        return _let_in(parts, token, back) if token else (_render_door(name, back, wrong=True), BAD)

    @pages.post("/sign-out")
    @permit_while_locked
    @without_second_factor
    def leave() -> Response:
        desk.sign_out(parts, request.cookies.get(get_cookie_name(), ""))
        _forget_session()
        return take_cookie(redirect("/sign-in", SEE_OTHER))


def _add_language(pages: Blueprint, parts: Services) -> None:
    @pages.post("/language")
    @anyone
    def language() -> Response:
        wish, who = read_field("language"), find_sign_in()
        if wish in languages.NAMES:
            languages.remember_language(wish)
            if who:
                people.set_page_language(parts, who.actor, wish)
        return redirect(check_way_back(read_field("back")) or "/", SEE_OTHER)


def _add_links(pages: Blueprint, parts: Services) -> None:
    @pages.get("/invitation/<token>")
    @anyone
    def welcome(token: str) -> str | tuple[str, int]:
        person = desk.find_invited(parts, token)
        if person is None:
            return render_template("link_gone.html"), GONE
        return render_template("welcome.html", person=person, name=person.name, fault=None)

    @pages.post("/invitation/<token>")
    @anyone
    def accept(token: str) -> Response | tuple[str, int]:
        name, password = read_field("name"), request.form.get("password", "")
        try:
            fresh = desk.accept_invitation(parts, token, name=name, password=password)
        except Rejected as declined:
            return _welcome_again(parts, token, name, declined.why)
        return _let_in(parts, fresh, "")


def _add_own(pages: Blueprint, parts: Services) -> None:
    @pages.get("/me")
    def own() -> str:
        return _own_page(parts)

    @pages.post("/me/duty")
    def duty() -> Response:
        people.set_duty(parts, get_actor(), get_actor().person_id, on=read_field("on") == "yes")
        return redirect(check_way_back(read_field("back")) or "/me", SEE_OTHER)

    @pages.post("/me/number")
    def number() -> Response | tuple[str, int]:
        written = read_number_field("number")
        try:
            people.set_number(parts, get_actor(), get_actor().person_id, written)
        except Rejected as declined:
            return _own_page(parts, number=written, number_fault=declined.why), BAD
        flash_saved(parts)
        return redirect(check_way_back(read_field("back")) or "/me", SEE_OTHER)

    @pages.post("/me/password")
    def password() -> Response | tuple[str, int]:
        old, new = request.form.get("old", ""), request.form.get("new", "")
        try:
            fresh = desk.set_password(parts, get_actor(), old=old, new=new, address=request.remote_addr or "")
        except Rejected as declined:
            return _own_page(parts, password_fault=declined.why), BAD
        flash(_("Your password is changed. You were signed out everywhere else."))
        return _with_new_sign_in(redirect("/me", SEE_OTHER), fresh)

    @pages.post("/me/sign-out-everywhere")
    def leave_everywhere() -> Response:
        people.end_sign_ins(parts, get_actor(), get_actor().person_id)
        _forget_session()
        return take_cookie(redirect("/sign-in", SEE_OTHER))


def _render_door(name: str, back: str, *, wrong: bool = False, slow: int = 0) -> str:
    return render_template("sign_in.html", name=name, back=back, wrong=wrong, slow=slow)


def _let_in(parts: Services, token: str, back: str) -> Response:
    if two_factor.waits_for_factor(parts, token):
        return _with_new_sign_in(redirect(f"/sign-in/code?{urlencode({'back': back})}", SEE_OTHER), token)
    who = desk.find_signed_in(parts, token)
    if who and who.lacks_second_factor:
        if two_factor.find_pending(parts, who.actor) is None:
            two_factor.set_up(parts, who.actor)
        return _with_new_sign_in(redirect(ENROL, SEE_OTHER), token)
    home = find_home(who.actor) if who else "/sign-in"
    return _with_new_sign_in(redirect(back or home, SEE_OTHER), token)


def _with_new_sign_in(answer: Response, token: str) -> Response:
    # The form token may belong to the person who used this browser before (session fixation, OWASP).
    session.pop("csrf_token", None)
    return give_cookie(answer, token)


def _forget_session() -> None:
    """Clear the session cookie except for the person's id, under which unsent input is saved."""
    who = session.get(WHO)
    session.clear()
    if who:
        session[WHO] = who


def _welcome_again(parts: Services, token: str, name: str, fault: Why) -> tuple[str, int]:
    person = desk.find_invited(parts, token)
    if person is None:
        return render_template("link_gone.html"), GONE
    return render_template("welcome.html", person=person, name=person.name or name, fault=fault), BAD


def _own_page(parts: Services, **faults: object) -> str:
    return render_template(
        "me.html",
        person=get_sign_in().person,
        subscriptions=push_alerts.list_subscriptions(parts, get_actor()),
        **faults,
    )
