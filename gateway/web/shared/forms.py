"""Protects forms against cross-site requests, and reads their fields, including ambiguous phone numbers.

OWASP Cross-Site Request Forgery Prevention Cheat Sheet: a token per form, and a check of Origin and Fetch Metadata.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

import phonenumbers
from babel import Locale
from flask import Flask, abort, current_app, flash, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from phonenumbers import PhoneNumberFormat

from gateway.foundation.phone_numbers import find_region, list_valid_readings
from gateway.web.shared.auth import check_way_back, is_https
from gateway.web.shared.front import call_app
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language, show_clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from wsgiref.types import StartResponse, WSGIApplication

    from gateway.foundation.services import Services

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORBIDDEN = 403


class FormsCookie(SecureCookieSessionInterface):
    """The session cookie with the form token; over HTTPS it is Secure and has the ``__Host-`` prefix (RFC 6265bis)."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return the cookie's name for this request."""
        return f"__Host-{app.config['SESSION_COOKIE_NAME']}" if is_https() else super().get_cookie_name(app)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - the signature is Flask's
        """Return whether the cookie is sent over HTTPS only."""
        return is_https()


def install(app: Flask, parts: Services, machines: frozenset[str], https_host: str) -> None:
    """Check the origin of every request that changes something, and configure the form tokens."""
    app.secret_key = parts.store.ring.lookup("web", "forms")
    app.session_interface = FormsCookie()
    app.config.update(
        HTTPS_HOST=https_host,
        SESSION_COOKIE_NAME="forms",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # valid as long as the browser session, so that a long call does not expire a form
        WTF_CSRF_SSL_STRICT=False,  # pages send no Referer (Referrer-Policy); the origin is checked below instead
        WTF_CSRF_METHODS=["POST", "PUT", "PATCH", "DELETE"],
    )

    @app.before_request
    def ask_where_from() -> None:
        if request.blueprint not in machines and request.method not in SAFE and not _is_own_origin():
            abort(FORBIDDEN)


def ask_for_tokens(app: Flask, machines: frozenset[str]) -> None:
    """Check the token of every request that changes something, after the sign-in check.

    So a person whose sign-in ended is told that, and not that the form is too old.
    """
    csrf = CSRFProtect(app)

    @app.before_request
    def ask_for_token() -> None:
        if request.blueprint not in machines and request.method not in SAFE:
            csrf.protect()


# One trip instead of two: the page's own script asks for the page to which its form leads, in the same answer.

BY_SCRIPT = "X-Page"
"""Header of a form that the page's script sends; in the answer the address of the page that it brings."""

WHOLE, NARROW = "yes", "narrow"
"""What stands in it: the page, or the page without the list beside an opened request, which a small screen hides."""

_MOST_STEPS = 4
_FOLLOWED = frozenset({302, 303})
_OF_THE_POST = ("CONTENT_LENGTH", "CONTENT_TYPE", "RAW_URI", "REQUEST_URI")


def is_brief() -> bool:
    """Return whether the page's script asks, which keeps styles, menu and dialogs of the page that it has."""
    return request.headers.get(BY_SCRIPT) in {WHOLE, NARROW}


def is_narrow() -> bool:
    """Return whether the page's script asks from a small screen, which shows a request without the list beside it."""
    return request.headers.get(BY_SCRIPT) == NARROW


