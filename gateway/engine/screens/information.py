"""Something to read, over as many pages as it needs, with few ways on."""

from gateway.engine import deeds
from gateway.engine.menu import Information, Menu
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, prose
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out the text; it may go over several pages."""
    return Layout(lines=prose(text))


def take(menu: Menu, session: Session, screen: Information, key: str) -> Step | None:
    """Follow the line with this key, on whichever page it stands."""
    return deeds.choose(menu, session, screen, key)
