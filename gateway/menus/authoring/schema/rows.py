"""Check the rows that a menu defines, and find keys, keywords and days that are used twice or reserved.

Rows are windows, topics, form fields and calendars; the years of their dates are checked, too.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from gateway.menus.authoring.problems import Level, Problem, is_blank, show_place, suggest_name
from gateway.menus.authoring.schema.conform import parse_day
from gateway.menus.authoring.schema.grammar import ALWAYS_ANSWERED, TOPIC_NAME, WINDOW_NAME
from gateway.menus.authoring.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    get_items,
    get_pairs,
    get_scalars,
    get_text,
    is_guessed,
)
from gateway.menus.engine.dates import find_odd_year, is_date
from gateway.menus.engine.model import FORM_ANSWERS
from gateway.menus.engine.navigation import OTHER
from gateway.menus.engine.shapes import Word

__all__ = ["OTHER"]

Answers = Mapping[str, tuple[str, ...]]

_WEEK = 7
_YEAR = 12


def list_answers(root: MapNode) -> Answers:
    """Return field of the callback form → its allowed values in this menu; an empty tuple allows any."""
    windows = (name.text for name, _ in get_pairs(root, "windows"))
    own = {
        name.text: tuple(each.text for each in get_scalars(row, "values"))
        for name, row in get_pairs(root, "fields")
    }
    return {**own, **FORM_ANSWERS, "when": (*windows, *ALWAYS_ANSWERED)}


def check_rows(root: MapNode, languages: frozenset[str]) -> Iterator[Problem]:
    """Yield problems of a menu's rows."""
    for name, window in get_pairs(root, "windows"):
        yield from _check_window(name, window)
    for name, label in get_pairs(root, "topics"):
        yield from _check_name(name, TOPIC_NAME, "topic")
        yield from _check_tags(label, languages)
    for name, row in get_pairs(root, "fields"):
        yield from _check_field(name, row, languages)
    for tag, row in get_pairs(root, "calendar"):
        yield from _check_known(tag, languages)
        yield from _check_names(row, "days", _WEEK)
        yield from _check_names(row, "months", _YEAR)


def _check_window(name: Scalar, window: Node) -> Iterator[Problem]:
    if name.text in ALWAYS_ANSWERED:
        message = f"'{name.text}' means the same in every menu and needs no window"
        yield _report_unknown(name, message, "delete it here; its choice stays")
    else:
        yield from _check_name(name, WINDOW_NAME, "window")
    for hours in get_scalars(window, "hours"):
        start, _, end = hours.text.partition("-")
        if end <= start:
            message = f"the hours of '{name.text}' end before they begin"
            yield _report_unknown(
                hours, message, "write hours over midnight as two windows", code="yaml-syntax"
            )


def _check_field(name: Scalar, row: Node, languages: frozenset[str]) -> Iterator[Problem]:
    if name.text in FORM_ANSWERS:
        yield _report_unknown(
            name, f"'{name.text}' means the same in every menu", "delete it here; its question stays"
        )
    yield from _check_name(name, TOPIC_NAME, "field")
    yield from _check_tags(row.get("label") if isinstance(row, MapNode) else None, languages)


def _check_names(row: Node, key: str, many: int) -> Iterator[Problem]:
    """Yield a list with too few or too many names, which would shift all later ones."""
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


def _check_name(name: Scalar, shape: Word, what: str) -> Iterator[Problem]:
    if not re.fullmatch(shape.pattern, name.text):
        message = f"a {what} cannot be called '{name.text}'"
        yield _report_unknown(
            name, message, f"use small letters, digits and _, like {shape.example}", code="yaml-syntax"
        )


def _check_tags(text: Node | None, languages: frozenset[str]) -> Iterator[Problem]:
    for tag, _ in get_pairs(text):
        yield from _check_known(tag, languages)


def _check_known(tag: Scalar, languages: frozenset[str]) -> Iterator[Problem]:
    if tag.text not in languages:
        hint = suggest_name(tag.text, languages, "add it under languages, or delete it")
        message = f"'{tag.text}' is none of the menu's languages"
        yield Problem(code="unknown-language", place=tag.place, message=message, hint=hint, language=tag.text)


def _report_unknown(at: Scalar, message: str, hint: str, *, code: str = "unknown-key") -> Problem:
    return Problem(code=code, place=at.place, message=message, hint=hint)


# Implausible dates: another calendar, a typing error, a check in the future.

_DAYS = ("valid_from", "checked_on", "expires_on", "date")
_LONG_AGO = 200
"""Years that a law's date may be in the past; validity and checks may not be so old."""


def check_years(root: MapNode, today: date) -> Iterator[Problem]:
    """Yield dates of facts in another calendar or far from today, and checks in the future."""
    for fact, values in get_pairs(root, "facts"):
        for value in get_items(values):
            for key, written in get_pairs(value):
                if key.text in _DAYS and isinstance(written, Scalar):
                    yield from _check_day(fact.text, key.text, written, today)


