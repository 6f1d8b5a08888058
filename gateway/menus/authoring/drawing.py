"""Draw a menu as SVG or Mermaid: a tree with the labels of its keys, screens with problems coloured."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from gateway.menus.authoring.check import Tree, build_trees, list_drawn_ways
from gateway.menus.authoring.graph import MenuWay, list_ways
from gateway.menus.authoring.problems import Level, Problem
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.screens import SCREEN_KINDS
from gateway.menus.engine.text_breaks import SOFT_BREAK
from gateway.menus.engine.visibility import format_label, format_option

_WORDS, _LINKS, _ARROW, _NAME = 32, 36, 21, 24
_WIDTH, _COLUMN, _MARGIN = 240, 390, 24
_PAD, _LINE, _GAP, _HEAD = 10, 16, 12, 64
_LEVEL_COLOURS = {Level.ERROR: ("#fde3e1", "#b3261e"), Level.WARNING: ("#fff1d0", "#8a5a00")}
_SOUND = ("#ffffff", "#98a2b3")
_ELSEWHERE, _UNWRITTEN = "7 → name: it leads to a screen drawn elsewhere", "nobody wrote a screen '{name}'"
_FOUND, _COUNT_COLOUR = "#0b5f63", "#0b5f63"
_PICTURE, _HIDDEN = 'role="img"', 'aria-hidden="true" focusable="false"'


@dataclass(frozen=True, slots=True)
class _Box:
    """One screen as drawn: position, height, and the lines below its name."""

    tree: Tree
    x: int
    y: int
    height: int
    lines: tuple[tuple[str, str], ...]
    codes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnFigures:
    """What a page shows on its drawing beside the menu.

    Attributes:
        links: screen → the address of its page.
        ways: (screen, key) → words for how many went on by it.
        notes: screen → words for what callers did on it.
        found: the screens that a search found; they stand out.
        scale: the size in percent.
        tell: phrase of the drawing itself → the same in the reader's language: kinds of screens, levels of problems,
            what the legend says.
    """

    links: Mapping[str, str] = field(default_factory=dict)
    ways: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: Mapping[str, str] = field(default_factory=dict)
    found: frozenset[str] = frozenset()
    scale: int = 100
    tell: Callable[[str], str] = str


_PLAIN = DrawnFigures()


def draw_svg(
    menu: Menu,
    language: str = "en",
    problems: Sequence[Problem] = (),
    missing: Collection[str] = (),
    figures: DrawnFigures = _PLAIN,
) -> str:
    """Return the menu as SVG: columns by the number of keys from the first screen, edges to first visits only.

    Other targets are written into the boxes, so that no edges cross. Screens of ``missing`` are drawn as errors;
    errors without a screen are listed below. With links in ``figures`` it is part of a page that lists the same for
    screen readers and keyboards, which leave the drawing out.
    """
    sheet = _Sheet(menu, language, tuple(problems), frozenset(missing), figures)
    boxes = _place_all(sheet)
    loose = [str(each) for each in problems if each.level is Level.ERROR and each.screen not in menu.screens]
    width = max(box.x for box in boxes.values()) + _WIDTH + _MARGIN
    below = max(box.y + box.height for box in boxes.values()) + _MARGIN
    parts = [_draw_head(sheet, width, below + _LINE * len(loose)), *_draw_legend(sheet.figures.tell)]
    parts += [
        _draw_line(sheet, boxes[parent], boxes[child.screen], child)
        for parent, child in _list_edges(build_trees(menu))
    ]
    parts += [_draw_box(sheet, box) for box in boxes.values()]
    parts += [_draw_loose(words, below + at * _LINE) for at, words in enumerate(loose)]
    return "\n".join([*parts, "</svg>", ""])


def find_title(menu: Menu, screen: Screen, language: str, columns: int = _NAME) -> str:
    """Return the start of a screen's text, or the label of a choice that leads to it."""
    words = _flatten_text(menu.text(screen.text, language))
    if not words and screen.id == menu.home:
        words = menu.text(menu.messages.get("home", {}), language)
    if not words:
        leading = (
            choice for each in menu.screens.values() for choice in each.choices if choice.to == screen.id
        )
        words = next(
            filter(None, (_flatten_text(format_label(menu, each, language)) for each in leading)), ""
        )
    return _shorten_text(words, columns) or screen.id


def format_key(menu: Menu, way: MenuWay, language: str) -> str:
    """Return key and label of the option for this way; the key alone where it has no label."""
    choices = [each for each in menu.screens[way.source].choices if each.key == way.key]
    named = [each for each in choices if each.to == way.target] or choices
    words = next(filter(None, (_flatten_text(format_option(menu, each, language)) for each in named)), "")
    return words or way.key


