"""Serves the pages of sign-in, sign-out, one-time links, a person's own settings, and the pages as an app on a phone.

The app is a manifest, a service worker, an offline page, and switches of push alerts.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, session
from flask import Response as FlaskResponse
from flask_babel import force_locale

from gateway.helpdesk.alerts import push_alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.staff import people, two_factor
from gateway.helpdesk.staff import sign_in as desk
from gateway.storage.staff_devices import PushAddress
from gateway.web.shared import languages, second_factor
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
from gateway.web.shared.languages import NAMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.wrappers import Response

    from gateway.foundation.services import Services


_LONGEST = 1_000
_WORKER = Path(__file__).parent / "worker.js"


def name_device(agent: str) -> str:
    """Return a short name of a browser for a person's lists, from its User-Agent."""
    known = ("Android", "iPhone", "iPad", "Windows", "Macintosh", "Linux")
    return next((one for one in known if one in agent), "")


def add_to(pages: Blueprint, parts: Services, addresses: Mapping[str, str]) -> None:
    """Register the files of the app and the forms of push alerts.

    Args:
        pages: the blueprint.
        parts: the services of this process.
        addresses: path of a static file → its URL.
    """
    _add_app(pages, addresses)
    _add_push(pages, parts)


def _add_app(pages: Blueprint, addresses: Mapping[str, str]) -> None:
    worker = _WORKER.read_text(encoding="utf-8").replace(
        '"STYLES"', json.dumps([addresses["pico.css"], addresses["app.css"]])
    )

    @pages.get("/sw.js")
    @anyone
    def service_worker() -> Response:
        return FlaskResponse(worker, content_type="text/javascript; charset=utf-8")

    @pages.get("/manifest.webmanifest")
    @anyone
    def manifest() -> Response:
        name = _("Helpline")
        described = {
            "id": "/",
            "name": name,
            "short_name": name,
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": "#fbfaf7",
            "theme_color": "#0b5f63",
            "icons": [{"src": addresses["icon.svg"], "sizes": "any", "type": "image/svg+xml"}],
        }
        return FlaskResponse(json.dumps(described), content_type="application/manifest+json; charset=utf-8")

    @pages.get("/offline")
    @anyone
    def offline() -> str:
        return render_template("offline.html", said_in=[(tongue, *_say_offline(tongue)) for tongue in NAMES])


def _say_offline(language: str) -> tuple[str, str]:
    """Return title and words of the page for a lost line: it is kept once, whatever language is chosen later."""
    with force_locale(language):
        return _("No contact"), _(
            "The server cannot be reached. Nothing was lost; try again when there is a line."
        )


def _add_push(pages: Blueprint, parts: Services) -> None:
    @pages.post("/me/push")
    def switch_on() -> Response:
        address = PushAddress(
            endpoint=read_field("endpoint", _LONGEST), p256dh=read_field("p256dh"), auth=read_field("auth")
        )
        try:
            push_alerts.add_subscription(
                parts, get_actor(), address, device=name_device(request.user_agent.string)
            )
        except Rejected:
            flash(_("This browser cannot take alerts. Try Chrome, Edge or Firefox."), "bad")
        else:
            flash(_("Alerts are on for this browser."))
        return redirect("/me#push", SEE_OTHER)

    @pages.post("/me/push/<subscription_id>/off")
    def switch_off(subscription_id: str) -> Response:
        if push_alerts.drop_subscription(parts, get_actor(), subscription_id):
            flash(_("Alerts are off for that browser."))
        return redirect("/me#push", SEE_OTHER)

    @pages.post("/me/push/test")
    def send_test() -> Response:
        sent = push_alerts.send_test(parts, get_actor())
        flash(_("A test alert is on its way.") if sent else _("One is on its way already, or none is on."))
        return redirect("/me#push", SEE_OTHER)


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
    add_to(pages, parts, addresses)
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
                device=name_device(request.user_agent.string),
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
