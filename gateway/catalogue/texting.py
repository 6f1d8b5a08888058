"""A thread of texts for authors' conversations: what words and numbers lead to, as the gateway answers them."""

from dataclasses import dataclass, field
from datetime import datetime

from gateway.engine import keys
from gateway.engine.effects import Effect, Line, RequestCallback
from gateway.engine.menu import Menu, Reaction
from gateway.engine.render import tell
from gateway.engine.session import Known, Session
from gateway.engine.showing import DEFAULT_LANGUAGE
from gateway.engine.step import begin, open_screen, step
from gateway.engine.values import current, fill
from gateway.engine.words import Match, form_answer, language_of, understand
from gateway.messages import SMS_LIMITS, Piece, PieceKind, Reply

SILENCE = "silence"
"""What an author names as the screen of a text that gets no answer."""

_FORM, _LONGEST_KEY = "sms_form", 4
_SAID = {
    Reaction.CALL_ME: _FORM,
    Reaction.HELP: "sms_help",
    Reaction.START: "sms_started",
    Reaction.LANGUAGE: "sms_language",
    Reaction.STOP: SILENCE,
}


@dataclass(frozen=True, slots=True)
class Meant:
    """What one text leads to: a message or a screen by name, and what is asked for."""

    name: str
    session: Session
    effects: tuple[Effect, ...] = ()


@dataclass(slots=True)
class Thread:
    """One caller who texts."""

    menu: Menu
    known: Known
    session: Session | None = None
    last: str = field(default="")

    def take(self, words: str) -> Meant:
        """Take one text and say what it leads to; where she stands afterwards is kept."""
        match = understand(self.menu, words, self.session.script if self.session else self.known.script)
        meant = self._word(match) if match else self._number(words)
        self.session, self.last = meant.session, meant.name
        return meant

    def _word(self, match: Match) -> Meant:
        said = _SAID.get(match.keyword.reaction, "")
        session = self._begun(match.language)
        if said == _FORM:
            before = (self.session or session).having(language=session.language, script=session.script)
            return Meant(said, open_screen(self.menu, before, self.menu.call_me))
        if said:
            return Meant(said, session)
        session = open_screen(self.menu, session, match.keyword.to)
        return Meant(session.screen, session)

    def _number(self, words: str) -> Meant:
        if self.session is None or self.last == SILENCE:
            return Meant("sms_help", self._begun(self.known.script or language_of(self.menu, words)))
        if self.last in (_FORM, "sms_form_again"):
            return self._form(self.session, words)
        key = keys.clean(words)
        if self.last == "sms_language":
            start = self.menu.screens[self.menu.start].choices
            session = self._begun(
                next((each.script for each in start if each.key == key), self.session.script)
            )
            return Meant(session.screen, session)
        if not (key.isascii() and key.isdigit() and len(key) <= _LONGEST_KEY):
            return Meant("sms_help", self.session)
        moved = step(self.menu, self.session, key, SMS_LIMITS)
        return Meant(moved.session.screen, moved.session, moved.effects)

    def _form(self, session: Session, words: str) -> Meant:
        answers = form_answer(words)
        if answers is None:
            return Meant("sms_form_again", session)
        if answers["when"] == "never" or (answers["phone_seen"] == "not_mine" and answers["when"] != "now"):
            return Meant("sms_no_call", session)
        if answers["when"] not in session.offers:
            return Meant("sms_form_again", session)
        request = RequestCallback(
            topic=session.topic or "other",
            path=session.path,
            answers={"danger": "no", "consent": "yes", **answers},
            language=session.language,
            script=session.script,
        )
        return Meant("sms_saved", session, (request,))

    def _begun(self, script: str) -> Session:
        tag = script or DEFAULT_LANGUAGE
        known = Known(
            language=tag.partition("-")[0], script=tag, region=self.known.region, offers=self.known.offers
        )
        return begin(self.menu, known)


def told(menu: Menu, meant: Meant, line: Line, now: datetime, code: str) -> Reply:
    """Return what she reads: the screen, or the message of that name in her language."""
    if meant.name not in menu.messages and meant.name != SILENCE:
        return tell(menu, meant.session, line, SMS_LIMITS, now)
    values = {**current(menu, meant.session, line, now), "code": code}
    words = fill(menu.text(menu.messages.get(meant.name, {}), meant.session.script), values)
    if meant.name == "sms_language":
        start = menu.screens[menu.start].choices
        lines = [f"{each.key} {menu.text(each.label, meant.session.script)}" for each in start if each.script]
        words = "\n".join([words, *lines])
    pieces = (Piece(PieceKind.TEXT, words),) if words else ()
    return Reply(pieces=pieces, screen=meant.name, language=meant.session.script)
