"""Years that an author cannot have meant: of the Buddhist calendar, far off, or a check that is still to come."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.engine.dates import BUDDHIST_ERA, find_buddhist_year, find_odd_year
from tests.support.menu_folders import base, checked, with_change

pytestmark = pytest.mark.fault("D4")
TODAY = date(2026, 11, 24)

# What users of other systems typed: scrapinghub/dateparser#1063 and #588, globaldothealth/list#1348,
# wojtekmaj/react-date-picker#294.
ODD = [
    ("2568-07-01", "did you mean 2025-07-01?"),
    ("2569-11", "did you mean 2026-11?"),
    ("2570", "did you mean 2027?"),
    ("๒๕๖๘-07-01", "did you mean 2025-07-01?"),
    ("2569-11-24 14:05", "did you mean 2026-11-24 14:05?"),
    ("2569-11-24T14:05", "did you mean 2026-11-24T14:05?"),
    ("2567-02-29", "did you mean 2024-02-29?"),
    ("2401-01-01", "did you mean 1858-01-01?"),
    ("9999-12-31", "did you mean 9456-12-31?"),
    ("0202-07-01", "write a year near 2026"),
    ("1926-07-01", "write a year near 2026"),
    ("2005-12-31", "write a year near 2026"),
    ("2047-01-01", "write a year near 2026"),
    ("2206-01-01", "write a year near 2026"),
    ("1483-05-02", "write a year near 2026"),
]


@pytest.mark.parametrize(("written", "hint"), ODD)
def test_a_year_that_nobody_means_is_told_with_the_one_that_is_meant(written: str, hint: str) -> None:
    odd = find_odd_year(written, TODAY)
    assert odd is not None
    assert odd.hint == hint
    assert written in odd.message


@pytest.mark.parametrize(
    "written", ["2026-11-24", "2006-01-01", "2046-12-31", "2026", "soon", "", "25680701"]
)
def test_other_dates_and_what_is_no_date_pass(written: str) -> None:
    assert find_odd_year(written, TODAY) is None


@given(st.dates(date(2006, 1, 1), date(2046, 12, 31)))
def test_each_day_of_these_years_is_fine_and_named_for_its_buddhist_twin(day: date) -> None:
    assert find_odd_year(day.isoformat(), TODAY) is None
    twin = f"{day.year + BUDDHIST_ERA}{day.isoformat()[4:]}"
    odd = find_odd_year(twin, TODAY)
    assert odd == find_buddhist_year(twin)
    assert odd is not None
    assert odd.hint == f"did you mean {day.isoformat()}?"


@pytest.mark.parametrize("key", ["valid_from", "checked_on", "expires_on"])
@pytest.mark.parametrize("year", ["2568", "2570", "1926", "2126"])
def test_each_day_of_a_fact_is_looked_at(key: str, year: str) -> None:
    right = {"valid_from": "2025-07-01", "checked_on": "2026-11-24", "expires_on": "2027-05-24"}[key]
    files = with_change("words.yaml", f"{key}: {right}", f"{key}: {year}{right[4:]}")
    found = [problem for problem in checked(files).problems if problem.code == "wrong-year"]
    assert len(found) == 1
    line = files["words.yaml"].decode().splitlines()[found[0].place.line - 1]
    assert line[found[0].place.column - 1 :].startswith(year)
    assert not checked(files).sound


@pytest.mark.parametrize(("written", "sound"), [("2568", False), ("2568-07", False), ("1998-02", True)])
def test_a_date_that_is_told_may_be_of_long_ago_but_not_of_another_calendar(
    written: str, sound: bool
) -> None:
    files = with_change("words.yaml", 'value: "400"', f'date: "{written}"')
    assert checked(files).sound == sound


def test_a_day_that_only_the_other_calendar_has_is_told_once_with_the_day_meant() -> None:
    files = with_change("words.yaml", "valid_from: 2025-07-01", "valid_from: 2567-02-29")
    (found,) = checked(files).problems
    assert (found.code, found.hint) == ("yaml-guessed", "did you mean 2024-02-29?")


@pytest.mark.parametrize(
    ("today", "codes"),
    [(date(2026, 11, 22), ["checked-in-future"] * 3), (date(2026, 11, 23), []), (TODAY, [])],
)
def test_nobody_has_looked_tomorrow_save_in_a_zone_ahead(today: date, codes: list[str]) -> None:
    found = checked(base(), today=today)
    assert [problem.code for problem in found.problems] == codes
    assert found.sound


@pytest.mark.parametrize(
    ("at", "hint"),
    [
        ("2569-11-24 14:05", "did you mean 2026-11-24 14:05?"),
        ("2569-13-24 14:05", 'write it like "2026-11-24 12:00"'),
        ("2026-11-24 14:05", ""),
    ],
)
def test_the_moment_of_a_conversation_is_looked_at_too(at: str, hint: str) -> None:
    case = f'- it: dials\n  at: "{at}"\n  steps:\n    - {{dial: "*1#", screen: language}}\n'
    _, problems = read_conversations({"tests/one.yaml": case.encode()}, "Asia/Vientiane")
    assert [problem.hint for problem in problems] == ([hint] if hint else [])
