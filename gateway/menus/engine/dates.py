"""Write dates in each language's own form (``1 Jul 2025``, ``1 ก.ค. 2568``, ``1/7/2025``) and find mistyped years.

Lao and Thai authors type years of the Buddhist calendar by habit, so a year that is 543 ahead is reported with the
year that was probably meant. Calendar and month names are data of the menu, after the date patterns of Unicode CLDR.
"""

import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

_WRITTEN = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """How a language writes a date, always in the order day, month, year; a menu has one for each of its languages.

    Attributes:
        days: short weekday names, Monday first; without them a day is written by its numbers.
        months: short month names, January first; without them a month is its number.
        between: the separator between day, month and year.
        era: years that the calendar is ahead of the Gregorian one (543 for the Buddhist calendar).
    """

    days: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    between: str = "/"
    era: int = 0


NUMBERS = Pattern()
"""The pattern of a language without one of its own: numbers only, which read the same in every script."""


def is_date(written: str) -> bool:
    """Say whether the text is a date in ISO 8601 form: ``2025-07-01``, ``2025-07`` or ``2025``."""
    try:
        return _read_parts(written) is not None
    except ValueError:
        return False


def format_date(written: str, pattern: Pattern) -> str:
    """Format an ISO 8601 date for a language; return a text that is no such date unchanged."""
    parts = _read_parts(written)
    if parts is None:
        return written
    year, *rest = parts
    words = [str(year + pattern.era)]
    if rest:
        words.insert(0, pattern.months[rest[0] - 1] if pattern.months else str(rest[0]))
    words[:0] = map(str, rest[1:])
    return pattern.between.join(words)


@lru_cache(maxsize=4_096)
def _read_parts(written: str) -> tuple[int, ...] | None:
    """Return year, month and day as far as they are given; None where the text does not have the form of a date.

    Raises:
        ValueError: the calendar has no such day.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        return None
    parts = tuple(int(part) for part in found.groups() if part)
    date(parts[0], *(*parts[1:], 1, 1)[:2])
    return parts


# Implausible years: of the Buddhist calendar, or mistyped.

BUDDHIST_ERA = 543
"""Years that the Thai solar calendar is ahead of the Gregorian one (calendar ``buddhist`` in Unicode CLDR)."""

FIRST_BUDDHIST = 2401
MOST_YEARS = 20

_YEAR_WRITTEN = re.compile(r"\s*(\d{4})(?=\D|$)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OddYear:
    """An implausible year in a date: the problem in words, and what to write instead."""

    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}"


def find_buddhist_year(written: str) -> OddYear | None:
    """Return the problem with a date in the Buddhist calendar, with its Gregorian form as the hint; else None."""
    found = _YEAR_WRITTEN.fullmatch(written)
    if found is None or int(found[1]) < FIRST_BUDDHIST:
        return None
    meant = f"{int(found[1]) - BUDDHIST_ERA}{found[2]}".rstrip()
    return OddYear(f"{written.strip()} is a year of the Buddhist calendar", f"did you mean {meant}?")


def find_odd_year(written: str, today: date, *, back: int = MOST_YEARS) -> OddYear | None:
    """Return the problem with the year of a date, or None.

    Args:
        written: a date that begins with its year, as ``2568-07-01``, ``2568-07`` or ``2568``, in digits of any
            script; the day need not exist.
        today: the day from which the distance in years is measured.
        back: how many years in the past are plausible; in the future 20 are.
    """
    found = _YEAR_WRITTEN.fullmatch(written)
    year = int(found[1]) if found else today.year
    if year < FIRST_BUDDHIST and not today.year - back <= year <= today.year + MOST_YEARS:
        far = f"{abs(year - today.year)} years {'ahead' if year > today.year else 'ago'}"
        return OddYear(f"{written.strip()} is {far}", f"write a year near {today.year}")
    return find_buddhist_year(written)
