"""Turns where she is into what she is told: the pieces of one page, with values, inside the limits."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from gateway.domain.events import Limits, Piece, PieceKind, Reply
from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine import keys, navigation
from gateway.menus.engine.model import End, Menu, Screen, page_key
from gateway.menus.engine.navigation import goes_back
from gateway.menus.engine.paging import Page, cut_anyway, fits_page, page_text
from gateway.menus.engine.placeholders import fill_template, find_current_values, find_longest_values
from gateway.menus.engine.session import Session
from gateway.menus.engine.text_breaks import split_text
from gateway.menus.engine.text_size import ESCAPE, GSM7, Size, find_coding, fold, measure_text
from gateway.menus.engine.visibility import (
    find_language,
    find_message,
    get_message,
    open_choices,
    option_line,
    variant_of,
)
from gateway.menus.engine.wording import list_named_facts

__all__ = ["Size", "measure_text"]

# Puts her notice above the page that she is on, or on a page of its own that leads on to it.

_DANGER = "danger"
"""The topic of screens that somebody reads who has no time to leaf."""


def add_notice(
    menu: Menu, session: Session, page: Page, values: Mapping[str, str], limits: Limits
) -> tuple[Page, bool]:
    """Return the page with her notice, and whether the notice is all that is on it.

    It stands whole above the page if there is room, else 00 gives way to it, else its first sentence does. Where even
    that would pass the limit it gets a page of its own, whose 98 leads to the page that she was on; but numbers for
    danger are never taken out of her sight: there the page is shown again as it is.
    """
    language = find_language(menu, session)
    words = fill_template(
        get_message(menu, session.notice, language, beside=page_text(page, {}), session=session), values
    )
    if not words:
        return page, False
    notices = [Piece(PieceKind.TEXT, each) for each in (words, _first_sentence(words))]
    tries = [(tried, False) for notice in notices for tried in _put_above(notice, page)]
    more = get_message(menu, "more", language, beside=words)
    if not _is_for_danger(menu, session):
        tries += [(tried, True) for notice in notices for tried in _show_alone(notice, page, more)]
    return next((tried for tried in tries if fits_page(page_text(tried[0], {}), limits)), (page, False))


def _put_above(notice: Piece, page: Page) -> Iterator[Page]:
    yield (notice, *page)
    yield (notice, *(piece for piece in page if piece.key != keys.HOME))


def _show_alone(notice: Piece, page: Page, more: str) -> Iterator[Page]:
    """Yield the notice with the way to the page, and with the other ways that the page has where there is room."""
    to_page = Piece(PieceKind.NAVIGATION, f"{keys.MORE} {more}".strip(), keys.MORE)
    ways = (piece for piece in page if piece.kind is PieceKind.NAVIGATION and piece.key != keys.MORE)
    yield (notice, to_page, *ways)
    yield (notice, to_page)


def _is_for_danger(menu: Menu, session: Session) -> bool:
    return session.screen == menu.sos or menu.screens[session.screen].topic == _DANGER


def _first_sentence(words: str) -> str:
    """Return what of a notice says the most: the rest of it is left out where there is no room."""
    end = min((place for mark in ".?!" if (place := words.find(f"{mark} ")) > 0), default=len(words))
    return words[: end + 1]


# The pages of a screen as this caller sees them: stored cuts without what is closed to her.


def pages_of(menu: Menu, session: Session, limits: Limits) -> tuple[Page, ...]:
    """Return the pages of the screen she is on, with their navigation, at least one.

    What was cut at publish is what is shown; a page on which nothing is open to her is left out.
    """
    screen = menu.screens[session.screen]
    language = find_language(menu, session)
    lines = {(line.key, option_line(menu, line, language)) for line in open_choices(menu, session, screen)}
    cuts = _find_cuts(menu, session, screen, language, limits)
    kept = [tuple(piece for piece in page if _is_open(piece, lines)) for page in cuts]
    filled = [page for page in kept if any(piece.kind is not PieceKind.NAVIGATION for piece in page)]
    pages = filled or kept[:1]
    return tuple(
        _drop_dead_navigation(menu, session.having(page=number), page, last=number == len(pages))
        for number, page in enumerate(pages, start=1)
    )


def find_page_number(session: Session, pages: tuple[Page, ...]) -> int:
    """Return which page she is on, kept inside the pages that there are."""
    return min(max(session.page, 1), len(pages))


def _find_cuts(
    menu: Menu, session: Session, screen: Screen, language: str, limits: Limits
) -> tuple[Page, ...]:
    variant = variant_of(screen, session)
    stored = menu.pages.get(page_key(limits.name, language, screen.id, variant))
    return stored or cut_anyway(menu, screen, variant, language, limits, find_longest_values(menu, language))


def _is_open(piece: Piece, lines: set[tuple[str, str]]) -> bool:
    return piece.kind is not PieceKind.OPTION or (piece.key, piece.text) in lines


def _drop_dead_navigation(menu: Menu, session: Session, page: Page, *, last: bool) -> Page:
    """Leave out navigation that leads nowhere from here."""
    dead = {keys.MORE} if last else set()
    if not goes_back(menu, session):
        dead.add(keys.BACK_KEY)
    return tuple(piece for piece in page if piece.kind is not PieceKind.NAVIGATION or piece.key not in dead)


_FITTING = 0
"""What a measure of pieces is when they fit."""


def render_reply(menu: Menu, session: Session, line: DisplayValues, limits: Limits, now: datetime) -> Reply:
    """Return the page that she is on with her notice, or the notice alone where the two have no room together.

    Values are put into lines that were cut with room for the longest of them; what nobody could foresee is
    shortened, so that the hard stop of the channel is never passed.
    """
    standing = navigation.stand_on_screen(menu, session)
    pages = pages_of(menu, standing, limits)
    number = find_page_number(standing, pages)
    facts = (
        *list_named_facts(menu, (piece.text for piece in pages[number - 1])),
        *menu.screens[standing.screen].rests_on,
    )
    beside = list_named_facts(menu, find_message(menu, standing.notice, standing).values())
    values = find_current_values(menu, standing, line, now, (*facts, *beside))
    page, alone = _fill_page(pages[number - 1], values), False
    ends = standing.ended or isinstance(menu.screens[standing.screen], End)
    if standing.notice and not ends:
        page, alone = add_notice(menu, standing, page, values, limits)
    return Reply(
        pieces=_shorten_page(_fold_page(page), limits),
        ends=ends,
        screen=standing.screen,
        page=number,
        pages=len(pages),
        language=find_language(menu, standing),
        facts=() if alone else facts,
        alone=alone,
    )


def forget_notice(session: Session, reply: Reply) -> Session:
    """Return the session as it is kept until her next input: a notice that she read is gone, its page may be due."""
    return session.having(notice=session.notice if reply.alone else "", ended=reply.ends)


def as_text(reply: Reply) -> str:
    """Return the reply as the text of a phone screen."""
    return _join_pieces(reply.pieces)


def _join_pieces(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def _fill_page(page: Sequence[Piece], values: Mapping[str, str]) -> Page:
    """Put the values in; a line that had nothing but an empty value is left out."""
    lines = ((piece, fill_template(piece.text, values).replace(ESCAPE, "").strip()) for piece in page)
    return _fold_page(tuple(Piece(piece.kind, text, piece.key) for piece, text in lines if text))


def _fold_page(page: Page) -> Page:
    """Replace typography where that alone lets the whole page be GSM-7."""
    if find_coding(fold(_join_pieces(page))) != GSM7:
        return page
    return tuple(Piece(piece.kind, fold(piece.text), piece.key) for piece in page)


def _shorten_page(page: Page, limits: Limits) -> Page:
    """Keep a page inside the hard stop: give up 00 first, then the end of its longest line."""
    if fits_page(_join_pieces(page), limits, stop=True):
        return page
    lines = [piece for piece in page if piece.key != keys.HOME]
    while not fits_page(_join_pieces(lines), limits, stop=True):
        index = max(range(len(lines)), key=lambda at: len(lines[at].text))
        shorter = _shorten_line(lines, index, limits)
        if not shorter:
            del lines[index]
            continue
        lines[index] = Piece(lines[index].kind, shorter, lines[index].key)
    return tuple(lines)


def _shorten_line(lines: list[Piece], index: int, limits: Limits) -> str:
    """Return the part of one line that fits beside the others, or nothing."""
    line = lines[index]

    def over(part: str) -> int:
        tried = [*lines[:index], Piece(line.kind, part, line.key), *lines[index + 1 :]]
        return _FITTING if fits_page(_join_pieces(tried), limits, stop=True) else 1

    first = split_text(line.text, _FITTING, over)[0].strip()
    return first if first and not over(first) else ""
