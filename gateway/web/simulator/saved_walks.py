"""Reads a walk that the simulator sends to be saved as a conversation test, and finds the source of a screen."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from gateway.foundation.services import Services
from gateway.menus.authoring.conversation_writer import Walk
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import get_pairs
from gateway.storage import versions

_WINDOW = re.compile(r"[a-z][a-z0-9_]{0,30}")
MOST_KEYS = 100
MOST_LETTERS = 182
"""Longest input in characters: 182 GSM 7-bit characters of a USSD string (3GPP TS 23.038, 3GPP TS 24.090)."""


class NotAWalk(ValueError):
    """The request cannot be read as a walk."""


def read_walk(written: str, *, at: datetime) -> Walk:
    """Return the walk.

    Raises:
        NotAWalk: it is malformed; the message repeats nothing of it.
    """
    try:
        found = json.loads(written)
    except (ValueError, RecursionError):
        raise NotAWalk("no JSON") from None
    if not isinstance(found, dict):
        raise NotAWalk("no object")
    offered = _read_texts(found, "offers")
    return Walk(
        it=_read_text(found, "it"),
        number=_read_text(found, "number"),
        at=at,
        dial=_read_text(found, "dial"),
        keys=_read_texts(found, "keys"),
        seen=_read_texts(found, "seen"),
        language=_read_text(found, "language"),
        script=_read_text(found, "script"),
        offers=tuple(
            sorted((each for each in offered if _WINDOW.fullmatch(each)), key=lambda each: each == "now")
        ),
    )


def _read_text(found: dict[str, Any], name: str) -> str:
    return _check_value(found.get(name, ""), name)


def _read_texts(found: dict[str, Any], name: str) -> tuple[str, ...]:
    items = found.get(name, [])
    if not isinstance(items, list) or len(items) > MOST_KEYS + 1:
        raise NotAWalk(f"{name} is no list of at most {MOST_KEYS}")
    return tuple(_read_each(items, name))


def _read_each(items: Iterable[object], name: str) -> Iterable[str]:
    return (_check_value(item, name) for item in items)


def _check_value(value: object, name: str) -> str:
    # JSON can escape a lone surrogate (RFC 8259, 8.2), which UTF-8 cannot encode.
    if (
        not isinstance(value, str)
        or len(value) > MOST_LETTERS
        or any("\ud800" <= each <= "\udfff" for each in value)
    ):
        raise NotAWalk(f"{name} is no text of at most {MOST_LETTERS} letters")
    return value


# Source of a screen: its lines in the YAML files.


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """The file that holds a screen, its lines, and the line number at which the screen begins."""

    file: str
    lines: tuple[str, ...]
    line: int


def find_source(parts: Services, version: str, screen: str) -> SourcePlace | None:
    """Return where a screen of a version is written; None if it is unknown or the version has no files.

    Raises:
        Unavailable: the database cannot be reached.
    """
    with parts.store.read() as tx:
        files = versions.find_source(tx, version) or {}
    return find_written(files, screen)


def find_written(files: Mapping[str, str], screen: str) -> SourcePlace | None:
    """Return where a screen of these files is written; None if it is unknown."""
    found = _list_places(tuple(sorted(files.items()))).get(screen)
    if found is None:
        return None
    file, line = found
    return SourcePlace(file, tuple(files[file].splitlines()), line)


@lru_cache(maxsize=2)
def _list_places(files: tuple[tuple[str, str], ...]) -> Mapping[str, tuple[str, int]]:
    """Return screen id → file and line; cached, because reading a whole menu takes a noticeable time."""
    places: dict[str, tuple[str, int]] = {}
    for name, text in files:
        root = load(name, text.encode("utf-8", "surrogateescape")).root
        places |= {key.text: (name, key.place.line) for key, _ in get_pairs(root, "screens")}
    return places