def _check_day(fact: str, key: str, written: Scalar, today: date) -> Iterator[Problem]:
    if not is_date(written.text):  # reported by the shape check
        return
    odd = find_odd_year(written.text, today, **({"back": _LONG_AGO} if key == "date" else {}))
    if odd:
        yield Problem(
            code="wrong-year",
            place=written.place,
            message=f"'{key}' of '{fact}': {odd.message}",
            hint=odd.hint,
        )
        return
    day = parse_day(written.text)
    # An author's time zone may be ahead of the helpline's.
    if key == "checked_on" and day is not None and day > today + timedelta(days=1):
        yield Problem(
            code="checked-in-future",
            place=written.place,
            level=Level.WARNING,
            message=f"'{fact}' was checked on {day}, which is still to come",
            hint="write the day on which somebody looked",
        )


RESERVED = {"0": "Back", "00": "Home", "98": "More"}
_LONGEST_KEY = 2


def check_keys(root: MapNode) -> Iterator[Problem]:
    """Yield duplicate keys, words and days, and keys that are reserved."""
    for name, screen in get_pairs(root, "screens"):
        yield from _check_choices(name.text, get_items(screen, "choices"))
    yield from _check_words(get_items(root, "keywords"))
    for fact, values in get_pairs(root, "facts"):
        yield from _check_days(fact, get_items(values))


def _check_choices(screen: str, choices: tuple[Node, ...]) -> Iterator[Problem]:
    seen: list[tuple[Scalar, Node]] = []
    for choice in choices:
        for key in get_scalars(choice, "key"):
            if not is_blank(key.text) and not (key.plain and is_guessed(key.text)):  # reported by the loader
                yield from _check_key(screen, key)
            for earlier, other in seen:
                if earlier.text == key.text and not _are_apart(choice, other):
                    yield Problem(
                        code="key-twice",
                        place=key.place,
                        message=f"key {key.text} is taken already, in {show_place(earlier.place)}",
                        hint=f"give this choice a free key, for example {_list_free(choices)}",
                        screen=screen,
                    )
                    break
            seen.append((key, choice))


def _check_key(screen: str, key: Scalar) -> Iterator[Problem]:
    if key.text in RESERVED:
        yield Problem(
            code="key-reserved",
            place=key.place,
            message=f"key {key.text} means {RESERVED[key.text]} on every screen",
            hint="use a key from 1 to 9",
            screen=screen,
        )
    elif key.text.isascii() and key.text.isdigit() and key.text[0] == "0":
        yield Problem(
            code="key-reserved",
            place=key.place,
            message=f"'{key.text}' cannot be a key: it begins with 0",
            hint=f'write key: "{key.text.lstrip("0") or "1"}"',
            screen=screen,
        )
    elif not (key.text.isascii() and key.text.isdigit() and len(key.text) <= _LONGEST_KEY):
        yield Problem(
            code="key-reserved",
            place=key.place,
            message=f"'{key.text}' cannot be a key: phones send digits only",
            hint="use a key from 1 to 9",
            screen=screen,
        )


def _are_apart(first: Node, second: Node) -> bool:
    """Say whether the conditions of both can never hold at once."""
    others = {
        name.text: {each.text for each in get_scalars(values)} for name, values in get_pairs(second, "if")
    }
    return any(
        name.text in others and others[name.text].isdisjoint(each.text for each in get_scalars(values))
        for name, values in get_pairs(first, "if")
    )


def _list_free(choices: tuple[Node, ...]) -> str:
    taken = {get_text(choice, "key") for choice in choices}
    return next((str(key) for key in range(1, 98) if str(key) not in taken), "10")


def _check_words(keywords: tuple[Node, ...]) -> Iterator[Problem]:
    seen: dict[tuple[str, str], Scalar] = {}
    for keyword in keywords:
        for language, words in get_pairs(keyword, "words"):
            for word in get_scalars(words):
                claim = (language.text, " ".join(word.text.casefold().split()))
                if claim in seen and claim[1]:
                    yield Problem(
                        code="keyword-twice",
                        place=word.place,
                        message=f"the word '{word.text}' stands already in {show_place(seen[claim].place)}",
                        hint="keep it where it fits best and delete the other",
                        language=language.text,
                    )
                seen.setdefault(claim, word)


def _check_days(fact: Scalar, values: tuple[Node, ...]) -> Iterator[Problem]:
    if not values:
        yield Problem(
            code="missing-key",
            place=fact.place,
            message=f"the fact '{fact.text}' has no value",
            hint="add - {value: …, valid_from: …, source: …, checked_on: …, expires_on: …}",
        )
    seen: dict[str, Scalar] = {}
    for value in values:
        yield from _one_of_two(fact, value)
        for day in get_scalars(value, "valid_from"):
            if day.text in seen:
                yield Problem(
                    code="yaml-repeated-key",
                    place=day.place,
                    message=f"'{fact.text}' has a value from {day.text} already, in {show_place(seen[day.text].place)}",
                    hint="write another day, or delete one of the two",
                )
            seen.setdefault(day.text, day)


def _one_of_two(fact: Scalar, value: Node) -> Iterator[Problem]:
    written = {name.text: name for name, _ in get_pairs(value)}
    if {"value", "date"} <= written.keys():
        yield Problem(
            code="yaml-syntax",
            place=written["date"].place,
            message=f"'{fact.text}' has a value and a date at once",
            hint="keep the date, and delete value:",
        )
