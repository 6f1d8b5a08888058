"""Hold a caller's safety answers, and decide from them whether and when the phone may be called or texted."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import ClassVar

VALID_FOR = timedelta(days=14)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR_MINUTES = 60
_DAY_MINUTES = 24 * _HOUR_MINUTES

Span = tuple[int, int]
"""Start and end, in minutes of the local day."""


class BadSpan(ValueError):
    """Days or hours that cannot be read; the message quotes the text."""


class PhoneSeen(StrEnum):
    """The answer to: can someone else hold or look at this phone?"""

    NO = "no"
    SOMETIMES = "sometimes"
    NOT_MINE = "not_mine"


class When(str):
    """The answer to: when is it safe to call? A window word of the menu, with the days and minutes that were shown.

    Menus define their own windows; ``now`` and ``never`` are fixed. The hours are part of the value, so that a later
    menu version does not change what a caller was promised. Two windows are equal by word and hours; a window equals
    a plain word by the word.

    Attributes:
        value: the word alone.
        days: weekdays of the window, Monday is 0; empty where the word has no hours.
        span: its minutes of the local day.
    """

    __slots__ = ("days", "span", "value")
    value: str
    days: frozenset[int]
    span: Span
    NOW: ClassVar["When"]
    NEVER: ClassVar["When"]

    def __new__(cls, word: str, days: Iterable[int] = (), span: Span = (0, 0)) -> "When":  # noqa: PYI034 - it returns a constant, too
        """Return the window; a word without hours has those of the first release."""
        if isinstance(word, When) and not days:
            return word
        if word in _WITHOUT_HOURS:
            return _WITHOUT_HOURS[word]
        made = super().__new__(cls, word)
        made.value = str.__str__(made)
        made.days, made.span = (
            (frozenset(days), span) if days else _FIRST_RELEASE.get(word, (frozenset(), span))
        )
        return made

    @classmethod
    def read(cls, written: str) -> "When":
        """Read the form of ``written``; the first release stored the word alone.

        Raises:
            BadSpan: the word is followed by invalid days or hours.
        """
        word, _, rule = written.partition(" ")
        return cls(word, *read_rule(rule)) if rule else cls(word)

    @property
    def rule(self) -> str:
        """Days and hours, as ``mon,tue 09:00-12:00``; empty where it has none."""
        return _write_rule(self.days, self.span) if self.days else ""

    @property
    def written(self) -> str:
        """Word, days and hours in one line, for storage; ``read`` reads it."""
        return f"{self.value} {self.rule}".rstrip()

    def __eq__(self, other: object) -> bool:
        same = str.__eq__(self, other) if isinstance(other, str) else False
        return same and (not isinstance(other, When) or (self.days, self.span) == (other.days, other.span))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __copy__(self) -> "When":
        return self

    def __deepcopy__(self, _memo: object) -> "When":
        return self

    def __reduce__(self) -> tuple[Callable[[str], "When"], tuple[str]]:
        return When.read, (self.written,)


@lru_cache(maxsize=64)
def _write_rule(days: frozenset[int], span: Span) -> str:
    start, end = (f"{minute // 60:02}:{minute % 60:02}" for minute in span)
    return f"{','.join(DAYS[day] for day in sorted(days))} {start}-{end}"


@lru_cache(maxsize=64)  # a menu has few windows, and each request writes and reads its own several times
def read_rule(rule: str) -> tuple[frozenset[int], Span]:
    """Read days and hours such as ``mon,tue 09:00-12:00``.

    Raises:
        BadSpan: an unknown day, or invalid hours.
    """
    days, _, hours = rule.partition(" ")
    unknown = [day for day in days.split(",") if day not in DAYS]
    if unknown:
        raise BadSpan(f"there is no day {unknown[0]!r}; days are {', '.join(DAYS)}")
    return frozenset(DAYS.index(day) for day in days.split(",")), read_span(hours)


def read_span(written: str) -> Span:
    """Read hours such as ``08:00-12:00`` as minutes of the day.

    Raises:
        BadSpan: invalid, or the end is not after the start.
    """
    try:
        start, end = (_read_minute(part) for part in written.split("-"))
    except ValueError:
        raise BadSpan(f"{written!r} is no span such as 08:00-12:00") from None
    if start >= end:
        raise BadSpan(f"{written!r} ends before it begins")
    return start, end


def _read_minute(written: str) -> int:
    hour, minute = written.strip().split(":")
    if not (hour.isascii() and hour.isdigit() and minute.isascii() and minute.isdigit()):
        raise ValueError(written)
    number = int(hour) * _HOUR_MINUTES + int(minute)
    if int(minute) >= _HOUR_MINUTES or number > _DAY_MINUTES:
        raise ValueError(written)
    return number


_EVERY_DAY = frozenset(range(7))
_FIRST_RELEASE: Mapping[str, tuple[frozenset[int], Span]] = {
    "morning": (_EVERY_DAY, (6 * 60, 9 * 60)),
    "noon": (_EVERY_DAY, (12 * 60, 13 * 60)),
    "evening": (_EVERY_DAY, (18 * 60, 21 * 60)),
    "sunday": (frozenset({6}), (9 * 60, 18 * 60)),
}
"""Hours of the words in the first release, when they were constants; data stored then has the word alone."""

_WITHOUT_HOURS: dict[str, When] = {}
When.NOW, When.NEVER = When("now"), When("never")
_WITHOUT_HOURS |= {"now": When.NOW, "never": When.NEVER}


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeContact:
    """The newest safety answers of a caller.

    Attributes:
        phone_seen: who else sees the phone.
        when: the window in which it may ring.
        said_at: when the answers were given; they expire after ``VALID_FOR``.
        sms_safe: texts are safe; only true where nobody else sees the phone.
        stopped: the caller opted out of texts.
    """

    phone_seen: PhoneSeen
    when: When
    said_at: datetime
    sms_safe: bool = False
    stopped: bool = False

    def is_fresh(self, now: datetime) -> bool:
        """Say whether the answers are recent enough to act on."""
        return now < self.said_at + VALID_FOR

    def may_ever_call(self, now: datetime) -> bool:
        """Say whether the phone may be called at all, regardless of the hour."""
        if self.when is When.NEVER or not self.is_fresh(now):
            return False
        return self.phone_seen is not PhoneSeen.NOT_MINE or self.when is When.NOW

    def may_text(self, now: datetime) -> bool:
        """Say whether a text that we start may be sent to this phone, regardless of the hour."""
        return (
            self.sms_safe
            and not self.stopped
            and self.phone_seen is PhoneSeen.NO
            and self.when is not When.NEVER
            and self.is_fresh(now)
        )


_SEEN = (PhoneSeen.NO, PhoneSeen.SOMETIMES, PhoneSeen.NOT_MINE)


def tighten_contact(earlier: SafeContact, newest: SafeContact) -> SafeContact:
    """Return earlier answers restricted by newer ones of the same number: never looser than either.

    The window is the newest one, and the calling code must handle that it has changed; a newer *now* leaves it.
    """
    seen = max(earlier.phone_seen, newest.phone_seen, key=_SEEN.index)
    return replace(
        earlier,
        phone_seen=seen,
        when=earlier.when if newest.when == When.NOW else newest.when,
        sms_safe=earlier.sms_safe and newest.sms_safe and seen is PhoneSeen.NO,
    )
