"""Draws a menu as Mermaid text, for documents that are kept beside it."""

import re
from collections.abc import Collection, Sequence

from gateway.catalogue.drawing import key_words, levels, title
from gateway.catalogue.graph import ways
from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.tree import Tree, trees
from gateway.engine.compiled import kind_of
from gateway.engine.menu import Menu, Screen

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


def mermaid(
    menu: Menu, language: str = "en", problems: Sequence[Problem] = (), missing: Collection[str] = ()
) -> str:
    """Return the menu as a flowchart: a box a screen, an arrow a key, dotted where a screen is reached again.

    Screens of ``missing`` are those that nobody wrote; the words of every error stand above.
    """
    errors = [each for each in problems if each.level is Level.ERROR]
    lines = ["flowchart LR", *(f"  %% {_words(str(each))}" for each in errors)]
    for name, screen in menu.screens.items():
        before, after = _MISSING if name in missing else _SHAPES[kind_of(screen)]
        lines.append(f"  {_node(name)}{before}{_words(_named(menu, screen, language, missing))}{after}")
    first = {(parent, child) for root in trees(menu) for parent, child in _edges(root)}
    for way in ways(menu):
        label = f'|"{_words(key_words(menu, way, language))}"|' if way.key else ""
        arrow = "-->" if (way.source, way.target) in first else "-.->"
        lines.append(f"  {_node(way.source)} {arrow}{label} {_node(way.target)}")
    found = dict.fromkeys(missing, Level.ERROR) | {
        name: level for name, level in levels(problems).items() if name in menu.screens
    }
    lines += _COLOURS if found else ()
    lines += [f"  class {_node(name)} {level}" for name, level in found.items()]
    return "\n".join([*lines, ""])


def _named(menu: Menu, screen: Screen, language: str, missing: Collection[str]) -> str:
    """Return the title of a screen with the name that its author gave it."""
    if screen.id in missing:
        return f"nobody wrote a screen '{screen.id}'"
    words = title(menu, screen, language)
    return f"{words} · {screen.id}" if words != screen.id else screen.id


def _edges(tree: Tree) -> list[tuple[str, str]]:
    own = [(tree.screen, child.screen) for child in tree.children]
    return own + [edge for child in tree.children for edge in _edges(child)]


def _node(name: str) -> str:
    """Return an id that is none of Mermaid's own words, such as ``end``."""
    return "s_" + re.sub(r"[^A-Za-z0-9_]", lambda odd: f"u{ord(odd[0]):x}", name)


def _words(words: str) -> str:
    return (
        words.replace("\n", " ")
        .replace("#", "#35;")
        .replace('"', "#quot;")
        .replace("{", "#123;")
        .replace("}", "#125;")
    )
