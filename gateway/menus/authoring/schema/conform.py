"""Compare YAML nodes with their shapes and report differences; and merge the files of a folder."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from gateway.foundation.bounded_table import keep_per_owner
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


def check_file(root: Node, shape: Shape) -> Iterator[Problem]:
    """Yield each difference of a file from its shape; most files have none, which is seen in a fifth of the time."""
    if not _compile_once(shape)(root):
        yield from check_shape(root, shape)


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


# The same as one question: is there any difference?

_Conforms = Callable[[Node], bool]


def _compile_shape(shape: Shape) -> _Conforms:
    """Return a function that says whether ``check_shape`` finds no difference of a node from this shape."""
    match shape:
        case Word():
            return _compile_word(shape)
        case Day():
            return lambda node: _is_left_out(node) or not any(_check_day(node, shape, ""))
        case Several():
            return _compile_several(shape)
        case Named():
            return _compile_named(shape)
        case Record():
            return _compile_record(shape)
        case ByKind():
            return _compile_kinds(shape)
        case Either():
            short, long, keys = (
                _compile_shape(shape.short),
                _compile_record(shape.long),
                shape.long.fields.keys(),
            )
            return lambda node: (
                long if isinstance(node, MapNode) and not keys.isdisjoint(node.keys()) else short
            )(node)


_compile_once = keep_per_owner(_compile_shape)


def _is_left_out(node: Node) -> bool:
    """Say whether a value is empty, which is reported by the loader."""
    return isinstance(node, Scalar) and node.plain and not node.text


def _compile_word(shape: Word) -> _Conforms:
    values = frozenset(shape.values)
    matches = re.compile(shape.pattern).fullmatch if shape.pattern else None

    def conforms(node: Node) -> bool:
        if not isinstance(node, Scalar):
            return False
        text = node.text
        if not text[:1].isalnum() and is_blank(text):
            return shape.may_be_empty or _is_left_out(node)
        return (not values or text in values) and (matches is None or matches(text) is not None)

    return conforms


def _compile_several(shape: Several) -> _Conforms:
    of = _compile_shape(shape.of)

    def conforms(node: Node) -> bool:
        if isinstance(node, ListNode):
            return len(node.items) >= shape.least and all(map(of, node.items))
        return _is_left_out(node) or (shape.or_one and isinstance(node, Scalar) and of(node))

    return conforms


def _compile_named(shape: Named) -> _Conforms:
    of = _compile_shape(shape.of)

    def conforms(node: Node) -> bool:
        if not isinstance(node, MapNode):
            return _is_left_out(node)
        return len(node.entries) >= shape.least and all(map(of, (value for _, value in node.entries)))

    return conforms


def _compile_record(shape: Record) -> _Conforms:
    fields = {name: _compile_shape(each) for name, each in shape.fields.items()}
    required, one_of = frozenset(shape.required), frozenset(shape.one_of)

    def conforms(node: Node) -> bool:
        if not isinstance(node, MapNode):
            return _is_left_out(node)
        for key, value in node.entries:
            of = fields.get(key.text)
            if of is None or not of(value):
                return False
        names = frozenset([key.text for key, _ in node.entries])
        return required <= names and not (one_of and one_of.isdisjoint(names))

    return conforms


def _compile_kinds(shape: ByKind) -> _Conforms:
    known: dict[str, tuple[Record, _Conforms]] = {}

    def conforms(node: Node) -> bool:
        if not isinstance(node, MapNode):
            return _is_left_out(node)
        kind = node.get(shape.key)
        name = kind.text if isinstance(kind, Scalar) else shape.default
        record = shape.kinds.get(name)
        if record is None:
            return kind is None
        if name not in known or known[name][0] is not record:
            known[name] = record, _compile_record(record)
        return known[name][1](node)

    return conforms


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
    parts: dict[str, list[tuple[Scalar, Node]]] = {}
    for root in roots.values():
        for key, node in root.entries:
            if key.text not in _OF_ONE_FILE:
                parts.setdefault(key.text, []).append((key, node))
    place = next((root.place for root in roots.values() if root.get("menu")), merged.root.place)
    entries = ((several[-1][0], _join_nodes(several, merged)) for several in parts.values())
    merged.root = MapNode(tuple(entries), place)
    return merged


def _join_nodes(several: Sequence[tuple[Scalar, Node]], merged: Merged) -> Node:
    """Return the nodes of one key as one, in a time that grows with their entries and not with their number."""
    (first_key, first), *others = several
    if not others:
        return first
    alike = [first]
    for key, node in others:
        if type(node) is type(first) and not isinstance(node, Scalar):
            alike.append(node)
        else:
            merged.problems.append(_report_twice(key, first.place))
    maps = [node for node in alike if isinstance(node, MapNode)]
    if maps:
        return _unite_maps(maps, merged, spread=_SPREAD if first_key.text == "speech" else "")
    items = [item for node in alike if isinstance(node, ListNode) for item in node.items]
    return ListNode(tuple(items), first.place) if isinstance(first, ListNode) else first


_SPREAD = "lists"
"""The part of speech that may stand in several files: its lists outgrow what one file may hold."""


def _unite_maps(maps: Sequence[MapNode], merged: Merged, *, spread: str = "") -> MapNode:
    united = {name.text: (name, node) for name, node in maps[0].entries}
    for each in maps[1:]:
        for name, node in each.entries:
            known = united.get(name.text)
            if known is None:
                united[name.text] = (name, node)
            elif name.text == spread:
                united[name.text] = (known[0], _join_nodes((known, (name, node)), merged))
            else:
                merged.problems.append(_report_twice(name, known[0].place))
    return MapNode(tuple(united.values()), maps[0].place)


def _report_twice(name: Scalar, first: Place) -> Problem:
    return Problem(
        code="yaml-repeated-key",
        place=name.place,
        message=f"'{name.text}' stands already in {show_place(first)}",
        hint="delete one of the two or give it another name",
    )
