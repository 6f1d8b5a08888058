"""Check an author's folder: read, merge, build and check it, and return the menu with every problem.

Of a folder with errors what can be drawn is assembled, so that a drawing shows where they are.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from gateway.menus.authoring.checks import CheckContext, Places, run_checks
from gateway.menus.authoring.graph import MenuWay, list_ways, read_declared
from gateway.menus.authoring.passages import Reviews, find_waiting, read_marks
from gateway.menus.authoring.problems import Level, Place, Problem, has_errors, point_problem, sort_problems
from gateway.menus.authoring.schema import build
from gateway.menus.authoring.schema.build import build_menu
from gateway.menus.authoring.schema.conform import Merged, check_file, merge_files
from gateway.menus.authoring.schema.grammar import FILE
from gateway.menus.authoring.schema.placeholders import check_placeholders
from gateway.menus.authoring.schema.references import check_references
from gateway.menus.authoring.schema.rows import check_keys, check_years
from gateway.menus.authoring.yaml_loader import Loaded, load_all
from gateway.menus.authoring.yaml_nodes import (
    MapNode,
    Node,
    get_items,
    get_pairs,
    get_scalars,
)
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.screens import Choices, Information
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import NEXT_QUESTION, TARGETS, format_label, list_hours
from gateway.menus.engine.wording import fill_facts

# Problems with which a menu cannot be built, so that further checks are impossible.
_BLOCKING = frozenset(
    {
        "yaml-syntax",
        "yaml-refused",
        "yaml-guessed",
        "missing-key",
        "empty-value",
        "unknown-key",
        "unknown-screen",
        "unknown-language",
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check.

    Attributes:
        menu: the menu, where it has no errors.
        problems: every problem, in the order of the files.
        built: the menu even with errors, as far as its parts fit together; enough to be drawn.
        reviews: the review marks of its texts.
    """

    menu: Menu | None
    problems: tuple[Problem, ...]
    built: Menu | None = None
    reviews: Reviews = field(default_factory=Reviews)

    @property
    def sound(self) -> bool:
        """Whether the menu may be published."""
        return self.menu is not None


def check_menu(files: Mapping[str, bytes], asked: CheckContext) -> Checked:
    """Check the files of a folder (name → bytes) for the day, limits and settings of ``asked``."""
    with _without_garbage_rounds():
        return _check_files(files, asked)


def build_unchecked(files: Mapping[str, bytes]) -> Checked:
    """Return the built menu of a folder with its review marks and the problems of its files, without any check of it.

    For whoever needs its texts and not whether they may be published; ``menu`` is always None.
    """
    return replace(_check_files(files, None), menu=None)


