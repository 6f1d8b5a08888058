"""Find where each part of a YAML text begins and ends, so that an edit can leave every other byte as it is."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import Scalar, parse_events

if TYPE_CHECKING:
    from collections.abc import Iterator

Plain = str | list["Plain"] | dict[str, "Plain"]
"""A part of a file without places: texts, lists and mappings."""

MARK = "\ufeff"
"""Byte order mark, which some editors write before the first character (Unicode 16.0, 23.8)."""


class NotEditable(ValueError):
    """The file cannot be edited part by part; it has to be edited as a text."""


@dataclass(slots=True)
class Span:
    """One part of a text: where it begins and ends, in characters.

    Attributes:
        start: index of its first character.
        end: index behind its last character.
        text: the words of a scalar in NFC; None for a list or mapping.
        style: how a scalar is written: empty for plain, else a quote or ``|`` or ``>``.
        flow: the list or mapping stands in brackets.
        keys: the keys of a mapping, in order; None for a list and a scalar.
        key_starts: where these keys begin.
        parts: the parts of a list or mapping.
    """

    start: int
    end: int
    text: str | None = None
    style: str = ""
    flow: bool = False
    keys: list[str] | None = None
    key_starts: list[int] = field(default_factory=list)
    parts: list[Span] = field(default_factory=list)

    def find(self, path: tuple[str, ...]) -> Span | None:
        """Return the part at this path of keys and list positions, or None."""
        if not path:
            return self
        place = self.place_of(path[0])
        return self.parts[place].find(path[1:]) if place is not None else None

    def place_of(self, step: str) -> int | None:
        """Return the position of a key or of a list position, or None."""
        if self.keys is not None:
            return self.keys.index(step) if step in self.keys else None
        return int(step) if step.isascii() and step.isdigit() and int(step) < len(self.parts) else None

    def as_plain(self) -> Plain:
        """Return the part without places."""
        if self.text is not None:
            return self.text
        if self.keys is None:
            return [each.as_plain() for each in self.parts]
        return {key: each.as_plain() for key, each in zip(self.keys, self.parts, strict=True)}


@lru_cache(maxsize=24)
def measure_spans(text: str) -> Span:
    """Return the spans of a file's text; those of the last files are kept, since a page asks for several of its parts.

    Raises:
        NotEditable: the text is no YAML that a menu may have.
    """
    body = text.removeprefix(MARK)
    loaded = load("", body.encode("utf-8", "surrogateescape"))
    if loaded.root is None or isinstance(loaded.root, Scalar):
        raise NotEditable("the file is no YAML of a menu; edit it as a text")
    events = parse_events(body)
    next(events), next(events)  # begin of the stream and of the document
    return _read_span(next(events), events, len(text) - len(body))


def _read_span(event: Any, events: Iterator[Any], offset: int) -> Span:
    start, end = event.start_mark.index + offset, event.end_mark.index + offset
    kind = type(event).__name__
    if kind == "ScalarEvent":
        return Span(start, end, unicodedata.normalize("NFC", event.value), event.style or "")
    found = Span(start, end, flow=bool(event.flow_style), keys=[] if kind == "MappingStartEvent" else None)
    while not type(event := next(events)).__name__.endswith("EndEvent"):
        if found.keys is not None:
            found.keys.append(unicodedata.normalize("NFC", event.value))
            found.key_starts.append(event.start_mark.index + offset)
            event = next(events)
        found.parts.append(_read_span(event, events, offset))
    # A block ends where the next token begins; its own words end with its last part.
    found.end = event.end_mark.index + offset if found.flow else found.parts[-1].end
    return found
