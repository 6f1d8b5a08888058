"""Finds years that nobody can have meant: of the Buddhist calendar, which Lao and Thai authors type, and slips."""

import re
from dataclasses import dataclass
from datetime import date

BUDDHIST_ERA = 543
"""Years that the calendar of Thailand is ahead (the date patterns of CLDR know it as ``buddhist``)."""

FIRST_BUDDHIST = 2401
MOST_YEARS = 20

_WRITTEN = re.compile(r"\s*(\d{4})(?=\D|$)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OddYear:
    """A date whose year cannot be meant: what is wrong in words, and what to do."""

    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}"


def find_buddhist_year(written: str) -> OddYear | None:
    """Say which date is meant where this one begins with a year of the Buddhist calendar, or None."""
    found = _WRITTEN.fullmatch(written)
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
    found = _WRITTEN.fullmatch(written)
    year = int(found[1]) if found else today.year
    if year < FIRST_BUDDHIST and not today.year - back <= year <= today.year + MOST_YEARS:
        far = f"{abs(year - today.year)} years {'ahead' if year > today.year else 'ago'}"
        return OddYear(f"{written.strip()} is {far}", f"write a year near {today.year}")
    return find_buddhist_year(written)
