"""Compares what an author wrote with the shape that it should have, and says every difference."""

import re
from collections.abc import Iterator
from datetime import date

from gateway.catalogue.lookalikes import find_strange_sign, is_blank
from gateway.catalogue.nodes import ListNode, MapNode, Node, Scalar
from gateway.catalogue.problems import SEE, Place, Problem, did_you_mean
from gateway.catalogue.schema.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word
from gateway.engine.dates import is_date
from gateway.engine.years import find_buddhist_year


def conform(node: Node, shape: Shape, what: str = "this") -> Iterator[Problem]:
    """Yield each place at which the node differs from its shape; ``what`` names the node in words."""
    if not (
        isinstance(node, Scalar) and node.plain and not node.text
    ):  # an empty value is told where it is read
        yield from _conform(node, shape, what)


def _conform(node: Node, shape: Shape, what: str) -> Iterator[Problem]:
    match shape:
        case Word():
            yield from _word(node, shape, what)
        case Day():
            yield from _day(node, shape, what)
        case Several():
            yield from _several(node, shape, what)
        case Named():
            yield from _named(node, shape, what)
        case Record():
            yield from _record(node, shape)
        case ByKind():
            yield from _by_kind(node, shape, what)
        case Either():
            is_long = isinstance(node, MapNode) and not shape.long.fields.keys().isdisjoint(node.keys())
            yield from conform(node, shape.long if is_long else shape.short, what)


def _differs(place: Place, message: str, hint: str, code: str = "yaml-syntax") -> Problem:
    return Problem(code=code, place=place, message=message, hint=hint)


def _word(node: Node, shape: Word, what: str) -> Iterator[Problem]:
    if not isinstance(node, Scalar):
        yield _differs(node.place, f"{what} must be one text", f"write {shape.example or 'a text in quotes'}")
    elif is_blank(node.text):
        if not shape.may_be_empty:
            yield _empty(node.place, what)
    elif shape.values and node.text not in shape.values:
        hint = did_you_mean(node.text, shape.values)
        yield _differs(node.place, f"unknown value '{node.text}' of {what}", hint, "unknown-key")
    elif shape.pattern and not re.fullmatch(shape.pattern, node.text):
        yield _differs(node.place, f"{what} cannot be '{node.text}'", f"write it like {shape.example}")


def _empty(place: Place, what: str) -> Problem:
    return _differs(place, f"{what} is empty", "write what belongs here, or delete the line", "empty-value")


def _day(node: Node, shape: Day, what: str) -> Iterator[Problem]:
    if isinstance(node, Scalar) and (is_date(node.text) if shape.coarse else as_day(node.text)):
        return
    shown = f"'{node.text}'" if isinstance(node, Scalar) else "this"
    day, hint = "day", "write year-month-day, like 2026-11-24"
    if shape.coarse:
        day, hint = "date", f"{hint}, or 2026-11 for a month, or 2026"
    if isinstance(node, Scalar) and (odd := find_buddhist_year(node.text)):
        hint = odd.hint
    yield _differs(node.place, f"{what}: {shown} is no {day}", hint, "yaml-guessed")


def as_day(text: str) -> date | None:
    """Return the day that the text names, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        return None


def _hint(node: Node, otherwise: str) -> str:
    """Return what to do about a sign that only looks like one of YAML's, or the other hint."""
    strange = find_strange_sign(node.text) if isinstance(node, Scalar) else None
    return strange[1] if strange else otherwise


def _several(node: Node, shape: Several, what: str) -> Iterator[Problem]:
    if isinstance(node, ListNode):
        if len(node.items) < shape.least:
            yield _empty(node.place, what)
        for item in node.items:
            yield from conform(item, shape.of, what)
    elif shape.or_one and isinstance(node, Scalar):
        yield from conform(node, shape.of, what)
    else:
        yield _differs(
            node.place, f"{what} must be a list", "write [ ] around it, or one line with - for each"
        )


def _named(node: Node, shape: Named, what: str) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        message = f"{what} must be written as {shape.keys}: …"
        like = "{en: …}" if shape.keys == "language" else f"{shape.keys}: …"
        yield _differs(node.place, message, _hint(node, f"put {shape.keys}: before each entry, like {like}"))
        return
    if len(node.entries) < shape.least:
        yield _empty(node.place, what)
    for key, value in node.pairs():
        yield from conform(value, shape.of, f"{key} of {what}" if what != "this" else key)


def _record(node: Node, shape: Record) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        yield _differs(node.place, f"{shape.what} must be written as key: value", _hint(node, SEE))
        return
    for key, value in node.entries:
        if key.text not in shape.fields:
            hint = _hint(key, did_you_mean(key.text, shape.fields))
            yield _differs(key.place, f"unknown key '{key.text}' in {shape.what}", hint, "unknown-key")
        else:
            yield from conform(value, shape.fields[key.text], f"'{key.text}'")
    yield from _missing(node, shape)


def _missing(node: MapNode, shape: Record) -> Iterator[Problem]:
    keys = set(node.keys())
    for name in shape.required:
        if name not in keys:
            yield _differs(node.place, f"{shape.what} needs '{name}'", f"add {name}: here", "missing-key")
    if shape.one_of and not keys.intersection(shape.one_of):
        names = ", ".join(f"'{name}'" for name in shape.one_of)
        message = f"{shape.what} needs one of {names}"
        yield _differs(node.place, message, f"add {shape.one_of[0]}: here", "missing-key")


def _by_kind(node: Node, shape: ByKind, what: str) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        yield _differs(node.place, f"{what} must be written as key: value", _hint(node, SEE))
        return
    kind = node.get(shape.key)
    name = kind.text if isinstance(kind, Scalar) else shape.default
    if name in shape.kinds:
        yield from _elsewhere(conform(node, shape.kinds[name]), shape)
    elif kind is not None:
        hint = did_you_mean(name, shape.kinds)
        yield _differs(kind.place, f"unknown value '{name}' of '{shape.key}'", hint, "unknown-key")


def _elsewhere(problems: Iterator[Problem], shape: ByKind) -> Iterator[Problem]:
    """Tell an author whose key belongs to another kind which kind that is."""
    for problem in problems:
        found = re.match(r"unknown key '(.*?)' in ", problem.message)
        owners = [kind for kind, record in shape.kinds.items() if found and found[1] in record.fields]
        if owners:
            hint = f"write kind: {owners[0]}, or delete it"
            yield _differs(problem.place, problem.message, hint, problem.code)
        else:
            yield problem
