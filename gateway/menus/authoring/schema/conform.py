"""Compare YAML nodes with their shapes and report differences; and merge the files of a folder."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from gateway.menus.authoring.problems import (
    SEE,
    Place,
    Problem,
    did_you_mean,
    find_missing_space,
    find_strange_sign,
    is_blank,
    show_place,
)
from gateway.menus.authoring.yaml_loader import Loaded
from gateway.menus.authoring.yaml_nodes import ListNode, MapNode, Node, Scalar, get_text
from gateway.menus.engine.dates import find_buddhist_year, is_date
from gateway.menus.engine.shapes import ByKind, Day, Either, Named, Record, Several, Shape, Word


def check_shape(node: Node, shape: Shape, what: str = "this") -> Iterator[Problem]:
    """Yield each difference of a node from its shape; ``what`` names the node in messages."""
    if not (
        isinstance(node, Scalar) and node.plain and not node.text
    ):  # empty values are reported by the loader
        yield from _check_node(node, shape, what)


def _check_node(node: Node, shape: Shape, what: str) -> Iterator[Problem]:
    match shape:
        case Word():
            yield from _check_word(node, shape, what)
        case Day():
            yield from _check_day(node, shape, what)
        case Several():
            yield from _check_several(node, shape, what)
        case Named():
            yield from _check_named(node, shape, what)
        case Record():
            yield from _check_record(node, shape)
        case ByKind():
            yield from _by_kind(node, shape, what)
        case Either():
            is_long = isinstance(node, MapNode) and not shape.long.fields.keys().isdisjoint(node.keys())
            yield from check_shape(node, shape.long if is_long else shape.short, what)


def _report_difference(place: Place, message: str, hint: str, code: str = "yaml-syntax") -> Problem:
    return Problem(code=code, place=place, message=message, hint=hint)


def _check_word(node: Node, shape: Word, what: str) -> Iterator[Problem]:
    if not isinstance(node, Scalar):
        yield _report_difference(
            node.place, f"{what} must be one text", f"write {shape.example or 'a text in quotes'}"
        )
    elif is_blank(node.text):
        if not shape.may_be_empty:
            yield _report_empty(node.place, what)
    elif shape.values and node.text not in shape.values:
        hint = did_you_mean(node.text, shape.values)
        yield _report_difference(node.place, f"unknown value '{node.text}' of {what}", hint, "unknown-key")
    elif shape.pattern and not re.fullmatch(shape.pattern, node.text):
        yield _report_difference(
            node.place, f"{what} cannot be '{node.text}'", f"write it like {shape.example}"
        )


def _report_empty(place: Place, what: str) -> Problem:
    return _report_difference(
        place, f"{what} is empty", "write what belongs here, or delete the line", "empty-value"
    )


def _check_day(node: Node, shape: Day, what: str) -> Iterator[Problem]:
    if isinstance(node, Scalar) and (is_date(node.text) if shape.coarse else parse_day(node.text)):
        return
    shown = f"'{node.text}'" if isinstance(node, Scalar) else "this"
    day, hint = "day", "write year-month-day, like 2026-11-24"
    if shape.coarse:
        day, hint = "date", f"{hint}, or 2026-11 for a month, or 2026"
    if isinstance(node, Scalar) and (odd := find_buddhist_year(node.text)):
        hint = odd.hint
    yield _report_difference(node.place, f"{what}: {shown} is no {day}", hint, "yaml-guessed")


def parse_day(text: str) -> date | None:
    """Return the day in ISO 8601 form, or None."""
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text, re.ASCII) else None
    except ValueError:
        return None


def _make_hint(node: Node, otherwise: str) -> str:
    """Return advice about a character that looks like one of YAML's, or the other hint."""
    strange = find_strange_sign(node.text) if isinstance(node, Scalar) else None
    missing = find_missing_space(node.text) if isinstance(node, Scalar) and node.plain else ""
    return strange[1] if strange else missing or otherwise


def _check_several(node: Node, shape: Several, what: str) -> Iterator[Problem]:
    if isinstance(node, ListNode):
        if len(node.items) < shape.least:
            yield _report_empty(node.place, what)
        for item in node.items:
            yield from check_shape(item, shape.of, what)
    elif shape.or_one and isinstance(node, Scalar):
        yield from check_shape(node, shape.of, what)
    else:
        yield _report_difference(
            node.place, f"{what} must be a list", "write [ ] around it, or one line with - for each"
        )


def _check_named(node: Node, shape: Named, what: str) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        message = f"{what} must be written as {shape.keys}: …"
        like = "{en: …}" if shape.keys == "language" else f"{shape.keys}: …"
        yield _report_difference(
            node.place, message, _make_hint(node, f"put {shape.keys}: before each entry, like {like}")
        )
        return
    if len(node.entries) < shape.least:
        yield _report_empty(node.place, what)
    for key, value in node.pairs():
        yield from check_shape(value, shape.of, f"{key} of {what}" if what != "this" else key)


