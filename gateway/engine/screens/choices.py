"""A list of ways on, under an optional heading; some also take the code of a request."""

from gateway.engine import deeds
from gateway.engine.effects import LookUpCode
from gateway.engine.keys import CODE_DIGITS, is_digits
from gateway.engine.menu import Choices, Menu
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, heading
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out the heading; the options may go over several pages."""
    return Layout(lines=heading(text))


def take(menu: Menu, session: Session, screen: Choices, key: str) -> Step | None:
    """Follow the line with this key, or try four digits as her code."""
    step = deeds.choose(menu, session, screen, key)
    if step is None and screen.takes_code and is_digits(key, CODE_DIGITS):
        return Step(session.having(notice=""), (LookUpCode(code=key),))
    return step
