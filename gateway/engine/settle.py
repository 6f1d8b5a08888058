"""What the receipt of a deed changes in a session: where she is, and the results that her screen names."""

from datetime import datetime
from typing import assert_never

from gateway.engine import moves
from gateway.engine.effects import (
    CallbackAccepted,
    CallbackCancelled,
    CallbackChanged,
    CallbackFound,
    CallbackRefused,
    CodeWrong,
    Erased,
    Gone,
    Line,
    Noted,
    Receipt,
)
from gateway.engine.menu import Choices, Entry, Menu, Question
from gateway.engine.session import Session
from gateway.engine.showing import tongue
from gateway.engine.when import until_words, window_words

Planned = CallbackAccepted | CallbackFound | CallbackChanged


def settle_one(menu: Menu, session: Session, receipt: Receipt, line: Line, now: datetime) -> Session:
    """Apply one receipt."""
    match receipt:
        case CallbackAccepted() | CallbackFound():
            return _opened(menu, session, receipt, _planned(menu, session, receipt, line, now))
        case CallbackChanged():
            return session.having(values={**session.values, **_planned(menu, session, receipt, line, now)})
        case CodeWrong():
            return moves.wrong(menu, session)
        case CallbackRefused():
            return _refused(menu, session)
        case CallbackCancelled() | Erased():
            return session.having(callback="", values={}, answers={})
        case Gone():
            return _gone(menu, session)
        case Noted():
            return session
        case _:
            assert_never(receipt)


def _planned(menu: Menu, session: Session, receipt: Planned, line: Line, now: datetime) -> dict[str, str]:
    words = window_words(menu, receipt.due_at, receipt.due_until, tongue(menu, session), line.zone, now)
    return {"when": words, "until": until_words(receipt.due_until, line.zone)}


def _opened(
    menu: Menu, session: Session, receipt: CallbackAccepted | CallbackFound, planned: dict[str, str]
) -> Session:
    """Remember the request; a code that opened one leads to the screen where it is shown."""
    if isinstance(receipt, CallbackFound):
        session = _shown_by_code(menu, session, {"missed": "yes"} if receipt.missed else {})
    return session.having(callback=receipt.callback, values={"code": receipt.code, **planned})


def _shown_by_code(menu: Menu, session: Session, answers: dict[str, str]) -> Session:
    screen = menu.screens.get(session.screen)
    to = screen.code_to if isinstance(screen, Choices) else screen.to if isinstance(screen, Entry) else ""
    return moves.go(menu, session.having(answers=answers), to) if to in menu.screens else session


def _refused(menu: Menu, session: Session) -> Session:
    """Lead where she would be had she not agreed, so that nobody who looks on learns why."""
    refusals = [
        choice.to
        for question in menu.screens.values()
        if isinstance(question, Question) and question.asks == "consent"
        for choice in question.choices
        if choice.answer == "no" and choice.to in menu.screens
    ]
    to = refusals[0] if refusals else menu.home
    return moves.without_return(moves.go(menu, session.having(ended=False), to))


def _gone(menu: Menu, session: Session) -> Session:
    """Begin again at home with a line that says so, unless she has just said goodbye."""
    if session.ended:
        return session
    return moves.home(menu, session).having(notice=moves.AGAIN)
