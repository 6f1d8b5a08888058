"""Times as people say them, in three languages, with the years of the calendar on the wall."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.web.shared import languages
from tests.support.web_apps import pages_of

ZONE = ZoneInfo("Asia/Vientiane")
NOW = datetime(2026, 11, 24, 14, 5, tzinfo=ZONE)


@pytest.fixture
def speaking(parts):
    app = pages_of(parts)

    def in_language(language):
        return app.test_request_context(headers={"Accept-Language": language})

    return in_language


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (timedelta(seconds=20), "just now · 14:04"),
        (timedelta(minutes=6), "6 min ago · 13:59"),
        (timedelta(hours=2, minutes=30), "2 h ago · 11:35"),
        (timedelta(hours=20), "20 h ago · yesterday 18:05"),
        (timedelta(days=3), "3 d ago · Nov 21 14:05"),
        (timedelta(days=400), "400 d ago · Oct 20 2025 14:05"),
    ],
)
def test_how_long_ago_and_when(speaking, back, words):
    with speaking("en"):
        assert languages.format_ago(NOW - back, NOW) == words


@pytest.mark.parametrize(
    ("start", "words"),
    [
        ("2026-11-24T18:00", "18:00–21:00"),
        ("2026-11-25T18:00", "tomorrow 18:00–21:00"),
        ("2026-11-27T18:00", "Fri 18:00–21:00"),
        ("2026-12-24T18:00", "Dec 24 18:00–21:00"),
    ],
)
def test_a_window_is_named_by_its_day(speaking, start, words):
    begins = datetime.fromisoformat(start).replace(tzinfo=ZONE)
    with speaking("en"):
        assert languages.format_window(begins, begins + timedelta(hours=3), NOW) == words


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("→ tomorrow 08:00–09:00", '→ tomorrow <span class="nowrap">08:00–09:00</span>'),
        ("ມື້ອື່ນ 18:00–21:00.", 'ມື້ອື່ນ <span class="nowrap">18:00–21:00</span>.'),
        ("over since 21:00", "over since 21:00"),
        ("<b>08:00–09:00", '&lt;b&gt;<span class="nowrap">08:00–09:00</span>'),
        ("", ""),
    ],
)
def test_no_line_breaks_inside_a_time_span(words, shown):
    assert languages.keep_times_whole(words) == shown


@pytest.mark.parametrize("language", ["lo", "th", "en"])
def test_no_line_breaks_inside_the_name_of_a_day(speaking, language):
    """As a browser may: before whatever can begin a syllable, unless a word joiner stands there (UAX #14, LB11)."""
    breaks = re.compile(
        "[\u0e01-\u0e4e\u0e81-\u0ecf](?=[\u0e01-\u0e2e\u0e40-\u0e44\u0e81-\u0eae\u0ec0-\u0ec4])"
    )
    with speaking(language):
        for days in (-400, -40, *range(-8, 9), 30):
            day = NOW + timedelta(days=days)
            named = languages.name_day(day, NOW)
            assert not breaks.search(named), named.encode("unicode_escape")
            assert named in languages.format_day_and_clock(day, NOW)


def test_a_day_is_still_called_what_the_catalogue_calls_it(speaking):
    with speaking("lo"):
        yesterday = languages.name_day(NOW - timedelta(days=1), NOW)
    assert yesterday.replace("\u2060", "") == "ມື້ວານ"
    assert yesterday.startswith("ມື້\u2060ວ")


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(minutes=-3), "0 min"),
        (timedelta(minutes=59), "59 min"),
        (timedelta(hours=3), "3 h"),
        (timedelta(hours=3, minutes=20), "3 h 20 min"),
        (timedelta(days=2, hours=5), "2 d 5 h"),
    ],
)
def test_how_long(speaking, length, words):
    with speaking("en"):
        assert languages.format_span(length) == words


@pytest.mark.parametrize(("language", "year"), [("th", "2570"), ("en", "2027"), ("lo", "2027")])
def test_thai_years_are_buddhist(speaking, language, year):
    with speaking(language):
        assert languages.format_day(datetime(2027, 1, 2, tzinfo=ZONE), NOW).endswith(year)
