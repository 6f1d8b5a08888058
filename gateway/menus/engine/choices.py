"""Apply a chosen option: its answers, its language, its move, and the effect that it asks for.

Form questions with a single open answer are answered here instead of being shown.
"""

from typing import Literal, assert_never

from gateway.menus.engine import navigation
from gateway.menus.engine.effects import (
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
from gateway.menus.engine.model import NO_TIME, Choice, Deed, Menu, Screen
from gateway.menus.engine.navigation import Step
from gateway.menus.engine.session import Session
from gateway.menus.engine.visibility import NEVER, add_hours, is_open, open_choices

_CLOSING = frozenset({Deed.REQUEST_CALLBACK, Deed.CANCEL_CALLBACK, Deed.REFUSE_CALLS, Deed.ERASE})
"""Actions after which key 0 does not lead back to where they were asked for."""

_ALWAYS_ASKED = frozenset({"danger", "phone_seen", "consent"})
"""Fields that are asked even with one open answer: safety, privacy and consent are never assumed."""


def choose_line(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Apply the open option with this key; None where the screen has none."""
    for choice in screen.choices:
        if choice.key == key and is_open(menu, session, screen, choice):
            return _take_choice(menu, session, screen, choice)
    return None


def find_deed(screen: Screen, choice: Choice) -> Deed | None:
    """Return the action of a choice; an answer that refuses calls is a refusal even without a declared action."""
    own_answer = {screen.get_asked(): choice.answer} if screen.get_asked() else {}
    refuses = navigation.is_refusal({**choice.answers, **own_answer})
    return Deed.REFUSE_CALLS if refuses and choice.does is not Deed.CHANGE_WINDOW else choice.does


def make_effect(session: Session, deed: Deed, choice: Choice) -> Effect:
    """Return the effect of an action; the session must already hold the answers of the choice."""
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
            return _change_request(session, deed, choice)
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


def _change_request(
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


def _take_choice(menu: Menu, session: Session, screen: Screen, choice: Choice) -> Step:
    own_answer = {screen.get_asked(): choice.answer} if screen.get_asked() and choice.answer else {}
    answered_session = session.copy_with(
        answers={**session.answers, **choice.answers, **own_answer},
        language=choice.language or session.language,
        script=choice.script or choice.language or session.script,
    )
    deed = find_deed(screen, choice)
    effects = (make_effect(answered_session, deed, choice),) if deed else ()
    moved = navigation.follow_choice(menu, answered_session, choice.to, choice.answers)
    if deed in _CLOSING:
        return Step(navigation.drop_return(moved), add_hours(menu, effects))
    return _skip_question(
        menu, Step(navigation.unwind_round(moved) if effects else moved, add_hours(menu, effects))
    )


def _skip_question(menu: Menu, step: Step) -> Step:
    """Answer a form question that has only one open answer, instead of showing it."""
    session, screen = step.session, menu.screens[step.session.screen]
    asked = screen.get_asked()
    if not asked or asked in {*_ALWAYS_ASKED, *session.answers}:
        return step
    answers = [choice for choice in open_choices(menu, session, screen) if choice.answer]
    if len(answers) != 1 or find_deed(screen, answers[0]) not in {None, Deed.REFUSE_CALLS}:
        return step
    (only,) = answers
    answered = session.copy_with(answers={**session.answers, **only.answers, asked: only.answer})
    if only.answer == NEVER and asked == "when":
        return _without_time(menu, answered, only, step.effects)
    moved = navigation.follow_choice(menu, answered, only.to, only.answers)
    return _skip_question(menu, Step(_unseen(moved, screen), step.effects))


def _without_time(menu: Menu, session: Session, only: Choice, effects: tuple[Effect, ...]) -> Step:
    """Move to the screen that says when calls are possible, because no window can be offered.

    This is no refusal by the caller, so open requests stay. Only on a borrowed phone (``not_mine``), which is called
    at once or never, it counts as the refusal *never*, as the same answer by SMS does.
    """
    to = NO_TIME if NO_TIME in menu.screens else only.to
    led = _unseen(navigation.follow_choice(menu, session, to, {}), menu.screens[session.screen])
    if session.answers.get("phone_seen") != "not_mine":
        others = {name: value for name, value in led.answers.items() if name != "when"}
        return Step(led.copy_with(answers=others), effects)  # the question before can be answered anew
    return Step(navigation.drop_return(led), (*effects, make_effect(session, Deed.REFUSE_CALLS, only)))


def _unseen(session: Session, skipped: Screen) -> Session:
    """Return the session without the skipped question in its trail."""
    return session.copy_with(trail=tuple(place for place in session.trail if place[0] != skipped.id))
