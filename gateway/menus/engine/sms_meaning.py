"""Define the meaning of one text, and the classifications by which metrics count texts."""

from dataclasses import dataclass

from gateway.menus.engine.effects import Effect
from gateway.menus.engine.model import Keyword
from gateway.menus.engine.session import Session, ThreadState
from gateway.menus.keywords import Match

SILENCE = "silence"
"""Stands for the name of a message where nothing is answered."""

STOP, START = "stop", "start"
"""Classification of texts that end and restart messages from us."""

DANGER = "danger"
"""Classification of a text with a danger word."""

REFUSED = "refused_said"
"""Classification of a sentence that refuses calls; staff read it."""

COPY = "copy"
"""Classification of one of our own texts that the phone or its user sent back; listed for staff."""

COURTESY = "courtesy"
"""Classification of thanks, yes and emoji; answered once in a thread."""

NOT_UNDERSTOOD = ""
"""Classification of the texts that are listed for staff to read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """The meaning of one text.

    Attributes:
        understood: the classification that metrics count: a constant of this module, a screen id or another fixed
            word.
        session: session from which the reply is rendered; without ``says``, its screen is the reply.
        says: name of the message to reply with, or ``silence``.
        words: text of that message, where it is not the menu's wording.
        standing: state of the thread afterwards; None leaves it unchanged, or after a screen derives it from the
            screen.
        language: language tag chosen by number.
        near: nearest topics, to be listed above the help.
        effects: effects to perform.
        match: the keyword that was found.
        also: name of a message to add below the screen.
    """

    understood: str
    session: Session
    says: str = ""
    words: str = ""
    standing: ThreadState | None = None
    language: str = ""
    near: tuple[Keyword, ...] = ()
    effects: tuple[Effect, ...] = ()
    match: Match | None = None
    also: str = ""
