"""Define a problem of a menu (code, place, message, hint), format it, and suggest what was meant.

A problem is formatted for people, editors and programs. A suggestion is the name behind a typing error, never merely
a similar name; lookalikes of YAML's characters are found as well.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from gateway.menus.keywords.fuzzy_match import measure_distance

_REACH = 20
"""Lines of a text in which the word at fault is searched."""

SEE = "see `gateway menus schema`"


class Level(StrEnum):
    """An error prevents publishing; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Place(NamedTuple):
    """A place in an author's file; lines and columns count from 1, columns in characters."""

    file: str = ""
    line: int = 0
    column: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem: its code, its place, the message, and in ``hint`` what to do.

    ``about`` is the word at fault inside the text, so that the caret can point at it.
    """

    code: str
    place: Place
    message: str
    hint: str
    level: Level = Level.ERROR
    screen: str = ""
    language: str = ""
    about: str = ""

    def __str__(self) -> str:
        return f"{show_place(self.place)}: {self.level}: {self.message} [{self.code}]; {self.hint}"

    def as_json(self) -> dict[str, Any]:
        """Return the problem as plain data: its fields, with ``file``, ``line`` and ``column`` of the place."""
        return {
            "code": self.code,
            "level": str(self.level),
            **self.place._asdict(),
            "screen": self.screen,
            "language": self.language,
            "message": self.message,
            "hint": self.hint,
        }


def sort_problems(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return the problems in the order of files and lines, without duplicates."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda each: (each.place, each.code, each.message)))


def point_problem(problem: Problem, lines: Sequence[str]) -> Problem:
    """Move the place of a problem from the start of a text to the word it is about, if found."""
    start = problem.place.line - 1
    for number in range(start, min(start + _REACH, len(lines)) if problem.about else start):
        found = lines[number].find(problem.about, problem.place.column - 1 if number == start else 0)
        if found >= 0:
            return replace(problem, place=Place(problem.place.file, number + 1, found + 1))
    return problem


def has_errors(problems: Iterable[Problem]) -> bool:
    """Say whether any problem prevents publishing."""
    return any(problem.level is Level.ERROR for problem in problems)


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """Return a hint with the nearest known word, or with all of them where they are few."""
    names = sorted(set(known))
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6) or [
        name for name in names if name in word.split("_")
    ]
    if near:
        return f"did you mean '{near[0]}'?"
    if otherwise:
        return otherwise
    listed = ", ".join(names[:12]) + (", …" if len(names) > 12 else "")  # noqa: PLR2004 - a line's worth
    return f"write one of: {listed}" if names else SEE


def show_place(place: Place) -> str:
    """Return ``file:line:column``, which editors and terminals link."""
    parts = [place.file, *(str(number) for number in (place.line, place.column) if number)]
    return ":".join(part for part in parts if part)


def describe_problem(problem: Problem, sources: Mapping[str, str]) -> str:
    """Return the problem for a terminal: place, message, source line with a caret, hint."""
    head = f"{show_place(problem.place)}: {problem.level}: {problem.message} [{problem.code}]"
    lines = sources.get(problem.place.file, "").splitlines()
    return "\n".join([head, *_draw_frame(lines, problem.place), f"  hint: {problem.hint}"])


def _draw_frame(lines: Sequence[str], place: Place) -> list[str]:
    if not 1 <= place.line <= len(lines):
        return []
    frame = []
    for number in range(max(1, place.line - 1), place.line + 1):
        mark = ">" if number == place.line else " "
        frame.append(f"{mark} {number:4} | {_show_line(lines[number - 1])}".rstrip())
    return [*frame, f"       | {' ' * _measure_width(lines[place.line - 1][: max(0, place.column - 1)])}^"]


def _show_line(line: str) -> str:
    from wcwidth import wcwidth  # here, since its tables serve only what is shown in a terminal

    return "".join(character if wcwidth(character) >= 0 else " " for character in line)


def _measure_width(text: str) -> int:
    from wcwidth import wcswidth

    return max(0, wcswidth(_show_line(text)))


_BARE_SIGN = re.compile(r":\s+([#*])(?=\s|,|\}|$)")
_NO_SPACE = re.compile(r"([A-Za-z_][\w-]*):\S")
_PARTS = re.compile(r"[._-]")
_SHORT, _LONG = 4, 9
"""Fewest letters of a name's part that may have one typing error, and two."""


def suggest_name(word: str, names: Iterable[str], otherwise: str) -> str:
    """Return a hint with the name that was meant; where that is unclear, the other hint.

    Parts between dots and underscores are compared one by one: ``la.phone.police`` is no typing error for the same
    number of another country, nor ``wage_north`` for ``wage_south``.
    """
    found = sorted((slips, name) for name in set(names) if (slips := _count_slips(word, name)) is not None)
    if found and (len(found) == 1 or found[1][0] > found[0][0]):
        return f"did you mean '{found[0][1]}'?"
    return otherwise


