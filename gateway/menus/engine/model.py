"""Define the menu model: screens, choices, keywords, speech and facts, all frozen.

The YAML loader builds it only from a folder without errors, so the engine relies on every target and text existing.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.events import Piece
from gateway.menus.engine.dates import NUMBERS, Pattern
from gateway.menus.engine.shapes import Shape

if TYPE_CHECKING:
    from gateway.menus.engine.navigation import Step
    from gateway.menus.engine.screens import Layout
    from gateway.menus.engine.session import Session

FORMAT = 3

Text = Mapping[str, str]
"""A text in several languages: language tag (BCP 47, as ``lo`` or ``lo-Latn``) → template with ``{placeholders}``."""

Condition = Mapping[str, tuple[str, ...]]
"""Name → allowed values, of a form field, ``region``, ``language`` or ``script``; all names must match."""

FORM_ANSWERS: Mapping[str, tuple[str, ...]] = {
    "danger": ("yes", "no"),
    "phone_seen": tuple(PhoneSeen),
    "when": (),
    "consent": ("yes", "no"),
    "woman": ("yes", "no"),
    "other_language": (),
    "sms_safe": ("yes", "no"),
}
"""Field of the callback form → its allowed values; an empty tuple allows any."""

RESULT_PLACEHOLDERS = frozenset({"code", "when", "until"})
"""Placeholders that are filled by receipts."""

DUTY_PLACEHOLDERS = frozenset({"opens"})
"""Placeholders filled from the duty hours: the next time at which a call is possible."""

FACT_PARTS = ("since", "checked")
"""Parts of a fact beside its value, as ``{th.wage:since}``: the day from which it holds, the day it was checked."""

LINE_PLACEHOLDERS = frozenset({"helpline", "mrc", "embassy", "price", "days"})
"""Placeholders that are filled from the helpline's settings."""

RESUME = "resume"
"""Id of the optional screen that asks a caller who dials again whether to continue a session that broke off."""

NO_TIME = "no_time"
"""Id of the optional screen that says when calls are possible, shown where no window can be offered."""


