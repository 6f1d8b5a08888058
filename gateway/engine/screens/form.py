"""The form is never seen itself: whoever stands on it sees its first question without an answer."""

from gateway.engine.menu import Form, Menu
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out nothing, for a form has no text of its own."""
    del text
    return Layout(lines=())


def take(menu: Menu, session: Session, screen: Form, key: str) -> Step | None:
    """Take no key, because the questions do."""
    del menu, session, screen, key
    return None
