"""Provides what all pages share, and installs it on an app: sign-in, form protection, headers, languages, error pages.

OWASP HTTP Headers Cheat Sheet; Content Security Policy Level 3 (W3C). Nothing is cached on shared computers.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING

import brotli
from flask import Blueprint, Response, abort, get_flashed_messages, request
from flask_wtf.csrf import generate_csrf
from werkzeug.middleware.proxy_fix import ProxyFix

from gateway.web.shared import auth, error_pages, forms, health, labels, languages, sign_in, unsent_forms
from gateway.web.shared.forms import is_brief
from gateway.web.shared.i18n import _

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flask import Flask

    from gateway.foundation.services import Services


__all__ = ["install"]


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


def write_policy(**more: str) -> str:
    """Return the policy of a page; ``more`` is directive → sources beside the usual ones, as ``style_src="…"``."""
    added = {what.replace("_", "-"): where for what, where in more.items()}
    return "; ".join(f"{what} {where} {added.get(what, '')}".rstrip() for what, where in _ALLOWED.items())


POLICY = write_policy()
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


def install_headers(app: Flask, machines: frozenset[str]) -> None:
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
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def _is_page(response: Response) -> bool:
    """Return whether a browser could render the response as a page; SVG counts, as it may hold scripts."""
    return response.status_code != _NOTHING_NEW and response.mimetype not in _NO_PAGES


def _may_be_cached(response: Response) -> bool:
    return request.endpoint == "web.static" and bool(request.query_string) and response.status_code < 400  # noqa: PLR2004 - the first status of a refusal


# Compression for browsers on slow or metered connections, negotiated as in RFC 9110, 12.5.3: Brotli (RFC 7932), which
# browsers ask for over HTTPS and saves a tenth of gzip's bytes; else gzip.

_WORTH = 400
_KINDS = (
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
)
_OK, _NOWHERE = 200, 404
_SCRIPT_COMMENTS = re.compile(rb"^\s*//.*\n|^/\*[^*]*\*/\n| // .*$", re.MULTILINE)
_STYLE_COMMENTS = re.compile(rb"/\*[^*]*\*/")
_INDENTS = re.compile(rb"\n\s+")
_AROUND = re.compile(rb"\s*([{},;])\s*")
_QUICK, _CLOSE, _BEST = 5, 10, 11
_SMALL = 32_000  # a page of this size takes 10 ms, and comes a twentieth smaller
_WINDOW = 18  # 256 kB: more than any page has, and a fraction of the memory of the usual 4 MB


def install_compression(app: Flask, machines: frozenset[str]) -> None:
    """Compress text responses above _WORTH bytes if the browser accepts it."""

    @app.after_request
    def squeeze(response: Response) -> Response:
        if request.blueprint in machines or not _is_wanted(response):
            return response
        response.direct_passthrough = False
        body = response.get_data()
        if len(body) < _WORTH:
            return response
        coding = _choose_coding()
        response.set_data(_squeeze_now(body, coding))
        return _say_coding(response, coding)


def _is_wanted(response: Response) -> bool:
    return (
        response.status_code == _OK
        and response.mimetype in _KINDS
        and "Content-Encoding" not in response.headers
        and request.endpoint != "web.static"
        and bool(_choose_coding())
    )


def _choose_coding() -> str:
    """Return the better coding that the browser accepts; empty for none."""
    accepted = request.accept_encodings
    return "br" if accepted["br"] else "gzip" if accepted["gzip"] else ""


def _say_coding(response: Response, coding: str) -> Response:
    if coding:
        response.headers["Content-Encoding"] = coding
    response.vary.add("Accept-Encoding")  # also where nothing was compressed: a cache on the way keeps either
    return response


def _squeeze_now(body: bytes, coding: str) -> bytes:
    if coding == "br":
        return bytes(
            brotli.compress(
                body, mode=brotli.MODE_TEXT, quality=_CLOSE if len(body) < _SMALL else _QUICK, lgwin=_WINDOW
            )
        )
    return gzip.compress(body, 6, mtime=0)


@cache  # there are some dozens of names and two codings
def _squeeze_file(name: str, coding: str) -> bytes:
    """Compress a static file, without comments and indents: they are for readers of the source."""
    body = _read_files()[name]
    if name.startswith(_VENDOR):
        pass  # what comes from elsewhere goes out as it was published: its comments are cut by nobody's pattern
    elif name.endswith(".css"):
        body = _AROUND.sub(rb"\1", _STYLE_COMMENTS.sub(b"", body)).replace(b";}", b"}")
    elif name.endswith(".js"):
        body = _INDENTS.sub(b"\n", _SCRIPT_COMMENTS.sub(b"", body))
    if coding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT, quality=_BEST))
    return gzip.compress(body, 9, mtime=0)


# Static files, 1.5 MB together, are read once and served from memory: a response that held an open file would leave
# the closing to the server, and some forget it when a browser goes away in the middle. Their URLs have a part of their
# hash, so that browsers may cache them for a year (RFC 8246, immutable).

FOLDER = Path(__file__).parent / "static"
_MIMETYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".LICENSE": "text/plain",
}
"""What each file is, whatever a table of the machine says: a browser runs no module of another type."""


@lru_cache(maxsize=1)
def _read_files() -> dict[str, bytes]:
    paths = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in paths.items()}


@lru_cache(maxsize=1)
def list_addresses() -> Mapping[str, str]:
    """Return path below the folder → URL of every static file."""
    return MappingProxyType(
        {
            name: f"/static/{name}?{hashlib.sha256(body).hexdigest()[:12]}"
            for name, body in _read_files().items()
        }
    )


@auth.anyone
def _serve_file(filename: str) -> Response:
    """Respond with a static file, compressed if that is worth it and the browser accepts it."""
    if filename not in _read_files():
        abort(_NOWHERE)
    body, kind = _read_files()[filename], _MIMETYPES[PurePosixPath(filename).suffix]
    if kind not in _KINDS or len(body) < _WORTH:
        return Response(body, mimetype=kind)
    coding = _choose_coding()
    response = Response(_squeeze_file(filename, coding) if coding else body, mimetype=kind)
    return _say_coding(response, coding)


# The editor's modules import one another by the names of their packages. An import map says where these are; it must
# stand in the page (HTML Living Standard, 4.12.1), so the policy of that page names its hash, and nothing else inline.

_VENDOR = "vendor/"


@lru_cache(maxsize=1)
def write_import_map() -> tuple[str, str]:
    """Return the import map of the vendored modules, and its hash as a source of ``script-src``."""
    where = list_addresses()
    rows = json.loads((FOLDER / _VENDOR / "manifest.json").read_text(encoding="utf-8"))["files"]
    imports = {row["name"]: where[_VENDOR + row["file"]] for row in rows if row.get("module")}
    written = json.dumps({"imports": imports}, separators=(",", ":"))
    digest = base64.b64encode(hashlib.sha256(written.encode()).digest()).decode()
    return written, f"'sha256-{digest}'"


MACHINES = ("health",)
BODY_BYTES = 64 * 1024
LARGE_BELOW, LARGE_BYTES = "/admin/drafts/", 1024 * 1024
"""Where whole files and folders of a menu are posted, and the most that such a post may have."""

OK, CONFLICT = 200, 409


def use_proxies(app: Flask, proxies: int) -> None:
    """Believe what this number of trusted proxies in front say of address, scheme and host; none by default."""
    if proxies:
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=proxies, x_proto=proxies, x_host=proxies
        )


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
    use_proxies(app, proxies)
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"] or BODY_BYTES
    away = frozenset(machines)
    _widen_drafts(app)
    error_pages.ask_for_text(app, away)
    languages.install(app)
    forms.install(app, parts, away, https_host or _host_of(parts.public_url))
    auth.install(app, parts, away)
    forms.ask_for_tokens(app, away)
    error_pages.ask_for_text_in_forms(app, away)
    install_headers(app, away)
    install_compression(app, away)
    unsent_forms.install(app, parts)  # last, to run before compression: Flask reverses the order
    error_pages.install(app, parts)
    web = Blueprint("web", __name__, template_folder="templates")
    web.add_url_rule("/static/<path:filename>", "static", _serve_file)
    app.register_blueprint(web)
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
    app.jinja_env.filters.update(languages.list_filters(parts))
    app.jinja_env.globals.update(
        static=list_addresses(),
        signed_in=auth.find_sign_in,
        said=lambda: get_flashed_messages(with_categories=True),
        languages=languages.NAMES,
        word=labels.find_word,
        brief=forms.is_brief,
        narrow=forms.is_narrow,
        help_of=labels.find_help,
        wrong_now=lambda: health.find_wrong_now(parts),
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