def _check_record(node: Node, shape: Record) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        yield _report_difference(
            node.place, f"{shape.what} must be written as key: value", _make_hint(node, SEE)
        )
        return
    for key, value in node.entries:
        if key.text not in shape.fields:
            hint = _make_hint(key, did_you_mean(key.text, shape.fields))
            yield _report_difference(
                key.place, f"unknown key '{key.text}' in {shape.what}", hint, "unknown-key"
            )
        else:
            yield from check_shape(value, shape.fields[key.text], f"'{key.text}'")
    yield from _find_missing(node, shape)


def _find_missing(node: MapNode, shape: Record) -> Iterator[Problem]:
    keys = set(node.keys())
    for name in shape.required:
        if name not in keys:
            yield _report_difference(
                node.place, f"{shape.what} needs '{name}'", f"add {name}: here", "missing-key"
            )
    if shape.one_of and not keys.intersection(shape.one_of):
        names = ", ".join(f"'{name}'" for name in shape.one_of)
        message = f"{shape.what} needs one of {names}"
        yield _report_difference(node.place, message, f"add {shape.one_of[0]}: here", "missing-key")


def _by_kind(node: Node, shape: ByKind, what: str) -> Iterator[Problem]:
    if not isinstance(node, MapNode):
        yield _report_difference(node.place, f"{what} must be written as key: value", _make_hint(node, SEE))
        return
    kind = node.get(shape.key)
    name = kind.text if isinstance(kind, Scalar) else shape.default
    if name in shape.kinds:
        yield from _explain_elsewhere(check_shape(node, shape.kinds[name]), shape)
    elif kind is not None:
        hint = did_you_mean(name, shape.kinds)
        yield _report_difference(kind.place, f"unknown value '{name}' of '{shape.key}'", hint, "unknown-key")


def _explain_elsewhere(problems: Iterator[Problem], shape: ByKind) -> Iterator[Problem]:
    """Name the kind to which a misplaced key belongs."""
    for problem in problems:
        found = re.match(r"unknown key '(.*?)' in ", problem.message)
        owners = [kind for kind, record in shape.kinds.items() if found and found[1] in record.fields]
        if owners:
            hint = f"write kind: {owners[0]}, or delete it"
            yield _report_difference(problem.place, problem.message, hint, problem.code)
        else:
            yield problem


# Merging the files of a folder.

_OF_ONE_FILE = frozenset({"schema", "review"})


@dataclass(slots=True)
class Merged:
    """A folder as one mapping.

    ``drafts`` names the files marked as drafts; ``whole`` says that every file could be read.
    """

    root: MapNode
    drafts: frozenset[str] = frozenset()
    whole: bool = True
    problems: list[Problem] = field(default_factory=list)


def merge_files(loaded: Mapping[str, Loaded]) -> Merged:
    """Merge files by their top-level keys: mappings by entry, lists concatenated."""
    roots = {name: each.root for name, each in loaded.items() if isinstance(each.root, MapNode)}
    drafts = frozenset(name for name, root in roots.items() if get_text(root, "review") == "draft")
    first = next(iter(loaded), "")
    merged = Merged(MapNode((), Place(first, 1, 1)), drafts, whole=len(roots) == len(loaded))
    found: dict[str, tuple[Scalar, Node]] = {}
    for root in roots.values():
        for key, node in root.entries:
            if key.text in _OF_ONE_FILE:
                continue
            known = found.get(key.text)
            found[key.text] = (key, _join_nodes(known[1], node, key, merged) if known else node)
    place = next((root.place for root in roots.values() if root.get("menu")), merged.root.place)
    merged.root = MapNode(tuple(found.values()), place)
    return merged


def _join_nodes(first: Node, second: Node, key: Scalar, merged: Merged) -> Node:
    match first, second:
        case MapNode(), MapNode():
            return _unite_maps(first, second, merged, spread=_SPREAD if key.text == "speech" else "")
        case ListNode(), ListNode():
            return ListNode((*first.items, *second.items), first.place)
        case _:
            merged.problems.append(_report_twice(key, first.place))
            return first


_SPREAD = "lists"
"""The part of speech that may stand in several files: its lists outgrow what one file may hold."""


def _unite_maps(first: MapNode, second: MapNode, merged: Merged, *, spread: str = "") -> MapNode:
    united = {name.text: (name, node) for name, node in first.entries}
    for name, node in second.entries:
        known = united.get(name.text)
        if known is None:
            united[name.text] = (name, node)
        elif name.text == spread:
            united[name.text] = (known[0], _join_nodes(known[1], node, name, merged))
        else:
            merged.problems.append(_report_twice(name, known[0].place))
    return MapNode(tuple(united.values()), first.place)


def _report_twice(name: Scalar, first: Place) -> Problem:
    return Problem(
        code="yaml-repeated-key",
        place=name.place,
        message=f"'{name.text}' stands already in {show_place(first)}",
        hint="delete one of the two or give it another name",
    )
