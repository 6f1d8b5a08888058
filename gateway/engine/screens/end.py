"""The last thing shown; nothing can be typed after it."""

from gateway.engine.menu import End, Menu
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, prose
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out the text on the one page there is, without navigation."""
    return Layout(lines=prose(text), whole=True, leads_on=False)


def take(menu: Menu, session: Session, screen: End, key: str) -> Step | None:
    """Take no key, because the session is over."""
    del menu, session, screen, key
    return None
