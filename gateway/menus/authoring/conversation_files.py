"""Read authors' conversation tests: what a caller does step by step, and what must follow."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.menus.authoring.problems import Place, Problem
from gateway.menus.authoring.schema.conform import check_shape
from gateway.menus.authoring.yaml_loader import load
from gateway.menus.authoring.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
    get_items,
    get_pairs,
    get_scalars,
    get_text,
)
from gateway.menus.engine.dates import find_buddhist_year
from gateway.menus.engine.shapes import Named, Record, Several, Word

NOON = "2026-11-24 12:00"

_SPANS = {"s": "seconds", "min": "minutes", "h": "hours", "day": "days", "days": "days"}
_SPAN = re.compile(r"(\d{1,4}) ?(s|min|h|days?)", re.ASCII)
_MOMENT = "%Y-%m-%d %H:%M"
_DID = ("dial", "sends", "texts")
MUST = ("sees", "contains", "screen", "ends")

STEP = Record(
    what="a step",
    fields={
        "dial": Word(),
        "sends": Word(may_be_empty=True),
        "texts": Word(may_be_empty=True),
        "after": Word(pattern=_SPAN.pattern, example='"10 min"'),
        "sees": Word(may_be_empty=True),
        "contains": Word(may_be_empty=True),
        "screen": Word(),
        "ends": Word(values=("true", "false", "yes", "no")),
    },
    one_of=_DID,
)
CASE = Record(
    what="a conversation",
    fields={
        "it": Word(),
        "from": Word(),
        "at": Word(pattern=r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", example=f'"{NOON}"'),
        "region": Word(may_be_empty=True),
        "language": Word(may_be_empty=True),
        "script": Word(may_be_empty=True),
        "phone_seen": Word(values=("no", "sometimes", "not_mine")),
        "offers": Several(of=Word(), or_one=True),
        "opens": Word(pattern=r"\d{4}-\d{2}-\d{2} \d{2}:\d{2}", example=f'"{NOON}"'),
    },
    required=("it", "steps"),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """An effect that a step must ask for: its name, and the fields to compare."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationStep:
    """What the caller does, and what must follow; None is not compared."""

    place: Place
    dial: str | None = None
    sends: str | None = None
    texts: str | None = None
    after: timedelta = timedelta()
    sees: str | None = None
    contains: str | None = None
    screen: str | None = None
    ends: bool | None = None
    effects: tuple[Expected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One conversation: a caller, a start time and steps."""

    it: str
    place: Place
    at: datetime
    region: str = ""
    language: str = ""
    script: str = ""
    phone_seen: str = ""
    offers: tuple[str, ...] | None = None
    opens: str = ""
    steps: tuple[ConversationStep, ...] = ()


def read_conversations(files: Mapping[str, bytes], zone: str) -> tuple[list[Case], list[Problem]]:
    """Return the conversations of these files (name → bytes), and the problems in how they are written."""
    cases: list[Case] = []
    problems: list[Problem] = []
    for name, content in sorted(files.items()):
        loaded = load(name, content)
        # In tests an unquoted true, 10 or 14:05 is read as text.
        problems += [problem for problem in loaded.problems if problem.code != "yaml-guessed"]
        if loaded.root is None:
            continue
        faults = list(_list_faults(loaded.root))
        problems += faults
        if not faults:
            cases += [_build_case(node, zone) for node in get_items(loaded.root)]
    return cases, problems


def _list_faults(root: Node) -> Iterator[Problem]:
    if not isinstance(root, ListNode):
        yield _make_fault(root, "the file must be a list of conversations", "begin each with - it: …")
        return
    for case in root.items:
        yield from check_shape(_drop_key(case, "steps"), _require_key(CASE, case, "steps"))
        yield from _check_moment(case)
        for step in get_items(case, "steps"):
            yield from check_shape(_drop_key(step, "effects"), STEP)
            if isinstance(step, MapNode) and not set(step.keys()).intersection(MUST):
                yield _make_fault(step, "the step asserts nothing", "add screen:, sees: or contains:")
            yield from _check_effects(step)


def _check_moment(case: Node) -> Iterator[Problem]:
    for at in (*get_scalars(case, "at"), *get_scalars(case, "opens")):
        try:
            datetime.strptime(at.text, _MOMENT)  # noqa: DTZ007 - only whether it is a moment at all
            odd = find_buddhist_year(at.text)
        except ValueError:
            yield _make_fault(at, f"'{at.text}' is no moment", f'write it like "{NOON}"')
        else:
            yield from [_make_fault(at, odd.message, odd.hint)] if odd else []


def _check_effects(step: Node) -> Iterator[Problem]:
    for effect in get_items(step, "effects"):
        if not isinstance(effect, Scalar):
            yield from check_shape(effect, Named(of=Named(of=Word(), keys="field"), keys="effect"))


def _make_fault(node: Node, message: str, hint: str) -> Problem:
    return Problem(code="yaml-syntax", place=node.place, message=message, hint=hint)


def _drop_key(node: Node, key: str) -> Node:
    if not isinstance(node, MapNode):
        return node
    return MapNode(tuple(entry for entry in node.entries if entry[0].text != key), node.place)


def _require_key(record: Record, node: Node, key: str) -> Record:
    """Require the key only where it is missing, because it is checked separately."""
    there = isinstance(node, MapNode) and node.get(key) is not None
    required = tuple(name for name in record.required if name != key or not there)
    return Record(what=record.what, fields=record.fields, required=required)


def _build_case(node: Node, zone: str) -> Case:
    offers = tuple(each.text for each in get_scalars(node, "offers"))
    written = isinstance(node, MapNode) and node.get("offers") is not None
    return Case(
        it=get_text(node, "it"),
        place=node.place,
        at=_instant(get_text(node, "at", NOON), zone),
        region=get_text(node, "region") or _find_region(get_text(node, "from")),
        language=get_text(node, "language"),
        script=get_text(node, "script"),
        phone_seen=get_text(node, "phone_seen"),
        offers=offers if written else None,
        opens=_instant(opens, zone).isoformat() if (opens := get_text(node, "opens")) else "",
        steps=tuple(_build_step(each) for each in get_items(node, "steps")),
    )


def _instant(local: str, zone: str) -> datetime:
    return datetime.strptime(local, _MOMENT).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _find_region(number: str) -> str:
    regions = {"+856": "LA", "+66": "TH"}
    return next((region for prefix, region in regions.items() if number.startswith(prefix)), "")


def _build_step(node: Node) -> ConversationStep:
    ends = get_text(node, "ends")
    return ConversationStep(
        place=node.place,
        dial=_read_given(node, "dial"),
        sends=_read_given(node, "sends"),
        texts=_read_given(node, "texts"),
        after=_parse_span(get_text(node, "after")),
        sees=_read_given(node, "sees"),
        contains=_read_given(node, "contains"),
        screen=_read_given(node, "screen"),
        ends=ends in {"true", "yes"} if ends else None,
        effects=tuple(_build_expected(each) for each in get_items(node, "effects")),
    )


def _read_given(node: Node, key: str) -> str | None:
    found = node.get(key) if isinstance(node, MapNode) else None
    return found.text if isinstance(found, Scalar) else None


def _parse_span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    return timedelta(**{_SPANS[found[2]]: int(found[1])}) if found else timedelta()


def _build_expected(node: Node) -> Expected:
    if isinstance(node, Scalar):
        return Expected(node.text)
    name, fields = next(iter(get_pairs(node)))
    return Expected(name.text, {key.text: get_text(value) for key, value in get_pairs(fields)})
