"""Define a problem of a menu (code, place, message, hint), and format it for people, editors and programs."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

_REACH = 20
"""Lines of a text in which the word at fault is searched."""

SEE = "see `gateway menus schema`"


class Level(StrEnum):
    """An error prevents publishing; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Place:
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
            **asdict(self.place),
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
