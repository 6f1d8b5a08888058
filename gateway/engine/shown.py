"""The pages of a screen as this caller sees them: stored cuts without what is closed to her."""

from gateway.engine import keys
from gateway.engine.menu import Menu, Screen, page_key
from gateway.engine.moves import goes_back
from gateway.engine.paging import Page, cut_anyway
from gateway.engine.session import Session
from gateway.engine.showing import open_choices, option_line, tongue, variant_of
from gateway.engine.values import longest
from gateway.messages import Limits, Piece, PieceKind


def pages_of(menu: Menu, session: Session, limits: Limits) -> tuple[Page, ...]:
    """Return the pages of the screen she is on, with their navigation, at least one.

    What was cut at publish is what is shown; a page on which nothing is open to her is left out.
    """
    screen = menu.screens[session.screen]
    language = tongue(menu, session)
    lines = {(line.key, option_line(menu, line, language)) for line in open_choices(menu, session, screen)}
    cuts = _cuts(menu, session, screen, language, limits)
    kept = [tuple(piece for piece in page if _is_open(piece, lines)) for page in cuts]
    filled = [page for page in kept if any(piece.kind is not PieceKind.NAVIGATION for piece in page)]
    pages = filled or kept[:1]
    return tuple(
        _navigable(menu, session.having(page=number), page, last=number == len(pages))
        for number, page in enumerate(pages, start=1)
    )


def place(session: Session, pages: tuple[Page, ...]) -> int:
    """Return which page she is on, kept inside the pages that there are."""
    return min(max(session.page, 1), len(pages))


def _cuts(menu: Menu, session: Session, screen: Screen, language: str, limits: Limits) -> tuple[Page, ...]:
    variant = variant_of(screen, session)
    stored = menu.pages.get(page_key(limits.name, language, screen.id, variant))
    return stored or cut_anyway(menu, screen, variant, language, limits, longest(menu, language))


def _is_open(piece: Piece, lines: set[tuple[str, str]]) -> bool:
    return piece.kind is not PieceKind.OPTION or (piece.key, piece.text) in lines


def _navigable(menu: Menu, session: Session, page: Page, *, last: bool) -> Page:
    """Leave out navigation that leads nowhere from here."""
    dead = {keys.MORE} if last else set()
    if not goes_back(menu, session):
        dead.add(keys.BACK)
    return tuple(piece for piece in page if piece.kind is not PieceKind.NAVIGATION or piece.key not in dead)
