"""Define the nodes of an author's YAML with their places, and turn a text into parser events or at once into nodes.

Where two parsers can read a text in one way only, libyaml (YAML 1.1) reads it, ten times as fast as a parser in
Python. ruamel reads YAML 1.2 and says what is wrong and where, so that it decides about everything unusual.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any, NamedTuple

from gateway.menus.authoring.problems import Place, Problem, is_invisible


class Scalar(NamedTuple):
    """A text; ``plain`` says that it was not quoted."""

    text: str
    place: Place
    plain: bool = False


class ListNode(NamedTuple):
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


class MapNode(NamedTuple):
    """A mapping in the order written; keys are unique."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place

    def get(self, key: str) -> "Node | None":
        """Return the node of this key, or None."""
        for name, node in self.entries:
            if name.text == key:
                return node
        return None

    def keys(self) -> tuple[str, ...]:
        """Return the keys in order."""
        return tuple(name.text for name, _ in self.entries)

    def pairs(self) -> Iterator[tuple[str, "Node"]]:
        """Yield each key with its node."""
        for name, node in self.entries:
            yield name.text, node


Node = Scalar | ListNode | MapNode

NOWHERE = MapNode((), Place())


def get_text(node: Node | None, key: str = "", default: str = "") -> str:
    """Return the text of the node, or of the node at the key; else the default."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    return node.text if isinstance(node, Scalar) else default


def get_pairs(node: Node | None, key: str = "") -> tuple[tuple[Scalar, Node], ...]:
    """Return the entries of the mapping, or of the mapping at the key; empty for another type."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    return node.entries if isinstance(node, MapNode) else ()


def get_wordings(message: Node | None) -> Node | None:
    """Return the languages of a message, which are under ``text`` where it has variants."""
    long = isinstance(message, MapNode) and not {"text", "variants"}.isdisjoint(message.keys())
    return message.get("text") if isinstance(message, MapNode) and long else message


def get_items(node: Node | None, key: str = "") -> tuple[Node, ...]:
    """Return the items of the list, or of the list at the key; a single text counts as a list of one."""
    if key:
        node = node.get(key) if isinstance(node, MapNode) else None
    match node:
        case ListNode(items):
            return items
        case Scalar():
            return (node,)
        case _:
            return ()


def get_scalars(node: Node | None, key: str = "") -> tuple[Scalar, ...]:
    """Return the items of the list that are texts."""
    return tuple(item for item in get_items(node, key) if isinstance(item, Scalar))


MAX_BYTES = 256 * 1024
MAX_DEPTH = 12

_NO_CHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
UNREADABLE = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef{_NO_CHARACTERS}]"
)
"""Characters that cannot stand in a menu."""


