"""A day, a month or a year in the few words of each language: ``1 Jul 2025``, ``1 ก.ค. 2568``, ``1/7/2025``."""

import re
from dataclasses import dataclass
from datetime import date

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How a language tells a date, always from the day to the year; a menu has one for each of its languages.

    Attributes:
        days: the short names of the days of the week, Monday first; without names a day is told by its numbers.
        months: their short names; without names a month is its number.
        between: what stands between the parts.
        era: how many years its calendar is ahead.
    """

    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    between: str = "/"
    era: int = 0


NUMBERS = Pattern()
"""What every language without a pattern of its own has: numbers that read the same in each script."""


def is_date(written: str) -> bool:
    """Say whether the text is a day, a month or a year: ``2025-07-01``, ``2025-07``, ``2025``."""
    try:
        return _parts(written) is not None
    except ValueError:
        return False


def date_words(written: str, pattern: Pattern) -> str:
    """Return a date as a language tells it; what ``is_date`` does not know is told as it is written."""
    parts = _parts(written)
    if parts is None:
        return written
    year, *rest = parts
    words = [str(year + pattern.era)]
    if rest:
        words.insert(0, pattern.months[rest[0] - 1] if pattern.months else str(rest[0]))
    words[:0] = map(str, rest[1:])
    return pattern.between.join(words)


def _parts(written: str) -> tuple[int, ...] | None:
    """Return year, month and day as far as they are written.

    Raises:
        ValueError: there is no such day in the calendar.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    parts = tuple(int(part) for part in found.groups() if part)
    date(parts[0], *(*parts[1:], 1, 1)[:2])
    return parts
