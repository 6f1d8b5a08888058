"""Find keys whose meaning differs from the live menu, since callers press them by heart; and show text differences."""

from collections.abc import Iterator, Mapping
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
