"""The menu as a sound YAML folder becomes it: screens, choices, words and facts, all frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from gateway.domain.contact_safety import When
from gateway.domain.events import Piece
from gateway.menus.engine.dates import NUMBERS, Pattern

FORMAT = 3

Text = Mapping[str, str]
"""A text in several languages: language tag → template with ``{placeholders}``."""

Condition = Mapping[str, tuple[str, ...]]
"""Names and the values that they may have: an answer of the form, ``region`` or ``language``. All must hold."""

RESULT_PLACEHOLDERS = frozenset({"code", "when", "until"})
"""Placeholders that only a receipt fills."""

DUTY_PLACEHOLDERS = frozenset({"opens"})
"""Placeholders that the hours of duty fill: the next time at which somebody is there to ring her."""

FACT_PARTS = ("since", "checked")
"""What a fact tells beside its value, as ``{th.wage:since}``: the day it holds from, and the day it was checked."""

LINE_PLACEHOLDERS = frozenset({"helpline", "mrc", "embassy", "price", "days"})
"""Placeholders that the settings of the line fill."""

RESUME = "resume"
"""The screen, if a menu has it, that asks whoever dials again whether she goes on where her session broke off."""

NO_TIME = "no_time"
"""The screen, if a menu has it, that says when a call is possible, where the form could ask for *do not call* alone."""


class Deed(StrEnum):
    """What a choice asks for beside moving on; each becomes one effect."""

    REQUEST_CALLBACK = "request_callback"
    AMEND_CALLBACK = "amend_callback"
    CHANGE_WINDOW = "change_window"
    CANCEL_CALLBACK = "cancel_callback"
    REFUSE_CALLS = "refuse_calls"
    LOOK_UP_CODE = "look_up_code"
    ERASE = "erase"
    REPORT_WRONG = "report_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One line that she can choose by its key.

    Attributes:
        key: what she types.
        label: what the line says; empty for a key that is named in the screen's text (``7``).
        to: the screen that follows; empty on a question, where the form says which.
        answer: on a question, the value that this choice gives to the field it asks.
        answers: other fields of the form that this choice sets.
        language: the language that she speaks from here on.
        script: the language tag of the texts from here on.
        does: what is asked for when it is chosen.
        page: begins this page of the screen; 0 lets the cutter decide.
        only_if: when the line is shown at all.
    """

    key: str
    label: Text = field(default_factory=dict)
    to: str = ""
    answer: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    script: str = ""
    does: Deed | None = None
    page: int = 0
    only_if: Condition = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Another text of the same screen, for those to whom its condition applies; the first that applies is shown."""

    only_if: Condition
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Screen:
    id: str
    text: Text = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    choices: tuple[Choice, ...] = ()
    topic: str = ""
    sensitive: bool = False
    back: bool = True
    rests_on: tuple[str, ...] = ()
    """Facts without which the text does not hold though it names no figure of theirs: the section of a law."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices(_Screen):
    """A list of ways on, under an optional heading.

    ``takes_code`` tries a four-digit input as her code. Where ``takes_words`` holds anything, what is no key is read as
    a text: a place that she types leads where the word for it leads. Each of its words is tried in front of hers, so
    that a name counts here which elsewhere is an ordinary word too.
    """

    takes_code: bool = False
    takes_words: tuple[str, ...] = ()
    code_to: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Information(_Screen):
    """Something to read, perhaps over several pages, with few ways on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question(_Screen):
    """One question of the callback form; ``asks`` names the field that the chosen ``answer`` fills."""

    asks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form(_Screen):
    """The callback form: shows the first question whose field has no answer yet, then goes ``to`` a screen."""

    questions: tuple[str, ...]
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(_Screen):
    """Asks for digits to type, for example a code; ``does`` says what is asked for with them."""

    digits: int
    does: Deed
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(_Screen):
    """Offers a person after three wrong keys; its choices may go ``to`` ``@here``, the screen she was on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End(_Screen):
    """The last thing shown; the session is over."""


Screen = Choices | Information | Question | Form | Entry | Offer | End


class Reaction(StrEnum):
    """What a keyword leads to beside a screen."""

    SHOW = "show"
    CALL_ME = "call_me"
    STOP = "stop"
    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """Words, in several languages, that a text may contain, and where they lead.

    ``danger`` words are matched whole, never by likeness, and come before all others. ``{who}`` in a word stands for
    each of the persons of ``Speech.who``.
    """

    words: Mapping[str, tuple[str, ...]]
    to: str = ""
    reaction: Reaction = Reaction.SHOW
    danger: bool = False


