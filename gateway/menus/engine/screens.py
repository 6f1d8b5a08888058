"""Define every kind of screen, each as one class, and the table by which all other modules know them.

A kind says how a menu file writes it, how it is stored, laid out, drawn, and what a key does. To add one, write a class
here and name it in ``SCREEN_KINDS``; ``tests/menus/engine/test_screen_kinds.py`` adds one so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from gateway.domain.events import Piece, PieceKind
from gateway.menus.engine import navigation
from gateway.menus.engine.choices import make_effect
from gateway.menus.engine.effects import LookUpCode
from gateway.menus.engine.model import FORM_ANSWERS, Choice, Deed, Menu, Screen
from gateway.menus.engine.navigation import MAX_INPUT, Step, go_to, is_code, is_digits
from gateway.menus.engine.session import Session
from gateway.menus.engine.shapes import Record, Several, Shape, Word
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


# The kinds.

_TEXT = Word()
_TARGET = Word(names="target")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(Screen):
    """A list of options under an optional heading, over several pages; may accept the code of a request, or words.

    Attributes:
        takes_code: accept the digits of a request's code.
        takes_words: words that are put in front of typed text before keyword matching, so that a place name counts
            here which elsewhere is an ordinary word; empty where the screen reads no words.
        code_to: id of the screen that shows a request opened by its code.
    """

    kind = "choices"
    shape: ClassVar[Mapping[str, Shape]] = {
        "takes_code": Record(what="takes_code", fields={"to": _TARGET}, required=("to",)),
        "takes_words": Several(of=_TEXT, or_one=True),
    }
    about: ClassVar[Mapping[str, str]] = {
        "takes_code": "Four to six digits typed here are tried as her code.",
        "takes_words": "Words typed here lead where they lead by text, each of these tried in front: "
        "[province, จังหวัด].",
    }
    colour, outline, draws_codes = "#3557a5", ('["', '"]'), True

    takes_code: bool = False
    takes_words: tuple[str, ...] = ()
    code_to: str = ""

    @classmethod
    def read_fields(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        code = written.get("takes_code")
        words = {name: value for name, value in written.items() if name == "takes_words"}
        return words if code is None else {**words, "takes_code": True, "code_to": code["to"]}

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_heading(text))

    def take_key(self, menu: Menu, session: Session, key: str) -> Step | None:
        del menu
        takes = self.takes_code and is_code(key)
        return Step(session.copy_with(notice=""), (LookUpCode(code=key),)) if takes else None

    def read_words(self, menu: Menu, session: Session, typed: str) -> Step | None:
        if len(typed) > MAX_INPUT:
            return None
        for front in self.takes_words:
            # Lao, Thai and Khmer write no spaces between words, so the prefix is joined without one.
            joined = f"{front} {typed}" if front.isascii() else f"{front}{typed.strip()}"
            match = understand_text(menu, joined, session.script)
            if match is not None and match.keyword.to in menu.screens:
                return Step(go_to(menu, session.copy_with(notice=""), match.keyword.to))
        return None

    def list_targets(self) -> tuple[tuple[str, int], ...]:
        return ((self.code_to, 1),)

    def find_code_target(self) -> str:
        return self.code_to


@dataclass(frozen=True, slots=True, kw_only=True)
class Information(Screen):
    """A text to read, over one or more pages, with few options."""

    kind = "information"
    required = ("text",)
    colour, outline, informs = "#3f7d58", ('("', '")'), True

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_prose(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(Screen):
    """One question of the callback form, always on one page; ``asks`` names the field that the ``answer`` fills."""

    kind = "question"
    shape: ClassVar[Mapping[str, Shape]] = {"asks": Word(usual=tuple(FORM_ANSWERS))}
    required = ("text", "asks", "choices")
    about: ClassVar[Mapping[str, str]] = {"asks": "The field of the callback form that this question fills."}
    colour, outline, tells_way = "#8a4fa3", ('{{"', '"}}'), False

    asks: str = ""

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_heading(text), whole=True, asks=True)

    def get_asked(self) -> str:
        return self.asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(Screen):
    """The callback form: shows its first unanswered question, and after the last one moves ``to`` a screen."""

    kind = "form"
    shape: ClassVar[Mapping[str, Shape]] = {
        "questions": Several(of=Word(names="screen"), least=1),
        "to": _TARGET,
    }
    required = ("questions", "to")
    about: ClassVar[Mapping[str, str]] = {"questions": "The questions in order; consent is the last one."}
    colour, outline = "#8a4fa3", ('[["', '"]]')
    is_shown, tells_way, leaves_trail = False, False, False

    questions: tuple[str, ...] = ()
    to: str = ""

    def lay_out(self, text: str) -> Layout:
        del text
        return Layout(lines=())

    def list_questions(self) -> tuple[str, ...]:
        return self.questions

    def get_following(self) -> str:
        return self.to

    def list_targets(self) -> tuple[tuple[str, int], ...]:
        return tuple((target, 0) for target in (*self.questions, self.to))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Screen):
    """Asks for digits, such as a code, on one page; ``does`` is the action that receives them."""

    kind = "entry"
    shape: ClassVar[Mapping[str, Shape]] = {
        "digits": Word(pattern=r"[1-9]|1[0-9]", example="4", numeric=True),
        "does": Word(values=tuple(Deed)),
        "to": _TARGET,
    }
    required = ("text", "digits", "does", "to")
    about: ClassVar[Mapping[str, str]] = {"digits": "How many digits she types."}
    colour, outline, draws_codes = "#a36a1f", ('[/"', '"/]'), True

    digits: int
    does: Deed
    to: str

    @classmethod
    def read_fields(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        return {"digits": int(written["digits"]), "does": Deed(written["does"]), "to": written["to"]}

    @classmethod
    def load_fields(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        return cls.read_fields(stored)

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_prose(text), whole=True)

    def take_key(self, menu: Menu, session: Session, key: str) -> Step | None:
        """Accept the right number of digits; a code moves on only when its receipt says that it opened a request."""
        looks_up = self.does is Deed.LOOK_UP_CODE
        fits = is_code(key, self.digits) if looks_up else is_digits(key, self.digits)
        if not fits:
            return None
        typed = make_effect(session, self.does, Choice(key=key))
        if looks_up:
            return Step(session.copy_with(notice=""), (typed,))
        return Step(navigation.follow_choice(menu, session, self.to, {}), (typed,))

    def list_targets(self) -> tuple[tuple[str, int], ...]:
        return ((self.to, 1),)

    def find_code_target(self) -> str:
        return self.to

    def find_own_deed(self) -> Deed | None:
        return self.does

    def describe_input(self) -> str:
        return str(self.digits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(Screen):
    """Offers a callback after three wrong keys; ``@here`` as the target of a choice returns to the screen before."""

    kind = "offer"
    required = ("text", "choices")
    colour, outline = "#a36a1f", ('>"', '"]')
    offers_call, tells_way, leaves_trail = True, False, False

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_heading(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class End(Screen):
    """The last text of a session, on a single page without navigation; nothing can be typed after it."""

    kind = "end"
    required = ("text",)
    colour, outline, ends = "#667085", ('(["', '"])'), True

    def lay_out(self, text: str) -> Layout:
        return Layout(lines=lay_out_prose(text), whole=True, leads_on=False)


USUAL_KIND = Choices.kind
"""The kind of a screen whose menu file names none."""

SCREEN_KINDS: dict[str, type[Screen]] = {
    each.kind: each for each in (Choices, Information, Question, Form, Entry, Offer, End)
}
"""Name → kind, in the order of the reference; the grammar, the loader, stored menus and drawings read it."""
