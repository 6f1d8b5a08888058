"""Lay out each kind of screen, and apply a key to it.

A kind has two functions here, ``show_…`` (text → ``Layout``) and ``take_…`` (key → ``Step``); ``show_screen`` and
``take_key`` choose between them, and mypy fails where a new kind is missing.
"""

from dataclasses import dataclass
from typing import Literal, assert_never

from gateway.domain.events import Piece, PieceKind
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
from gateway.menus.engine.model import (
    NO_TIME,
    Choice,
    Choices,
    Deed,
    End,
    Entry,
    Form,
    Information,
    Menu,
    Offer,
    Question,
    Screen,
)
from gateway.menus.engine.navigation import MAX_INPUT, Step, go_to, is_code, is_digits
from gateway.menus.engine.session import Session
from gateway.menus.engine.visibility import NEVER, add_hours, open_choices
from gateway.menus.keywords import understand_text

# Apply a chosen option: its answers, its language, its move, and the effect that it asks for.
#
# Form questions with a single open answer are answered here instead of being shown.

_CLOSING = frozenset({Deed.REQUEST_CALLBACK, Deed.CANCEL_CALLBACK, Deed.REFUSE_CALLS, Deed.ERASE})
"""Actions after which key 0 does not lead back to where they were asked for."""

_ALWAYS_ASKED = frozenset({"danger", "phone_seen", "consent"})
"""Fields that are asked even with one open answer: safety, privacy and consent are never assumed."""


