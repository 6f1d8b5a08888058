"""Provides the gettext wrappers that mark translatable strings."""

from typing import Any

from flask_babel import gettext, lazy_gettext


def _(text: str, **values: Any) -> str:
    """Return the text in the page's language, with ``values`` filled in."""
    return str(gettext(text, **values))


def later(text: str) -> Any:
    """Mark a text for translation when it is shown; for texts in module-level tables."""
    return lazy_gettext(text)
