"""Serves the webhooks as an app of their own beside the pages, and the usual post without Flask's routing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.exceptions import HTTPException, InternalServerError
from werkzeug.http import HTTP_STATUS_CODES

from gateway.channels.contract import Answer
from gateway.web.webhooks.views import HEADERS, Gate, answer_post, build_blueprint, make_response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_PLACE_PARTS = 3
"""Channel, secret and event."""


def mount_webhooks(app: Flask, gate: Gate, *, most_bytes: int) -> None:
    """Serve the addresses below ``/webhooks/`` from an app of their own, without the hooks of the pages.

    A provider's post has no cookies, no form token and no language, and none of what looks for them may fail it. The
    usual post does not even need Flask's routing: ``answer_post``, which is the blueprint's view, is called directly.
    """
    hooks = Flask("webhooks", static_folder=None)
    hooks.config["MAX_CONTENT_LENGTH"] = most_bytes
    hooks.register_blueprint(build_blueprint(gate))
    hooks.register_error_handler(HTTPException, lambda error: make_response(_refuse_request(error)))
    app.extensions["webhooks"] = hooks
    pages = app.wsgi_app

    def choose_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/webhooks/"):
            return pages(environ, start_response)
        place = path.split("/")[2:]
        if (
            environ["REQUEST_METHOD"] != "POST"
            or len(place) != _PLACE_PARTS
            or not all(place)
            or not path.isascii()
        ):
            return hooks.wsgi_app(environ, start_response)
        return _write_answer(answer_post(gate, environ, *place), start_response)

    app.wsgi_app = choose_app  # type: ignore[method-assign]


def _refuse_request(error: HTTPException) -> Answer:
    return Answer(body=error.name, status=error.code or InternalServerError.code)


def _write_answer(answer: Answer, start_response: StartResponse) -> Iterable[bytes]:
    """Write what ``make_response`` writes, without its objects."""
    body = answer.body.encode()
    own = {"Content-Type": answer.content_type, "Content-Length": str(len(body))}
    headers = own | dict(answer.headers) | HEADERS
    phrase = HTTP_STATUS_CODES.get(answer.status, "Unknown").upper()
    start_response(f"{answer.status} {phrase}", list(headers.items()))
    return [body]
