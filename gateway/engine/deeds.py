"""What a chosen line does beside moving on: her answers, her language, and the effect it asks for."""

from typing import assert_never

from gateway.engine import moves
from gateway.engine.effects import (
    AmendCallback,
    CancelCallback,
    ChangeWindow,
    Effect,
    EraseEverything,
    LookUpCode,
    ReportWrong,
    RequestCallback,
)
from gateway.engine.menu import Choice, Deed, Menu, Question, Screen
from gateway.engine.moves import Step
from gateway.engine.session import Session
from gateway.engine.showing import open_choices

_CLOSING = frozenset({Deed.REQUEST_CALLBACK, Deed.CANCEL_CALLBACK, Deed.ERASE})
"""Deeds after which there is no way back to where they were asked for."""


def choose(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Do what the line with this key says; None where no open line of the screen has it."""
    choice = next((open_ for open_ in open_choices(menu, session, screen) if open_.key == key), None)
    return None if choice is None else _chosen(menu, session, screen, choice)


def effect_of(session: Session, deed: Deed, choice: Choice) -> Effect:
    """Return what a deed asks for; the session already holds the answers of the choice."""
    match deed:
        case Deed.REQUEST_CALLBACK:
            return RequestCallback(
                topic=session.topic,
                path=session.path,
                answers=session.answers,
                language=session.language,
                script=session.script,
            )
        case Deed.AMEND_CALLBACK:
            return AmendCallback(callback=session.callback, answers=choice.answers)
        case Deed.CHANGE_WINDOW:
            return ChangeWindow(callback=session.callback, when=choice.answers.get("when", choice.answer))
        case Deed.CANCEL_CALLBACK:
            return CancelCallback(callback=session.callback)
        case Deed.LOOK_UP_CODE:
            return LookUpCode(code=choice.key)
        case Deed.ERASE:
            return EraseEverything()
        case Deed.REPORT_WRONG:
            return ReportWrong(screen=session.read, digit=choice.key)
        case _:
            assert_never(deed)


def _chosen(menu: Menu, session: Session, screen: Screen, choice: Choice) -> Step:
    asked = {screen.asks: choice.answer} if isinstance(screen, Question) and choice.answer else {}
    told = session.having(
        answers={**session.answers, **choice.answers, **asked},
        language=choice.language or session.language,
        script=choice.script or choice.language or session.script,
    )
    effects = (effect_of(told, choice.does, choice),) if choice.does else ()
    moved = moves.follow(menu, told, choice.to, choice.answers)
    if choice.does in _CLOSING:
        return Step(moves.without_return(moved), effects)
    return Step(moves.unwound(moved) if effects else moved, effects)
