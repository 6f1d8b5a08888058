"""Shows characters that a page cannot show as signs: what a caller or a colleague wrote stays readable and harmless."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

_PICTURES = 0x2400
"""Unicode's block of pictures of the control characters: U+2407 is the sign of U+0007."""

_DELETE, _DELETE_SIGN, _UNKNOWN_SIGN = 0x7F, "\u2421", "\ufffd"
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Controls of C0 and C1 besides tab and line ends, and those that turn the direction of what follows (UAX 9)."""


def show_controls(value: object) -> object:
    """Return the value as it is printed into a page; in a text each character without a picture has one."""
    if isinstance(value, str) and _HIDDEN.search(value):
        return type(value)(_HIDDEN.sub(_picture, value))
    return value


def install(app: Flask) -> None:
    """Let every page of the app print its values so; templates that were compiled before would not."""
    app.jinja_env.finalize = show_controls


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < ord(" "):
        return chr(_PICTURES + code)
    return _DELETE_SIGN if code == _DELETE else _UNKNOWN_SIGN