class Unreadable(Exception):
    """The file cannot be read at all; carries the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse_file(place: Place, message: str, hint: str, *, code: str = "yaml-refused") -> Unreadable:
    """Return the refusal of a whole file, to be raised."""
    return Unreadable(Problem(code=code, place=place, message=message, hint=hint))


def refuse_unreadable(text: str, place: Place) -> None:
    """Refuse a text with characters that cannot stand in a menu, which an escape may have brought.

    Raises:
        Unreadable: there is one.
    """
    found = UNREADABLE.search(text)
    if found and "\ud800" <= found[0] <= "\udfff":
        raise refuse_file(
            place, "the text holds half a character", "write the character itself, without a backslash"
        )
    if found:
        raise refuse_file(place, "the text holds a control character", "delete the backslash sequence")


def refuse_depth(place: Place) -> Unreadable:
    """Return the refusal of a file with too many levels, to be raised."""
    return refuse_file(place, f"more than {MAX_DEPTH} levels inside each other", "write it flatter")


# Values that YAML 1.2.2 (core schema) or 1.1 readers do not read as text; authors must quote them.

_GUESSED = re.compile(
    r"""~|null|Null|NULL|true|True|TRUE|false|False|FALSE
    |[-+]?[0-9][0-9_]*|0o[0-7]+|0x[0-9a-fA-F]+
    |[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)
    |[-+]?[0-9]+(:[0-9]{1,2})+(\.[0-9]*)?
    |[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?""",
    re.VERBOSE,
)
_GUESSED_START = frozenset("~nNtTfF0123456789+-.")
"""First characters of these values; most texts begin otherwise."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COARSE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
_INTEGER = re.compile(r"0|[1-9][0-9]*")
_DATES = frozenset({"valid_from", "checked_on", "expires_on"})
_INTEGERS = frozenset({"schema", "digits", "page"})


def is_guessed(text: str) -> bool:
    """Say whether a YAML reader may take an unquoted text for another type."""
    return _GUESSED.fullmatch(text) is not None


def needs_quotes(text: str, key: str) -> bool:
    """Say whether a value must be quoted to be read as text; dates and integers stand under keys of their own."""
    return is_guessed(text) and not (
        (key in _DATES and _DATE.fullmatch(text))
        or (key == "date" and _COARSE.fullmatch(text))
        or (key in _INTEGERS and _INTEGER.fullmatch(text))
    )


def report_guessed(text: str, place: Place) -> Problem:
    """Return the problem of a value that needs quotes."""
    return Problem(
        code="yaml-guessed",
        place=place,
        message=f"{text} without quotes may be read as something else than text",
        hint=f'write "{text}"',
    )


# Text into events.

_BEFORE_COLON = frozenset("[]{},\"'")
_BEFORE_VALUE = frozenset("[{,:-")
_SIGN = re.compile("[?|>#]")
_LEADING = ("---", "...", "%")
"""Signs of directives and further documents, where a line begins with them."""
_RARE_ESCAPE = re.compile(r"\\(?![\"\\nu])")


def may_differ(text: str) -> bool:
    """Say whether a text holds anything that YAML 1.1 and 1.2, or two parsers, could read differently."""
    return (
        "\t" in text  # as indentation
        or "\r" in text  # line breaks of another kind
        or any(f"\n{sign}" in text for sign in _LEADING)
        or text.startswith(_LEADING)
        or any(_begins_a_value(text, found.start()) for found in re.finditer(r":\S", text))
        or any(_may_mean_more(text, found.start()) for found in _SIGN.finditer(text))
        or _RARE_ESCAPE.search(text) is not None
    )


def _begins_a_value(text: str, at: int) -> bool:
    """Say whether a colon without a space behind it begins a value or a text: there YAML 1.1 and 1.2 differ."""
    return at == 0 or text[at - 1].isspace() or text[at - 1] in _BEFORE_COLON


def _may_mean_more(text: str, at: int) -> bool:
    """Say whether a sign begins a key of several lines or a text in a block, or a comment that may be a text's rest."""
    if text[at] == "#":
        before = text[max(0, at - 2) : at]
        return before[-1:] in _BEFORE_COLON or (
            before[-1:] == " " and not before[:-1].isspace() and len(before) > 1
        )
    while at > 0 and text[at - 1].isspace():
        at -= 1
        if text[at] == "\n":
            return True
    return at == 0 or text[at - 1] in _BEFORE_VALUE


def parse_events(text: str) -> Iterator[Any]:
    """Yield the events of a text as ruamel reads it (YAML 1.2).

    Raises:
        MarkedYAMLError: the text is no YAML; any other exception may come of hostile text.
    """
    # Here, since a process that only serves a published menu never reads YAML.
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


MAX_NODES, FEW_NODES = 6_000, 200
MAX_ENTRIES = 2_500
"""Entries of one list or mapping; `reviews/` holds one line for each text of the menu, which the product writes."""

LETTERS_A_NODE = 4
MAX_PROBLEMS = 50


def count_most_nodes(text: str) -> int:
    """Return how many nodes a text may have; more in so few characters cannot be a menu."""
    return min(MAX_NODES, FEW_NODES + len(text) // LETTERS_A_NODE)


class NotPlain(Exception):
    """Something in a file may be a fault, about which the careful parser decides."""


def read_quickly(file: str, text: str) -> tuple[Node, list[Problem]] | None:
    """Return the nodes of a file for which ``may_differ`` is false, with each value that needs quotes.

    None where anything else may be wrong with it.
    """
    try:
        reader = _QuickReader(file, text)
        return reader.read_document(), reader.problems
    except Exception:  # noqa: BLE001 - libyaml is not there or refuses the text: the other parser reads it and tells
        return None


class _QuickReader:
    """Builds the nodes of libyaml's events, and gives up at whatever the careful reader looks at twice."""

    def __init__(self, file: str, text: str) -> None:
        import yaml  # here, as above

        self._file, self._yaml, self._next = file, yaml, yaml.CLoader(text).get_event
        self._scalar = yaml.ScalarEvent
        self.problems: list[Problem] = []
        self._lines = text.splitlines() if "?" in text else []
        self._has_escapes = "\\u" in text
        self._left = count_most_nodes(text)

    def read_document(self) -> Node:
        yaml = self._yaml
        self._expect(yaml.StreamStartEvent)
        start = self._expect(yaml.DocumentStartEvent)
        if start.version or start.tags:
            raise NotPlain
        root = self._read_node(self._next(), 1, "")
        self._expect(yaml.DocumentEndEvent)
        self._expect(yaml.StreamEndEvent)
        return root

    def _expect(self, kind: type[Any]) -> Any:
        event = self._next()
        if type(event) is not kind:
            raise NotPlain
        return event

    def _read_node(self, event: Any, depth: int, key: str) -> Node:
        kind = type(event)
        if kind is self._scalar:
            return self._read_scalar(event, key)
        is_map = kind is self._yaml.MappingStartEvent
        if depth >= MAX_DEPTH or not (is_map or kind is self._yaml.SequenceStartEvent):
            raise NotPlain
        place = self._find_place(event)
        if is_map:
            return MapNode(self._read_entries(depth + 1), place)
        return ListNode(self._read_items(depth + 1, key), place)

    def _find_place(self, event: Any) -> Place:
        self._left -= 1
        if self._left < 0 or event.anchor is not None or event.tag is not None:
            raise NotPlain
        mark = event.start_mark
        return Place(self._file, mark.line + 1, mark.column + 1)

    def _read_items(self, depth: int, key: str) -> tuple[Node, ...]:
        end, items = self._yaml.SequenceEndEvent, list[Node]()
        while type(event := self._next()) is not end:
            items.append(self._read_node(event, depth, key))
        if len(items) > MAX_ENTRIES:
            raise NotPlain
        return tuple(items)

    def _read_entries(self, depth: int) -> tuple[tuple[Scalar, Node], ...]:
        end, scalar, take = self._yaml.MappingEndEvent, self._scalar, self._next
        entries: dict[str, tuple[Scalar, Node]] = {}
        while type(event := take()) is not end:
            if type(event) is not scalar:
                raise NotPlain
            key = self._read_scalar(event, "")
            if key.text in entries or not self._is_plain_key(key):
                raise NotPlain
            entries[key.text] = key, self._read_node(take(), depth, key.text)
        if len(entries) > MAX_ENTRIES:
            raise NotPlain
        return tuple(entries.values())

    def _is_plain_key(self, key: Scalar) -> bool:
        """Say whether a key holds no more than is seen, and no sign that is not read stands before it."""
        if self._lines and not key.text.startswith("?"):
            line, at = self._lines[key.place.line - 1], key.place.column - 1
            if "?" in line[max(0, at - 1) : at + 1]:
                return False
        return key.text.isascii() or not any(map(is_invisible, key.text))

    def _read_scalar(self, event: Any, key: str) -> Scalar:
        place, text, plain = self._find_place(event), event.value, event.implicit[0]
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if self._has_escapes:
            refuse_unreadable(text, place)
        if plain and (not text or (text[0] in _GUESSED_START and needs_quotes(text, key))):
            if not text or len(self.problems) == MAX_PROBLEMS - 1:
                raise NotPlain
            self.problems.append(report_guessed(text, place))
        return Scalar(text, place, plain)