def find_levels(problems: Iterable[Problem]) -> dict[str, Level]:
    """Return screen → the most severe level of its problems."""
    found: dict[str, Level] = {}
    for problem in problems:
        if problem.screen and found.get(problem.screen) is not Level.ERROR:
            found[problem.screen] = problem.level
    return found


@dataclass(frozen=True, slots=True)
class _Sheet:
    """What to draw, and in which language."""

    menu: Menu
    language: str
    problems: tuple[Problem, ...]
    missing: frozenset[str]
    figures: DrawnFigures


def _place_all(sheet: _Sheet) -> dict[str, _Box]:
    boxes: dict[str, _Box] = {}
    below = _HEAD
    menu = sheet.menu
    roots = build_trees(menu)
    for root in (root for root in roots if root.children):
        below = _place_tree(sheet, root, below, boxes)
    # Screens that only keywords lead to have no children: they are placed in rows below.
    columns = 1 + max((box.tree.column for box in boxes.values()), default=0)
    alone = [root for root in roots if not root.children]
    for row in (alone[at : at + columns] for at in range(0, len(alone), columns)):
        for column, root in enumerate(row):
            root.column = column
        below = max(_place_tree(sheet, root, below, boxes) for root in row)
    return dict(sorted(boxes.items(), key=lambda item: list(menu.screens).index(item[0])))


def _place_tree(sheet: _Sheet, tree: Tree, top: int, boxes: dict[str, _Box]) -> int:
    """Place a screen beside its first child, and return where the next one may begin."""
    lines = tuple(_list_lines(sheet, tree))
    height = 2 * _PAD + _LINE * (1 + len(lines))
    codes = sheet.menu.screens[tree.screen].draws_codes
    boxes[tree.screen] = _Box(tree, _MARGIN + tree.column * _COLUMN, top, height, lines, codes)
    below = top
    for child in tree.children:
        below = _place_tree(sheet, child, below, boxes)
    return max(below, top + height + _GAP)


def _list_lines(sheet: _Sheet, tree: Tree) -> Iterator[tuple[str, str]]:
    """Yield the lines of a box below its title, each with its colour."""
    menu, screen, tell = sheet.menu, sheet.menu.screens[tree.screen], sheet.figures.tell
    if tree.screen in sheet.missing:
        yield tell(_UNWRITTEN).format(name=tree.screen), _LEVEL_COLOURS[Level.ERROR][1]
        return
    yield f"{screen.id} · {tell(screen.kind)}", "#475467"
    if note := sheet.figures.notes.get(screen.id):
        yield note, _COUNT_COLOUR
    children = {child.screen for child in tree.children}
    links: dict[tuple[str, str], list[str]] = {}
    for way in list_drawn_ways(menu, tree.screen):
        if way.target not in children:
            words = format_key(menu, way, sheet.language).removeprefix(way.key).strip()
            links.setdefault((way.target, words), []).append(way.key or tell("code"))
    for (target, words), keys in links.items():
        counts = _join_counts(sheet, tree.screen, keys)
        room = _LINKS - (_count_columns(counts) + 3 if counts else 0)
        told = f" · {counts}" if counts else ""
        yield _draw_link(sheet, ",".join(keys), words, target, room) + told, "#98600a"
    found = {(each.level, each.code) for each in sheet.problems if each.screen == tree.screen}
    for level, code in sorted(found):
        yield f"{tell(level)}: {code}", _LEVEL_COLOURS[level][1]


def _join_counts(sheet: _Sheet, screen: str, keys: Iterable[str]) -> str:
    """Return how many went on by these keys, key by key, as their labels stand; empty where nothing was counted."""
    return " + ".join(sheet.figures.ways[screen, key] for key in keys if (screen, key) in sheet.figures.ways)


