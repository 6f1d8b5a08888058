"""Forms that only our own pages can send: a token in each, and a look at where the request comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import phonenumbers
from babel import Locale
from flask import Flask, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from phonenumbers import PhoneNumberFormat

from gateway.foundation.phone_numbers import region_of, valid_readings
from gateway.web.shared.auth import is_https
from gateway.web.shared.languages import current_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.foundation.services import Services

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORBIDDEN = 403


class FormsCookie(SecureCookieSessionInterface):
    """The cookie that binds a form's token to a browser: host-bound and secure wherever we speak HTTPS."""

    def get_cookie_name(self, app: Flask) -> str:
        """Return its name."""
        return f"__Host-{app.config['SESSION_COOKIE_NAME']}" if is_https() else super().get_cookie_name(app)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 - the signature is Flask's
        """Return whether it travels over HTTPS only."""
        return is_https()


def install(app: Flask, parts: Services, machines: frozenset[str], https_host: str) -> None:
    """Ask every request that changes something for its token and its origin."""
    app.secret_key = parts.store.ring.lookup("web", "forms")
    app.session_interface = FormsCookie()
    app.config.update(
        HTTPS_HOST=https_host,
        SESSION_COOKIE_NAME="forms",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,  # a form is good as long as its browser session; a long call must not spoil it
        WTF_CSRF_SSL_STRICT=False,  # we send no Referer on purpose; the origin is looked at below
        WTF_CSRF_METHODS=["POST", "PUT", "PATCH", "DELETE"],
    )

    @app.before_request
    def ask_where_from() -> None:
        if request.blueprint not in machines and request.method not in SAFE and not _is_ours():
            abort(FORBIDDEN)


def ask_for_tokens(app: Flask, machines: frozenset[str]) -> None:
    """Ask every request that changes something for its token, once it is known who sends it.

    Whoever was signed out reads that they were, and not that their form is too old.
    """
    csrf = CSRFProtect(app)

    @app.before_request
    def ask_for_token() -> None:
        if request.blueprint not in machines and request.method not in SAFE:
            csrf.protect()


def field(name: str, limit: int = 200) -> str:
    """Return what was typed into a field, tidied at its ends and cut to a sane length."""
    return request.form.get(name, "").strip()[:limit]


def _is_ours() -> bool:
    """Say whether the request comes from a page of ours, as far as the browser tells.

    Since our pages send no Referer, browsers write their Origin as ``null``: where it is that, the browser's word on
    the site decides, and in an old browser that does not say a word the form's token alone.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin == "null" or urlsplit(origin).netloc in {request.host, current_app.config["HTTPS_HOST"]}


# Asks which country is meant where a number that somebody typed is one in several, instead of guessing.

MEANT = "_meant"
"""What the name of the buttons ends with by which one reading is chosen."""


@dataclass(frozen=True, slots=True)
class NumberReading:
    """One number that was perhaps meant: in E.164, as it is read out, and its country in the page's language."""

    number: str
    shown: str
    country: str


def install_typed_numbers(app: Flask, regions: Sequence[str]) -> None:
    """Let templates list the readings of what was typed."""
    app.jinja_env.globals.update(list_readings=lambda written: list_readings(written, regions))
    app.jinja_env.filters.update(spaced=group_digits)


def read_number_field(name: str) -> str:
    """Return what was typed into a field of a number, or the reading that was chosen by its button."""
    return field(name + MEANT) or field(name)


def list_readings(written: str, regions: Sequence[str]) -> list[NumberReading]:
    """Return what the typed number may stand for, in the order of the line's countries."""
    return [
        NumberReading(number, group_digits(number), _name_country(region_of(number)))
        for number in valid_readings(written, regions)
    ]


def group_digits(number: str) -> str:
    """Return a number in the groups in which people read it out."""
    try:
        return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)
    except phonenumbers.NumberParseException:
        return number


def _name_country(region: str) -> str:
    names = Locale.parse(current_language()).territories
    return str(names.get(region, region))
