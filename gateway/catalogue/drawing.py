"""Draws a menu from the very data that runs: a tree that reads well at sixty screens, with its problems in colour."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from wcwidth import wcswidth

from gateway.catalogue.problems import Level, Problem
from gateway.catalogue.tree import Tree, drawn_ways, trees
from gateway.engine.compiled import kind_of
from gateway.engine.cuts import SOFT_BREAK
from gateway.engine.menu import Choices, Entry, Menu, Screen
from gateway.engine.showing import option_line

_WORDS, _LINKS = 32, 34
_WIDTH, _COLUMN, _MARGIN = 240, 300, 24
_PAD, _LINE, _GAP, _HEAD = 10, 16, 12, 64
_KIND_COLOURS = {
    "choices": "#3557a5",
    "information": "#3f7d58",
    "question": "#8a4fa3",
    "form": "#8a4fa3",
    "entry": "#a36a1f",
    "offer": "#a36a1f",
    "end": "#667085",
}
_LEVEL_COLOURS = {Level.ERROR: ("#fde3e1", "#b3261e"), Level.WARNING: ("#fff1d0", "#8a5a00")}
_SOUND = ("#ffffff", "#98a2b3")


@dataclass(frozen=True, slots=True)
class _Box:
    """One screen as it is drawn: where, how high, and the lines below its name."""

    tree: Tree
    x: int
    y: int
    height: int
    lines: tuple[tuple[str, str], ...]
    codes: bool = False


def svg(menu: Menu, language: str = "en", problems: Sequence[Problem] = ()) -> str:
    """Return the menu as SVG: columns by the keys from the first screen, lines to where each screen is first reached.

    What a key leads to elsewhere is written into its box, so that no line crosses another.
    """
    boxes = _placed(menu, language, problems)
    width = max(box.x for box in boxes.values()) + _WIDTH + _MARGIN
    height = max(box.y + box.height for box in boxes.values()) + _MARGIN
    parts = [_head(menu, width, height), *_legend()]
    parts += [_line(boxes[parent], boxes[child.screen], child.keys) for parent, child in _edges(trees(menu))]
    parts += [_box(menu, box, language, problems) for box in boxes.values()]
    return "\n".join([*parts, "</svg>", ""])


def title(menu: Menu, screen: Screen, language: str) -> str:
    """Return the name of a screen with the beginning of its text."""
    words = _said(menu, screen, language)
    return f"{screen.id}: {_shortened(words, 24)}" if words else screen.id


def levels(problems: Iterable[Problem]) -> dict[str, Level]:
    """Return the gravest level of the problems of each screen that has any."""
    found: dict[str, Level] = {}
    for problem in problems:
        if problem.screen and found.get(problem.screen) is not Level.ERROR:
            found[problem.screen] = problem.level
    return found


def _placed(menu: Menu, language: str, problems: Sequence[Problem]) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    below = _HEAD
    roots = trees(menu)
    for root in (root for root in roots if root.children):
        below = _place(menu, language, problems, root, below, boxes)
    # What only a word leads to has nothing beside it: it stands in rows below, as wide as the tree.
    columns = 1 + max((box.tree.column for box in boxes.values()), default=0)
    alone = [root for root in roots if not root.children]
    for row in (alone[at : at + columns] for at in range(0, len(alone), columns)):
        for column, root in enumerate(row):
            root.column = column
        below = max(_place(menu, language, problems, root, below, boxes) for root in row)
    return dict(sorted(boxes.items(), key=lambda item: list(menu.screens).index(item[0])))


def _place(
    menu: Menu, language: str, problems: Sequence[Problem], tree: Tree, top: int, boxes: dict[str, _Box]
) -> int:
    """Place a screen beside the first of its children, and return where the next one may begin."""
    lines = tuple(_lines(menu, tree, language, problems))
    height = 2 * _PAD + _LINE * (1 + len(lines))
    codes = isinstance(menu.screens[tree.screen], Choices | Entry)
    boxes[tree.screen] = _Box(tree, _MARGIN + tree.column * _COLUMN, top, height, lines, codes)
    below = top
    for child in tree.children:
        below = _place(menu, language, problems, child, below, boxes)
    return max(below, top + height + _GAP)


def _lines(menu: Menu, tree: Tree, language: str, problems: Sequence[Problem]) -> Iterator[tuple[str, str]]:
    """Yield what stands in a box below its name, each line with its colour."""
    screen = menu.screens[tree.screen]
    yield _shortened(_said(menu, screen, language), _WORDS) or kind_of(screen), "#475467"
    children = {child.screen for child in tree.children}
    links: dict[str, list[str]] = {}
    for way in drawn_ways(menu, tree.screen):
        if way.target not in children:
            links.setdefault(way.target, []).append(way.key or "code")
    for line in _wrapped([f"{','.join(keys)}→{target}" for target, keys in links.items()]):
        yield line, "#98600a"
    for level, code in sorted({(each.level, each.code) for each in problems if each.screen == tree.screen}):
        yield f"{level}: {code}", _LEVEL_COLOURS[level][1]


def _wrapped(links: list[str]) -> Iterator[str]:
    line = ""
    for link in links:
        if line and len(line) + 2 + len(link) > _LINKS:
            yield line
            line = ""
        line = f"{line}  {link}" if line else link
    if line:
        yield line


def _edges(roots: Iterable[Tree]) -> Iterator[tuple[str, Tree]]:
    for root in roots:
        for child in root.children:
            yield root.screen, child
        yield from _edges(root.children)


def _said(menu: Menu, screen: Screen, language: str) -> str:
    """Return the text of a screen in one line, or its options where it has no text."""
    options = [option_line(menu, choice, language) for choice in screen.choices]
    words = menu.text(screen.text, language) or " ".join(options)
    return " ".join(words.replace(SOFT_BREAK, "").split())


def _shortened(words: str, columns: int) -> str:
    short = words
    while wcswidth(short) > columns:
        short = short[:-1]
    return short if short == words else f"{short}…"


def _head(menu: Menu, width: int, height: int) -> str:
    name = f"{menu.id}: {len(menu.screens)} screens"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f" role=\"img\" aria-label=\"{escape(name)}\" font-family=\"'Noto Sans', 'Noto Sans Lao', 'Noto Sans Thai',"
        f' sans-serif" font-size="12">\n<rect width="{width}" height="{height}" fill="#f8fafc"/>\n'
        f'<text x="{_MARGIN}" y="26" font-size="15" font-weight="bold" fill="#101828">{escape(name)}</text>'
    )


def _legend() -> Iterator[str]:
    at = _MARGIN
    for kind, colour in _KIND_COLOURS.items():
        yield f'<rect x="{at}" y="38" width="10" height="10" rx="2" fill="{colour}"/>'
        yield f'<text x="{at + 15}" y="47" font-size="11" fill="#475467">{kind}</text>'
        at += 36 + 6 * len(kind)
    for level, (fill, edge) in _LEVEL_COLOURS.items():
        yield f'<rect x="{at}" y="38" width="10" height="10" rx="2" fill="{fill}" stroke="{edge}"/>'
        yield f'<text x="{at + 15}" y="47" font-size="11" fill="#475467">{level}</text>'
        at += 36 + 6 * len(level)
    yield f'<text x="{at}" y="47" font-size="11" fill="#98600a">7→name: key 7 leads to a screen drawn elsewhere</text>'


def _line(parent: _Box, child: _Box, keys: tuple[str, ...]) -> str:
    x1, y1 = parent.x + _WIDTH, parent.y + _PAD + _LINE // 2
    x2, y2 = child.x, child.y + _PAD + _LINE // 2
    middle = x1 + 18
    bend = f"H{middle} V{y2} H{x2}" if y1 != y2 else f"H{x2}"
    words = escape(",".join(keys) or ("code" if parent.codes else ""))
    return (
        f'<path d="M{x1} {y1} {bend}" fill="none" stroke="#98a2b3" stroke-width="1.5"/>'
        f'<text x="{x2 - 6}" y="{y2 - 5}" text-anchor="end" font-weight="bold" fill="#344054">{words}</text>'
    )


def _box(menu: Menu, box: _Box, language: str, problems: Sequence[Problem]) -> str:
    screen = menu.screens[box.tree.screen]
    level = levels(problems).get(screen.id)
    fill, edge = _LEVEL_COLOURS[level] if level else _SOUND
    told = [_said(menu, screen, language) or screen.id]
    told += [f"{each.level}: {each.message}" for each in problems if each.screen == screen.id]
    lines = [("", "#101828"), *box.lines]
    texts = [
        _text(box, number, words or screen.id, colour, bold=not words)
        for number, (words, colour) in enumerate(lines)
    ]
    stroke = f'stroke="{edge}" stroke-width="{2 if level else 1}"'
    whole = _rect(box, _WIDTH, f'rx="6" fill="{fill}" {stroke}')
    kind = _rect(box, 5, f'rx="2" fill="{_KIND_COLOURS[kind_of(screen)]}"')
    return f"<g><title>{escape(chr(10).join(told))}</title>{whole}{kind}{''.join(texts)}</g>"


def _rect(box: _Box, width: int, rest: str) -> str:
    return f'<rect x="{box.x}" y="{box.y}" width="{width}" height="{box.height}" {rest}/>'


def _text(box: _Box, number: int, words: str, colour: str, *, bold: bool) -> str:
    weight = ' font-weight="bold"' if bold else ""
    y = box.y + _PAD + 12 + number * _LINE
    return f'<text x="{box.x + 14}" y="{y}" fill="{colour}"{weight}>{escape(words)}</text>'
