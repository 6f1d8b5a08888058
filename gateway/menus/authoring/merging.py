"""Merge two changes of one text line by line, and name the lines that both changed differently."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True, kw_only=True)
class LineConflict:
    """Lines that both sides changed: as they were, as the first side has them, as the second has them."""

    line: int
    before: str
    first: str
    second: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedText:
    """The merged text; where both changed the same lines, it has those of the preferred side."""

    text: str
    conflicts: tuple[LineConflict, ...] = ()


@dataclass(frozen=True, slots=True)
class _Hunk:
    """Lines ``low`` to ``high`` of the common text, replaced by one side."""

    low: int
    high: int
    lines: tuple[str, ...]
    side: int


def merge_texts(before: str, first: str, second: str, *, prefer_first: bool = False) -> MergedText:
    """Return the text with the changes of both sides.

    Args:
        before: the text that both began from.
        first: one side's text.
        second: the other side's text.
        prefer_first: where both changed the same lines, take the first side's; else the second side's.
    """
    if before in {first, second} or first == second:
        return MergedText(text=second if first == before else first)
    old = before.splitlines(keepends=True)
    hunks = sorted(
        (*_list_hunks(old, first, 0), *_list_hunks(old, second, 1)), key=lambda each: (each.low, each.high)
    )
    merged: list[str] = []
    conflicts: list[LineConflict] = []
    at = 0
    for group in _group_hunks(hunks):
        low, high = group[0].low, max(each.high for each in group)
        merged += old[at:low]
        sides = [_apply_hunks(old, low, high, [each for each in group if each.side == n]) for n in (0, 1)]
        chosen = _choose_lines(old[low:high], sides, prefer_first=prefer_first)
        if chosen is None:
            was, ours, theirs = ("".join(each) for each in (old[low:high], *sides))
            conflicts.append(LineConflict(line=low + 1, before=was, first=ours, second=theirs))
            chosen = sides[0] if prefer_first else sides[1]
        merged += chosen
        at = high
    return MergedText(text="".join([*merged, *old[at:]]), conflicts=tuple(conflicts))


def _list_hunks(old: Sequence[str], changed: str, side: int) -> Iterator[_Hunk]:
    lines = changed.splitlines(keepends=True)
    for what, low, high, start, end in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
        if what != "equal":
            yield _Hunk(low, high, tuple(lines[start:end]), side)


def _group_hunks(hunks: Sequence[_Hunk]) -> Iterator[list[_Hunk]]:
    """Yield hunks that overlap, or that insert at the same place, together."""
    group: list[_Hunk] = []
    for each in hunks:
        end = max((one.high for one in group), default=-1)
        if group and (each.low < end or (each.low == end and _touch(group, each))):
            group.append(each)
            continue
        if group:
            yield group
        group = [each]
    if group:
        yield group


def _touch(group: Sequence[_Hunk], each: _Hunk) -> bool:
    return each.low == each.high or any(one.low == one.high == each.low for one in group)


def _apply_hunks(old: Sequence[str], low: int, high: int, hunks: Sequence[_Hunk]) -> list[str]:
    found: list[str] = []
    at = low
    for each in hunks:
        found += [*old[at : each.low], *each.lines]
        at = each.high
    return [*found, *old[at:high]]


def _choose_lines(was: Sequence[str], sides: Sequence[list[str]], *, prefer_first: bool) -> list[str] | None:
    """Return the lines of the side that changed, or of both where both only insert; None for a conflict."""
    first, second = sides
    if first == second or second == list(was):
        return first
    if first == list(was):
        return second
    if not was and all(each.endswith("\n") for each in (*first, *second)):
        return [*first, *second] if prefer_first else [*second, *first]
    return None