@contextmanager
def _without_garbage_rounds() -> Iterator[None]:
    """Suspend the search for garbage: what a check makes lives until its end.

    Looking through it again and again took a quarter of the time of 10,000 screens (Python documentation, ``gc``).
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _check_files(files: Mapping[str, bytes], asked: CheckContext | None) -> Checked:
    if not files:
        return Checked(None, (_report_empty(),))
    loaded = load_all(files)
    merged = merge_files(loaded)
    problems = list(_find_written_faults(loaded, merged, asked.today if asked else None))
    menu, reviews = None, Reviews(read_marks(merged.root), _list_drafts(merged))
    if not any(problem.code in _BLOCKING for problem in problems):
        menu = build_menu(merged.root)
        menu = replace(menu, waiting=find_waiting(menu, reviews))
        if asked is not None:
            declared = read_declared(merged.root)
            problems += run_checks(menu, Places(merged.root), asked, reviews=reviews, declared=declared)
    lines = {name: content.decode("utf-8", "replace").splitlines() for name, content in files.items()}
    ordered = sort_problems(point_problem(problem, lines.get(problem.place.file, [])) for problem in problems)
    return Checked(None if has_errors(ordered) else menu, ordered, menu, reviews)


def _find_written_faults(
    loaded: Mapping[str, Loaded], merged: Merged, today: date | None
) -> Iterator[Problem]:
    for each in loaded.values():
        yield from each.problems
        if each.root is not None:
            yield from check_file(each.root, FILE)
    yield from merged.problems
    if merged.whole:
        yield from check_references(merged.root)
        yield from check_placeholders(merged.root)
    yield from check_keys(merged.root)
    if today is not None:
        yield from check_years(merged.root, today)


def _list_drafts(merged: Merged) -> frozenset[str]:
    """Return the languages in which no text counts as reviewed: those of the head, and all of draft files."""
    named = frozenset(each.text for each in get_scalars(merged.root, "drafts"))
    translations = get_pairs(merged.root, "fallback") if merged.drafts else ()
    return named.union(name.text for name, _ in translations)


def _report_empty() -> Problem:
    return Problem(
        code="missing-key",
        place=Place(),
        level=Level.ERROR,
        message="the folder holds no .yaml file",
        hint="name the folder that holds the menu",
    )


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sketch:
    """A menu to draw, and the ids of screens that are referred to but missing."""

    menu: Menu
    missing: frozenset[str] = frozenset()


def make_sketch(files: Mapping[str, bytes], built: Menu | None = None) -> Sketch | None:
    """Return what can be drawn of a folder's files; None where they have no screen.

    Args:
        files: name → bytes.
        built: the menu, where it could be built.
    """
    menu = built or _put_together(merge_files(load_all(files)).root)
    if not menu.screens:
        return None
    missing = tuple(dict.fromkeys(name for name in _list_aims(menu) if name not in menu.screens))
    screens = {**menu.screens, **{name: Information(id=name) for name in missing}}
    start = menu.start if menu.start in screens else next(iter(screens))
    return Sketch(replace(menu, start=start, screens=screens), frozenset(missing))


def fill_for_drawing(menu: Menu, day: date, language: str) -> Menu:
    """Return the menu with the day's values in one language, as callers read it.

    Values known only at run time are shown as ‹code›.
    """
    values = read_day_values(menu, day, language)

    def words(text: str) -> str:
        return PLACEHOLDER.sub(lambda found: values.get(found[1], f"‹{found[1]}›"), text)

    def filled(screen: Screen) -> Screen:
        choices = tuple(
            replace(each, label={language: words(format_label(menu, each, language))} if each.label else {})
            for each in screen.choices
        )
        text = {language: words(menu.text(screen.text, language))} if screen.text else {}
        return replace(screen, text=text, choices=choices)

    return replace(menu, screens={name: filled(screen) for name, screen in menu.screens.items()})


def read_day_values(menu: Menu, day: date, language: str) -> dict[str, str]:
    """Return placeholder → value of a day, as far as a menu with errors has them: hours of windows, and facts."""
    values = dict(list_hours(menu))
    for name in menu.facts:  # an invalid day must not affect the other facts
        values |= _try_to(lambda name=name: fill_facts(menu, day, language, [name])) or {}  # type: ignore[misc]
    return values


def _put_together(root: MapNode) -> Menu:
    """Build what can be built; parts that cannot are left out."""
    parts = dict(root.pairs())
    rows = {"facts", "windows", "calendar", "topics", "fields", "keywords", "speech", "messages", "screens"}
    head = MapNode(tuple(each for each in root.entries if each[0].text not in rows), root.place)
    menu = build.build_menu(head)
    return replace(
        menu,
        screens=_all_that_can(parts.get("screens"), _sketch_screen),
        messages=_all_that_can(parts.get("messages"), lambda _, node: build.build_message(node)),
        facts=_all_that_can(parts.get("facts"), build.build_fact),
        windows=_all_that_can(parts.get("windows"), build.build_window),
        calendar=_all_that_can(parts.get("calendar"), lambda _, node: build.build_pattern(node)),
    )


def _all_that_can(node: Node | None, make: Callable[[str, Node], T]) -> dict[str, T]:
    return {
        name.text: made
        for name, each in get_pairs(node)
        if (made := _try_to(lambda name=name, each=each: make(name.text, each))) is not None  # type: ignore[misc]
    }


def _try_to(make: Callable[[], T]) -> T | None:
    try:
        return make()
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return None


def _sketch_screen(name: str, node: Node) -> Screen:
    whole = _try_to(lambda: build.build_screen(name, node))
    if whole is not None:
        return whole
    choices = (_try_to(lambda each=each: build.build_choice(each)) for each in get_items(node, "choices"))  # type: ignore[misc]
    text = node.get("text") if isinstance(node, MapNode) else None
    return Choices(
        id=name, text=build.build_text(text), choices=tuple(each for each in choices if each is not None)
    )


def _list_aims(menu: Menu) -> Iterator[str]:
    """Yield every screen id that something refers to."""
    yield from _list_named(menu.start, menu.home, menu.offer, menu.sos, menu.call_me)
    for screen in menu.screens.values():
        yield from _list_named(*(target for target, _presses in screen.list_targets()))
        yield from _list_named(*(choice.to for choice in screen.choices))


def _list_named(*names: str) -> Iterator[str]:
    return (name for name in names if name not in TARGETS and name.strip())


# The menu as a tree: each screen below the one from which it is first reached.


@dataclass(slots=True)
class Tree:
    """A screen with the keys that lead to it from its parent, its column, and its children in the order of keys."""

    screen: str
    keys: tuple[str, ...] = ()
    column: int = 0
    children: list["Tree"] = field(default_factory=list)


def build_trees(menu: Menu) -> list[Tree]:
    """Return the tree of the first screen, then one for each screen that no key leads to, such as the offer."""
    out = {name: list_drawn_ways(menu, name) for name in menu.screens}
    found: dict[str, Tree] = {}
    roots = []
    aimed = {way.target for found_ways in out.values() for way in found_ways}
    for begin in (menu.start, *(name for name in menu.screens if name not in aimed), *menu.screens):
        if begin not in found:
            found[begin] = Tree(begin)
            roots.append(found[begin])
            _grow_tree(found[begin], out, found)
    return roots


def list_drawn_ways(menu: Menu, name: str) -> list[MenuWay]:
    """Return a screen's ways, without those to the next question, which the form shows once."""
    screen = menu.screens[name]
    form_targets = {
        target
        for form in menu.screens.values()
        if form.list_questions()
        for target, _presses in form.list_targets()
    }
    named = {choice.to for choice in screen.choices}
    leads_on = screen.get_asked() != "" or NEXT_QUESTION in named
    return [
        way
        for way in list_ways(menu)
        if way.source == name and not (leads_on and way.target in form_targets - named)
    ]


def _grow_tree(root: Tree, out: dict[str, list[MenuWay]], found: dict[str, Tree]) -> None:
    """Add screens breadth first; each is drawn where it is first reached."""
    queue = [root]
    while queue:
        here = queue.pop(0)
        for way in out[here.screen]:
            if way.target in found:
                continue
            child = Tree(way.target, _join_keys(out[here.screen], way.target), here.column + 1)
            found[way.target] = child
            here.children.append(child)
            queue.append(child)


def _join_keys(found: Sequence[MenuWay], target: str) -> tuple[str, ...]:
    return tuple(way.key for way in found if way.target == target and way.key)
