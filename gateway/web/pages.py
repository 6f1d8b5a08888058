"""Makes an app fit to show pages: sign-in, forms that cannot be forged, headers, languages, faults in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, get_flashed_messages, request
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway.web import (
    compress,
    faults,
    forms,
    guard,
    headers,
    keeping,
    languages,
    sign_in,
    signs,
    times,
    typed_numbers,
    words,
)
from gateway.web.static_files import addresses
from gateway.web.translate import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from gateway.parts import Parts

MACHINES = ("webhooks", "health")
BODY_BYTES = 64 * 1024
OK, CONFLICT = 200, 409


def install(
    app: Flask, parts: Parts, *, proxies: int = 0, machines: Iterable[str] = MACHINES, https_host: str = ""
) -> None:
    """Add everything that pages share.

    Args:
        app: the app that the faces are registered on.
        parts: what the use cases work with.
        proxies: how many proxies stand before us and may be believed; none by default.
        machines: blueprints that no browser visits: they bring their own proof of who calls.
        https_host: a host under which pages are known to be reached over HTTPS, for proxies that do not say so.
    """
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or BODY_BYTES
    away = frozenset(machines)
    faults.ask_for_text(app, away)
    languages.install(app)
    forms.install(app, parts, away, https_host or _host_of(parts.public_url))
    guard.install(app, parts, away)
    forms.ask_for_tokens(app, away)
    faults.ask_for_text_in_forms(app, away)
    headers.install(app, away)
    compress.install(app, away)
    keeping.install(app, parts)  # what was put into a page is packed with it
    faults.install(app, parts)
    app.register_blueprint(Blueprint("web", __name__, static_folder="static", template_folder="templates"))
    guard.anyone(app.view_functions["web.static"])
    app.register_blueprint(sign_in.blueprint(parts))
    typed_numbers.install(app, parts.line.regions)
    signs.install(app)
    _add_token(app)
    _add_words(app, parts)


def _add_words(app: Flask, parts: Parts) -> None:
    """Give the templates what all of them say and ask."""
    app.jinja_env.filters.update(times.filters(parts))
    app.jinja_env.globals.update(
        static=addresses(),
        signed_in=guard.signed_in,
        said=lambda: get_flashed_messages(with_categories=True),
        languages=languages.NAMES,
        word=words.word,
        asked_by_script=lambda: "HX-Request" in request.headers,
    )


def _add_token(app: Flask) -> None:
    """Let a page that is open for long ask for a fresh token of its forms, if it is still its writer's."""

    @app.get("/form-token")
    def form_token() -> tuple[str, int, dict[str, str]]:
        writer, plain = request.args.get("as", ""), {"Content-Type": "text/plain; charset=utf-8"}
        if writer and writer != guard.me().person.id:
            name = guard.me().person.name
            return (
                _("%(name)s is signed in here now. Your words were not kept: copy them.", name=name),
                CONFLICT,
                plain,
            )
        return generate_csrf(), OK, plain


def _host_of(public_url: str) -> str:
    return public_url.removeprefix("https://") if public_url.startswith("https://") else ""
