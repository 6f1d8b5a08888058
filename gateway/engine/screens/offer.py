"""Offers a person after three wrong keys; the way back leads to where she was."""

from gateway.engine import deeds
from gateway.engine.menu import Menu, Offer
from gateway.engine.moves import Step
from gateway.engine.screens.layout import Layout, heading
from gateway.engine.session import Session


def show(text: str) -> Layout:
    """Lay out the offer above its options."""
    return Layout(lines=heading(text))


def take(menu: Menu, session: Session, screen: Offer, key: str) -> Step | None:
    """Follow the line with this key."""
    return deeds.choose(menu, session, screen, key)