def _draw_link(sheet: _Sheet, keys: str, words: str, target: str, room: int) -> str:
    """Return a link to a screen drawn elsewhere, with its title where the label does not name it."""
    name = find_title(sheet.menu, sheet.menu.screens[target], sheet.language, _LINKS // 2)
    prefix = f"{keys} {words} → " if words and words != name else f"{keys} → "
    return _shorten_text(f"{prefix}{name}", room)


def _list_edges(roots: Iterable[Tree]) -> Iterator[tuple[str, Tree]]:
    for root in roots:
        for child in root.children:
            yield root.screen, child
        yield from _list_edges(root.children)


def _read_screen(menu: Menu, screen: Screen, language: str) -> str:
    """Return the whole screen as text, for the tooltip."""
    options = [format_option(menu, choice, language) for choice in screen.choices]
    return "\n".join(filter(None, [_flatten_text(menu.text(screen.text, language)), *options]))


def _flatten_text(words: str) -> str:
    """Return a text in one line."""
    return " ".join(words.replace(SOFT_BREAK, "").split())


def _count_columns(words: str) -> int:
    from wcwidth import wcswidth  # here, since its tables serve only who draws

    return wcswidth(words)


def _shorten_text(words: str, columns: int) -> str:
    short = words
    while _count_columns(short) > columns:
        short = short[:-1]
    return short if short == words else f"{short.rstrip()}…"


def _draw_head(sheet: _Sheet, width: int, height: int) -> str:
    n, scale = len(sheet.menu.screens) - len(sheet.missing), sheet.figures.scale
    name = f"{sheet.menu.id}: {sheet.figures.tell('{n} screens').format(n=n)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width * scale // 100}" height="{height * scale // 100}"'
        f' {_HIDDEN if sheet.figures.links else _PICTURE} aria-label="{escape(name)}"'
        " font-family=\"'Noto Sans', 'Noto Sans Lao', 'Noto Sans Thai',"
        f' sans-serif" font-size="12">\n<rect width="{width}" height="{height}" fill="#f8fafc"/>\n'
        f'<text x="{_MARGIN}" y="26" font-size="15" font-weight="bold" fill="#101828">{escape(name)}</text>'
    )


def _draw_legend(tell: Callable[[str], str]) -> Iterator[str]:
    at = _MARGIN
    named = [(f'fill="{kind.colour}"', tell(kind.kind)) for kind in SCREEN_KINDS.values()]
    named += [(f'fill="{fill}" stroke="{edge}"', tell(one)) for one, (fill, edge) in _LEVEL_COLOURS.items()]
    for colours, words in named:
        yield f'<rect x="{at}" y="38" width="10" height="10" rx="2" {colours}/>'
        yield f'<text x="{at + 15}" y="47" font-size="11" fill="#475467">{escape(words)}</text>'
        at += 36 + 6 * _count_columns(words)
    yield f'<text x="{at}" y="47" font-size="11" fill="#98600a">{escape(tell(_ELSEWHERE))}</text>'


def _draw_line(sheet: _Sheet, parent: _Box, child: _Box, tree: Tree) -> str:
    x1, y1 = parent.x + _WIDTH, parent.y + _PAD + _LINE // 2
    x2, y2 = child.x, child.y + _PAD + _LINE // 2
    middle = x1 + 18
    bend = f"H{middle} V{y2} H{x2}" if y1 != y2 else f"H{x2}"
    ways = [each for each in list_drawn_ways(sheet.menu, parent.tree.screen) if each.target == tree.screen]
    lines = list(dict.fromkeys(format_key(sheet.menu, each, sheet.language) for each in ways if each.key))
    first = lines[0] if len(lines) == 1 else ",".join(tree.keys) + _after_key(lines)
    words = _shorten_text(first, _ARROW) if lines else sheet.figures.tell("code") if parent.codes else ""
    return (
        f'<path d="M{x1} {y1} {bend}" fill="none" stroke="#98a2b3" stroke-width="1.5"/>'
        f'<text x="{x2 - 6}" y="{y2 - 5}" font-size="11" text-anchor="end" fill="#344054">'
        f"<title>{escape(chr(10).join(lines))}</title>{escape(words)}</text>{_draw_counts(sheet, tree, parent, x2, y2)}"
    )


def _draw_counts(sheet: _Sheet, tree: Tree, parent: _Box, x: int, y: int) -> str:
    """Return the numbers below an arrow: how many went on by its keys."""
    counts = _join_counts(sheet, parent.tree.screen, tree.keys)
    if not counts:
        return ""
    short = escape(_shorten_text(counts, _ARROW))
    return f'<text x="{x - 6}" y="{y + 12}" font-size="11" text-anchor="end" fill="{_COUNT_COLOUR}">{short}</text>'


def _after_key(lines: Sequence[str]) -> str:
    """Return the labels of several keys to one screen: the common one, or the first with an ellipsis."""
    words = list(dict.fromkeys(each.partition(" ")[2] for each in lines))
    return f" {words[0]}" + ("…" if len(words) > 1 else "") if words and words[0] else ""


def _draw_loose(words: str, y: int) -> str:
    colour = _LEVEL_COLOURS[Level.ERROR][1]
    return f'<text x="{_MARGIN}" y="{y}" fill="{colour}">{escape(words)}</text>'


