"""Draws a menu from the very data that runs: Mermaid for documents, SVG for a look at the whole."""

from html import escape

from wcwidth import wcswidth

from gateway.catalogue.graph import Way, reached, ways
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
_TIP = (
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    '<path d="M0 0 8 4 0 8z" fill="#667"/></marker></defs>'
)
_WORDS = 24
_BOX_WIDTH, _BOX_HEIGHT = 190, 44
_COLUMN, _ROW, _MARGIN = 260, 62, 20


def mermaid(menu: Menu, language: str = "en") -> str:
    """Return the menu as a Mermaid flowchart: one box a screen, one arrow a key."""
    lines = ["flowchart LR"]
    for name, screen in menu.screens.items():
        before, after = _SHAPES[kind_of(screen)]
        lines.append(f"  {_node(name)}{before}{_mermaid_words(_title(menu, screen, language))}{after}")
    for way in ways(menu):
        label = f"|{way.key}|" if way.key else ""
        lines.append(f"  {_node(way.source)} -->{label} {_node(way.target)}")
    return "\n".join([*lines, ""])


def svg(menu: Menu, language: str = "en") -> str:
    """Return the menu as SVG: columns by the number of keys from the first screen, every screen a box with its keys."""
    found = ways(menu)
    places = _places(menu, found)
    width = max(x for x, _ in places.values()) + _BOX_WIDTH + _MARGIN
    height = max(y for _, y in places.values()) + _BOX_HEIGHT + _MARGIN
    parts = [_head(menu.id, width, height), _TIP]
    parts += [_arrow(way, places) for way in found]
    parts += [_box(menu, screen, places[name], language) for name, screen in menu.screens.items()]
    return "\n".join([*parts, "</svg>", ""])


def _node(name: str) -> str:
    """Return an id that is none of Mermaid's own words, such as ``end``."""
    return f"s_{name}"


def _head(name: str, width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        f' aria-label="{escape(name)}" font-family="sans-serif" font-size="12">'
    )


def _title(menu: Menu, screen: Screen, language: str) -> str:
    words = " ".join(menu.text(screen.text, language).split())
    return f"{screen.id}: {_shortened(words)}" if words else screen.id


def _shortened(words: str) -> str:
    short = words
    while wcswidth(short) > _WORDS:
        short = short[:-1]
    return short if short == words else f"{short}…"


def _mermaid_words(words: str) -> str:
    return words.replace('"', "#quot;").replace("{", "#123;").replace("}", "#125;")


def _places(menu: Menu, found: tuple[Way, ...]) -> dict[str, tuple[int, int]]:
    """Give each screen a column by its distance from the first one, and the next free row there."""
    steps = reached([Way(way.source, way.target) for way in found], [menu.start])
    last = max(steps.values(), default=0) + 1
    rows: dict[int, int] = {}
    places = {}
    for name in menu.screens:
        column = steps.get(name, last)
        row = rows.get(column, 0)
        rows[column] = row + 1
        places[name] = (_MARGIN + column * _COLUMN, _MARGIN + row * _ROW)
    return places


def _arrow(way: Way, places: dict[str, tuple[int, int]]) -> str:
    (x1, y1), (x2, y2) = places[way.source], places[way.target]
    middle = _BOX_HEIGHT // 2
    start, end = (x1 + _BOX_WIDTH, x2) if x2 > x1 else (x1, x2 + _BOX_WIDTH)
    bend = (end - start) // 2
    path = (
        f"M{start} {y1 + middle} C{start + bend} {y1 + middle} {end - bend} {y2 + middle} {end} {y2 + middle}"
    )
    title = escape(f"{way.source} {way.key} {way.target}")
    return (
        f'<path d="{path}" fill="none" stroke="#667" stroke-opacity=".55" marker-end="url(#tip)">'
        f"<title>{title}</title></path>"
    )


def _box(menu: Menu, screen: Screen, place: tuple[int, int], language: str) -> str:
    x, y = place
    keys = " ".join(choice.key for choice in screen.choices)
    words = " ".join(menu.text(screen.text, language).split())
    return (
        f"<g><title>{escape(words or screen.id)}</title>"
        f'<rect x="{x}" y="{y}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="6" fill="#fff" stroke="#334"/>'
        f'<text x="{x + 8}" y="{y + 18}" font-weight="bold">{escape(screen.id)}</text>'
        f'<text x="{x + 8}" y="{y + 35}" fill="#556">{escape(_shortened(words) or kind_of(screen))}</text>'
        f'<text x="{x + _BOX_WIDTH - 8}" y="{y + 18}" text-anchor="end" fill="#556">{keys}</text></g>'
    )
