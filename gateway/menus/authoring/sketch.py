"""Assemble what can be drawn of a folder with errors, so that a drawing shows where they are; and build its tree."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from gateway.menus.authoring.graph import MenuWay, list_ways
from gateway.menus.authoring.schema import build
from gateway.menus.authoring.schema.conform import merge_files
from gateway.menus.authoring.yaml_loader import load_all
from gateway.menus.authoring.yaml_nodes import MapNode, Node, get_items, get_pairs
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.screens import Choices, Information
from gateway.menus.engine.text_breaks import PLACEHOLDER
from gateway.menus.engine.visibility import NEXT_QUESTION, TARGETS, format_label, list_hours
from gateway.menus.engine.wording import fill_facts

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
    values = dict(list_hours(menu))
    for name in menu.facts:  # an invalid day must not affect the other facts
        values |= _try_to(lambda name=name: fill_facts(menu, day, language, [name])) or {}  # type: ignore[misc]

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
