"""Render a session: the pieces of the current page, with notice and values, within the limits of the channel.

Pages were cut at publish with room reserved for values; what cannot be foreseen is shortened here to the hard stop.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gateway.domain.events import Limits, Piece, PieceKind, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import navigation
from gateway.menus.engine.model import Menu, Screen, make_page_key
from gateway.menus.engine.navigation import goes_back
from gateway.menus.engine.paging import Page, cut_anyway, write_page
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import split_text
from gateway.menus.engine.text_size import (
    ESCAPE,
    GSM7,
    Size,
    find_coding,
    fits_page,
    fold_to_gsm7,
    measure_text,
)
from gateway.menus.engine.visibility import (
    find_language,
    find_message,
    find_variant,
    format_option,
    get_message,
    open_choices,
)
from gateway.menus.engine.wording import (
    fill_template,
    find_current_values,
    find_longest_values,
    list_named_facts,
)

__all__ = ["Size", "measure_text"]

# The notice: above the page, or on a page of its own.

_DANGER = "danger"
"""Topic of screens that are read in danger, on which nothing may displace the numbers."""


def add_notice(
    menu: Menu, session: Session, page: Page, values: Mapping[str, str], limits: Limits
) -> tuple[Page, bool]:
    """Return the page with the session's notice, and whether the notice is alone on it.

    Tried in order: the whole notice above the page, without line 00, then the same with its first sentence only.
    Where no try fits, the notice gets a page of its own whose key 98 leads to the page. On a screen for danger the
    page is shown without the notice instead, because its numbers must stay visible.
    """
    language = find_language(menu, session)
    words = fill_template(
        get_message(menu, session.notice, language, beside=write_page(page, {}), session=session), values
    )
    if not words:
        return page, False
    notices = [Piece(PieceKind.TEXT, each) for each in (words, _first_sentence(words))]
    tries = [(tried, False) for notice in notices for tried in _put_above(notice, page)]
    more = get_message(menu, "more", language, beside=words)
    if not _is_for_danger(menu, session):
        tries += [(tried, True) for notice in notices for tried in _show_alone(notice, page, more)]
    return next((tried for tried in tries if fits_page(write_page(tried[0], {}), limits)), (page, False))


def _put_above(notice: Piece, page: Page) -> Iterator[Page]:
    yield (notice, *page)
    yield (notice, *(piece for piece in page if piece.key != navigation.HOME))


def _show_alone(notice: Piece, page: Page, more: str) -> Iterator[Page]:
    """Yield the notice with key 98 to the page, first with the page's other navigation, then without."""
    to_page = Piece(PieceKind.NAVIGATION, f"{navigation.MORE} {more}".strip(), navigation.MORE)
    ways = (piece for piece in page if piece.kind is PieceKind.NAVIGATION and piece.key != navigation.MORE)
    yield (notice, to_page, *ways)
    yield (notice, to_page)


def _is_for_danger(menu: Menu, session: Session) -> bool:
    return session.screen == menu.sos or menu.screens[session.screen].topic == _DANGER


def _first_sentence(words: str) -> str:
    """Return the first sentence of a notice, used where the whole has no room."""
    end = min((place for mark in ".?!" if (place := words.find(f"{mark} ")) > 0), default=len(words))
    return words[: end + 1]


# The pages of a screen: the stored cuts without the options that are not open to this caller.


def list_pages(menu: Menu, session: Session, limits: Limits) -> tuple[Page, ...]:
    """Return the pages of the current screen with their navigation, at least one.

    The cuts stored at publish are used; a page without any open option or text is left out.
    """
    screen = menu.screens[session.screen]
    language = find_language(menu, session)
    lines = {(line.key, format_option(menu, line, language)) for line in open_choices(menu, session, screen)}
    cuts = _find_cuts(menu, session, screen, language, limits)
    visible = [tuple(piece for piece in page if _is_open(piece, lines)) for page in cuts]
    filled = [page for page in visible if any(piece.kind is not PieceKind.NAVIGATION for piece in page)]
    pages = filled or visible[:1]
    return tuple(
        _drop_dead_navigation(menu, session.copy_with(page=number), page, last=number == len(pages))
        for number, page in enumerate(pages, start=1)
    )


def find_page_number(session: Session, pages: tuple[Page, ...]) -> int:
    """Return the session's page number, clamped to the existing pages."""
    return min(max(session.page, 1), len(pages))


