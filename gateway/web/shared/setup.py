"""Installs on an app what all pages need: sign-in, form protection, headers, languages, error pages, static files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, get_flashed_messages, request
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway.web.shared import (
    auth,
    error_pages,
    forms,
    headers,
    labels,
    languages,
    sign_in,
    times,
    unsent_forms,
)
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from gateway.foundation.services import Services

# URLs of static files with a part of their hash, so that browsers may cache them for a year (RFC 8246, immutable).

FOLDER = Path(__file__).parent / "static"


def list_addresses() -> dict[str, str]:
    """Return path below the folder → URL of every static file."""
    return {
        path.relative_to(
            FOLDER
        ).as_posix(): f"/static/{path.relative_to(FOLDER).as_posix()}?{_make_mark(path)}"
        for path in FOLDER.rglob("*")
        if path.is_file()
    }


def _make_mark(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


MACHINES = ("health",)
BODY_BYTES = 64 * 1024
LARGE_BELOW, LARGE_BYTES = "/admin/drafts/", 1024 * 1024
"""Where whole files and folders of a menu are posted, and the most that such a post may have."""

OK, CONFLICT = 200, 409


def install(
    app: Flask, parts: Services, *, proxies: int = 0, machines: Iterable[str] = MACHINES, https_host: str = ""
) -> None:
    """Install what all pages share.

    Args:
        app: the app on which blueprints are registered.
        parts: the services of this process.
        proxies: number of trusted proxies in front (Werkzeug's ProxyFix); none by default.
        machines: names of blueprints for programs, which have their own authentication.
        https_host: host at which pages are reached over HTTPS, for proxies that do not say so.
    """
    app.wsgi_app = forms.answer_in_one_trip(app.wsgi_app)  # type: ignore[assignment,method-assign]
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or BODY_BYTES
    away = frozenset(machines)
    _widen_drafts(app)
    error_pages.ask_for_text(app, away)
    languages.install(app)
    forms.install(app, parts, away, https_host or _host_of(parts.public_url))
    auth.install(app, parts, away)
    forms.ask_for_tokens(app, away)
    error_pages.ask_for_text_in_forms(app, away)
    headers.install(app, away)
    headers.install_compression(app, away)
    unsent_forms.install(app, parts)  # last, to run before compression: Flask reverses the order
    error_pages.install(app, parts)
    app.register_blueprint(Blueprint("web", __name__, static_folder="static", template_folder="templates"))
    auth.anyone(app.view_functions["web.static"])
    app.register_blueprint(sign_in.build_blueprint(parts, list_addresses()))
    forms.install_typed_numbers(app, parts.line.regions)
    labels.install(app)
    _add_token(app)
    _add_words(app, parts)


def _widen_drafts(app: Flask) -> None:
    """Let a file or a folder of a menu be posted, which is larger than any other form."""

    @app.before_request
    def widen_body() -> None:
        if request.path.startswith(LARGE_BELOW):
            request.max_content_length = LARGE_BYTES
            request.max_form_memory_size = LARGE_BYTES


def _add_words(app: Flask, parts: Services) -> None:
    """Give the templates the values and functions that all of them use."""
    app.jinja_env.filters.update(times.list_filters(parts))
    app.jinja_env.globals.update(
        static=list_addresses(),
        signed_in=auth.find_sign_in,
        said=lambda: get_flashed_messages(with_categories=True),
        languages=languages.NAMES,
        word=labels.find_word,
        brief=forms.is_brief,
        narrow=forms.is_narrow,
        help_of=labels.find_help,
        asked_by_script=lambda: "HX-Request" in request.headers,
    )


def _add_token(app: Flask) -> None:
    """Serve fresh form tokens to a page that is open for long, if the same person is still signed in."""

    @app.get("/form-token")
    def form_token() -> tuple[str, int, dict[str, str]]:
        writer, plain = request.args.get("as", ""), {"Content-Type": "text/plain; charset=utf-8"}
        if writer and writer != auth.get_sign_in().person.id:
            name = auth.get_sign_in().person.name
            return (
                _("%(name)s is signed in here now. Your words were not kept: copy them.", name=name),
                CONFLICT,
                plain,
            )
        return generate_csrf(), OK, plain


def _host_of(public_url: str) -> str:
    return public_url.removeprefix("https://") if public_url.startswith("https://") else ""
