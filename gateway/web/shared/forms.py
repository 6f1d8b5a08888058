"""Protects forms against cross-site requests, and reads their fields, including ambiguous phone numbers.

OWASP Cross-Site Request Forgery Prevention Cheat Sheet: a token per form, and a check of Origin and Fetch Metadata.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import phonenumbers
from babel import Locale
from flask import Flask, abort, current_app, flash, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from phonenumbers import PhoneNumberFormat

from gateway.foundation.phone_numbers import find_region, list_valid_readings
from gateway.web.shared.auth import is_https
from gateway.web.shared.i18n import _
from gateway.web.shared.languages import get_language
from gateway.web.shared.times import show_clock

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def read_field(name: str, limit: int = 200) -> str:
    """Return a form field, stripped and cut to ``limit`` characters."""
    return request.form.get(name, "").strip()[:limit]


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