def _find_cuts(
    menu: Menu, session: Session, screen: Screen, language: str, limits: Limits
) -> tuple[Page, ...]:
    variant = find_variant(screen, session)
    stored = menu.pages.get(make_page_key(limits.name, language, screen.id, variant))
    return stored or cut_anyway(menu, screen, variant, language, limits, find_longest_values(menu, language))


def _is_open(piece: Piece, lines: set[tuple[str, str]]) -> bool:
    return piece.kind is not PieceKind.OPTION or (piece.key, piece.text) in lines


def _drop_dead_navigation(menu: Menu, session: Session, page: Page, *, last: bool) -> Page:
    """Remove navigation lines that lead nowhere from this page."""
    dead = {navigation.MORE} if last else set()
    if not goes_back(menu, session):
        dead.add(navigation.BACK_KEY)
    return tuple(piece for piece in page if piece.kind is not PieceKind.NAVIGATION or piece.key not in dead)


_FITTING = 0
"""The measure of pieces that fit."""


def render_reply(menu: Menu, session: Session, line: DisplayValues, limits: Limits, now: datetime) -> Reply:
    """Render the current page with its notice, or the notice alone where both do not fit.

    Values fill lines that were cut with room for the longest of them; anything longer is shortened, so that the hard
    stop of the channel is never exceeded.
    """
    shown = navigation.stand_on_screen(menu, session)
    pages = list_pages(menu, shown, limits)
    number = find_page_number(shown, pages)
    facts = (
        *list_named_facts(menu, (piece.text for piece in pages[number - 1])),
        *menu.screens[shown.screen].rests_on,
    )
    beside = list_named_facts(menu, find_message(menu, shown.notice, shown).values())
    values = find_current_values(menu, shown, line, now, (*facts, *beside))
    page, alone = _fill_page(pages[number - 1], values), False
    ends = shown.ended or menu.screens[shown.screen].ends
    if shown.notice and not ends:
        page, alone = add_notice(menu, shown, page, values, limits)
    return Reply(
        pieces=_shorten_page(_fold_page(page), limits),
        ends=ends,
        screen=shown.screen,
        page=number,
        pages=len(pages),
        language=find_language(menu, shown),
        facts=() if alone else facts,
        alone=alone,
    )


def forget_notice(session: Session, reply: Reply) -> Session:
    """Return the session to store after this reply: a notice is cleared once its page was shown beside it."""
    return session.copy_with(notice=session.notice if reply.alone else "", ended=reply.ends)


def _join_pieces(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def _fill_page(page: Sequence[Piece], values: Mapping[str, str]) -> Page:
    """Fill in the values; a line that consisted of an empty value only is left out."""
    lines = ((piece, fill_template(piece.text, values).replace(ESCAPE, "").strip()) for piece in page)
    return _fold_page(tuple(Piece(piece.kind, text, piece.key) for piece, text in lines if text))


def _fold_page(page: Page) -> Page:
    """Replace typographic characters where that alone makes the whole page GSM-7."""
    if find_coding(fold_to_gsm7(_join_pieces(page))) != GSM7:
        return page
    return tuple(Piece(piece.kind, fold_to_gsm7(piece.text), piece.key) for piece in page)


def _shorten_page(page: Page, limits: Limits) -> Page:
    """Shorten a page to the hard stop: drop line 00 first, then cut the end of its longest line."""
    if fits_page(_join_pieces(page), limits, stop=True):
        return page
    lines = [piece for piece in page if piece.key != navigation.HOME]
    while not fits_page(_join_pieces(lines), limits, stop=True):
        index = max(range(len(lines)), key=lambda at: len(lines[at].text))
        shorter = _shorten_line(lines, index, limits)
        if not shorter:
            del lines[index]
            continue
        lines[index] = Piece(lines[index].kind, shorter, lines[index].key)
    return tuple(lines)


def _shorten_line(lines: list[Piece], index: int, limits: Limits) -> str:
    """Return the part of one line that fits beside the others, or an empty string."""
    line = lines[index]

    def over(part: str) -> int:
        tried = [*lines[:index], Piece(line.kind, part, line.key), *lines[index + 1 :]]
        return _FITTING if fits_page(_join_pieces(tried), limits, stop=True) else 1

    first = split_text(line.text, _FITTING, over)[0].strip()
    return first if first and not over(first) else ""