class Deed(StrEnum):
    """The action of a choice beside moving on; each becomes one effect."""

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
    """One option of a screen, chosen by its key.

    Attributes:
        key: the digits to type.
        label: the option's text; empty for a key that the screen's own text names (``7``).
        to: id of the screen that follows; empty on a question, where the form decides.
        answer: on a question, the value for the field that it asks.
        answers: other form fields that this choice sets.
        language: spoken language from here on.
        script: language tag of the texts from here on.
        does: the action of the choice.
        page: begins this page of the screen (from 1); 0 leaves it to the cutter.
        only_if: the condition for showing the option.
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
    """An alternative text of a screen for callers who meet its condition; the first match is shown."""

    only_if: Condition
    text: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen(ABC):
    """One screen: what every kind has, and what a kind says of itself; ``screens.SCREEN_KINDS`` lists the kinds.

    The class attributes and methods below are all that other modules ask of a kind, so that a new one is a class.

    Attributes:
        kind: its name in menu files, in stored menus and in drawings.
        shape: the keys that it has in menu files beside those of every screen.
        required: the keys without which a menu file is refused.
        about: what each key of ``shape`` is for, in one sentence, where no other part of a menu has that key.
        colour: its mark in the drawing, as ``#rrggbb``.
        outline: what stands before and behind its name in Mermaid.
        draws_codes: a drawing names the way that a typed code opens.
        ends: the session is over on it.
        is_shown: it has a text of its own; a form has none and shows its questions.
        informs: its text is read, so a caller can say that it is wrong, and an answer can lead to it by SMS.
        offers_call: it is the offer of a call, on which wrong keys lead nowhere.
        tells_way: it is part of the way that tells what a request is about.
        leaves_trail: key 0 leads back to it.
    """

    kind: ClassVar[str]
    shape: ClassVar[Mapping[str, Shape]] = {}
    required: ClassVar[tuple[str, ...]] = ()
    about: ClassVar[Mapping[str, str]] = {}
    colour: ClassVar[str]
    outline: ClassVar[tuple[str, str]]
    draws_codes: ClassVar[bool] = False
    ends: ClassVar[bool] = False
    is_shown: ClassVar[bool] = True
    informs: ClassVar[bool] = False
    offers_call: ClassVar[bool] = False
    tells_way: ClassVar[bool] = True
    leaves_trail: ClassVar[bool] = True

    id: str
    text: Text = field(default_factory=dict)
    variants: tuple[Variant, ...] = ()
    choices: tuple[Choice, ...] = ()
    topic: str = ""
    sensitive: bool = False
    back: bool = True
    rests_on: tuple[str, ...] = ()
    """Facts that the text depends on without naming their values, such as the section of a law."""

    @classmethod
    def read_fields(cls, written: Mapping[str, Any]) -> dict[str, Any]:
        """Return its own fields from a menu file: text, tuples of texts and mappings, as ``shape`` says."""
        return dict(written)

    @classmethod
    def load_fields(cls, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return its own fields from a stored menu, where every tuple is a list."""
        return {name: tuple(value) if isinstance(value, list) else value for name, value in stored.items()}

    @abstractmethod
    def lay_out(self, text: str) -> "Layout":
        """Return the lines of this text, with the rules for cutting them into pages."""

    def take_key(self, menu: "Menu", session: "Session", key: str) -> "Step | None":
        """Apply a cleaned key that none of its open choices has; None where it means nothing here."""
        del menu, session, key
        return None

    def read_words(self, menu: "Menu", session: "Session", typed: str) -> "Step | None":
        """Follow typed words; None where the screen reads none, or they lead nowhere."""
        del menu, session, typed
        return None

    def get_asked(self) -> str:
        """Return the field of the callback form that its answers fill; empty where it asks for none."""
        return ""

    def list_questions(self) -> tuple[str, ...]:
        """Return the ids of the questions that it asks one after the other; empty where it is no form."""
        return ()

    def get_following(self) -> str:
        """Return the id of the screen behind its last question; empty where it is no form."""
        return ""

    def list_targets(self) -> tuple[tuple[str, int], ...]:
        """Return the ids of screens that it leads to beside its choices, each with the presses that this takes."""
        return ()

    def find_code_target(self) -> str:
        """Return the id of the screen that shows a request opened by a typed code; empty where none is read."""
        return ""

    def find_own_deed(self) -> Deed | None:
        """Return the action of what is typed on it; None where only its choices have actions."""
        return None

    def describe_input(self) -> str:
        """Return what its keys fill, so that a stored list of choices is known to be of another meaning."""
        return self.get_asked()


class Reaction(StrEnum):
    """What a keyword triggers; ``show`` opens its screen."""

    SHOW = "show"
    CALL_ME = "call_me"
    STOP = "stop"
    START = "start"
    HELP = "help"
    LANGUAGE = "language"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyword:
    """Words in several languages that are looked for in a text, and what they trigger.

    Attributes:
        words: language tag → words; ``{who}`` in a word stands for each of the persons of ``Speech.who``, in a
            danger word ``{name}`` for each word of that list of ``Speech.lists``, ``{name?}`` also for none.
        to: id of the screen to open.
        reaction: what is triggered instead of, or beside, a screen.
        danger: matched as whole words only, never by similarity, and before all other keywords.
    """

    words: Mapping[str, tuple[str, ...]]
    to: str = ""
    reaction: Reaction = Reaction.SHOW
    danger: bool = False


