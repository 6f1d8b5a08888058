"""Lay out each kind of screen, and apply a key to it.

A kind has two functions here, ``show_…`` (text → ``Layout``) and ``take_…`` (key → ``Step``); ``show_screen`` and
``take_key`` choose between them, and mypy fails where a new kind is missing.
"""

from dataclasses import dataclass
from typing import assert_never

from gateway.domain.events import Piece, PieceKind
from gateway.menus.engine import navigation, screen_actions
from gateway.menus.engine.effects import LookUpCode
from gateway.menus.engine.keys import MAX_INPUT, is_code, is_digits
from gateway.menus.engine.model import (
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
from gateway.menus.engine.navigation import Step, go_to
from gateway.menus.engine.session import Session
from gateway.menus.keywords import understand_text

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
    step = screen_actions.choose_line(menu, session, screen, key)
    if step is None and screen.takes_code and is_code(key):
        return Step(session.having(notice=""), (LookUpCode(code=key),))
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
            return Step(go_to(menu, session.having(notice=""), match.keyword.to))
    return None


# End: the last text; nothing can be typed after it.


def show(text: str) -> Layout:
    """Lay out the text on a single page without navigation."""
    return Layout(lines=lay_out_prose(text), whole=True, leads_on=False)


def take(menu: Menu, session: Session, screen: End, key: str) -> Step | None:
    """Return None for every key, because the session is over."""
    del menu, session, screen, key
    return None


# Entry: asks for digits, such as a code.


def show_entry(text: str) -> Layout:
    """Lay out the prompt on one page."""
    return Layout(lines=lay_out_prose(text), whole=True)


def take_entry(menu: Menu, session: Session, screen: Entry, key: str) -> Step | None:
    """Accept the right number of digits; a code moves on only when its receipt says that it opened a request."""
    step = screen_actions.choose_line(menu, session, screen, key)
    looks_up = screen.does is Deed.LOOK_UP_CODE
    fits = is_code(key, screen.digits) if looks_up else is_digits(key, screen.digits)
    if step is not None or not fits:
        return step
    typed = screen_actions.effect_of(session, screen.does, Choice(key=key))
    if looks_up:
        return Step(session.having(notice=""), (typed,))
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
    return screen_actions.choose_line(menu, session, screen, key)


# Offer: a callback, after three wrong keys; can return to the screen before.


def show_offer(text: str) -> Layout:
    """Lay out the offer above its options."""
    return Layout(lines=lay_out_heading(text))


def take_offer(menu: Menu, session: Session, screen: Offer, key: str) -> Step | None:
    """Follow the option with this key."""
    return screen_actions.choose_line(menu, session, screen, key)


# Question: one question of the callback form, always on one page with its answers.


def show_question(text: str) -> Layout:
    """Lay out the question above its answers, on one page."""
    return Layout(lines=lay_out_heading(text), whole=True, asks=True)


def take_question(menu: Menu, session: Session, screen: Question, key: str) -> Step | None:
    """Take the answer with this key and go on to the next question."""
    return screen_actions.choose_line(menu, session, screen, key)


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
            return show(text)
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
            return take(menu, session, screen, key)
        case _:
            assert_never(screen)
