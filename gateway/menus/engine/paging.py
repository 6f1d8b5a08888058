"""Cut a screen into pages that fit the channel: options stay whole, prose is cut at sentences, words or clusters.

All screens are cut when a menu is published, with room for the longest value of each placeholder, so that a USSD
session never meets a page that a network would truncate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, takewhile

from gateway.domain.events import Limits, Piece, PieceKind
from gateway.menus.engine import navigation as engine_navigation
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.navigation import has_back
from gateway.menus.engine.screens import Layout
from gateway.menus.engine.text_breaks import SOFT_BREAK, Breaks, find_best_cut, strip_soft_breaks
from gateway.menus.engine.text_size import ESCAPE, GSM7, find_coding, fits_page, fold_to_gsm7
from gateway.menus.engine.visibility import PLAIN, find_template, format_option, get_message
from gateway.menus.engine.wording import fill_template

Page = tuple[Piece, ...]


class CannotCut(ValueError):
    """A screen does not fit its pages; the message names screen and language, never a value."""

    def __init__(self, screen: str, language: str) -> None:
        super().__init__(f"screen {screen} in {language}")
        self.screen = screen
        self.language = language


class TextTooLong(CannotCut):
    """One uncuttable line is longer than a page, or an end or entry screen needs more than one page."""


class QuestionSplit(CannotCut):
    """A question and its answers do not fit on one page."""


@dataclass(frozen=True, slots=True)
class _Item:
    """A line to place: the first page on which it may be, and the cut positions that its author marked."""

    piece: Piece
    page: int = 0
    soft: frozenset[int] = frozenset()

    @property
    def is_option(self) -> bool:
        return self.piece.kind is PieceKind.OPTION


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Everything that cutting one screen depends on.

    ``strict`` raises where a screen cannot be cut well; otherwise it is cut as well as possible, up to the hard stop.
    ``known`` holds which lines fit one page, as far as it was asked.
    """

    limits: Limits
    longest: Mapping[str, str]
    layout: Layout
    back: str
    back_on_first: bool
    home: str
    more: str
    strict: bool = True
    breaks: Breaks | None = None
    known: dict[str, bool] = field(default_factory=dict)

    def fits(self, pieces: Sequence[Piece]) -> bool:
        """Say whether a page with these lines fits; pages with room for 00 were mostly tried with it before."""
        lines = "\n".join([piece.text for piece in pieces])
        found = self.known.get(lines)
        if found is None:
            found = self.known[lines] = fits_page(_fill_lines(lines, self.longest), self.limits)
        return found

    def navigation(self, number: int, *, more: bool, home: bool = False) -> Page:
        """Return the navigation lines that a page must have below its own lines."""
        if not self.layout.leads_on:
            return ()
        lines = []
        if more:
            lines.append(_make_navigation(engine_navigation.MORE, self.more))
        if (self.back_on_first and not self.layout.asks) or number > 1:
            lines.append(_make_navigation(engine_navigation.BACK_KEY, self.back))
        if home and self.home:
            lines.append(_make_navigation(engine_navigation.HOME, self.home))
        return tuple(lines)

    def add_navigation(self, page: Page, navigation: Page) -> Page:
        """Return the page with its navigation, and with the optional lines (0 on a question, 00) where they fit."""
        full = page + navigation
        wanted = [(engine_navigation.BACK_KEY, self.back)] if self.back_on_first and self.layout.asks else []
        wanted.extend([(engine_navigation.HOME, self.home)] if self.home else [])
        present = {piece.key for piece in navigation}
        for key, label in wanted:
            line = _make_navigation(key, label)
            if key not in present and self.fits((*full, line)):
                full = (*full, line)
        return full


