"""Requires a sign-in for every view that is not marked as public.

Deny by default, as in OWASP's Authorization Cheat Sheet.
"""

from __future__ import annotations

from contextlib import ExitStack, suppress
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
UNAUTHORISED, SEE_OTHER, LOCKED = 401, 303, 423
_LONGEST_WAY_BACK = 200
_FOR_ANYONE: WeakSet[Callable[..., object]] = WeakSet()
_READING_ONCE: WeakSet[Callable[..., object]] = WeakSet()
_WITHOUT_SECOND: WeakSet[Callable[..., object]] = WeakSet()
_WHILE_LOCKED: WeakSet[Callable[..., object]] = WeakSet()
WHO = "who"
"""Session key with the person last signed in on this browser, for whom unsent form input is saved."""

ENROL = "/me/second-factor"
"""Page to which a person without the required second factor is redirected from everywhere."""


UNLOCK = "/unlock"
"""Page to which the person behind a locked page is redirected from everywhere."""


def anyone(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view as public."""
    _FOR_ANYONE.add(view)
    return view


def without_second_factor(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that a signed-in person may see before turning on the required second factor."""
    _WITHOUT_SECOND.add(view)
    return view


def permit_while_locked(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a view that goes on while the page is locked: what tells of new requests, and the way to unlock."""
    _WHILE_LOCKED.add(view)
    return view


def reads_once(view: Callable[P, R]) -> Callable[P, R]:
    """Mark a page whose sign-in and model are read in one transaction, which ``end_reading`` ends."""
    _READING_ONCE.add(view)
    return view


def end_reading() -> None:
    """End the page's transaction, before anything is written or rendered; nothing happens where none is open."""
    reading: ExitStack | None = g.pop("reading", None)
    if reading is not None:
        reading.close()


def find_sign_in() -> SignedIn | None:
    """Return the current sign-in; None if nobody is signed in."""
    found: SignedIn | None = g.get("signed_in")
    return found


def get_sign_in() -> SignedIn:
    """Return the current sign-in of a view that requires one."""
    found: SignedIn = g.signed_in
    return found


def get_actor() -> Actor:
    """Return the actor of the current sign-in."""
    return get_sign_in().actor


def find_home(who: Actor) -> str:
    """Return the path of this role's first page."""
    if who.may(Permission.WORK_QUEUE):
        return "/"
    if who.may(Permission.WRITE_TEXTS):
        return "/admin/texts"
    return "/admin/begin" if who.may(Permission.MANAGE_PEOPLE) else "/admin/"


def check_way_back(written: str) -> str:
    """Return the path to return to if it is local, else an empty string.

    OWASP Unvalidated Redirects and Forwards Cheat Sheet: ``//host`` and backslashes would leave this site.
    """
    local = written.startswith("/") and written[1:2] not in {"/", "\\"} and written.isprintable()
    return written if local and "\\" not in written and len(written) <= _LONGEST_WAY_BACK else ""


def install(app: Flask, parts: Services, machines: frozenset[str]) -> None:
    """Check the sign-in and second factor before every request outside the blueprints in ``machines``."""
    app.config["CLOCK"] = parts.clock.now

    @app.before_request
    def ask_who() -> Answer | tuple[str, int] | None:
        if request.blueprint in machines:
            return None
        view = current_app.view_functions.get(request.endpoint or "")
        if view in _READING_ONCE:
            _begin_reading(parts)
        for_anyone = view is None or view in _FOR_ANYONE
        # A public page needs no sign-in, so it is shown even while SQL is away.
        with suppress(*((Unavailable,) if for_anyone else ())):
            _read_sign_in(parts)
        return None if for_anyone else _check_sign_in(view)

    @app.after_request
    def say_locked(response: Response) -> Response:
        who = find_sign_in()
        if who is not None and who.locked:
            response.headers["X-Locked"] = "yes"
        return response

    app.teardown_request(lambda _error: end_reading())


_OF_THE_APP = frozenset({"/sw.js", "/offline", "/manifest.webmanifest"})
"""Files that a browser fetches anew when it likes: nobody touched a page, so a quiet one locks all the same."""


def _read_sign_in(parts: Services) -> None:
    token = request.cookies.get(get_cookie_name(), "")
    if token and request.endpoint != "web.static":
        polls = request.headers.get(
            "X-Polls", ""
        )  # "yes", or "heard" where somebody would notice what is new
        acts = not polls and request.path not in _OF_THE_APP
        g.signed_in = sign_in.find_signed_in(parts, token, acts=acts, heard=polls == "heard")


def _check_sign_in(view: Callable[..., object] | None) -> Answer | tuple[str, int] | None:
    who = find_sign_in()
    if who is None:
        return _turn_away()
    if session.get(WHO) != who.person.id:
        session[WHO] = who.person.id
        session.pop(_PARTS, None)
    _note_may_see_parts(who)
    if who.locked and view not in _WHILE_LOCKED:
        return _ask_to_unlock()
    return _lead_to_second_factor() if who.lacks_second_factor and view not in _WITHOUT_SECOND else None


_PARTS = "parts"
"""Session key with the instant, as a Unix time, until which this browser may be told which part is down."""

_PARTS_LAST, _PARTS_AGAIN = 12 * 3600, 3600


def _note_may_see_parts(who: SignedIn) -> None:
    """Let an administrator's browser be told what is wrong while no sign-in can be verified, for as long as one lasts.

    The session cookie is signed with a key that a process keeps without SQL. A sign-in that was revoked in the meantime
    still learns the names of parts, as anybody does from ``/readyz``, and nothing else.
    """
    now = int(current_app.config["CLOCK"]().timestamp())
    if not who.actor.may(Permission.MANAGE_CHANNELS):
        session.pop(_PARTS, None)
    elif session.get(_PARTS, 0) - now < _PARTS_LAST - _PARTS_AGAIN:
        session[_PARTS] = now + _PARTS_LAST


def may_see_parts() -> bool:
    """Return whether this browser was an administrator's in the last hours; for pages that are shown without SQL."""
    until = session.get(_PARTS, 0)
    return isinstance(until, int) and until > current_app.config["CLOCK"]().timestamp()


def _begin_reading(parts: Services) -> None:
    g.reading = ExitStack()
    g.reading.enter_context(parts.store.read_once())


def get_cookie_name() -> str:
    """Return the sign-in cookie's name.

    Over HTTPS with the ``__Host-`` prefix, which binds it to this host (RFC 6265bis).
    """
    return "__Host-sign-in" if is_https() else "sign-in"


def is_https() -> bool:
    """Return whether the browser uses HTTPS, by the connection, the trusted proxy, or the public host."""
    return request.is_secure or request.host == current_app.config["HTTPS_HOST"]


def give_cookie(answer: Answer, token: str) -> Answer:
    """Set the sign-in cookie, which lasts until the browser closes.

    HttpOnly, SameSite=Strict and Secure as in OWASP's Session Management Cheat Sheet.
    """
    answer.set_cookie(get_cookie_name(), token, secure=is_https(), httponly=True, samesite="Strict", path="/")
    return answer


def take_cookie(answer: Answer) -> Answer:
    """Delete the cookie, and the browser's cache and storage by ``Clear-Site-Data`` (W3C), for shared computers."""
    session.pop(_PARTS, None)
    answer.delete_cookie(get_cookie_name(), secure=is_https(), httponly=True, samesite="Strict", path="/")
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def _lead_to_second_factor() -> Answer:
    """Redirect to the set-up page; a polled fragment is answered by a reload instead, since it cannot show a page."""
    return Response(status=UNAUTHORISED) if "HX-Request" in request.headers else redirect(ENROL, SEE_OTHER)


def _ask_to_unlock() -> Answer | tuple[str, int]:
    """Lead to the password; what was typed is saved and stands in its form again afterwards."""
    if "HX-Request" in request.headers:
        return Response(status=LOCKED)
    if request.headers.get("X-Draft") == "yes":
        return _("The page is locked. Your words stay here: type your password, then they are kept."), LOCKED
    if request.method in {"GET", "HEAD"}:
        back = check_way_back(request.full_path.rstrip("?"))
    else:
        back = current_app.config["KEEPS"]() or current_app.config["PAGE_OF"](request.path)
    return redirect(f"{UNLOCK}?back={quote(back, safe='')}", SEE_OTHER)


def _turn_away() -> Answer | tuple[str, int]:
    session.pop(_PARTS, None)
    if request.method in {"GET", "HEAD"} and "HX-Request" not in request.headers:
        here = check_way_back(request.full_path.rstrip("?"))
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
