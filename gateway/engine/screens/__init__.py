"""The kinds of screen, one file a kind; each says how it is laid out and what a key does on it."""

from typing import assert_never

from gateway.engine.menu import Choices, End, Entry, Form, Information, Menu, Offer, Question, Screen
from gateway.engine.moves import Step
from gateway.engine.screens import choices, end, entry, form, information, offer, question
from gateway.engine.screens.layout import Layout
from gateway.engine.session import Session


def show(screen: Screen, text: str) -> Layout:
    """Lay out a screen with this text."""
    match screen:
        case Choices():
            return choices.show(text)
        case Information():
            return information.show(text)
        case Question():
            return question.show(text)
        case Form():
            return form.show(text)
        case Entry():
            return entry.show(text)
        case Offer():
            return offer.show(text)
        case End():
            return end.show(text)
        case _:
            assert_never(screen)


def take(menu: Menu, session: Session, screen: Screen, key: str) -> Step | None:
    """Do what a key means on a screen; None where it means nothing there."""
    match screen:
        case Choices():
            return choices.take(menu, session, screen, key)
        case Information():
            return information.take(menu, session, screen, key)
        case Question():
            return question.take(menu, session, screen, key)
        case Form():
            return form.take(menu, session, screen, key)
        case Entry():
            return entry.take(menu, session, screen, key)
        case Offer():
            return offer.take(menu, session, screen, key)
        case End():
            return end.take(menu, session, screen, key)
        case _:
            assert_never(screen)