def cut_screen(
    menu: Menu,
    screen: Screen,
    variant_index: int,
    language: str,
    limits: Limits,
    longest: Mapping[str, str],
    breaks: Breaks | None = None,
) -> tuple[Page, ...]:
    """Cut one text of a screen, with its options and navigation, into pages.

    Args:
        menu: holds the labels of the navigation.
        screen: the screen to cut; its lines keep their placeholders.
        variant_index: which of its texts; -1 for the plain one.
        language: tag of the texts.
        limits: page sizes of the channel, in septets (GSM-7) and UTF-16 units (UCS-2).
        longest: placeholder → longest value, for which room is reserved.
        breaks: word boundaries of the language, for scripts without spaces.

    Raises:
        TextTooLong: a line cannot be made to fit, or an end or entry screen needs more than one page.
        QuestionSplit: a question and its answers do not fit on one page.
    """
    cutter, items = _make_cutter(menu, screen, variant_index, language, limits, longest, breaks)
    if cutter.layout.whole:
        return _one_page(cutter, items, screen, language)
    pages = _fill_pages(cutter, items, home=False)
    if pages is None:
        raise TextTooLong(screen.id, language)
    roomy = _fill_pages(cutter, items, home=True) if _is_gsm7(pages, longest) else None
    return roomy if roomy and len(roomy) == len(pages) else pages


def cut_anyway(
    menu: Menu,
    screen: Screen,
    variant_index: int,
    language: str,
    limits: Limits,
    longest: Mapping[str, str],
) -> tuple[Page, ...]:
    """Cut an unchecked screen as well as possible: never raises, and never exceeds the hard stop.

    Serves previews of drafts with errors, and values longer than anything reserved for.
    """
    try:
        return cut_screen(menu, screen, variant_index, language, limits, longest)
    except CannotCut:
        cutter, items = _make_cutter(menu, screen, variant_index, language, limits, longest)
        return _fill_pages(replace(cutter, strict=False), items, home=False) or ((),)


def write_page(pieces: Sequence[Piece], values: Mapping[str, str]) -> str:
    """Return the text of a page with its values, as it is sent."""
    return _fill_lines("\n".join([piece.text for piece in pieces]), values)


def _fill_lines(lines: str, values: Mapping[str, str]) -> str:
    return fold_to_gsm7(fill_template(lines, values).replace(ESCAPE, ""))


def _make_cutter(
    menu: Menu,
    screen: Screen,
    variant_index: int,
    language: str,
    limits: Limits,
    longest: Mapping[str, str],
    breaks: Breaks | None = None,
) -> tuple[_Cutter, list[_Item]]:
    """Return the cutter of a screen, and the lines that it places."""
    layout = screen.lay_out(find_template(menu, screen, variant_index, language))
    items = _list_items(menu, screen, variant_index, language, layout)
    text = write_page([item.piece for item in items], longest)
    rooted = screen.id in {menu.start, menu.home}
    cutter = _Cutter(
        limits=limits,
        longest=longest,
        layout=layout,
        back=get_message(menu, "back", language, beside=text),
        back_on_first=layout.leads_on and screen.back and has_back(menu, screen.id),
        home=get_message(menu, "home", language, beside=text) if layout.leads_on and not rooted else "",
        more=get_message(menu, "more", language, beside=text),
        breaks=breaks,
    )
    return cutter, items


def _list_items(menu: Menu, screen: Screen, variant_index: int, language: str, layout: Layout) -> list[_Item]:
    items = [_make_item(line) for line in layout.lines]
    page = 0
    for choice in screen.choices:
        page = choice.page or page
        line = format_option(menu, choice, language)
        item = _Item(Piece(PieceKind.OPTION, line, choice.key), page)
        if line and item not in items and _can_meet(screen, variant_index, language, choice.only_if):
            items.append(item)
    return items


def _make_item(line: Piece) -> _Item:
    if SOFT_BREAK not in line.text:
        return _Item(line)
    text, soft = strip_soft_breaks(line.text)
    return _Item(replace(line, text=text), soft=soft)


def _can_meet(
    screen: Screen, variant_index: int, language: str, condition: Mapping[str, tuple[str, ...]]
) -> bool:
    """Say whether a choice can ever be shown with this text: their conditions do not exclude each other."""
    if language not in condition.get("script", (language,)):
        return False
    if variant_index == PLAIN:
        return True
    text_if = screen.variants[variant_index].only_if
    return all(set(allowed) & set(text_if.get(name, allowed)) for name, allowed in condition.items())


def _one_page(cutter: _Cutter, items: list[_Item], screen: Screen, language: str) -> tuple[Page, ...]:
    page = tuple(item.piece for item in items)
    navigation = cutter.navigation(1, more=False)
    if not cutter.fits(page + navigation) or any(item.page > 1 for item in items):
        raise (QuestionSplit if cutter.layout.asks else TextTooLong)(screen.id, language)
    return (cutter.add_navigation(page, navigation),)


