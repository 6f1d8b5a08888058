"""Draws a menu as Mermaid text, for documents that are kept beside it."""

from collections.abc import Sequence

from gateway.catalogue.drawing import levels, title
from gateway.catalogue.graph import ways
from gateway.catalogue.problems import Problem
from gateway.catalogue.tree import Tree, trees
from gateway.engine.compiled import kind_of
from gateway.engine.menu import Menu

_SHAPES = {
    "choices": ('["', '"]'),
    "information": ('("', '")'),
    "question": ('{{"', '"}}'),
    "form": ('[["', '"]]'),
    "entry": ('[/"', '"/]'),
    "offer": ('>"', '"]'),
    "end": ('(["', '"])'),
}
_COLOURS = (
    "  classDef error fill:#fde3e1,stroke:#b3261e,stroke-width:2px",
    "  classDef warning fill:#fff1d0,stroke:#8a5a00,stroke-width:2px",
)


def mermaid(menu: Menu, language: str = "en", problems: Sequence[Problem] = ()) -> str:
    """Return the menu as a flowchart: a box a screen, an arrow a key, dotted where a screen is reached again."""
    lines = ["flowchart LR"]
    for name, screen in menu.screens.items():
        before, after = _SHAPES[kind_of(screen)]
        lines.append(f"  {_node(name)}{before}{_words(title(menu, screen, language))}{after}")
    first = {(parent, child) for root in trees(menu) for parent, child in _edges(root)}
    for way in ways(menu):
        label = f"|{way.key}|" if way.key else ""
        arrow = "-->" if (way.source, way.target) in first else "-.->"
        lines.append(f"  {_node(way.source)} {arrow}{label} {_node(way.target)}")
    found = {name: level for name, level in levels(problems).items() if name in menu.screens}
    lines += _COLOURS if found else ()
    lines += [f"  class {_node(name)} {level}" for name, level in found.items()]
    return "\n".join([*lines, ""])


def _edges(tree: Tree) -> list[tuple[str, str]]:
    own = [(tree.screen, child.screen) for child in tree.children]
    return own + [edge for child in tree.children for edge in _edges(child)]


def _node(name: str) -> str:
    """Return an id that is none of Mermaid's own words, such as ``end``."""
    return f"s_{name}"


def _words(words: str) -> str:
    return words.replace('"', "#quot;").replace("{", "#123;").replace("}", "#125;")
