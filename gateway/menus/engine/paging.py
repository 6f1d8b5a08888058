"""Cut a screen into pages that fit the channel: options stay whole, prose is cut at sentences, words or clusters.

All screens are cut when a menu is published, with room for the longest value of each placeholder, so that a USSD
session never meets a page that a network would truncate.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import count, takewhile

from gateway.domain.events import Limits, Piece, PieceKind
from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.engine import navigation as engine_navigation
from gateway.menus.engine.model import Menu, Screen
from gateway.menus.engine.navigation import has_back
from gateway.menus.engine.screens import Layout
from gateway.menus.engine.text_breaks import SOFT_BREAK, Breaks, find_best_cut, strip_soft_breaks
from gateway.menus.engine.text_size import (
    GSM7,
    Size,
    find_coding,
    fits_page,
    fold_to_gsm7,
    has_room,
    measure_text,
)
from gateway.menus.engine.visibility import can_stand_beside, find_template, format_option, get_message
from gateway.menus.engine.wording import fill_lines

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


@dataclass(slots=True)
class LaidText:
    """One text of a screen in one language, laid out and measured once for all channels.

    Attributes:
        screen: id of the screen, for faults.
        language: tag of the text.
        layout: the rules for its lines.
        items: its lines, in order.
        longest: placeholder → longest value.
        back: label of key 0; ``home`` and ``more`` those of 00 and 98; an empty ``home`` is not shown.
        back_on_first: key 0 is shown on the first page.
        page: all lines and all navigation as one page.
        words: that page as it is sent, with the longest values.
        size: its size; None where only a cut line by line knows what the first page holds.
    """

    screen: str
    language: str
    layout: Layout
    items: list[_Item]
    longest: Mapping[str, str]
    back: str
    home: str
    more: str
    back_on_first: bool
    page: Page = ()
    words: str = ""
    size: Size | None = None

    def fits_whole(self, limits: Limits) -> bool:
        """Say whether all of it is known to fit one page of a channel."""
        return self.size is not None and has_room(self.words, self.size, limits)


@dataclass(frozen=True, slots=True)
class _Cutter:
    """Cuts one text line by line.

    ``strict`` raises where a screen cannot be cut well; otherwise it is cut as well as possible, up to the hard stop.
    ``known`` holds which lines fit one page, as far as it was asked.
    """

    text: LaidText
    limits: Limits
    breaks: Breaks | None = None
    strict: bool = True
    known: dict[str, bool] = field(default_factory=dict)

    def fits(self, pieces: Sequence[Piece]) -> bool:
        """Say whether a page with these lines fits; pages with room for 00 were mostly tried with it before."""
        lines = "\n".join([piece.text for piece in pieces])
        found = self.known.get(lines)
        if found is None:
            words = fold_to_gsm7(fill_lines(lines, self.text.longest))
            found = self.known[lines] = fits_page(words, self.limits)
        return found

    def navigation(self, number: int, *, more: bool, home: bool = False) -> Page:
        """Return the navigation lines that a page must have below its own lines."""
        text = self.text
        if not text.layout.leads_on:
            return ()
        lines = []
        if more:
            lines.append(_make_navigation(engine_navigation.MORE, text.more))
        if (text.back_on_first and not text.layout.asks) or number > 1:
            lines.append(_make_navigation(engine_navigation.BACK_KEY, text.back))
        if home and text.home:
            lines.append(_make_navigation(engine_navigation.HOME, text.home))
        return tuple(lines)

    def add_navigation(self, page: Page, navigation: Page) -> Page:
        """Return the page with its navigation, and with the optional lines (0 on a question, 00) where they fit."""
        full = page + navigation
        present = {piece.key for piece in navigation}
        for line in _list_navigation(self.text, back=self.text.back_on_first and self.text.layout.asks):
            if line.key not in present and self.fits((*full, line)):
                full = (*full, line)
        return full


def _list_navigation(text: LaidText, *, back: bool) -> Page:
    """Return the lines of the keys 0, where ``back`` says so, and 00."""
    lines = (_make_navigation(engine_navigation.BACK_KEY, text.back),) if back else ()
    return (*lines, _make_navigation(engine_navigation.HOME, text.home)) if text.home else lines


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
    return cut_text(lay_out_text(menu, screen, variant_index, language, longest), limits, breaks)


def cut_text(text: LaidText, limits: Limits, breaks: Breaks | None = None) -> tuple[Page, ...]:
    """Cut a text as ``cut_screen`` does: at once where it fits whole, else line by line."""
    return (text.page,) if text.fits_whole(limits) else _cut_by_lines(_Cutter(text, limits, breaks))


def _cut_by_lines(cutter: _Cutter) -> tuple[Page, ...]:
    text = cutter.text
    if text.layout.whole:
        return _one_page(cutter)
    pages = _fill_pages(cutter, text.items, home=False)
    if pages is None:
        raise TextTooLong(text.screen, text.language)
    roomy = _fill_pages(cutter, text.items, home=True) if _is_gsm7(pages, text.longest) else None
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
    text = lay_out_text(menu, screen, variant_index, language, longest)
    try:
        return cut_text(text, limits)
    except CannotCut:
        return _fill_pages(_Cutter(text, limits, strict=False), text.items, home=False) or ((),)


def write_page(pieces: Sequence[Piece], values: Mapping[str, str]) -> str:
    """Return the text of a page with its values, as it is sent."""
    return fold_to_gsm7(fill_lines("\n".join([piece.text for piece in pieces]), values))


_LARGE = "ກ"
"""Stands for any text that needs UCS-2."""


@keep_per_owner
def _find_labels(menu: Menu, language: str, coding: str) -> tuple[str, str, str]:
    """Return the labels of the keys 0, 00 and 98 beside a text of this coding."""
    beside = "" if coding == GSM7 else _LARGE
    back, home, more = (get_message(menu, name, language, beside=beside) for name in ("back", "home", "more"))
    return back, home, more


def lay_out_text(
    menu: Menu, screen: Screen, variant_index: int, language: str, longest: Mapping[str, str]
) -> LaidText:
    """Lay out one text of a screen, with its options and the labels of the navigation, and measure it."""
    layout = screen.lay_out(find_template(menu, screen, variant_index, language))
    items = _list_items(menu, screen, variant_index, language, layout)
    filled = fill_lines("\n".join([item.piece.text for item in items]), longest)
    coding = find_coding(fold_to_gsm7(filled))
    back, home, more = _find_labels(menu, language, coding)
    text = LaidText(
        screen=screen.id,
        language=language,
        layout=layout,
        items=items,
        longest=longest,
        back=back,
        home=home if layout.leads_on and screen.id not in {menu.start, menu.home} else "",
        more=more,
        back_on_first=layout.leads_on and screen.back and has_back(menu, screen.id),
    )
    if _needs_one_page(layout, items):
        _measure_whole(text, filled, coding)
    return text


def _measure_whole(text: LaidText, filled: str, coding: str) -> None:
    navigation = _list_navigation(text, back=text.back_on_first)
    below = [fill_lines(piece.text, text.longest) for piece in navigation]
    text.words = fold_to_gsm7("\n".join([filled, *below] if text.items else below))
    size = measure_text(text.words)
    # Where lines and navigation have one coding, no beginning of the page is larger than the page.
    if size.coding == coding:
        text.page, text.size = (*[item.piece for item in text.items], *navigation), size


def _needs_one_page(layout: Layout, items: Sequence[_Item]) -> bool:
    """Say whether no line asks for a later page, so that all may stand on one, in the usual order."""
    if layout.whole:
        return all(item.page <= 1 for item in items)
    return not layout.asks and all(item.page <= _find_floor(items, 1) for item in items)


def _list_items(menu: Menu, screen: Screen, variant_index: int, language: str, layout: Layout) -> list[_Item]:
    items = [_make_item(line) for line in layout.lines]
    page = 0
    known: set[tuple[str, str, int]] = set()
    for choice in screen.choices:
        page = choice.page or page
        line = format_option(menu, choice, language)
        if not line or not can_stand_beside(screen, variant_index, language, choice.only_if):
            continue
        if (line, choice.key, page) not in known:
            known.add((line, choice.key, page))
            items.append(_Item(Piece(PieceKind.OPTION, line, choice.key), page))
    return items


def _make_item(line: Piece) -> _Item:
    if SOFT_BREAK not in line.text:
        return _Item(line)
    text, soft = strip_soft_breaks(line.text)
    return _Item(replace(line, text=text), soft=soft)


def _one_page(cutter: _Cutter) -> tuple[Page, ...]:
    text = cutter.text
    page = tuple(item.piece for item in text.items)
    navigation = cutter.navigation(1, more=False)
    if not cutter.fits(page + navigation) or any(item.page > 1 for item in text.items):
        raise (QuestionSplit if text.layout.asks else TextTooLong)(text.screen, text.language)
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
        return (queue.pop(0).piece,)  # so that cutting ends; the renderer shortens it to the hard stop
    return page


def _find_floor(queue: Sequence[_Item], number: int) -> int:
    """Return the page that begins here: a page number that an author set too far ahead becomes the next page."""
    return max(number, queue[0].page) if queue else number


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


@lru_cache(maxsize=256)
def _make_navigation(key: str, label: str) -> Piece:
    """Return the line of a key; the few that a menu has stand on all of its pages and are held once."""
    return Piece(PieceKind.NAVIGATION, f"{key} {label}".strip(), key)


def _is_gsm7(pages: tuple[Page, ...], values: Mapping[str, str]) -> bool:
    return all(find_coding(write_page(page, values)) == GSM7 for page in pages)
