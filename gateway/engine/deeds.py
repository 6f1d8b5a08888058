"""What a chosen line does beside moving on: her answers, her language, and the effect it asks for."""

from typing import Literal, assert_never

from gateway.engine import form, moves
from gateway.engine.effects import (
    AmendCallback,
    CancelCallback,
    ChangeWindow,
    Effect,
    EraseEverything,
    LookUpCode,
    RefuseCalls,
    ReportWrong,
    RequestCallback,
)
from gateway.engine.hours import with_hours
from gateway.engine.menu import Choice, Deed, Menu, Question, Screen
from gateway.engine.moves import Step
from gateway.engine.session import Session
from gateway.engine.showing import open_choices

_CLOSING = frozenset({Deed.REQUEST_CALLBACK, Deed.CANCEL_CALLBACK, Deed.REFUSE_CALLS, Deed.ERASE})
"""Deeds after which there is no way back to where they were asked for."""


def choose(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Do what the line with this key says; None where no open line of the screen has it."""
    choice = next((open_ for open_ in open_choices(menu, session, screen) if open_.key == key), None)
    return None if choice is None else _chosen(menu, session, screen, choice)


def deed_of(screen: Screen, choice: Choice) -> Deed | None:
    """Return what a line asks for. An answer that refuses is a refusal, whether or not its author wrote so."""
    asked = {screen.asks: choice.answer} if isinstance(screen, Question) else {}
    refuses = form.is_refusal({**choice.answers, **asked})
    return Deed.REFUSE_CALLS if refuses and choice.does is not Deed.CHANGE_WINDOW else choice.does


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
        case Deed.AMEND_CALLBACK | Deed.CHANGE_WINDOW | Deed.CANCEL_CALLBACK:
            return _on_her_request(session, deed, choice)
        case Deed.REFUSE_CALLS:
            seen = session.answers.get("phone_seen", "")
            return RefuseCalls(how="plain", callback=session.callback, phone_seen=seen)
        case Deed.LOOK_UP_CODE:
            return LookUpCode(code=choice.key)
        case Deed.ERASE:
            return EraseEverything()
        case Deed.REPORT_WRONG:
            return ReportWrong(screen=session.read, digit=choice.key)
        case _:
            assert_never(deed)


def _on_her_request(
    session: Session,
    deed: Literal[Deed.AMEND_CALLBACK, Deed.CHANGE_WINDOW, Deed.CANCEL_CALLBACK],
    choice: Choice,
) -> Effect:
    match deed:
        case Deed.AMEND_CALLBACK:
            return AmendCallback(callback=session.callback, answers=choice.answers)
        case Deed.CHANGE_WINDOW:
            return ChangeWindow(callback=session.callback, when=choice.answers.get("when", choice.answer))
        case Deed.CANCEL_CALLBACK:
            return CancelCallback(callback=session.callback)


def _chosen(menu: Menu, session: Session, screen: Screen, choice: Choice) -> Step:
    asked = {screen.asks: choice.answer} if isinstance(screen, Question) and choice.answer else {}
    told = session.having(
        answers={**session.answers, **choice.answers, **asked},
        language=choice.language or session.language,
        script=choice.script or choice.language or session.script,
    )
    deed = deed_of(screen, choice)
    effects = (effect_of(told, deed, choice),) if deed else ()
    moved = moves.follow(menu, told, choice.to, choice.answers)
    if deed in _CLOSING:
        return Step(moves.without_return(moved), with_hours(menu, effects))
    return Step(moves.unwound(moved) if effects else moved, with_hours(menu, effects))
