"""Compare a menu with the live one, and merge two changes of one text.

Keys whose meaning differs are found, since callers press them by heart; differences of texts are shown side by side.
Two changes are merged line by line, and lines that both changed differently are named.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, product

from gateway.menus.engine.choices import find_deed
from gateway.menus.engine.model import Choice, Deed, Menu, Screen

_MOST_CALLERS = 500
_GRAVE_DEEDS = frozenset(
    {
        Deed.REQUEST_CALLBACK,
        Deed.CHANGE_WINDOW,
        Deed.CANCEL_CALLBACK,
        Deed.REFUSE_CALLS,
        Deed.ERASE,
    }
)
_GRAVE_QUESTIONS = frozenset({"danger", "phone_seen", "when", "consent", "sms_safe"})
"""Questions where a wrong answer rings a phone that must be silent, or delays help in danger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedKey:
    """A key with another meaning than before.

    Attributes:
        screen: id of the screen in the new menu.
        key: the key.
        was: its choice before.
        becomes: its choice now; None where it has none.
        number: index of the new screen's choice at which to report it; -1 for the screen.
        other: the key of the old choice now; empty where the choice is gone.
        grave: it concerns danger, consent or another answer about safety.
    """

    screen: str
    key: str
    was: Choice
    becomes: Choice | None
    number: int
    other: str
    grave: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedQuestions:
    """A form with another order of questions, so that keys pressed by heart answer another question."""

    screen: str
    was: tuple[str, ...]
    becomes: tuple[str, ...]


def find_moved_keys(live: Menu, menu: Menu) -> tuple[MovedKey, ...]:
    """Return every key of the live menu with another meaning in the new one.

    Renamed screens are found by their position. A removed choice leaves an unknown key, which misleads nobody, so it
    is reported only where it was about danger or consent.
    """
    pairs = _pair_screens(live, menu)
    found: dict[tuple[str, str, int, str], MovedKey] = {}
    for old, new in pairs.items():
        for each in _compare_screens(live, menu, live.screens[old], menu.screens[new], pairs):
            found.setdefault((each.screen, each.key, each.number, each.was.to + each.was.answer), each)
    return tuple(found.values())


def find_moved_questions(live: Menu, menu: Menu) -> tuple[MovedQuestions, ...]:
    """Return each form with added, removed or reordered questions."""
    pairs = _pair_screens(live, menu)
    found = []
    for old, new in pairs.items():
        was, becomes = _list_asked(live, live.screens[old]), _list_asked(menu, menu.screens[new])
        if was and becomes and was != becomes:
            found.append(MovedQuestions(screen=new, was=was, becomes=becomes))
    return tuple(found)


def _list_asked(menu: Menu, screen: Screen) -> tuple[str, ...]:
    questions = (menu.screens[name] for name in screen.list_questions())
    return tuple(asked for each in questions if (asked := each.get_asked()))


def _pair_screens(live: Menu, menu: Menu) -> dict[str, str]:
    """Return live screen → new screen: by name, by role, by the choice that leads there."""
    pairs = {name: name for name in live.screens if name in menu.screens}
    pairs |= {
        old: new
        for old, new in (
            (live.start, menu.start),
            (live.home, menu.home),
            (live.offer, menu.offer),
            (live.sos, menu.sos),
            (live.call_me, menu.call_me),
        )
        if old not in menu.screens and old in live.screens
    }
    queue = list(pairs.items())
    while queue:
        old, new = queue.pop()
        for before, after in _list_renamed(live.screens[old], menu.screens[new]):
            if before in live.screens and after in menu.screens and before not in pairs:
                pairs[before] = after
                queue.append((before, after))
    return pairs


def _list_renamed(old: Screen, new: Screen) -> Iterator[tuple[str, str]]:
    yield old.get_following(), new.get_following()
    yield from zip(old.list_questions(), new.list_questions(), strict=False)
    for was in old.choices:
        yield from ((was.to, each.to) for each in new.choices if _says_the_same(was, each))


def _compare_screens(
    live: Menu, menu: Menu, old: Screen, new: Screen, pairs: Mapping[str, str]
) -> Iterator[MovedKey]:
    for caller in _list_callers(old, new):
        before, after = _open_to(old, caller), _open_to(new, caller)
        for key, was in before.items():
            becomes = after.get(key)
            if becomes is not None and _is_same(old, was, new, becomes, pairs):
                continue
            other = next((at for at, each in after.items() if _is_same(old, was, new, each, pairs)), "")
            grave = _is_grave(live, old, was) or (becomes is not None and _is_grave(menu, new, becomes))
            if other or becomes is not None or grave:
                shown = after[other] if other else becomes
                number = new.choices.index(shown) if shown is not None else -1
                yield MovedKey(
                    screen=new.id,
                    key=key,
                    was=was,
                    becomes=becomes,
                    number=number,
                    other=other,
                    grave=grave,
                )


