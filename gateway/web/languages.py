"""In which language a page speaks: the person's own, else the one chosen on this browser, else the browser's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, session
from flask_babel import Babel, get_locale

from gateway.web.guard import signed_in

if TYPE_CHECKING:
    from flask import Flask

NAMES = {"en": "English", "lo": "ລາວ", "th": "ไทย"}
"""The languages of the pages: those of the catalogues."""


def chosen() -> str:
    """Return the language of this page."""
    who = signed_in()
    for wish in (who.person.page_language if who else "", session.get("language", "")):
        if wish in NAMES:
            return str(wish)
    return request.accept_languages.best_match(list(NAMES)) or "en"


def remember(language: str) -> None:
    """Remember the language on this browser, for pages before the sign-in."""
    if language in NAMES:
        session["language"] = language


def language() -> str:
    """Return the language that this page speaks."""
    return str(get_locale() or "en")


def install(app: Flask) -> None:
    """Add the catalogues to the app."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "web/translations")
    Babel(app, locale_selector=chosen)
    app.jinja_env.globals.update(language=language)