def _fill_pages(cutter: _Cutter, items: list[_Item], *, home: bool) -> tuple[Page, ...] | None:
    """Fill page after page; None where one of them cannot take any line. ``home`` reserves room for the line of 00."""
    queue = list(items)
    pages: list[Page] = []
    for number in count(1):
        last = cutter.navigation(number, more=False, home=home)
        rest = tuple(item.piece for item in queue)
        floor = _find_floor(queue, number)
        if all(item.page <= floor for item in queue) and cutter.fits(rest + last):
            return (*pages, cutter.add_navigation(rest, last))
        navigation = cutter.navigation(number, more=True, home=home)
        page = _take_page(cutter, queue, number, navigation)
        if not page:
            return None
        pages.append(cutter.add_navigation(page, navigation))
        if not queue:
            return tuple(pages)
    return None


def _take_page(cutter: _Cutter, queue: list[_Item], number: int, navigation: Page) -> Page:
    """Take the lines of this page from the queue; options that name this page stay on it while the text goes on."""
    options = [item for item in queue if item.is_option]
    pinned = list(takewhile(lambda item: item.page == number, options))
    before = list(queue)
    page = _take_items(cutter, queue, number, navigation)
    if not pinned or not queue or queue[0].is_option:
        return page
    tail = tuple(item.piece for item in pinned)
    flowing = [item for item in before if item not in pinned]
    beside = _take_items(cutter, flowing, number, tail + navigation)
    if not beside:
        return page
    queue[:] = flowing
    return beside + tail


def _take_items(cutter: _Cutter, queue: list[_Item], number: int, below: Page) -> Page:
    page: Page = ()
    floor = _find_floor(queue, number)
    while queue and queue[0].page <= floor:
        item = queue[0]
        if cutter.fits((*page, item.piece, *below)):
            page = (*page, queue.pop(0).piece)
            continue
        first, rest = _cut_line(cutter, page, item, below)
        if first:
            page = (*page, first)
            queue[0] = rest
        break
    if not page and queue and not cutter.strict:
        return _force_page(queue)
    return page


def _find_floor(queue: list[_Item], number: int) -> int:
    """Return the page that begins here: a page number that an author set too far ahead becomes the next page."""
    return max(number, queue[0].page) if queue else number


def _force_page(queue: list[_Item]) -> Page:
    """Take one line that fits no page, so that cutting ends; the renderer shortens it to the hard stop."""
    return (queue.pop(0).piece,)


def _cut_line(cutter: _Cutter, page: Page, item: _Item, below: Page) -> tuple[Piece | None, _Item]:
    """Cut a line of text so that its first part fits the page; no first part where a fresh page is better."""
    piece = item.piece
    if item.is_option:
        return None, item

    def fits_here(part: str) -> bool:
        return cutter.fits((*page, Piece(piece.kind, part.strip()), *below))

    place = find_best_cut(piece.text, fits_here, sentences=True, soft=item.soft, breaks=cutter.breaks)
    ends_sentence = piece.text[:place].rstrip()[-1:] in _SENTENCE_ENDS
    whole_elsewhere = bool(page) and cutter.fits((piece, *below))
    if not place or (whole_elsewhere and not ends_sentence):
        return None, item
    return Piece(piece.kind, piece.text[:place].strip()), _rest_of(item, place)


def _rest_of(item: _Item, place: int) -> _Item:
    """Return the line from this place on, with the author's marks at their new places."""
    text = item.piece.text[place:].lstrip()
    start = len(item.piece.text) - len(text)
    soft = frozenset(mark - start for mark in item.soft if mark > start)
    return _Item(Piece(item.piece.kind, text.rstrip()), item.page, soft)


_SENTENCE_ENDS = frozenset(".?!;")


def _make_navigation(key: str, label: str) -> Piece:
    return Piece(PieceKind.NAVIGATION, f"{key} {label}".strip(), key)


def _is_gsm7(pages: tuple[Page, ...], values: Mapping[str, str]) -> bool:
    return all(find_coding(write_page(page, values)) == GSM7 for page in pages)
