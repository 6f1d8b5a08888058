"""A date is written once and told in each language by its own months, order and calendar."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.engine.dates import NUMBERS, format_date, is_date
from gateway.menus.engine.text_size import count_units, find_coding
from tests.support.menu_builders import CALENDAR as PATTERNS
from tests.support.menu_builders import LANGUAGES

BUDDHIST_ERA = 543
LONGEST = {"en": 11, "lo": 10, "lo-Latn": 10, "th": 13}
"""Units that a date of four-digit years takes at the most; a table of months that grows is seen here."""


@pytest.mark.parametrize(
    ("written", "language", "words"),
    [
        ("2025-07-01", "en", "1 Jul 2025"),
        ("2025-07-01", "th", "1 ก.ค. 2568"),
        ("2025-07-01", "lo", "1/7/2025"),
        ("2025-07-01", "lo-Latn", "1/7/2025"),
        ("2025-07-01", "km", "1/7/2025"),
        ("2024-02-29", "en", "29 Feb 2024"),
        ("2024-02-29", "th", "29 ก.พ. 2567"),
        ("2026-12-31", "lo", "31/12/2026"),
        ("2025-12", "en", "Dec 2025"),
        ("2025-12", "th", "ธ.ค. 2568"),
        ("2025-12", "lo", "12/2025"),
        ("2025-12", "lo-Latn", "12/2025"),
        ("2021", "en", "2021"),
        ("2021", "th", "2564"),
        ("2021", "lo", "2021"),
    ],
)
def test_each_language_tells_a_date_in_its_own_words(written, language, words):
    assert format_date(written, PATTERNS.get(language, NUMBERS)) == words


@pytest.mark.parametrize(
    "written", ["2025-07-01", "2024-02-29", "2025-12", "2021", "0001-01-01", "9999-12-31"]
)
def test_what_is_a_date(written):
    assert is_date(written)


@pytest.mark.parametrize(
    "written",
    [
        *("", "2025-7-1", "2025-13", "2025-00", "2025-02-29", "2025-04-31", "2025-07-01T00:00", "1/7/2025"),
        *("25-07-01", "20250701", "0000", "0000-01-01", "2025-07-", "2025-", "-2025", "2025-07-01 ", "๒๕๖๘"),
    ],
)
def test_what_is_none(written):
    assert not is_date(written)


def test_a_word_that_is_no_date_is_told_as_it_is():
    assert format_date("soon", PATTERNS["th"]) == "soon"


def test_every_month_has_one_name_in_each_language():
    for pattern in PATTERNS.values():
        assert len(pattern.months) in {0, 12}
        assert len(set(pattern.months)) == len(pattern.months)


def test_every_language_of_a_menu_has_its_pattern():
    assert set(PATTERNS) == set(LANGUAGES)


def read_back(words: str, language: str) -> date:
    """What somebody who speaks the language understands."""
    pattern = PATTERNS.get(language, NUMBERS)
    day, month, year = words.split(pattern.between)
    number = pattern.months.index(month) + 1 if pattern.months else int(month)
    return date(int(year) - (BUDDHIST_ERA if language == "th" else 0), number, int(day))


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2999, 12, 31)), st.sampled_from([*PATTERNS, "km"]))
def test_whoever_reads_it_knows_the_day(day, language):
    assert read_back(format_date(day.isoformat(), PATTERNS.get(language, NUMBERS)), language) == day


@given(st.dates(min_value=date(1000, 1, 1), max_value=date(9000, 12, 31)), st.sampled_from([*PATTERNS]))
def test_it_takes_no_more_room_than_a_long_date_takes(day, language):
    words = format_date(day.isoformat(), PATTERNS[language])
    assert count_units(words) <= LONGEST[language]
    assert find_coding(words) == ("ucs2" if language == "th" else "gsm7")


@given(st.dates(), st.sampled_from([*PATTERNS]))
def test_a_month_and_a_year_are_told_by_the_end_of_the_day(day, language):
    whole = format_date(day.isoformat(), PATTERNS[language])
    assert whole.endswith(format_date(f"{day:%Y}".zfill(4), PATTERNS[language]))
    assert whole.endswith(format_date(day.isoformat()[:7], PATTERNS[language]))
