"""Turn the bytes of a file into parser events within bounds, and define the nodes that they make, with their places.

Where two parsers can read a text in one way only, libyaml (YAML 1.1) reads it, ten times as fast as a parser in
Python. ruamel reads YAML 1.2 and says what is wrong and where, so that it decides about everything unusual.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.menus.authoring.problems import Place, Problem, find_strange_sign


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; ``plain`` says that it was not quoted."""

    text: str
    place: Place
    plain: bool = False


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes."""

    items: tuple["Node", ...]
    place: Place


@dataclass(frozen=True, slots=True)
class MapNode:
    """A mapping in the order written; keys are unique."""

    entries: tuple[tuple[Scalar, "Node"], ...]
    place: Place

    def get(self, key: str) -> "Node | None":
        """Return the node of this key, or None."""
        return next((node for name, node in self.entries if name.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """Return the keys in order."""
        return tuple(name.text for name, _ in self.entries)

    def pairs(self) -> Iterator[tuple[str, "Node"]]:
        """Yield each key with its node."""
        for name, node in self.entries:
            yield name.text, node


Node = Scalar | ListNode | MapNode

NOWHERE = MapNode((), Place())


@dataclass(slots=True)
class Places:
    """Path → place of each part of a menu; for an unwritten part, that of its parent."""

    found: dict[tuple[str, ...], Place] = field(default_factory=dict)

    def of(self, *path: str) -> Place:
        """Return the place of the part at this path, or of its nearest parent."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.found:
                return self.found[path[:end]]
        return self.found.get((), Place())

    def add(self, node: Node, path: tuple[str, ...] = ()) -> None:
        """Add the places of a node and everything inside it."""
        self.found[path] = node.place
        for name, key_place, child in _children(node):
            self.add(child, (*path, name))
            if not isinstance(child, Scalar):
                self.found[(*path, name)] = key_place


def _children(node: Node) -> Sequence[tuple[str, Place, Node]]:
    match node:
        case MapNode(entries):
            return [(key.text, key.place, child) for key, child in entries]
        case ListNode(items):
            return [(str(at), item.place, item) for at, item in enumerate(items)]
        case Scalar():
            return []


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
FEW_NODES, LETTERS_A_SIGN = 200, 3

_NO_CHARACTERS = "".join(chr(plane * 0x10000 + last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_UNREADABLE = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ud800-\udfff\ufdd0-\ufdef{_NO_CHARACTERS}]"
)
_DEEP = re.compile(rf"(?:[\[{{]\s*){{{MAX_DEPTH + 1}}}")  # before parsing, as the parser looks far ahead
_ODD_INDENT = re.compile(r"^ *([^\S \t\r\n])", re.MULTILINE)


class Unreadable(Exception):
    """The file cannot be read at all; carries the problem that says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def refuse_file(place: Place, message: str, hint: str, *, code: str = "yaml-refused") -> Unreadable:
    """Return the refusal of a whole file, to be raised."""
    return Unreadable(Problem(code=code, place=place, message=message, hint=hint))


def read_text(file: str, content: bytes) -> str:
    """Return the text of a file that may be parsed at all.

    Raises:
        Unreadable: it is too large, no UTF-8, or holds what no menu holds.
    """
    if len(content) > MAX_BYTES:
        raise refuse_file(
            Place(file, 1, 1),
            f"the file has {len(content) // 1024} KB, more than {MAX_BYTES // 1024}",
            "split it into several files of the same folder",
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        raise refuse_file(
            find_place(file, before, len(before)), "the file is not UTF-8", "save it as UTF-8 without a mark"
        ) from None
    if text.count("\0") * 3 > len(text):  # plain letters in UTF-16 or UTF-32 without a mark
        raise refuse_file(Place(file, 1, 1), "the file is not UTF-8", "save it as UTF-8 without a mark")
    text = text.removeprefix("\ufeff")  # byte order mark, which some editors write
    _refuse_oddities(file, text)
    return text


def _refuse_oddities(file: str, text: str) -> None:
    found = _UNREADABLE.search(text)
    if found:
        raise refuse_file(
            find_place(file, text, found.start()),
            f"the character U+{ord(found[0]):04X} cannot stand in a menu",
            "delete it",
        )
    if text.count(",") + text.count("\n") > FEW_NODES + len(text) // LETTERS_A_SIGN:
        raise refuse_file(
            Place(file, 1, 1),
            "more commas and lines than any menu of this size",
            "write it anew, text by text",
        )
    odd = _ODD_INDENT.search(text)
    if odd and (strange := find_strange_sign(odd[1])):
        place = find_place(file, text, odd.start(1))
        raise refuse_file(place, "this line is not indented by spaces", strange[1], code="yaml-syntax")
    deep = _DEEP.search(text)
    if deep:
        raise refuse_depth(find_place(file, text, deep.start()))


def refuse_unreadable(text: str, place: Place) -> None:
    """Refuse a text with characters that cannot stand in a menu, which an escape may have brought.

    Raises:
        Unreadable: there is one.
    """
    found = _UNREADABLE.search(text)
    if found and "\ud800" <= found[0] <= "\udfff":
        raise refuse_file(
            place, "the text holds half a character", "write the character itself, without a backslash"
        )
    if found:
        raise refuse_file(place, "the text holds a control character", "delete the backslash sequence")


def refuse_depth(place: Place) -> Unreadable:
    """Return the refusal of a file with too many levels, to be raised."""
    return refuse_file(place, f"more than {MAX_DEPTH} levels inside each other", "write it flatter")


def find_place(file: str, text: str, index: int) -> Place:
    """Return line and column of a character of a text."""
    before = text[:index]
    return Place(file, before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


# Text into events.

_READ_DIFFERENTLY = re.compile(
    r"""[\t\r]                              # as indentation, or line breaks of another kind
    | ^ (?: --- | \.\.\. | % )              # directives and further documents
    | (?: ^ | [\s\[\]{},"'] ) : (?=\S)      # a sign that begins a value or a text: YAML 1.1 and 1.2 differ
    | (?: ^ | [\[{,:\-] ) \s* \?            # a key of several lines
    | [\[\]{},"'] \#                        # a comment without a space before it
    | (?: ^ | [\[{,:\-] ) \s* [|>]          # texts in blocks
    | \S [ ] \#                            # a comment, or the rest of a text
    | \\ (?! ["\\nu] )                      # rare escapes
    """,
    re.VERBOSE | re.MULTILINE,
)


def may_differ(text: str) -> bool:
    """Say whether a text holds anything that YAML 1.1 and 1.2, or two parsers, could read differently."""
    return _READ_DIFFERENTLY.search(text) is not None


def parse_events(text: str) -> Iterator[Any]:
    """Yield the events of a text as ruamel reads it (YAML 1.2).

    Raises:
        MarkedYAMLError: the text is no YAML; any other exception may come of hostile text.
    """
    # Here, since a process that only serves a published menu never reads YAML.
    from ruamel.yaml import YAML

    yield from YAML(typ="safe", pure=True).parse(text)


def parse_quickly(text: str) -> Iterator[Any]:
    """Yield the events of a text for which ``may_differ`` is false, equal to those of ruamel in all that we read.

    Raises:
        Exception: libyaml is not there or refuses the text; ruamel has to read it.
    """
    import yaml

    yield from yaml.parse(text, Loader=yaml.CLoader)
