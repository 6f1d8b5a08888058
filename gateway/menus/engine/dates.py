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
        return _read_parts(written) is not None
    except ValueError:
        return False


def date_words(written: str, pattern: Pattern) -> str:
    """Return a date as a language tells it; what ``is_date`` does not know is told as it is written."""
    parts = _read_parts(written)
    if parts is None:
        return written
    year, *rest = parts
    words = [str(year + pattern.era)]
    if rest:
        words.insert(0, pattern.months[rest[0] - 1] if pattern.months else str(rest[0]))
    words[:0] = map(str, rest[1:])
    return pattern.between.join(words)


def _read_parts(written: str) -> tuple[int, ...] | None:
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


# Finds years that nobody can have meant: of the Buddhist calendar, which Lao and Thai authors type, and
# slips.

BUDDHIST_ERA = 543
"""Years that the calendar of Thailand is ahead (the date patterns of CLDR know it as ``buddhist``)."""

FIRST_BUDDHIST = 2401
MOST_YEARS = 20

_YEAR_WRITTEN = re.compile(r"\s*(\d{4})(?=\D|$)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OddYear:
    """A date whose year cannot be meant: what is wrong in words, and what to do."""

    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}"


def find_buddhist_year(written: str) -> OddYear | None:
    """Say which date is meant where this one begins with a year of the Buddhist calendar, or None."""
    found = _YEAR_WRITTEN.fullmatch(written)
    if found is None or int(found[1]) < FIRST_BUDDHIST:
        return None
    meant = f"{int(found[1]) - BUDDHIST_ERA}{found[2]}".rstrip()
    return OddYear(f"{written.strip()} is a year of the Buddhist calendar", f"did you mean {meant}?")


def find_odd_year(written: str, today: date, *, back: int = MOST_YEARS) -> OddYear | None:
    """Say what is wrong with the year of a date, or None.

    Args:
        written: a date that begins with its year, as ``2568-07-01``, ``2568-07`` or ``2568``, whether or not there is
            such a day; digits of any script.
        today: beside which the year is judged.
        back: how many years ago it may be; what lies ahead is 20 years at the most.
    """
    found = _YEAR_WRITTEN.fullmatch(written)
    year = int(found[1]) if found else today.year
    if year < FIRST_BUDDHIST and not today.year - back <= year <= today.year + MOST_YEARS:
        far = f"{abs(year - today.year)} years {'ahead' if year > today.year else 'ago'}"
        return OddYear(f"{written.strip()} is {far}", f"write a year near {today.year}")
    return find_buddhist_year(written)
