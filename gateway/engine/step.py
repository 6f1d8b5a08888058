"""The doors of the engine: begin a session, take one input, settle what came of a deed."""

from collections.abc import Mapping
from datetime import datetime

from gateway.engine import keys, moves, screens
from gateway.engine.effects import Line, Receipt
from gateway.engine.menu import Menu
from gateway.engine.moves import Step
from gateway.engine.render import after, tell
from gateway.engine.screens import choices
from gateway.engine.session import Known, Session
from gateway.engine.settle import settle_one
from gateway.engine.shown import pages_of, place
from gateway.messages import USSD_LIMITS, Limits

__all__ = ["Step", "after", "begin", "open_screen", "settle", "step", "tell"]


def begin(menu: Menu, known: Known) -> Session:
    """Begin a session: at home when her language is remembered, else at the first screen."""
    language = known.language if known.language in menu.languages else ""
    script = known.script if known.script in menu.languages else language
    return Session(
        screen=menu.home if language else menu.start,
        language=language,
        script=script if language else "",
        region=known.region,
        offers=known.offers,
        opens=known.opens,
        notice=moves.AGAIN if known.lost else "",
    )


def open_screen(
    menu: Menu, session: Session, screen: str, answers: Mapping[str, str] | None = None
) -> Session:
    """Move to a screen that her words named instead of a key; ``answers`` are what her words already said.

    From home it is as if she had pressed the keys: what lies behind her is the shortest way, which tells the topic.
    """
    here = moves.standing(menu, session)
    there = moves.go(menu, here, screen, answers or {})
    behind = moves.way_to(menu, screen) if here.screen == menu.home and there.screen == screen else ()
    return there.having(trail=behind) if behind else there


def step(menu: Menu, session: Session, text: str, limits: Limits = USSD_LIMITS) -> Step:
    """Take one input of hers, however odd it is.

    Args:
        menu: the version that her session began with.
        session: where she is.
        text: one input, as she typed it.
        limits: of the channel; they decide how many pages there are to leaf through.
    """
    if session.ended:
        return Step(session)
    if session.screen not in menu.screens:
        return Step(moves.restart(menu, session))
    here = moves.standing(menu, session)
    key = keys.clean(text)
    led = _navigate(menu, here, key, limits)
    if led is not None:
        return Step(led)
    taken = screens.take(menu, here, menu.screens[here.screen], key)
    return taken or choices.read_words(menu, here, text) or Step(moves.wrong(menu, here))


def settle(menu: Menu, session: Session, receipts: tuple[Receipt, ...], line: Line, now: datetime) -> Session:
    """Move her where the receipts of her deeds lead, and keep the results that her next screen names."""
    for receipt in receipts:
        session = settle_one(menu, session, receipt, line, now)
    return session


def _navigate(menu: Menu, session: Session, key: str, limits: Limits) -> Session | None:
    """Follow a key that means the same on every screen; None for any other, or where it leads nowhere."""
    if key == keys.HOME:
        return moves.home(menu, session)
    if key not in {keys.BACK, keys.MORE}:
        return None
    if key == keys.MORE and session.notice:
        return session.having(notice="")  # only the notice was on the page before: this is what it stood for
    pages = pages_of(menu, session, limits)
    here = session.having(page=place(session, pages))
    if key == keys.BACK:
        return moves.back(menu, here)
    return here.having(page=here.page + 1, wrong=0, notice="") if here.page < len(pages) else None
