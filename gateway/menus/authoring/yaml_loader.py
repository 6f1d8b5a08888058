"""Load an author's YAML into nodes with places, and refuse whatever is dangerous or ambiguous.

Anchors, aliases and tags are refused, and size, depth and number of nodes are limited, so that hostile input cannot
exhaust memory (YAML 1.2.2; "billion laughs"). Values that YAML would not read as text must be quoted.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING, Any

from gateway.menus.authoring.problems import Place, Problem, explain_syntax, find_strange_sign, is_invisible
from gateway.menus.authoring.yaml_nodes import (
    FEW_NODES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_ENTRIES,
    MAX_PROBLEMS,
    UNREADABLE,
    ListNode,
    MapNode,
    Node,
    Scalar,
    Unreadable,
    count_most_nodes,
    may_differ,
    needs_quotes,
    parse_events,
    read_quickly,
    refuse_depth,
    refuse_file,
    refuse_unreadable,
    report_guessed,
)

if TYPE_CHECKING:
    from ruamel.yaml.error import MarkedYAMLError

LETTERS_A_SIGN = 3
_BARE_SIGN = re.compile(r":\s+([#*])(?=\s|,|\}|$)")
_NAME = re.compile(r"[a-z0-9_.\-]+")
_LANGUAGE = re.compile(r"(?!to$|key$)[a-z]{2,3}(-[A-Z][a-z]{3})?")


@dataclass(frozen=True, slots=True)
class Loaded:
    """A file as nodes, with problems that do not prevent reading the rest."""

    root: Node | None
    problems: tuple[Problem, ...] = ()


@lru_cache(maxsize=64)
def load(file: str, content: bytes) -> Loaded:
    """Read one file; every fault, however hostile the bytes, becomes a problem and never an exception.

    Results are cached, because an editor re-reads the folder while one of its files changes.
    """
    problems: list[Problem] = []
    try:
        text = read_text(file, content)
        found = None if may_differ(text) else read_quickly(file, text)
        if found:
            return Loaded(found[0], tuple(found[1]))
        root = _Events(file, text, problems, parse_events(text)).document()
    except Unreadable as unreadable:
        return Loaded(None, (*problems, unreadable.problem))
    return Loaded(root, tuple(problems))


# Bytes into text.

_DEEP = re.compile(rf"[\[{{](?:\s*[\[{{]){{{MAX_DEPTH}}}")  # before parsing, as the parser looks far ahead
_UNUSUAL = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\xa0\u1680\u2000-\u200a\u2028-\u202f\u205f\u3000\ud800-\udfff\ufdd0-\ufdef\ufeff"
    "\ufffe\uffff\U00010000-\U0010ffff]"
)
"""Signs without which a text has nothing unreadable and no odd space, found in a tenth of the time of the two."""
_ODD_INDENT = re.compile(r"^ *([^\S \t\r\n])", re.MULTILINE)


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
    is_unusual = _UNUSUAL.search(text) is not None
    found = UNREADABLE.search(text) if is_unusual else None
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
    odd = _ODD_INDENT.search(text) if is_unusual else None
    if odd and (strange := find_strange_sign(odd[1])):
        place = find_place(file, text, odd.start(1))
        raise refuse_file(place, "this line is not indented by spaces", strange[1], code="yaml-syntax")
    deep = _DEEP.search(text)
    if deep:
        raise refuse_depth(find_place(file, text, deep.start()))


def find_place(file: str, text: str, index: int) -> Place:
    """Return line and column of a character of a text."""
    before = text[:index]
    return Place(file, before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1)


def load_all(files: Mapping[str, bytes]) -> dict[str, Loaded]:
    """Read several files (name → bytes), sorted by name."""
    return {name: load(name, content) for name, content in sorted(files.items())}


def _report_syntax(place: Place, message: str, hint: str) -> Problem:
    return Problem(code="yaml-syntax", place=place, message=message, hint=hint)


class _Events:
    """Builds nodes directly from parser events, so that input is refused before it takes memory."""

    def __init__(self, file: str, text: str, problems: list[Problem], events: Iterator[Any]) -> None:
        self.file = file
        self.lines = text.splitlines()
        self._problems = problems
        self._nodes = 0
        self._most = count_most_nodes(text)
        self._events = self._tell_faults(events)

    def document(self) -> Node:
        self._expect("StreamStartEvent")
        start = next(self._events)
        if type(start).__name__ == "StreamEndEvent":
            raise refuse_file(
                Place(self.file, 1, 1), "the file is empty", "delete it or begin with: schema: 1"
            )
        if start.version or start.tags:
            raise refuse_file(self._place(start), "a %-line is not allowed", "delete it and the line ---")
        root = self._node(next(self._events), depth=1, key="")
        self._expect("DocumentEndEvent")
        rest = next(self._events)
        if type(rest).__name__ != "StreamEndEvent":
            raise refuse_file(
                self._place(rest), "a second document begins here", "put it into a file of its own"
            )
        return root

    def _tell_faults(self, events: Iterator[Any]) -> Iterator[Any]:
        try:
            yield from events
        except Exception as error:  # noqa: BLE001 - hostile bytes may crash the parser; that is a syntax problem too
            # Here, since a process that only serves a published menu never reads YAML, nor one whose files have no
            # fault with this parser.
            from ruamel.yaml.error import MarkedYAMLError

            if isinstance(error, MarkedYAMLError):
                raise self._syntax(error) from None
            raise refuse_file(
                Place(self.file, 1, 1),
                f"the file is not YAML ({type(error).__name__})",
                "write it again from a file that works",
                code="yaml-syntax",
            ) from None

    def _expect(self, name: str) -> None:
        event = next(self._events)
        if type(event).__name__ != name:
            raise refuse_file(self._place(event), "this cannot stand here", "delete it", code="yaml-syntax")

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def _node(self, event: Any, *, depth: int, key: str, told: bool = False) -> Node:
        place, kind = self._place(event), type(event).__name__
        self._may_stand(event, kind, place, depth)
        match kind:
            case "ScalarEvent":
                return self._scalar(event, place, key, told=told)
            case "SequenceStartEvent":
                return ListNode(tuple(self._items(depth, key)), place)
            case _:
                return MapNode(tuple(self._entries(depth)), place)

    def _may_stand(self, event: Any, kind: str, place: Place, depth: int) -> None:
        self._nodes += 1
        if self._nodes > self._most:
            raise refuse_file(
                place, f"the file has more than {self._most} parts", "split it into several files"
            )
        if depth > MAX_DEPTH:
            raise refuse_depth(place)
        if kind == "AliasEvent":
            raise refuse_file(
                place, f"'*{event.anchor}' is an alias", f'write "*{event.anchor}" in quotes, or the text'
            )
        if event.anchor is not None:
            raise refuse_file(
                place, f"'&{event.anchor}' is an anchor", "write the text where it is needed, in quotes"
            )
        if event.tag is not None:
            raise refuse_file(place, "'!' begins a tag", "delete it, or write the text in quotes")

    def _may_go_on(self, event: Any, number: int) -> None:
        if number > MAX_ENTRIES:
            message = f"more than {MAX_ENTRIES} entries in one list"
            raise refuse_file(self._place(event), message, "split it into several files")

    def _tell(self, problem: Problem) -> None:
        self._problems.append(problem)
        if len(self._problems) == MAX_PROBLEMS:
            raise refuse_file(
                problem.place, f"{MAX_PROBLEMS} problems up to here", "write the lines above anew first"
            )

    def _items(self, depth: int, key: str) -> Iterator[Node]:
        for number in count(1):
            if type(event := next(self._events)).__name__ == "SequenceEndEvent":
                return
            self._may_go_on(event, number)
            yield self._node(event, depth=depth + 1, key=key)

    def _entries(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        lines: dict[str, int] = {}
        for number in count(1):
            if type(event := next(self._events)).__name__ == "MappingEndEvent":
                return
            self._may_go_on(event, number)
            key = self._node(event, depth=depth + 1, key="")
            if not isinstance(key, Scalar):
                raise refuse_file(
                    key.place, "a key must be a word", "write it as word: value", code="yaml-syntax"
                )
            odd = self._odd_key(key)
            value = self._node(
                next(self._events), depth=depth + 1, key="" if odd else key.text, told=bool(odd)
            )
            if odd:
                self._tell(odd)
                continue
            if key.text in lines:
                self._report_repeat(key, lines[key.text])
                continue
            lines[key.text] = key.place.line
            yield key, value

    def _odd_key(self, key: Scalar) -> Problem | None:
        """Return the problem with a key that was not meant as one, or is read differently than written."""
        if any(map(is_invisible, key.text)):
            strange = find_strange_sign(next(filter(is_invisible, key.text)))
            return _report_syntax(key.place, "a key holds more than is seen", strange[1] if strange else "")
        line = self.lines[key.place.line - 1] if key.place.line <= len(self.lines) else ""
        at = key.place.column - 1
        if key.plain and line[at : at + len(key.text)] == key.text:
            after = line[at + len(key.text) :].lstrip()
            before = line[:at].rstrip()
            if after[:1] in {",", "}"} and before.endswith(","):
                message = f"a comma ends the text before '{key.text}'"
                return _report_syntax(key.place, message, "put a text that holds a comma into quotes")
        if "?" in {line[at : at + 1], line[at - 1 : at] if at else ""} and not key.text.startswith("?"):
            return _report_syntax(
                key.place, f"the ? before '{key.text}' is not read", f'write "?{key.text}" in quotes'
            )
        return None

    def _report_repeat(self, key: Scalar, line: int) -> None:
        self._tell(
            Problem(
                code="yaml-repeated-key",
                place=key.place,
                message=f"'{key.text}' stands here already, in line {line}",
                hint="delete one of the two or give it another name",
            )
        )

    def _scalar(self, event: Any, place: Place, key: str, *, told: bool) -> Scalar:
        text, plain = event.value, bool(event.implicit[0])
        if not (text.isascii() and text.isprintable()):
            text = unicodedata.normalize("NFC", text)
            refuse_unreadable(text, place)
        if plain and not told:
            self._not_cut_off(event, text, key)
            place = self._not_guessed(text, place, key)
        return Scalar(text, place, plain)

    def _not_cut_off(self, event: Any, text: str, key: str) -> None:
        """Report a text whose end is read as a comment; those who mean a comment write two spaces before it."""
        end = event.end_mark
        rest = self.lines[end.line][end.column :] if end.line < len(self.lines) else ""
        if not rest.startswith(" #") or (_NAME.fullmatch(text) and not _LANGUAGE.fullmatch(key)):
            return
        self._tell(
            Problem(
                code="yaml-guessed",
                place=Place(self.file, end.line + 1, end.column + 2),
                message="# ends the text here: what follows is not read",
                hint="put the whole text into quotes, or write two spaces before a comment",
            )
        )

    def _not_guessed(self, text: str, place: Place, key: str) -> Place:
        if not text:
            return self._empty(place, key)
        if needs_quotes(text, key):
            self._tell(report_guessed(text, place))
        return place

    def _empty(self, place: Place, key: str) -> Place:
        # The parser reports an empty value at the next token, so search for its key above.
        for line in range(min(place.line, len(self.lines)), max(0, place.line - 50), -1):
            found = re.search(rf"\b{re.escape(key)}[\"']?\s*:", self.lines[line - 1]) if key else None
            if found:
                place = Place(self.file, line, found.start() + 1)
                break
        sign = _BARE_SIGN.search(self.lines[place.line - 1]) if place.line <= len(self.lines) else None
        self._tell(
            Problem(
                code="yaml-guessed",
                place=place,
                message=f"nothing stands after '{key}:'" if key else "an entry is empty",
                hint=f'write {key}: "{sign[1]}"' if sign else "write its value, or delete the line",
            )
        )
        return place

    def _syntax(self, error: "MarkedYAMLError") -> Unreadable:
        problem = str(error.problem or error.context or "it cannot be read").split("\n")[0]
        if "quoted scalar" in str(error.context) and "end of stream" in problem and error.context_mark:
            start = error.context_mark  # the end of the file tells nobody where the quote is missing
            place = Place(self.file, start.line + 1, start.column + 1)
            return refuse_file(
                place,
                "this quote is never closed",
                "write it at the end of the text, too",
                code="yaml-syntax",
            )
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        line = min(line, max(1, len(self.lines)))
        first = error.context_mark.line if error.context_mark else line - 1
        lines = self.lines[max(0, min(first, line - 1) - 1) : line]
        hint = explain_syntax(lines, column - 1, problem, began=first + 1)
        message = f"this is not YAML: {problem}"
        return refuse_file(Place(self.file, line, column), message, hint, code="yaml-syntax")
