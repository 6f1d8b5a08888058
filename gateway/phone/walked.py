"""Reads the walk that a phone sends to be saved; whatever it is, it becomes a walk or a refusal in words."""

import json
import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from gateway.catalogue.written import Walk

_WINDOW = re.compile(r"[a-z][a-z0-9_]{0,30}")
MOST_KEYS = 100
MOST_LETTERS = 182
"""As many as a network carries in one input."""


class NotAWalk(ValueError):
    """What was sent cannot be read as a walk."""


def read_walk(written: str, *, at: datetime) -> Walk:
    """Return the walk.

    Raises:
        NotAWalk: it is none; the words repeat nothing of it.
    """
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise NotAWalk("no JSON") from None
    if not isinstance(found, dict):
        raise NotAWalk("no object")
    offered = _texts(found, "offers")
    return Walk(
        it=_text(found, "it"),
        number=_text(found, "number"),
        at=at,
        dial=_text(found, "dial"),
        keys=_texts(found, "keys"),
        seen=_texts(found, "seen"),
        language=_text(found, "language"),
        script=_text(found, "script"),
        offers=tuple(
            sorted((each for each in offered if _WINDOW.fullmatch(each)), key=lambda each: each == "now")
        ),
    )


def _text(found: dict[str, Any], name: str) -> str:
    return _checked(found.get(name, ""), name)


def _texts(found: dict[str, Any], name: str) -> tuple[str, ...]:
    items = found.get(name, [])
    if not isinstance(items, list) or len(items) > MOST_KEYS + 1:
        raise NotAWalk(f"{name} is no list of at most {MOST_KEYS}")
    return tuple(_each(items, name))


def _each(items: Iterable[object], name: str) -> Iterable[str]:
    return (_checked(item, name) for item in items)


def _checked(value: object, name: str) -> str:
    # JSON can spell half a character, which no file takes.
    if (
        not isinstance(value, str)
        or len(value) > MOST_LETTERS
        or any("\ud800" <= each <= "\udfff" for each in value)
    ):
        raise NotAWalk(f"{name} is no text of at most {MOST_LETTERS} letters")
    return value
