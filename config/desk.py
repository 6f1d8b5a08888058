"""Defines the settings of the centre: languages, form lists, own outcomes, limits on answers, and opening hours."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

MEANINGS = (
    "reached", "cut_off", "no_answer", "voicemail", "busy", "switched_off", "someone_else", "asked_later",
    "wrong_number", "not_safe", "silent", "prank",
)  # fmt: skip
"""The outcomes that have rules, as in ``gateway.domain.callbacks.outcomes`` (a test compares the two)."""


class _StrictTable(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Word = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,29}$")]
_Tag = Annotated[str, Field(pattern="^[a-z]{2,3}(-[A-Z][a-z]{3})?$")]
_List = Mapping[_Word, Mapping[_Tag, str]]


class OutcomeSettings(_StrictTable):
    """``[desk.outcomes.WORD]``: an additional outcome button of the centre, or another label for a built-in outcome.

    ``means`` names the built-in outcome whose rules apply: what follows a call is fixed and not set here.
    """

    means: Annotated[str, Field(pattern=f"^({'|'.join(MEANINGS)})$")]
    label: Annotated[Mapping[_Tag, Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1)]


class DeskSettings(_StrictTable):
    """``[desk]``: languages of the staff, and lists of the statistics form: value → page language → label."""

    languages: Mapping[_Tag, str] = {}
    country: _List = {}
    sector: _List = {}
    complaint: _List = {}
    lodged: _List = {}
    currency: _List = {}
    outcomes: Mapping[_Word, OutcomeSettings] = {}

    @field_validator("outcomes")
    @classmethod
    def _keeps_meanings(cls, rows: Mapping[str, OutcomeSettings]) -> Mapping[str, OutcomeSettings]:
        for word, row in rows.items():
            if word in MEANINGS and word != row.means:
                raise ValueError(f"{word} means {word}; a row of its own name may only call it otherwise")
        return rows


# Limits on automatic answers to texts.

_OfANumber = Annotated[int, Field(ge=1, le=1000)]
_OfALine = Annotated[int, Field(ge=1, le=100_000)]


class AnswerSettings(BaseModel):
    """``[answers]``: limits on automatic answers.

    None can be 0: to answer nothing, remove the channel from the file.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    equal_texts: _OfANumber = 5
    number_a_day: _OfANumber = 40
    strangers_an_hour: _OfALine = 600
    known_an_hour: _OfALine = 600
    code_an_hour: _OfALine = 200
    danger_an_hour: _OfALine = 200
    ours_an_hour: _OfALine = 200


# Opening hours: the message names the typing mistake itself instead of "does not match the pattern".

_SPAN = re.compile(r"([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)", re.ASCII)
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d\u301c~\uff5e"
_COLONS = "\uff1a\ufe55\ua789\u2236\u02d0"
_LIKE = "write it like 08:00-12:00"


_NO_NAMES = ("posix/", "right/", "posixrules")
"""Beginnings of files beside the time zones that are none by name (Python documentation, ``available_timezones``)."""


def is_zone(name: str) -> bool:
    """Say whether this is the name of a time zone: ``available_timezones`` without listing all 600 at each start."""
    try:
        return not name.startswith(_NO_NAMES) and ZoneInfo(name).key == name
    except (KeyError, ValueError, OSError):  # no such file; no name; a folder
        return False


def check_span(span: str) -> str:
    """Return opening hours written as "HH:MM-HH:MM" unchanged.

    Raises:
        ValueError: they are malformed; the message names the mistake.
    """
    if _SPAN.fullmatch(span):
        begins, _, ends = span.partition("-")
        if ends == "00:00":
            raise ValueError("midnight at the end of a day is written 24:00")
        if ends <= begins:
            raise ValueError("ends before it begins; write hours over midnight as two, on two days")
        return span
    raise ValueError(_name_slip(span))


def _name_slip(span: str) -> str:
    """Return the message for the first mistake found."""
    return next((words for slipped, words in _SLIPS if slipped(span)), f"{_TWO_DIGITS}; {_LIKE}")


def _is_more_than_one(span: str) -> bool:
    return bool(re.search(r"[,;]|\d\s+\d", span)) or span.count("-") > 1


def _is_no_time(span: str) -> bool:
    return bool(re.search(r"(?:^|-)(?:2[4-9]|[3-9]\d):?|:[6-9]\d", span))


_TWO_DIGITS = "needs two digits for the hour, a colon and two for the minute"
_SLIPS: tuple[tuple[Callable[[str], bool], str], ...] = (
    (lambda span: any(sign in span for sign in _COLONS), f"this is not the colon of the keyboard; {_LIKE}"),
    (lambda span: any(sign in span for sign in _DASHES), f"this is not the dash of the keyboard; {_LIKE}"),
    (
        _is_more_than_one,
        'holds more than one span; give each its own quotes, like ["08:00-12:00", "13:00-21:00"]',
    ),
    (
        lambda span: bool(re.search(r"[ap]\.?m", span, re.IGNORECASE)),
        f"hours are counted to 24, without am and pm; {_LIKE}",
    ),
    (lambda span: " " in span, f"holds a space; {_LIKE}"),
    (lambda span: "-" not in span, f"lacks the end; {_LIKE}"),
    (lambda span: not span.isascii(), f"holds a sign that is no digit of the keyboard; {_LIKE}"),
    (_is_no_time, f"is no time of day; {_LIKE}"),
)
