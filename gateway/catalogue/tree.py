"""The menu as a tree that can be drawn: each screen below the one from which it is first reached."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gateway.catalogue.graph import Way, ways
from gateway.engine.menu import Form, Menu, Question
from gateway.engine.showing import NEXT_QUESTION


@dataclass(slots=True)
class Tree:
    """A screen with the keys that lead to it from its parent, its children in the order of their keys, its column."""

    screen: str
    keys: tuple[str, ...] = ()
    column: int = 0
    children: list["Tree"] = field(default_factory=list)


def trees(menu: Menu) -> list[Tree]:
    """Return the tree of the first screen, then one for each screen that no key leads to, such as the offer."""
    out = {name: drawn_ways(menu, name) for name in menu.screens}
    found: dict[str, Tree] = {}
    roots = []
    aimed = {way.target for found_ways in out.values() for way in found_ways}
    for begin in (menu.start, *(name for name in menu.screens if name not in aimed), *menu.screens):
        if begin not in found:
            found[begin] = Tree(begin)
            roots.append(found[begin])
            _grow(found[begin], out, found)
    return roots


def drawn_ways(menu: Menu, name: str) -> list[Way]:
    """Return the ways of a screen without those to whichever question comes next, for the form says them once."""
    screen = menu.screens[name]
    asked = {
        target
        for form in menu.screens.values()
        if isinstance(form, Form)
        for target in (*form.questions, form.to)
    }
    named = {choice.to for choice in screen.choices}
    leads_on = isinstance(screen, Question) or NEXT_QUESTION in named
    return [
        way for way in ways(menu) if way.source == name and not (leads_on and way.target in asked - named)
    ]


def _grow(root: Tree, out: dict[str, list[Way]], found: dict[str, Tree]) -> None:
    """Reach screen after screen, the nearest first; each is drawn where it is reached first."""
    queue = [root]
    while queue:
        here = queue.pop(0)
        for way in out[here.screen]:
            if way.target in found:
                continue
            child = Tree(way.target, _keys(out[here.screen], way.target), here.column + 1)
            found[way.target] = child
            here.children.append(child)
            queue.append(child)


def _keys(found: Sequence[Way], target: str) -> tuple[str, ...]:
    return tuple(way.key for way in found if way.target == target and way.key)
