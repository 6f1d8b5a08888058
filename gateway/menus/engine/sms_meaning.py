"""What one text leads to, and the words by which figures count how it was understood."""

from dataclasses import dataclass

from gateway.menus.engine.effects import Effect
from gateway.menus.engine.model import Keyword
from gateway.menus.engine.session import Session, ThreadState
from gateway.menus.keywords import Match

SILENCE = "silence"
"""What stands for the name of a message where nothing is answered."""

STOP, START = "stop", "start"
"""As what the two are understood that end and begin our texts to her."""

DANGER = "danger"
"""As what a text is understood that holds a word of danger."""

REFUSED = "refused_said"
"""As what a sentence is understood that refuses to be called; a person reads it."""

COPY = "copy"
"""As what one of our own texts is understood that her phone or she sent back; a person may read it."""

COURTESY = "courtesy"
"""As what thanks, a yes and signs are understood; they get one answer and no second."""

NOT_UNDERSTOOD = ""
"""Texts with this word are the list that a person reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """What one text leads to.

    Attributes:
        understood: as what, in a word of ours that figures count.
        session: from where she is told; without ``says`` its screen is the answer.
        says: the name of the message that answers, or ``silence``.
        words: what the message says, where it is more than its wording.
        standing: where the thread stands afterwards; None leaves it where it was, after a screen the screen decides.
        language: which she asked for by number.
        near: the topics that come nearest, to be listed above the help.
        effects: what is asked for.
        match: the word of the menu that it was.
        also: the name of a message that is told below the screen.
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
