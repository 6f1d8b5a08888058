"""Asks for digits to type, as a code."""

from gateway.engine import deeds, moves
from gateway.engine.keys import is_code, is_digits
from gateway.engine.menu import Choice, Deed, Entry, Menu
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, prose
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out what is asked for, on one page."""
    return Layout(lines=prose(text), whole=True)


def take(menu: Menu, session: Session, screen: Entry, key: str) -> Step | None:
    """Take the right number of digits; a code leads on only when it turns out to open something."""
    step = deeds.choose(menu, session, screen, key)
    looks_up = screen.does is Deed.LOOK_UP_CODE
    fits = is_code(key, screen.digits) if looks_up else is_digits(key, screen.digits)
    if step is not None or not fits:
        return step
    typed = deeds.effect_of(session, screen.does, Choice(key=key))
    if looks_up:
        return Step(session.having(notice=""), (typed,))
    return Step(moves.follow(menu, session, screen.to, {}), (typed,))
