"""Sets security and cache headers on every response, and compresses text responses.

OWASP HTTP Headers Cheat Sheet; Content Security Policy Level 3 (W3C). Nothing is cached on shared computers.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Response, request

from gateway.web.shared.forms import is_brief

if TYPE_CHECKING:
    from flask import Flask

_ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the bundled stylesheet has its icons as data: URLs
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
POLICY = "; ".join(f"{what} {where}" for what, where in _ALLOWED.items())
ALWAYS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


BARE = ("X-Content-Type-Options", "Cross-Origin-Resource-Policy")
"""Headers of responses that are no page: stylesheets, scripts, 304. On metered connections every byte counts."""

_NO_PAGES = ("text/css", "text/javascript", "application/javascript")
_NOTHING_NEW = 304


def install(app: Flask, machines: frozenset[str]) -> None:
    """Set the headers on every response; webhook responses get those of BARE and ``no-store``.

    Strict-Transport-Security is sent over HTTPS only, as RFC 6797 (7.2) requires.
    """

    @app.after_request
    def set_headers(response: Response) -> Response:
        if request.blueprint in machines:
            for name in BARE:
                response.headers.setdefault(name, ALWAYS[name])
            response.headers.setdefault("Cache-Control", "no-store")
            return response
        for name in ALWAYS if _is_page(response) and not is_brief() else BARE:
            response.headers.setdefault(name, ALWAYS[name])
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if _may_be_cached(response) else "no-store"
        )
        if _may_be_cached(response):
            # The address holds the content's hash and names the file: these say it again, in every response.
            for name in ("Content-Disposition", "Last-Modified"):
                response.headers.pop(name, None)
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _is_page(response: Response) -> bool:
    """Return whether a browser could render the response as a page; SVG counts, as it may hold scripts."""
    return response.status_code != _NOTHING_NEW and response.mimetype not in _NO_PAGES


def _may_be_cached(response: Response) -> bool:
    return request.endpoint == "web.static" and bool(request.query_string) and response.status_code < 400  # noqa: PLR2004 - the first status of a refusal


# Compression for browsers on slow or metered connections: gzip, negotiated as in RFC 9110, 12.5.3.

_WORTH = 400
_KINDS = ("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml")
_OK = 200
_COMMENTS = re.compile(rb"^\s*//.*\n|^/\*[^*]*\*/\n", re.MULTILINE)


def install_compression(app: Flask, machines: frozenset[str]) -> None:
    """Compress text responses above _WORTH bytes if the browser accepts gzip."""

    @app.after_request
    def squeeze(response: Response) -> Response:
        if request.blueprint in machines or not _is_wanted(response):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < _WORTH:
            return response
        squeeze_body = _squeeze_once if request.endpoint == "web.static" else _squeeze_now
        response.set_data(squeeze_body(body))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


def _is_wanted(response: Response) -> bool:
    return (
        response.status_code == _OK
        and response.mimetype in _KINDS
        and "Content-Encoding" not in response.headers
        and bool(request.accept_encodings["gzip"])
    )


def _squeeze_now(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


@lru_cache(maxsize=32)
def _squeeze_once(body: bytes) -> bytes:
    """Compress a static file, without its lines of comment: they are for readers of the source."""
    return gzip.compress(_COMMENTS.sub(b"", body), 9, mtime=0)
