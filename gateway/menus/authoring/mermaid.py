"""Draws a menu as Mermaid text, for documents that are kept beside it."""

import re
from collections.abc import Collection, Sequence

from gateway.menus.authoring.graph import list_ways
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.authoring.sketch import Tree, build_trees
from gateway.menus.authoring.svg import find_levels, find_title, key_words
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.serialization import kind_of

_SHAPES = {
    "choices": ('["', '"]'),
    "information": ('("', '")'),
    "question": ('{{"', '"}}'),
    "form": ('[["', '"]]'),
    "entry": ('[/"', '"/]'),
    "offer": ('>"', '"]'),
    "end": ('(["', '"])'),
}
_MISSING = ('["', '"]')
_COLOURS = (
    "  classDef error fill:#fde3e1,stroke:#b3261e,stroke-width:2px",
    "  classDef warning fill:#fff1d0,stroke:#8a5a00,stroke-width:2px",
)


def draw_mermaid(
    menu: Menu, language: str = "en", problems: Sequence[Problem] = (), missing: Collection[str] = ()
) -> str:
    """Return the menu as a flowchart: a box a screen, an arrow a key, dotted where a screen is reached again.

    Screens of ``missing`` are those that nobody wrote; the words of every error stand above.
    """
    errors = [each for each in problems if each.level is Level.ERROR]
    lines = ["flowchart LR", *(f"  %% {_escape_words(str(each))}" for each in errors)]
    for name, screen in menu.screens.items():
        before, after = _MISSING if name in missing else _SHAPES[kind_of(screen)]
        lines.append(
            f"  {_make_node_id(name)}{before}{_escape_words(_name_node(menu, screen, language, missing))}{after}"
        )
    first = {(parent, child) for root in build_trees(menu) for parent, child in _list_edges(root)}
    for way in list_ways(menu):
        label = f'|"{_escape_words(key_words(menu, way, language))}"|' if way.key else ""
        arrow = "-->" if (way.source, way.target) in first else "-.->"
        lines.append(f"  {_make_node_id(way.source)} {arrow}{label} {_make_node_id(way.target)}")
    found = dict.fromkeys(missing, Level.ERROR) | {
        name: level for name, level in find_levels(problems).items() if name in menu.screens
    }
    lines += _COLOURS if found else ()
    lines += [f"  class {_make_node_id(name)} {level}" for name, level in found.items()]
    return "\n".join([*lines, ""])


def _name_node(menu: Menu, screen: Screen, language: str, missing: Collection[str]) -> str:
    """Return the title of a screen with the name that its author gave it."""
    if screen.id in missing:
        return f"nobody wrote a screen '{screen.id}'"
    words = find_title(menu, screen, language)
    return f"{words} · {screen.id}" if words != screen.id else screen.id


def _list_edges(tree: Tree) -> list[tuple[str, str]]:
    own = [(tree.screen, child.screen) for child in tree.children]
    return own + [edge for child in tree.children for edge in _list_edges(child)]


def _make_node_id(name: str) -> str:
    """Return an id that is none of Mermaid's own words, such as ``end``."""
    return "s_" + re.sub(r"[^A-Za-z0-9_]", lambda odd: f"u{ord(odd[0]):x}", name)


def _escape_words(words: str) -> str:
    return (
        words.replace("\n", " ")
        .replace("#", "#35;")
        .replace('"', "#quot;")
        .replace("{", "#123;")
        .replace("}", "#125;")
    )