def choose_line(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Apply the open option with this key; None where the screen has none."""
    choice = next((open_ for open_ in open_choices(menu, session, screen) if open_.key == key), None)
    return None if choice is None else _take_choice(menu, session, screen, choice)


def find_deed(screen: Screen, choice: Choice) -> Deed | None:
    """Return the action of a choice; an answer that refuses calls is a refusal even without a declared action."""
    own_answer = {screen.asks: choice.answer} if isinstance(screen, Question) else {}
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
    own_answer = {screen.asks: choice.answer} if isinstance(screen, Question) and choice.answer else {}
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
    if not isinstance(screen, Question) or screen.asks in {*_ALWAYS_ASKED, *session.answers}:
        return step
    answers = [choice for choice in open_choices(menu, session, screen) if choice.answer]
    if len(answers) != 1 or find_deed(screen, answers[0]) not in {None, Deed.REFUSE_CALLS}:
        return step
    (only,) = answers
    answered = session.copy_with(answers={**session.answers, **only.answers, screen.asks: only.answer})
    if only.answer == NEVER and screen.asks == "when":
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


# Layout: the lines of a screen, and rules for cutting them into pages.


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The text of a screen before it is cut into pages.

    Attributes:
        lines: its text, one piece a line.
        whole: text and options must fit on one page.
        asks: a question; ``0 Back`` is shown only where room is left, because the answers have priority.
        leads_on: navigation lines are shown.
    """

    lines: tuple[Piece, ...]
    whole: bool = False
    asks: bool = False
    leads_on: bool = True


def lay_out_heading(text: str) -> tuple[Piece, ...]:
    """Return the lines of a text above options."""
    return _make_lines(PieceKind.HEADING, text)


def lay_out_prose(text: str) -> tuple[Piece, ...]:
    """Return the lines of a text to read."""
    return _make_lines(PieceKind.TEXT, text)


def _make_lines(kind: PieceKind, text: str) -> tuple[Piece, ...]:
    return tuple(Piece(kind, line.strip()) for line in text.splitlines() if line.strip())


# Choices: a list of options under an optional heading; may accept the code of a request, or words.


def show_choices(text: str) -> Layout:
    """Lay out the heading; the options may go over several pages."""
    return Layout(lines=lay_out_heading(text))


def take_choices(menu: Menu, session: Session, screen: Choices, key: str) -> Step | None:
    """Follow the option with this key, or look up digits of the length of a code."""
    step = choose_line(menu, session, screen, key)
    if step is None and screen.takes_code and is_code(key):
        return Step(session.copy_with(notice=""), (LookUpCode(code=key),))
    return step


def read_words(menu: Menu, session: Session, typed: str) -> Step | None:
    """Follow words that lead to a screen; None where the screen accepts none, or they lead nowhere."""
    screen = menu.screens[session.screen]
    if not isinstance(screen, Choices) or len(typed) > MAX_INPUT:
        return None
    for front in screen.takes_words:
        # Lao, Thai and Khmer write no spaces between words, so the prefix is joined without one.
        joined = f"{front} {typed}" if front.isascii() else f"{front}{typed.strip()}"
        match = understand_text(menu, joined, session.script)
        if match is not None and match.keyword.to in menu.screens:
            return Step(go_to(menu, session.copy_with(notice=""), match.keyword.to))
    return None


# End: the last text; nothing can be typed after it.


def show_end(text: str) -> Layout:
    """Lay out the text on a single page without navigation."""
    return Layout(lines=lay_out_prose(text), whole=True, leads_on=False)


def take_end(menu: Menu, session: Session, screen: End, key: str) -> Step | None:
    """Return None for every key, because the session is over."""
    del menu, session, screen, key
    return None


# Entry: asks for digits, such as a code.


def show_entry(text: str) -> Layout:
    """Lay out the prompt on one page."""
    return Layout(lines=lay_out_prose(text), whole=True)


def take_entry(menu: Menu, session: Session, screen: Entry, key: str) -> Step | None:
    """Accept the right number of digits; a code moves on only when its receipt says that it opened a request."""
    step = choose_line(menu, session, screen, key)
    looks_up = screen.does is Deed.LOOK_UP_CODE
    fits = is_code(key, screen.digits) if looks_up else is_digits(key, screen.digits)
    if step is not None or not fits:
        return step
    typed = make_effect(session, screen.does, Choice(key=key))
    if looks_up:
        return Step(session.copy_with(notice=""), (typed,))
    return Step(navigation.follow_choice(menu, session, screen.to, {}), (typed,))


# Form: never shown itself; a session on it shows its first unanswered question.


def show_form(text: str) -> Layout:
    """Return an empty layout: a form has no text of its own."""
    del text
    return Layout(lines=())


def take_form(menu: Menu, session: Session, screen: Form, key: str) -> Step | None:
    """Return None for every key: the questions take them."""
    del menu, session, screen, key
    return None


# Information: a text to read, over as many pages as it needs.


def show_information(text: str) -> Layout:
    """Lay out the text; it may go over several pages."""
    return Layout(lines=lay_out_prose(text))


def take_information(menu: Menu, session: Session, screen: Information, key: str) -> Step | None:
    """Follow the option with this key, whichever page it is on."""
    return choose_line(menu, session, screen, key)


# Offer: a callback, after three wrong keys; can return to the screen before.


def show_offer(text: str) -> Layout:
    """Lay out the offer above its options."""
    return Layout(lines=lay_out_heading(text))


def take_offer(menu: Menu, session: Session, screen: Offer, key: str) -> Step | None:
    """Follow the option with this key."""
    return choose_line(menu, session, screen, key)


# Question: one question of the callback form, always on one page with its answers.


def show_question(text: str) -> Layout:
    """Lay out the question above its answers, on one page."""
    return Layout(lines=lay_out_heading(text), whole=True, asks=True)


def take_question(menu: Menu, session: Session, screen: Question, key: str) -> Step | None:
    """Take the answer with this key and go on to the next question."""
    return choose_line(menu, session, screen, key)


# The kinds together.


def show_screen(screen: Screen, text: str) -> Layout:
    """Lay out a screen with this text."""
    match screen:
        case Choices():
            return show_choices(text)
        case Information():
            return show_information(text)
        case Question():
            return show_question(text)
        case Form():
            return show_form(text)
        case Entry():
            return show_entry(text)
        case Offer():
            return show_offer(text)
        case End():
            return show_end(text)
        case _:
            assert_never(screen)


def take_key(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Apply a key to a screen; None where the key means nothing there."""
    match screen:
        case Choices():
            return take_choices(menu, session, screen, key)
        case Information():
            return take_information(menu, session, screen, key)
        case Question():
            return take_question(menu, session, screen, key)
        case Form():
            return take_form(menu, session, screen, key)
        case Entry():
            return take_entry(menu, session, screen, key)
        case Offer():
            return take_offer(menu, session, screen, key)
        case End():
            return take_end(menu, session, screen, key)
        case _:
            assert_never(screen)