def suggest_of_few(word: str, names: Iterable[str]) -> str:
    """Return the same hint, or list all names where they are few."""
    names = tuple(names)
    return suggest_name(word, names, did_you_mean("", names))


def _count_slips(word: str, name: str) -> int | None:
    """Return the number of typing errors between two names; None where it is another name."""
    one, other = _PARTS.split(word.casefold()), _PARTS.split(name.casefold())
    if len(one) != len(other):
        whole, there = "".join(one), "".join(other)
        return 1 if whole == there else None  # a dot or underscore more or less
    slips = 0
    for part, there in zip(one, other, strict=True):
        length = max(len(part), len(there))
        most = 2 if length >= _LONG else 1 if length >= _SHORT or sorted(part) == sorted(there) else 0
        if (far := measure_distance(part, there, most)) > most:
            return None
        slips += far
    return slips


# Characters that phone keyboards and word processors insert instead of YAML's ASCII ones.

_SIGNS = frozenset(":,{}[]\"'#-&*!|>?%@`=;()")
_CURLY = {
    **dict.fromkeys("“”„‟«»〝〞❝❞", '"'),
    **dict.fromkeys("‘’‚‛‹›`´ʼʹ′", "'"),
    **dict.fromkeys("‐‑‒–—―−﹣－", "-"),
    **dict.fromkeys("꞉∶ː։׃：︓﹕", ":"),
    **dict.fromkeys("、،，﹐︐", ","),
}


def find_plain_sign(character: str) -> str:
    """Return the ASCII character that this one looks like, a space for an odd space, or an empty string."""
    if character.isascii():
        return ""
    if unicodedata.category(character) == "Zs":
        return " "
    if unicodedata.category(character) == "Cf":
        return ""
    folded = _CURLY.get(character) or unicodedata.normalize("NFKC", character)
    return folded if folded in _SIGNS else ""


def is_invisible(character: str) -> bool:
    """Say whether a character is invisible (Unicode category Cf, UAX #44), so never meant in a key."""
    return unicodedata.category(character) == "Cf"


def find_strange_sign(text: str) -> tuple[int, str] | None:
    """Return the position of the first such character and what to do about it; None where there is none."""
    for at, character in enumerate(text):
        plain = find_plain_sign(character)
        if plain == " ":
            return (
                at,
                f"a space that is none of the keyboard (U+{ord(character):04X}) stands here: type it again",
            )
        if plain:
            return at, f"'{character}' is not the {plain} of the keyboard: type {plain} in its place"
        if is_invisible(character):
            return (
                at,
                f"a character that nobody sees (U+{ord(character):04X}) stands here: type the word again",
            )
    return None


def is_blank(text: str) -> bool:
    """Say whether a text has no visible character."""
    return all(each.isspace() or is_invisible(each) for each in text)


def find_missing_space(text: str) -> str:
    """Return a hint where a text was meant as a key with a value (``schema:1``), else an empty string."""
    found = _NO_SPACE.match(text)
    return f"write a space behind {found[1]}:" if found else ""


def explain_syntax(lines: Sequence[str], column: int, problem: str, *, began: int) -> str:
    """Return what an author can do about text that is not YAML.

    Args:
        lines: the lines from where the parser's context began, up to the faulty one.
        column: position in the last of them, from 0.
        problem: the parser's own words.
        began: number of the line in which the parser's context began.
    """
    last = lines[-1] if lines else ""
    if "'\\t'" in problem or re.match(r" *\t", last):
        return "indent with spaces, not with tabs"
    for line in lines:
        sign = _BARE_SIGN.search(line)
        if sign:
            return f'write the sign in quotes: "{sign[1]}"'
    strange = next(filter(None, map(find_strange_sign, reversed(lines))), None)
    if strange:
        return strange[1]
    return _explain_by_words(lines, last, column, problem, began)


def _explain_by_words(lines: Sequence[str], last: str, column: int, problem: str, began: int) -> str:
    if "mapping values" in problem:
        return "put a text that holds a colon into quotes"
    if "escape" in problem:
        return "in double quotes a \\ begins a sequence: write \\\\, or put the text into single quotes"
    if "cannot start any token" in problem:
        return f"put a text that begins with {last[column : column + 1]} into quotes"
    if "expected ','" in problem:
        if any(" #" in line for line in lines):
            return "a # behind a space begins a comment: put the text that holds it into quotes"
        if re.search(r"\w'\w", last):
            return "an apostrophe ends the text: put it into double quotes, or write two apostrophes"
        return f"close the {{ or [ of line {began}, and put texts that hold , or : into quotes"
    if "'<scalar>'" in problem and (last[:column].rstrip().endswith(('"', "'")) or re.search(r"\w'\w", last)):
        return "text stands behind the closing quote: put all of it into one pair of double quotes"
    return "look for a missing quote, colon or indent here or in the line above"
