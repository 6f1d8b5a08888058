"""Chooses the language of a page: the person's own, else the one chosen in this browser, else Accept-Language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request, session
from flask_babel import Babel, get_locale

from gateway.web.shared.auth import find_sign_in

if TYPE_CHECKING:
    from flask import Flask

NAMES = {"en": "English", "lo": "ລາວ", "th": "ไทย"}
"""BCP 47 tag → name of the languages with a catalogue."""


def choose_language() -> str:
    """Return the language tag of this page."""
    who = find_sign_in()
    for wish in (who.person.page_language if who else "", session.get("language", "")):
        if wish in NAMES:
            return str(wish)
    return request.accept_languages.best_match(list(NAMES)) or "en"


def remember_language(language: str) -> None:
    """Store the language in the browser's session, for pages before sign-in."""
    if language in NAMES:
        session["language"] = language


def get_language() -> str:
    """Return the language tag in which this page is rendered."""
    return str(get_locale() or "en")


def install(app: Flask) -> None:
    """Add the catalogues to the app."""
    app.config.setdefault("BABEL_TRANSLATION_DIRECTORIES", "web/shared/translations")
    Babel(app, locale_selector=choose_language)
    app.jinja_env.globals.update(language=get_language)
