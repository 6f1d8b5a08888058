"""The two words that mark a text of a page for the catalogues."""

from typing import Any

from flask_babel import gettext, lazy_gettext


def _(text: str, **values: Any) -> str:
    """Return the text in the language of this page."""
    return str(gettext(text, **values))


def later(text: str) -> Any:
    """Mark a text that stands in a table; it is turned into the page's language where it is shown."""
    return lazy_gettext(text)
