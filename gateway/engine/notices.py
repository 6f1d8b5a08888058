"""Puts her notice above the page that she is on, or on a page of its own that leads on to it."""

from collections.abc import Iterator, Mapping

from gateway.engine import keys
from gateway.engine.menu import Menu
from gateway.engine.paging import Page, page_text, within
from gateway.engine.session import Session
from gateway.engine.showing import message, tongue
from gateway.engine.values import fill
from gateway.messages import Limits, Piece, PieceKind

_DANGER = "danger"
"""The topic of screens that somebody reads who has no time to leaf."""


def noticed(
    menu: Menu, session: Session, page: Page, values: Mapping[str, str], limits: Limits
) -> tuple[Page, bool]:
    """Return the page with her notice, and whether the notice is all that is on it.

    It stands whole above the page if there is room, else 00 gives way to it, else its first sentence does. Where even
    that would pass the limit it gets a page of its own, whose 98 leads to the page that she was on; but numbers for
    danger are never taken out of her sight: there the page is shown again as it is.
    """
    language = tongue(menu, session)
    words = fill(message(menu, session.notice, language, beside=page_text(page, {}), session=session), values)
    if not words:
        return page, False
    notices = [Piece(PieceKind.TEXT, each) for each in (words, _first_sentence(words))]
    tries = [(tried, False) for notice in notices for tried in _above(notice, page)]
    more = message(menu, "more", language, beside=words)
    if not _is_for_danger(menu, session):
        tries += [(tried, True) for notice in notices for tried in _alone(notice, page, more)]
    return next((tried for tried in tries if within(page_text(tried[0], {}), limits)), (page, False))


def _above(notice: Piece, page: Page) -> Iterator[Page]:
    yield (notice, *page)
    yield (notice, *(piece for piece in page if piece.key != keys.HOME))


def _alone(notice: Piece, page: Page, more: str) -> Iterator[Page]:
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
