"""A thread of texts for authors' conversations: what words and numbers lead to, as the gateway answers them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.engine import texted
from gateway.engine.effects import Effect, Line, Receipt
from gateway.engine.menu import Menu
from gateway.engine.session import Known
from gateway.engine.standing import Standing
from gateway.engine.texted import SILENCE, Meant
from gateway.messages import Reply


@dataclass(slots=True)
class Thread:
    """One caller who texts; ``does`` says what comes of what she asks for."""

    menu: Menu
    known: Known
    does: Callable[[Effect], Receipt]
    standing: Standing = field(default_factory=Standing)
    stopped: bool = False

    def take(self, words: str, line: Line, now: datetime) -> tuple[Meant, Reply]:
        """Take one text; return what it means after its deeds, and what she reads."""
        before = self.standing.at(now)
        meaning = texted.meant(self.menu, words, before, self.known, stopped=self.stopped)
        receipts = tuple(map(self.does, meaning.effects))
        if meaning.says == SILENCE:
            if meaning.understood == texted.STOP:
                self.stopped, self.standing = True, Standing()
            return meaning, Reply(pieces=(), screen=SILENCE, language=meaning.session.script)
        meaning = texted.settled(self.menu, meaning, receipts, line, now)
        self.stopped = self.stopped and meaning.understood not in (texted.START, "callback")
        reply, stands = texted.told(self.menu, meaning, before, line, now)
        self.standing = stands or before
        return meaning, reply
