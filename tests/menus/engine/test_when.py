"""The words for a planned time."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.menus.engine.text_size import count_units, find_coding
from gateway.menus.engine.wording import find_longest_words, format_deadline, format_window
from tests.support.menu_builders import CALENDAR, small_menu

MENU = small_menu()
ZONE = "Asia/Vientiane"
NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)  # Tuesday 14:05 there


def at(day, hour, minute=0):
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "language", "words"),
    [
        (at(25, 11), at(25, 14), "en", "Wed 18-21"),
        (at(25, 11), at(25, 14), "lo", "ພຸດ 18-21"),
        (at(25, 11), at(25, 14), "lo-Latn", "Phut 18-21"),
        (at(25, 11), at(25, 14), "th", "พุธ 18-21"),
        (at(25, 11), at(25, 14), "km", "25/11 18-21"),
        (at(28, 23), at(29, 2), "en", "Sun 6-9"),
        (at(24, 5), at(24, 6), "en", "Tue 12-13"),
        (at(25, 11, 30), at(25, 14), "en", "Wed 18:30-21"),
        (at(24, 7, 5), at(24, 7, 35), "en", "Tue 14:05-14:35"),
        (at(24, 7, 5), at(24, 14), "en", "Tue 14-21"),
        (at(30, 17), at(30, 18), "en", "Tue 0-1"),
        (at(29, 17), at(29, 18), "en", "Mon 0-1"),
        (at(30, 11), at(30, 14), "en", "Mon 18-21"),
    ],
)
def test_window_words(start, end, language, words):
    assert format_window(MENU, start, end, language, ZONE, NOW) == words


def test_a_day_a_week_ahead_says_its_date():
    start = at(24, 11) + timedelta(days=7)
    assert format_window(MENU, start, start + timedelta(hours=3), "en", ZONE, NOW) == "Tue 1/12 18-21"


def test_until_is_what_her_clock_shows():
    assert format_deadline(at(24, 11, 35), ZONE) == "18:35"
    assert format_deadline(at(24, 23, 5), ZONE) == "06:05"


@pytest.mark.fault("H3")
@pytest.mark.parametrize("language", CALENDAR)
def test_the_reserved_words_are_the_longest_of_a_week(language):
    for day in range(7):
        start = at(24, 11) + timedelta(days=day)
        words = format_window(MENU, start, start + timedelta(hours=3), language, ZONE, NOW)
        assert count_units(words) <= count_units(find_longest_words(MENU, language))


@pytest.mark.parametrize("language", ["en", "lo-Latn"])
def test_words_in_latin_letters_stay_in_the_small_alphabet(language):
    assert all(find_coding(day) == "gsm7" for day in CALENDAR[language].days)
