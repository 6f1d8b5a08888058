"""Turns where she is into what she is told: the pieces of one page, with values, inside the limits."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.engine import keys, moves
from gateway.engine.cuts import split
from gateway.engine.effects import Line
from gateway.engine.facts import named
from gateway.engine.menu import End, Menu
from gateway.engine.notices import noticed
from gateway.engine.paging import Page, within
from gateway.engine.session import Session
from gateway.engine.showing import find_message, tongue
from gateway.engine.shown import pages_of, place
from gateway.engine.text import ESCAPE, GSM7, Size, coding, fold, measure
from gateway.engine.values import current, fill
from gateway.messages import Limits, Piece, Reply

__all__ = ["Size", "after", "as_text", "measure", "tell"]

_FITTING = 0
"""What a measure of pieces is when they fit."""


def tell(menu: Menu, session: Session, line: Line, limits: Limits, now: datetime) -> Reply:
    """Return the page that she is on with her notice, or the notice alone where the two have no room together.

    Values are put into lines that were cut with room for the longest of them; what nobody could foresee is
    shortened, so that the hard stop of the channel is never passed.
    """
    standing = moves.standing(menu, session)
    pages = pages_of(menu, standing, limits)
    number = place(standing, pages)
    facts = (
        *named(menu, (piece.text for piece in pages[number - 1])),
        *menu.screens[standing.screen].rests_on,
    )
    beside = named(menu, find_message(menu, standing.notice, standing).values())
    values = current(menu, standing, line, now, (*facts, *beside))
    page, alone = _filled(pages[number - 1], values), False
    ends = standing.ended or isinstance(menu.screens[standing.screen], End)
    if standing.notice and not ends:
        page, alone = noticed(menu, standing, page, values, limits)
    return Reply(
        pieces=_shortened(_folded(page), limits),
        ends=ends,
        screen=standing.screen,
        page=number,
        pages=len(pages),
        language=tongue(menu, standing),
        facts=() if alone else facts,
        alone=alone,
    )


def after(session: Session, reply: Reply) -> Session:
    """Return the session as it is kept until her next input: a notice that she read is gone, its page may be due."""
    return session.having(notice=session.notice if reply.alone else "", ended=reply.ends)


def as_text(reply: Reply) -> str:
    """Return the reply as the text of a phone screen."""
    return _joined(reply.pieces)


def _joined(pieces: Sequence[Piece]) -> str:
    return "\n".join(piece.text for piece in pieces)


def _filled(page: Sequence[Piece], values: Mapping[str, str]) -> Page:
    """Put the values in; a line that had nothing but an empty value is left out."""
    lines = ((piece, fill(piece.text, values).replace(ESCAPE, "").strip()) for piece in page)
    return _folded(tuple(Piece(piece.kind, text, piece.key) for piece, text in lines if text))


def _folded(page: Page) -> Page:
    """Replace typography where that alone lets the whole page be GSM-7."""
    if coding(fold(_joined(page))) != GSM7:
        return page
    return tuple(Piece(piece.kind, fold(piece.text), piece.key) for piece in page)


def _shortened(page: Page, limits: Limits) -> Page:
    """Keep a page inside the hard stop: give up 00 first, then the end of its longest line."""
    if within(_joined(page), limits, stop=True):
        return page
    lines = [piece for piece in page if piece.key != keys.HOME]
    while not within(_joined(lines), limits, stop=True):
        index = max(range(len(lines)), key=lambda at: len(lines[at].text))
        shorter = _shorter(lines, index, limits)
        if not shorter:
            del lines[index]
            continue
        lines[index] = Piece(lines[index].kind, shorter, lines[index].key)
    return tuple(lines)


def _shorter(lines: list[Piece], index: int, limits: Limits) -> str:
    """Return the part of one line that fits beside the others, or nothing."""
    line = lines[index]

    def over(part: str) -> int:
        tried = [*lines[:index], Piece(line.kind, part, line.key), *lines[index + 1 :]]
        return _FITTING if within(_joined(tried), limits, stop=True) else 1

    first = split(line.text, _FITTING, over)[0].strip()
    return first if first and not over(first) else ""
