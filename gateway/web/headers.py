"""The headers of every page: nothing from elsewhere runs, nothing is kept on a shared computer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, request

if TYPE_CHECKING:
    from flask import Flask

_ALLOWED = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",  # the signs inside the vendored stylesheet are data addresses
    "connect-src": "'self'",
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


def install(app: Flask, machines: frozenset[str]) -> None:
    """Set the headers on every answer to a browser."""

    @app.after_request
    def set_headers(response: Response) -> Response:
        if request.blueprint in machines:
            return response
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if _may_be_kept(response) else "no-store"
        )
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _may_be_kept(response: Response) -> bool:
    return request.endpoint == "web.static" and bool(request.query_string) and response.status_code < 400  # noqa: PLR2004 - the first status of a refusal
