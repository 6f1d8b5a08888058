"""A list of ways on, under an optional heading; some also take the code of a request, or words."""

from gateway.engine import deeds
from gateway.engine.effects import LookUpCode
from gateway.engine.keys import MAX_INPUT, is_code
from gateway.engine.menu import Choices, Menu
from gateway.engine.moves import Step, go
from gateway.engine.screens.layout import Layout, heading
from gateway.engine.session import Session
from gateway.engine.words import understand


def show(text: str) -> Layout:
    """Lay out the heading; the options may go over several pages."""
    return Layout(lines=heading(text))


def take(menu: Menu, session: Session, screen: Choices, key: str) -> Step | None:
    """Follow the line with this key, or try as many digits as a code has as hers."""
    step = deeds.choose(menu, session, screen, key)
    if step is None and screen.takes_code and is_code(key):
        return Step(session.having(notice=""), (LookUpCode(code=key),))
    return step


def read_words(menu: Menu, session: Session, typed: str) -> Step | None:
    """Follow words that lead to a screen; None where the screen takes none, or they lead nowhere."""
    screen = menu.screens[session.screen]
    if not isinstance(screen, Choices) or len(typed) > MAX_INPUT:
        return None
    for front in screen.takes_words:
        # A script that writes no spaces writes none behind the word in front either.
        joined = f"{front} {typed}" if front.isascii() else f"{front}{typed.strip()}"
        match = understand(menu, joined, session.script)
        if match is not None and match.keyword.to in menu.screens:
            return Step(go(menu, session.having(notice=""), match.keyword.to))
    return None
