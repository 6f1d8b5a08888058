"""The rows that a menu brings of its own: windows, topics, further questions, calendars; which of them cannot be."""

import re
from collections.abc import Iterator, Mapping

from gateway.catalogue.nodes import ListNode, MapNode, Node, Scalar, pairs_in, scalars_in
from gateway.catalogue.problems import Problem
from gateway.catalogue.schema.grammar import ALWAYS_ANSWERED, ANSWERS, TOPIC_NAME, WINDOW_NAME
from gateway.catalogue.schema.shapes import Word
from gateway.catalogue.slips import suggest_name
from gateway.engine.form import OTHER

__all__ = ["OTHER", "Answers", "answers_of", "rows"]

Answers = Mapping[str, tuple[str, ...]]

_WEEK = 7
_YEAR = 12


def answers_of(root: MapNode) -> Answers:
    """Return the fields of the callback form with the values that each may have in this menu; none leaves it open."""
    windows = (name.text for name, _ in pairs_in(root, "windows"))
    own = {
        name.text: tuple(each.text for each in scalars_in(row, "values"))
        for name, row in pairs_in(root, "fields")
    }
    return {**own, **ANSWERS, "when": (*windows, *ALWAYS_ANSWERED)}


def rows(root: MapNode, languages: frozenset[str]) -> Iterator[Problem]:
    """Yield what is wrong with the rows of a menu."""
    for name, window in pairs_in(root, "windows"):
        yield from _window(name, window)
    for name, label in pairs_in(root, "topics"):
        yield from _named(name, TOPIC_NAME, "topic")
        yield from _tags(label, languages)
    for name, row in pairs_in(root, "fields"):
        yield from _field(name, row, languages)
    for tag, row in pairs_in(root, "calendar"):
        yield from _known(tag, languages)
        yield from _names(row, "days", _WEEK)
        yield from _names(row, "months", _YEAR)


def _window(name: Scalar, window: Node) -> Iterator[Problem]:
    if name.text in ALWAYS_ANSWERED:
        message = f"'{name.text}' means the same in every menu and needs no window"
        yield _unknown(name, message, "delete it here; its choice stays")
    else:
        yield from _named(name, WINDOW_NAME, "window")
    for hours in scalars_in(window, "hours"):
        start, _, end = hours.text.partition("-")
        if end <= start:
            message = f"the hours of '{name.text}' end before they begin"
            yield _unknown(hours, message, "write hours over midnight as two windows", code="yaml-syntax")


def _field(name: Scalar, row: Node, languages: frozenset[str]) -> Iterator[Problem]:
    if name.text in ANSWERS:
        yield _unknown(
            name, f"'{name.text}' means the same in every menu", "delete it here; its question stays"
        )
    yield from _named(name, TOPIC_NAME, "field")
    yield from _tags(row.get("label") if isinstance(row, MapNode) else None, languages)


def _names(row: Node, key: str, many: int) -> Iterator[Problem]:
    """Yield a list of names that has one too few or too many: every name behind it would be another day's."""
    written = row.get(key) if isinstance(row, MapNode) else None
    if isinstance(written, ListNode) and len(written.items) != many:
        message = f"'{key}' has {len(written.items)} names, not {many}"
        first = "Monday" if key == "days" else "January"
        yield Problem(
            code="yaml-syntax",
            place=written.place,
            message=message,
            hint=f"write {many} names from {first} on",
        )


def _named(name: Scalar, shape: Word, what: str) -> Iterator[Problem]:
    if not re.fullmatch(shape.pattern, name.text):
        message = f"a {what} cannot be called '{name.text}'"
        yield _unknown(
            name, message, f"use small letters, digits and _, like {shape.example}", code="yaml-syntax"
        )


def _tags(text: Node | None, languages: frozenset[str]) -> Iterator[Problem]:
    for tag, _ in pairs_in(text):
        yield from _known(tag, languages)


def _known(tag: Scalar, languages: frozenset[str]) -> Iterator[Problem]:
    if tag.text not in languages:
        hint = suggest_name(tag.text, languages, "add it under languages, or delete it")
        message = f"'{tag.text}' is none of the menu's languages"
        yield Problem(code="unknown-language", place=tag.place, message=message, hint=hint, language=tag.text)


def _unknown(at: Scalar, message: str, hint: str, *, code: str = "unknown-key") -> Problem:
    return Problem(code=code, place=at.place, message=message, hint=hint)