def _list_callers(old: Screen, new: Screen) -> Iterator[Mapping[str, str]]:
    """Yield each kind of caller that the conditions of the two screens distinguish."""
    values: dict[str, dict[str, None]] = {}
    for choice in (*old.choices, *new.choices):
        for name, allowed in choice.only_if.items():
            values.setdefault(name, {"": None}).update(dict.fromkeys(allowed))
    for row in islice(product(*values.values()), _MOST_CALLERS):
        yield dict(zip(values, row, strict=True))


def _open_to(screen: Screen, caller: Mapping[str, str]) -> dict[str, Choice]:
    """Return key → choice for this caller: the first open choice of each key."""
    found: dict[str, Choice] = {}
    for choice in screen.choices:
        if all(caller[name] in allowed for name, allowed in choice.only_if.items()):
            found.setdefault(choice.key, choice)
    return found


def _is_same(old: Screen, was: Choice, new: Screen, becomes: Choice, pairs: Mapping[str, str]) -> bool:
    """Say whether two choices do the same; with equal label and target, other changes are corrections."""
    leads = pairs.get(was.to, was.to) == becomes.to and was.answer == becomes.answer
    return leads and (
        _says_the_same(was, becomes)
        or (
            find_deed(old, was) is find_deed(new, becomes)
            and (was.language, was.script) == (becomes.language, becomes.script)
            and was.answers == becomes.answers
        )
    )


def _says_the_same(one: Choice, other: Choice) -> bool:
    return any(other.label.get(tag) == words for tag, words in one.label.items() if words)


def _is_grave(menu: Menu, screen: Screen, choice: Choice) -> bool:
    return (
        choice.to == menu.sos
        or screen.get_asked() in _GRAVE_QUESTIONS
        or find_deed(screen, choice) in _GRAVE_DEEDS
    )


def describe_moved_key(menu: Menu, each: MovedKey) -> str:
    """Return what became of the key, with labels in the menu's source language."""
    was = name_choice(menu, each.was)
    becomes = f"is {name_choice(menu, each.becomes)} now" if each.becomes else "is no choice any more"
    if each.becomes and name_choice(menu, each.becomes) == was:
        becomes = f"leads to '{_find_target(each.becomes)}' now, not to '{_find_target(each.was)}'"
    moved = f"; {was} has key {each.other} now" if each.other else ""
    return f"key {each.key} was {was} and {becomes}{moved}"


def describe_moved_questions(form: MovedQuestions) -> str:
    """Return the old and the new order of the questions."""
    return f"the form asked {', '.join(form.was)} and asks {', '.join(form.becomes)} now"


def name_choice(menu: Menu, choice: Choice) -> str:
    """Return a choice's label in the source language, else its target."""
    tags = (menu.source, "en", *menu.languages)
    words = next((choice.label[tag] for tag in tags if choice.label.get(tag)), "")
    return f"'{words}'" if words else f"the way to '{_find_target(choice)}'"


def _find_target(choice: Choice) -> str:
    return choice.to or choice.answer or str(choice.does or "")


# Side-by-side differences of expected and actual text.

_EXPECTED, _GOT = "expected", "got"


def show_side_by_side(expected: str, got: str) -> list[str]:
    """Return two texts in two columns; ``!`` marks lines that differ."""
    rows = _list_rows(expected.splitlines(), got.splitlines())
    width = max(_measure_width(left) for _, left, _ in (*rows, ("", _EXPECTED, "")))
    head = f"  {_EXPECTED}{' ' * (width - len(_EXPECTED))} | {_GOT}"
    return [head, *(_format_row(mark, left, right, width) for mark, left, right in rows)]


def _list_rows(expected: list[str], got: list[str]) -> list[tuple[str, str, str]]:
    rows: list[tuple[str, str, str]] = []
    matcher = SequenceMatcher(None, expected, got, autojunk=False)
    for what, start, end, from_, to in matcher.get_opcodes():
        left, right = expected[start:end], got[from_:to]
        longest = max(len(left), len(right))
        left += [""] * (longest - len(left))
        right += [""] * (longest - len(right))
        rows += zip([" " if what == "equal" else "!"] * longest, left, right, strict=True)
    return rows


def _format_row(mark: str, left: str, right: str, width: int) -> str:
    return f"{mark} {left}{' ' * (width - _measure_width(left))} | {right}".rstrip()


def _measure_width(text: str) -> int:
    from wcwidth import wcswidth  # here, since its tables serve only what is shown in a terminal

    return max(0, wcswidth(text))


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