def answer_in_one_trip(app: WSGIApplication) -> WSGIApplication:
    """Return the app, which follows the redirect after a post itself where the page's script sent the form.

    Post, redirect, get are two trips, 1.6 s on a line with 800 ms. What is asked second is what the browser would
    ask, with the cookies of the first answer, so that pages, refusals and one-use forms are the same either way.
    """

    def answer(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or environ.get("HTTP_X_PAGE") not in {WHOLE, NARROW}:
            return app(environ, start_response)
        status, headers, body = call_app(app, environ)
        given: list[tuple[str, str]] = []
        for _step in range(_MOST_STEPS):
            address = check_way_back(dict(headers).get("Location", "")) if status in _FOLLOWED else ""
            if not address:
                break
            given += [(name, value) for name, value in headers if name == "Set-Cookie"]
            environ = _build_next(environ, address, [value for _name, value in given])
            status, headers, body = call_app(app, environ)
            headers = [*((name, value) for name, value in headers if name != BY_SCRIPT), (BY_SCRIPT, address)]
        named = {
            value.partition("=")[0]: (name, value) for name, value in given
        }  # the last word of each counts
        again = {value.partition("=")[0] for name, value in headers if name == "Set-Cookie"}
        first = [pair for cookie, pair in named.items() if cookie not in again]
        start_response(f"{status} {HTTPStatus(status).phrase}", [*first, *headers])
        return [body]

    return answer


def _build_next(environ: dict[str, Any], address: str, given: Sequence[str]) -> dict[str, Any]:
    """Return the request for the page to which an answer led, with the cookies that it gave or took."""
    path, _sep, query = address.partition("#")[0].partition("?")
    cookies = dict(_split_cookie(one) for one in environ.get("HTTP_COOKIE", "").split(";") if one.strip())
    for one in given:
        pair, _sep, attributes = one.partition(";")
        name, value = _split_cookie(pair)
        cookies[name] = value
        if "max-age=0" in attributes.lower():
            del cookies[name]
    fresh = {key: value for key, value in environ.items() if key not in _OF_THE_POST}
    return fresh | {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": unquote(path, "latin-1"),
        "QUERY_STRING": query,
        "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "wsgi.input": io.BytesIO(),
    }


def _split_cookie(pair: str) -> tuple[str, str]:
    name, _sep, value = pair.strip().partition("=")
    return name, value


def read_field(name: str, limit: int = 200) -> str:
    """Return a form field, stripped and cut to ``limit`` characters."""
    return request.form.get(name, "").strip()[:limit]


def read_whole(name: str) -> int:
    """Return a field as a whole number of up to nine digits; 0 for what is none."""
    typed = read_field(name, 9)
    return int(typed) if typed.isascii() and typed.isdecimal() else 0


def _is_own_origin() -> bool:
    """Return whether the request comes from one of our pages, by Origin and Sec-Fetch-Site (W3C Fetch Metadata).

    Browsers send ``Origin: null`` from our pages, which have ``Referrer-Policy: no-referrer``. Then Sec-Fetch-Site
    decides; old browsers send neither, and only the form token protects them.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin).netloc in {request.host, current_app.config["HTTPS_HOST"]}


# Ambiguous numbers: the person chooses the country of a number that is valid in several, instead of a guess.

MEANT = "_meant"
"""Suffix of the name of the buttons that choose a reading."""


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One reading of a typed number: in E.164, in groups of digits, and its country in the page's language."""

    number: str
    shown: str
    country: str


def install_typed_numbers(app: Flask, regions: Sequence[str]) -> None:
    """Give templates the function that lists the readings of typed input."""
    app.jinja_env.globals.update(list_readings=lambda written: list_readings(written, regions))
    app.jinja_env.filters.update(spaced=group_digits)


def read_number_field(name: str) -> str:
    """Return the typed number, or the reading chosen by its button."""
    return read_field(name + MEANT) or read_field(name)


def list_readings(written: str, regions: Sequence[str]) -> list[NumberReading]:
    """Return the readings of a typed number, in the order of the helpline's countries."""
    return [
        NumberReading(number, group_digits(number), _name_country(find_region(number)))
        for number in list_valid_readings(written, regions)
    ]


def group_digits(number: str) -> str:
    """Return a number in the groups in which people read it out (ITU-T E.123 international form)."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def _name_country(region: str) -> str:
    names = Locale.parse(get_language()).territories
    return str(names.get(region, region))


def flash_saved(parts: Services) -> None:
    """Flash that something was saved, and when, so that it can be told from an earlier time."""
    flash(_("Saved %(t)s.", t=show_clock(parts)))


def flash_undoable(words: str, action: str, token: str = "", kept: str | None = None) -> None:
    """Flash what was done with a form that undoes it.

    Args:
        words: what was done.
        action: the address that undoes it.
        token: what that address needs to know, in the field ``undo``.
        kept: where given, the form is shown only if it is not empty.
    """
    if kept == "":
        flash(words)
        return
    # Flask keeps any JSON value; its annotation names the commonest.
    flash(cast("str", {"words": words, "action": action, "token": token}), "undo")