Words = Mapping[str, tuple[str, ...]]
"""Language tag → words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """Everyday language around the keywords, by language.

    Attributes:
        who: persons, which replace ``{who}`` in a keyword.
        lists: name → words that may stand for ``{name}`` in a danger word: parts of the body, rooms.
        courtesy: words beside a command, a number or an answer that change nothing: please, thanks, particles.
        about: further words allowed beside STOP and START: me, messages, now.
        numbering: words before the number of a choice: no, option, answer.
        declines: whole texts that mean *no* while the questions of the callback are open.
        answers: field value → words for this answer beside the labels of its choices.
        contact: what a refusal is about: to call, to talk.
        refusals: words before ``contact`` that refuse it: do not, never.
        negations: words before ``contact`` that only negate a wish: did not, why not.
        bridges: words allowed between the two: want, to, anybody.
        automatic: whole texts that phones and operators send by themselves: I am driving, you have a missed call.
        harmless: longer words and phrases that contain a word of danger or contact without meaning it.
        clock: words before a number that make it a time of day: ตี 2.
        numbers: numbers in words.
        counted: words after such a number that make it a count instead: times, people.
        struck: words before ``clock`` that show a blow is meant, not a time: was hit.
    """

    who: Words = field(default_factory=dict)
    lists: Mapping[str, Words] = field(default_factory=dict)
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
    """The value of a fact from a day on, with its source and the dates of its checks.

    Attributes:
        value: the figure, number or words; of a date, its ISO 8601 form: ``2025-07-01``, ``2025-07``, ``2025``.
        valid_from: the first day on which it is shown.
        source: where the value was taken from.
        checked_on: the day of the last check.
        expires_on: the last day on which it may be relied on.
        is_date: the value is a date, written differently in each language.
        when_old: what is shown instead after ``expires_on``; where empty, the value is still shown.
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
    """A figure, phone number or date of the outside world, with its dated values, oldest first."""

    id: str
    values: tuple[FactValue, ...]

    def on(self, day: date) -> FactValue:
        """Return the value valid on this day; before the first ``valid_from``, the first value."""
        current = self.values[0]
        for value in self.values:
            if value.valid_from <= day:
                current = value
        return current


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A further field of the callback form: its label for staff, and its allowed values."""

    label: Text
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """A complete menu, valid by construction: every target exists, every required text is present.

    Attributes:
        id: its name, as channels are configured with it.
        languages: tag → the language's own name.
        fallback: tag → tags whose text replaces a missing one, in order.
        start: id of the first screen of a dial.
        home: id of the screen of key 00.
        offer: id of the screen after three wrong keys.
        sos: id of the screen with the numbers for danger.
        call_me: id of the callback form.
        screens: screens by id.
        messages: texts that are not screens, by name (``REQUIRED_MESSAGES``).
        message_variants: alternatives of a message, by name (``VARIED_MESSAGES``); the first match is used.
        keywords: keywords of the SMS channel, in order of the file.
        speech: everyday language around the keywords.
        facts: facts by id.
        calendar: language tag → date pattern.
        topics: topic word → label for staff.
        fields: further form fields, by word; a field without values is free text.
        windows: answer word → window of a call, in the order of the file.
        source: tag of the language that is translated from; empty where the menu does not say.
        waiting: tag → names of the texts on the way to a callback that are not reviewed yet.
        pages: stored page cuts, by ``make_page_key``.
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
        """Return the date pattern of a language: its own, else that of its first fallback with one, else numbers."""
        tags = (language, *self.fallback.get(language, ()))
        return next((self.calendar[tag] for tag in tags if tag in self.calendar), NUMBERS)

    def text(self, text: Text, language: str) -> str:
        """Return the text in the language, else in its first fallback that has it, else an empty string."""
        found = text.get(language)
        if found:
            return found
        return next((text[tag] for tag in self.fallback.get(language, ()) if text.get(tag)), "")


def make_page_key(limits: str, language: str, screen: str, variant: int) -> str:
    """Return the key of a screen's stored pages, as ``ussd/lo/main/-1``; ``variant`` is -1 for the plain text."""
    return f"{limits}/{language}/{screen}/{variant}"
