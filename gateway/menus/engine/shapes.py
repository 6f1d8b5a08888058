"""Define what authors may write, as plain values for the check, the loader and JSON Schema: shapes, names of messages.

Messages are texts that are not screens; each is required or optional and has its placeholders.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One text.

    Attributes:
        values: the allowed ones; empty allows any.
        usual: suggestions.
        pattern: regular expression of the whole text.
        example: shows the form.
        numeric: written without quotes it is read as the same text.
        may_be_empty: an empty text is no fault.
        names: what it must be the name of: ``screen``, or ``target``, which may also be ``@form``, ``@here`` or
            ``@back``; empty where it names nothing.
    """

    values: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()
    pattern: str = ""
    example: str = ""
    numeric: bool = False
    may_be_empty: bool = False
    names: Literal["", "screen", "target"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A date as 2026-11-24; a ``coarse`` one may be a month (2026-11) or a year (2026)."""

    coarse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A list of one shape with at least ``least`` items; ``or_one`` allows a single item without brackets."""

    of: "Shape"
    or_one: bool = False
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A mapping with keys chosen by the author: languages, screens, facts."""

    of: "Shape"
    keys: str = "name"
    least: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A mapping with fixed keys. ``what`` names it in messages."""

    what: str
    fields: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ByKind:
    """Several records, distinguished by the value of one key."""

    key: str
    default: str
    kinds: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Either:
    """A mapping in short form, or in long form where it has one of the long form's keys."""

    short: "Shape"
    long: Record


Shape = Word | Day | Several | Named | Record | ByKind | Either


REQUIRED_MESSAGES = frozenset(
    {
        "back",  # the label of key 0
        "home",  # the label of key 00
        "more",  # the label of key 98
        "invalid",  # a key that is not on this screen
        "again",  # the place was lost, the caller begins anew
        "down",  # an internal error; ends the session
        "sms_help",  # a text that was not understood
        "sms_form",  # the questions of the callback, in one text
        "sms_form_again",  # an answer to sms_form that cannot be read
        "sms_saved",  # {code}: the callback is on record
        "sms_no_call",  # the caller chose not to be called
        "sms_started",  # texts are welcome again after STOP
    }
)

BESIDE_MESSAGES: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("ours_missed", "opener_wrong"), frozenset()),
    "ours_number": frozenset({"number"}),  # a number that staff promised to send
    "opener": frozenset(),  # {code} is filled as on screens
    **dict.fromkeys(
        (f"staff_{name}" for name in ("asked", "urgent", "still", "texted", "passed", "many", "test")),
        frozenset(),
    ),
    "staff_waiting": frozenset({"n"}),  # how many requests wait
    "staff_facts": frozenset({"ended", "soon", "day"}),  # two counts and the first last day, as 2027-05-24
    "staff_line": frozenset({"line"}),  # the name of a channel that has stopped
    "staff_digits": frozenset({"mark"}),  # below an alert: with which digits it is answered
    **dict.fromkeys(
        (f"staff_{name}" for name in ("taken", "cannot", "gone", "full", "answered", "late")), frozenset()
    ),
    "staff_which": frozenset({"choices"}),
}
"""Name → placeholders of texts beside the screens: to callers (``ours_``), to staff (``staff_``), openers of calls."""

OPTIONAL_MESSAGES = frozenset(
    {
        "sms_reply",  # below an answer with numbers: how to go on
        "sms_near",  # above the topics nearest to a text that was not understood
        "sms_language",  # above the list of languages
        "sms_form_cannot",  # a time that cannot be offered; followed by the times that can
        "sms_read",  # the three prepared answers of staff to a text that was not understood
        "sms_say_again",
        "sms_ask_call",
        "sms_no_time",  # the caller asks for a call while no window can be offered
        "sms_noted",  # an answer to a further question of the form
        "checked_old",  # instead of {fact:checked} once the fact has expired
        "opens_unknown",  # instead of {opens}, where no duty hours begin within two weeks
    }
) | frozenset(BESIDE_MESSAGES)
"""Messages that a menu may leave out; replies are then shorter."""

PREPARED = ("sms_read", "sms_say_again", "sms_ask_call")
"""Prepared answers of staff: they name no topic, organisation or person, because the text stays on the phone."""

FORM_PLACEHOLDERS = frozenset({"times", "time"})
"""Placeholders of the form's texts: the windows on offer with their keys, one a line, and the key of the first one."""

FORM_MESSAGES = frozenset({"sms_form", "sms_form_again", "sms_form_cannot"})
"""Messages that ask for the answers of the callback form."""

VARIED_MESSAGES = REQUIRED_MESSAGES.union(OPTIONAL_MESSAGES).difference(
    PREPARED,
    BESIDE_MESSAGES,
    ("back", "home", "more", "sms_language", "sms_reply", "checked_old", "opens_unknown"),
)
"""Messages that may have variants by country; labels of keys and prepared answers may not."""
