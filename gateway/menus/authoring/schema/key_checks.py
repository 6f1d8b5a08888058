"""Find keys, keywords and days that a menu uses twice, and keys that are reserved."""

from collections.abc import Iterator

from gateway.menus.authoring.problems import Problem, show_place
from gateway.menus.authoring.slips import is_blank
from gateway.menus.authoring.yaml_loader import is_guessed
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    Scalar,
    get_items,
    get_pairs,
    get_scalars,
    get_text,
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
