"""One question of the callback form; it never stands on another page than its answers."""

from gateway.engine import deeds
from gateway.engine.menu import Menu, Question
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, heading
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out the question above its answers, on one page."""
    return Layout(lines=heading(text), whole=True, asks=True)


def take(menu: Menu, session: Session, screen: Question, key: str) -> Step | None:
    """Take the answer with this key and go on to the next question."""
    return deeds.choose(menu, session, screen, key)
