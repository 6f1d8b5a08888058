"""In which language a page speaks: the person's own, else the one chosen on this browser, else the browser's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, session
from flask_babel import Babel, get_locale

from gateway.web.shared.auth import find_sign_in

if TYPE_CHECKING:
    from flask import Flask

NAMES = {"en": "English", "lo": "ລາວ", "th": "ไทย"}
"""The languages of the pages: those of the catalogues."""


def choose_language() -> str:
    """Return the language of this page."""
    who = find_sign_in()
    for wish in (who.person.page_language if who else "", session.get("language", "")):
        if wish in NAMES:
            return str(wish)
    return request.accept_languages.best_match(list(NAMES)) or "en"


def remember_language(language: str) -> None:
    """Remember the language on this browser, for pages before the sign-in."""
    if language in NAMES:
        session["language"] = language


def current_language() -> str:
    """Return the language that this page speaks."""
    return str(get_locale() or "en")


def install(app: Flask) -> None:
    """Add the catalogues to the app."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "web/shared/translations")
    Babel(app, locale_selector=choose_language)
    app.jinja_env.globals.update(language=current_language)
