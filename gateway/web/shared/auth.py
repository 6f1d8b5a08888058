"""Lets nobody in who is not signed in: a view is closed unless it says that anyone may see it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar
from urllib.parse import quote
from weakref import WeakSet

from flask import Response, current_app, g, redirect, render_template, request, session

from gateway.domain.permissions import Permission
from gateway.helpdesk.staff import sign_in
from gateway.storage.database import Unavailable
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from werkzeug.wrappers import Response as Answer

    from gateway.domain.permissions import Actor
    from gateway.foundation.services import Services
    from gateway.helpdesk.staff.sign_in import SignedIn

P = ParamSpec("P")
R = TypeVar("R")
UNAUTHORISED, SEE_OTHER = 401, 303
_LONGEST_WAY_BACK = 200
_FOR_ANYONE: WeakSet[Callable[..., object]] = WeakSet()
_WITHOUT_SECOND: WeakSet[Callable[..., object]] = WeakSet()
WHO = "who"
"""Under this name the signed cookie of a browser says who was signed in there last: their words are kept for them."""

ENROL = "/me/second-factor"
"""Where whoever lacks the second factor of their role is led from everywhere."""


def anyone(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that also those may see who are not signed in."""
    _FOR_ANYONE.add(view)
    return view


def without_second_factor(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that whoever is signed in may see before they have turned on the second factor of their role."""
    _WITHOUT_SECOND.add(view)
    return view


def find_sign_in() -> SignedIn | None:
    """Return who is signed in, if anybody is."""
    found: SignedIn | None = g.get("signed_in")
    return found


def current_sign_in() -> SignedIn:
    """Return who is signed in, on a page that only they reach."""
    found: SignedIn = g.signed_in
    return found


def actor() -> Actor:
    """Return who acts."""
    return current_sign_in().actor


def home_of(who: Actor) -> str:
    """Return the first page of this role."""
    if who.may(Permission.WORK_QUEUE):
        return "/"
    return "/admin/people" if who.may(Permission.MANAGE_PEOPLE) else "/admin/"


def way_back(written: str) -> str:
    """Return the address to go back to, if it is one of ours; else an empty string."""
    local = written.startswith("/") and written[1:2] not in {"/", "\\"} and written.isprintable()
    return written if local and "\\" not in written and len(written) <= _LONGEST_WAY_BACK else ""


def install(app: Flask, parts: Services, machines: frozenset[str]) -> None:
    """Ask before every request who it is, and turn away who may not see the page."""

    @app.before_request
    def ask_who() -> Answer | tuple[str, int] | None:
        if request.blueprint in machines:
            return None
        view = current_app.view_functions.get(request.endpoint or "")
        token = request.cookies.get(cookie_name(), "")
        polls = request.headers.get("X-Polls") == "yes"
        for_anyone = view is None or view in _FOR_ANYONE
        if token and request.endpoint != "web.static":
            # What anyone may see needs nobody's name: it is shown also while SQL cannot be asked for one.
            with suppress(*((Unavailable,) if for_anyone else ())):
                g.signed_in = sign_in.find_signed_in(parts, token, acts=not polls)
        if for_anyone:
            return None
        who = find_sign_in()
        if who is None:
            return _turn_away()
        if session.get(WHO) != who.person.id:
            session[WHO] = who.person.id
        return _lead_to_second_factor() if who.lacks_second_factor and view not in _WITHOUT_SECOND else None


def cookie_name() -> str:
    """Return the name of the sign-in's cookie: where we speak HTTPS it is bound to this very host."""
    return "__Host-sign-in" if is_https() else "sign-in"


def is_https() -> bool:
    """Say whether the browser reached us over HTTPS."""
    return request.is_secure or request.host == current_app.config["HTTPS_HOST"]


def give_cookie(answer: Answer, token: str) -> Answer:
    """Hand the token of a sign-in to the browser; it dies with the browser."""
    answer.set_cookie(cookie_name(), token, secure=is_https(), httponly=True, samesite="Strict", path="/")
    return answer


def take_cookie(answer: Answer) -> Answer:
    """Take the token and whatever the browser kept."""
    answer.delete_cookie(cookie_name(), secure=is_https(), httponly=True, samesite="Strict", path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _lead_to_second_factor() -> Answer:
    """Lead to the page where it is turned on; a piece of a page that is still open is no place for it."""
    return Response(status=UNAUTHORISED) if "HX-Request" in request.headers else redirect(ENROL, SEE_OTHER)


def _turn_away() -> Answer | tuple[str, int]:
    if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
        here = way_back(request.full_path.rstrip("?"))
        back = f"?back={quote(here, safe='')}" if here not in {"", "/"} else ""
        return redirect(f"/sign-in{back}")
    if "HX-Request" in request.headers:
        return Response(status=UNAUTHORISED)
    if request.headers.get("X-Draft") == "yes":
        return _("You were signed out. Your words stay here: sign in, then they are kept."), UNAUTHORISED
    back = current_app.config["KEEPS"]()
    return render_template(
        "signed_out.html", back=f"?back={quote(back, safe='')}" if back else ""
    ), UNAUTHORISED
