"""Squeezes what is sent to a browser, for phones on slow and paid data."""

from __future__ import annotations

import gzip
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import Response, request

if TYPE_CHECKING:
    from flask import Flask

_WORTH = 400
_KINDS = ("text/html", "text/css", "text/javascript", "application/javascript", "image/svg+xml")
_OK = 200


def install(app: Flask, machines: frozenset[str]) -> None:
    """Squeeze every text of some length where the browser says that it can read it."""

    @app.after_request
    def squeeze(response: Response) -> Response:
        if request.blueprint in machines or not _wanted(response):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < _WORTH:
            return response
        squeeze_body = _once if request.endpoint == "web.static" else _now
        response.set_data(squeeze_body(body))
        response.headers["Content-Encoding"] = "gzip"
        response.vary.add("Accept-Encoding")
        return response


def _wanted(response: Response) -> bool:
    return (
        response.status_code == _OK
        and response.mimetype in _KINDS
        and "Content-Encoding" not in response.headers
        and bool(request.accept_encodings["gzip"])
    )


def _now(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


@lru_cache(maxsize=32)
def _once(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
