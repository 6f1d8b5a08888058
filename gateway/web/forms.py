"""Forms that only our own pages can send: a token in each, and a look at where the request comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect

from gateway.web.guard import is_https

if TYPE_CHECKING:
    from gateway.parts import Parts

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


def install(app: Flask, parts: Parts, machines: frozenset[str], https_host: str) -> None:
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