Words = Mapping[str, tuple[str, ...]]
"""Words in several languages: language tag → words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """How people who write these languages talk around the words of the menu.

    Attributes:
        who: persons, which stand for ``{who}`` in a keyword.
        courtesy: what may stand beside a command, a number or an answer and changes nothing: please, thanks, particles.
        about: what may stand beside STOP and START besides: me, messages, now.
        numbering: what may stand before the number of a choice: no, option, answer.
        declines: whole texts that mean *no* while the questions of the callback are open.
        answers: words for the answers of the callback besides the labels of its choices, by field value.
        contact: what a refusal is about: to call, to talk.
        refusals: what before it refuses: do not, never.
        negations: what before it takes the wish away without refusing: did not, why not.
        bridges: what may stand between the two: want, to, anybody.
        automatic: whole texts that phones and operators write by themselves: I am driving, you have a missed call.
        harmless: longer words and phrases that hold a word of danger or of contact and do not say it.
        clock: words that mean the hour of a clock before a number: ตี 2.
        numbers: numbers in words.
        counted: what behind such a number shows that it counts something else: times, people.
        struck: what before such a word shows that it is no clock: was hit.
    """

    who: Words = field(default_factory=dict)
    courtesy: Words = field(default_factory=dict)
    about: Words = field(default_factory=dict)
    numbering: Words = field(default_factory=dict)
    declines: Words = field(default_factory=dict)
    answers: Mapping[str, Words] = field(default_factory=dict)
    contact: Words = field(default_factory=dict)
    refusals: Words = field(default_factory=dict)
    negations: Words = field(default_factory=dict)
    bridges: Words = field(default_factory=dict)
    automatic: Words = field(default_factory=dict)
    harmless: Words = field(default_factory=dict)
    clock: Words = field(default_factory=dict)
    numbers: Words = field(default_factory=dict)
    counted: Words = field(default_factory=dict)
    struck: Words = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactValue:
    """What a fact is from a day on, and how sure we are.

    Attributes:
        value: the figure, number or words; of a date, how it is written: ``2025-07-01``, ``2025-07``, ``2025``.
        valid_from: the day from which it is shown.
        source: where it is known from.
        checked_on: the day on which somebody last looked.
        expires_on: the last day on which it may be trusted.
        is_date: the value is a date, which every language tells in its own words.
        when_old: what is shown in its place after ``expires_on``; empty goes on showing the value.
    """

    value: str
    valid_from: date
    source: str
    checked_on: date
    expires_on: date
    is_date: bool = False
    when_old: Text = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A figure, phone number or date of the world outside, with its dated values, oldest first."""

    id: str
    values: tuple[FactValue, ...]

    def on(self, day: date) -> FactValue:
        """Return the value that holds on this day; before the first one begins, the first."""
        current = self.values[0]
        for value in self.values:
            if value.valid_from <= day:
                current = value
        return current


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A further answer of the form that this menu asks for: the name that staff read, and the words it may have."""

    label: Text
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A whole menu, sound by construction: every target exists, every required text is there.

    Attributes:
        id: its name, which channels are configured with.
        languages: tag → the language's own name.
        fallback: tag → the tags whose text stands in where one is missing, in order.
        start: the first screen of a dial.
        home: where ``00`` leads.
        offer: the screen after three wrong keys.
        sos: the screen of danger numbers.
        call_me: the form that leads to a callback.
        screens: by id.
        messages: lines that are not screens, by name (``REQUIRED_MESSAGES``).
        message_variants: other wordings of a line, for those to whom their condition applies (``VARIED_MESSAGES``).
        keywords: for texts.
        speech: how people talk around them.
        facts: by id.
        calendar: how each language tells days and dates.
        topics: what a request may be about, by word, with the name that staff read.
        fields: further answers of the form, by word; without values it is open.
        windows: when her phone may ring, in the order in which they are written: by the word of the answer.
        source: the language from which the others are translated; empty where the menu does not say it.
        waiting: language → the texts on its way to a callback that nobody has reviewed yet.
        pages: stored cuts, by ``page_key``.
    """

    id: str
    languages: Mapping[str, str]
    fallback: Mapping[str, tuple[str, ...]]
    start: str
    home: str
    offer: str
    sos: str
    call_me: str
    screens: Mapping[str, Screen]
    messages: Mapping[str, Text]
    message_variants: Mapping[str, tuple[Variant, ...]] = field(default_factory=dict)
    keywords: tuple[Keyword, ...] = ()
    speech: Speech = field(default_factory=Speech)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    calendar: Mapping[str, Pattern] = field(default_factory=dict)
    topics: Mapping[str, Text] = field(default_factory=dict)
    fields: Mapping[str, Field] = field(default_factory=dict)
    windows: Mapping[str, When] = field(default_factory=dict)
    source: str = ""
    waiting: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pages: Mapping[str, tuple[tuple[Piece, ...], ...]] = field(default_factory=dict)

    def pattern(self, language: str) -> Pattern:
        """Return how a language tells days and dates: its own way, or that of the first of its fallback, or numbers."""
        tags = (language, *self.fallback.get(language, ()))
        return next((self.calendar[tag] for tag in tags if tag in self.calendar), NUMBERS)

    def text(self, text: Text, language: str) -> str:
        """Return the text in the language, or in the first language of its fallback that has it, or empty."""
        for tag in (language, *self.fallback.get(language, ())):
            if text.get(tag):
                return text[tag]
        return ""


def page_key(limits: str, language: str, screen: str, variant: int) -> str:
    """Return what the stored pages of a screen are filed under; ``variant`` is −1 for the plain text."""
    return f"{limits}/{language}/{screen}/{variant}"