def _draw_box(sheet: _Sheet, box: _Box) -> str:
    screen = sheet.menu.screens[box.tree.screen]
    level = Level.ERROR if screen.id in sheet.missing else find_levels(sheet.problems).get(screen.id)
    fill, edge = _LEVEL_COLOURS[level] if level else _SOUND
    tooltip = [_read_screen(sheet.menu, screen, sheet.language) or screen.id]
    tooltip += [
        f"{sheet.figures.tell(each.level)}: {each.message}"
        for each in sheet.problems
        if each.screen == screen.id
    ]
    name = find_title(sheet.menu, screen, sheet.language, _WORDS)
    texts = [_draw_text(box, 0, name, "#101828", bold=True)]
    texts += [
        _draw_text(box, at, words, colour, bold=False) for at, (words, colour) in enumerate(box.lines, 1)
    ]
    dashed = ' stroke-dasharray="5 3"' if screen.id in sheet.missing else ""
    thick = 2 if level else 1
    if screen.id in sheet.figures.found:
        edge, thick = _FOUND, 4
    stroke = f'stroke="{edge}" stroke-width="{thick}"{dashed}'
    whole = _draw_rect(box, _WIDTH, f'rx="6" fill="{fill}" {stroke}')
    kind = _draw_rect(box, 5, f'rx="2" fill="{screen.colour}"')
    group = f"<g><title>{escape(chr(10).join(tooltip))}</title>{whole}{kind}{''.join(texts)}</g>"
    link = sheet.figures.links.get(screen.id)
    return (
        f'<a id="at-{escape(screen.id)}" href="{escape(link)}" tabindex="-1">{group}</a>' if link else group
    )


def _draw_rect(box: _Box, width: int, rest: str) -> str:
    return f'<rect x="{box.x}" y="{box.y}" width="{width}" height="{box.height}" {rest}/>'


def _draw_text(box: _Box, number: int, words: str, colour: str, *, bold: bool) -> str:
    weight = ' font-weight="bold"' if bold else ""
    y = box.y + _PAD + 12 + number * _LINE
    return f'<text x="{box.x + 14}" y="{y}" fill="{colour}"{weight}>{escape(words)}</text>'


# Mermaid, for documents beside the menu.

_MISSING = ('["', '"]')
_COLOURS = (
    "  classDef error fill:#fde3e1,stroke:#b3261e,stroke-width:2px",
    "  classDef warning fill:#fff1d0,stroke:#8a5a00,stroke-width:2px",
)


def draw_mermaid(
    menu: Menu, language: str = "en", problems: Sequence[Problem] = (), missing: Collection[str] = ()
) -> str:
    """Return the menu as a Mermaid flowchart: a box a screen, an arrow a key, dotted where a screen was reached before.

    Screens of ``missing`` are drawn as errors; the messages of errors are comments at the top.
    """
    errors = [each for each in problems if each.level is Level.ERROR]
    lines = ["flowchart LR", *(f"  %% {_escape_words(str(each))}" for each in errors)]
    for name, screen in menu.screens.items():
        before, after = _MISSING if name in missing else screen.outline
        lines.append(
            f"  {_make_node_id(name)}{before}{_escape_words(_name_node(menu, screen, language, missing))}{after}"
        )
    first = {(parent, child) for root in build_trees(menu) for parent, child in _list_arrows(root)}
    for way in list_ways(menu):
        label = f'|"{_escape_words(format_key(menu, way, language))}"|' if way.key else ""
        arrow = "-->" if (way.source, way.target) in first else "-.->"
        lines.append(f"  {_make_node_id(way.source)} {arrow}{label} {_make_node_id(way.target)}")
    found = dict.fromkeys(missing, Level.ERROR) | {
        name: level for name, level in find_levels(problems).items() if name in menu.screens
    }
    lines += _COLOURS if found else ()
    lines += [f"  class {_make_node_id(name)} {level}" for name, level in found.items()]
    return "\n".join([*lines, ""])


def _name_node(menu: Menu, screen: Screen, language: str, missing: Collection[str]) -> str:
    """Return a screen's title with its id."""
    if screen.id in missing:
        return _UNWRITTEN.format(name=screen.id)
    words = find_title(menu, screen, language)
    return f"{words} · {screen.id}" if words != screen.id else screen.id


def _list_arrows(tree: Tree) -> list[tuple[str, str]]:
    own = [(tree.screen, child.screen) for child in tree.children]
    return own + [edge for child in tree.children for edge in _list_arrows(child)]


def _make_node_id(name: str) -> str:
    """Return an id that is no Mermaid keyword, such as ``end``."""
    return "s_" + re.sub(r"[^A-Za-z0-9_]", lambda odd: f"u{ord(odd[0]):x}", name)


def _escape_words(words: str) -> str:
    return (
        words.replace("\n", " ")
        .replace("#", "#35;")
        .replace('"', "#quot;")
        .replace("{", "#123;")
        .replace("}", "#125;")
    )
