"""Turn the bytes of a file into text, and the text into parser events, within bounds.

Where two parsers can read a text in one way only, libyaml (YAML 1.1) reads it, ten times as fast as a parser in
Python. ruamel reads YAML 1.2 and says what is wrong and where, so that it decides about everything unusual.
"""

import re
from collections.abc import Iterator
from typing import Any

from gateway.menus.authoring.problems import Place, Problem
from gateway.menus.authoring.slips import find_strange_sign

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
