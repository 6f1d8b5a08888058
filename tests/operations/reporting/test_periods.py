"""Months, quarters and half-years beside one another: each number is right, and together they tell no small one."""

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import product
from types import SimpleNamespace

import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.staff.people import OWNER
from gateway.operations.reporting.activity import read_usage
from gateway.operations.reporting.centre_month import (
    COLUMNS,
    FIELDS,
    SUM,
    SUMMED,
    count_stored_requests,
    make_centre_report,
    read_centre_month,
)
from gateway.operations.reporting.monthly_report import quote_formula, report_month, write_csv, write_sheet
from gateway.operations.reporting.periods import NoMonth, find_period, find_period_before, find_today
from gateway.storage import reports
from gateway.storage.reports import Figure
from tests.support.examples import count_examples
from tests.support.outbox_rig import made_parts

TODAY = date(2026, 11, 24)
PEOPLE = ("woman", "man", "other")
MONTHS = range(7, 13)

# What a period is.


@pytest.mark.parametrize(
    ("written", "first", "last", "parts", "before"),
    [
        ("2026-11", "2026-11-01", "2026-11-30", [], "2026-10"),
        ("2026-01", "2026-01-01", "2026-01-31", [], "2025-12"),
        ("2024-02", "2024-02-01", "2024-02-29", [], "2024-01"),
        ("2026-Q4", "2026-10-01", "2026-12-31", ["2026-10", "2026-11", "2026-12"], "2026-Q3"),
        ("2026-Q1", "2026-01-01", "2026-03-31", ["2026-01", "2026-02", "2026-03"], "2025-Q4"),
        ("2026-H2", "2026-07-01", "2026-12-31", ["2026-Q3", "2026-Q4"], "2026-H1"),
        ("2026-H1", "2026-01-01", "2026-06-30", ["2026-Q1", "2026-Q2"], "2025-H2"),
    ],
)
def test_a_period_has_its_days_its_parts_and_one_before(written, first, last, parts, before):
    period = find_period(written, TODAY)
    assert (str(period.first), str(period.last)) == (first, last)
    assert [part.written for part in period.parts] == parts
    assert find_period_before(period) == before
    assert find_period(before, TODAY).last == period.first - timedelta(days=1)


@pytest.mark.parametrize(
    "written",
    ["", "2026", "2026-13", "2026-00", "2026-Q0", "2026-Q5", "2026-H3", "2026-q1", "november", "2026-1", "2569-11", "2569-Q1",
     "0000", "2026-11-01", "２０２６", "1026-Q1",
     "2026-W53", "2026-02-29", "9999-12", "2026-11/2026-10", "2026-11 ", "-026-11", "2026-Q", "２０２６-11"],
)  # fmt: skip
def test_what_is_no_period_is_refused(written):
    with pytest.raises(NoMonth):
        find_period(written, TODAY)


def test_every_day_is_in_one_month_one_quarter_and_one_half_year_without_gaps():
    """Reports elsewhere lost the last month of a quarter, or began it with the day of today."""
    day = date(2023, 1, 1)
    while day < date(2029, 1, 1):
        written = (
            f"{day:%Y-%m}",
            f"{day.year}-Q{(day.month + 2) // 3}",
            f"{day.year}-H{(day.month + 5) // 6}",
        )
        for one in written:
            period = find_period(one, day)
            assert period.first <= day <= period.last
            days = [date.fromordinal(n) for n in range(period.first.toordinal(), period.last.toordinal() + 1)]
            in_parts = [
                date.fromordinal(n)
                for part in period.parts
                for n in range(part.first.toordinal(), part.last.toordinal() + 1)
            ]
            assert in_parts in ([], days)
        day += timedelta(days=9)


@pytest.mark.parametrize(
    ("zone", "instant", "month"),
    [
        ("Asia/Vientiane", "2026-11-30T16:59:59Z", "2026-11"),
        ("Asia/Vientiane", "2026-11-30T17:00:00Z", "2026-12"),
        ("Asia/Vientiane", "2026-12-31T17:00:00Z", "2027-01"),
        ("Asia/Vientiane", "2028-02-28T17:00:00Z", "2028-02"),
        ("America/New_York", "2026-11-01T03:59:59Z", "2026-10"),  # summer time ends in that night
        ("America/New_York", "2026-11-01T04:00:00Z", "2026-11"),
        ("Europe/London", "2026-03-31T23:00:00Z", "2026-04"),
        ("Pacific/Kiritimati", "2026-10-31T10:00:00Z", "2026-11"),
    ],
)
def test_the_running_month_is_that_of_the_line(zone, instant, month):
    clock = SimpleNamespace(now=lambda: datetime.fromisoformat(instant))
    line = SimpleNamespace(clock=clock, line=SimpleNamespace(zone=zone))
    today = find_today(line)
    assert f"{today:%Y-%m}" == month
    assert find_period(month, today).first <= today <= find_period(month, today).last


@pytest.mark.parametrize("written", ["2026-12", "2027-Q1", "2046-H2", "2006-01"])
@pytest.mark.parametrize("exact", [True, False])
def test_a_period_of_which_nothing_is_known_is_empty(parts, written, exact):
    supervisor = Actor.of(person_id="s", name="S", role=Role.SUPERVISOR)
    assert report_month(parts, supervisor, written, exact=exact) == ()
    assert read_centre_month(parts, supervisor, written, exact=exact).tables == ()
    reader = Actor.of(person_id="r", name="R", role=Role.READER)
    for read in (report_month, read_centre_month, read_usage, count_stored_requests):
        with pytest.raises(NotPermitted):
            read(parts, reader, written, exact=True)


# An independent computation: counts by hand, and a reader who solves all that is shown as equations.

Counts = dict[tuple[int, str, str], int]
"""(month, word, person) → number of talks, in a field in which a talk has one value."""


def figures_of(counts: Counts) -> list[Figure]:
    made = []
    for (month, word, person), n in counts.items():
        item = f"country:{word}:{person}"
        for day, part in ((3, n // 2), (20, n - n // 2)):
            made.append(
                Figure(
                    day=date(2026, month, day),
                    channel="c",
                    language="lo",
                    version="v",
                    what="record_by",
                    item=item,
                    n=part,
                )
            )
    return [each for each in made if each.n]


def sum_by_hand(counts: Counts, months: range, word: str | None, column: str | None) -> int:
    return sum(
        n
        for (month, one, person), n in counts.items()
        if month in months
        and word in (None, one)
        and column in (None, person if person in COLUMNS else "rest")
    )


def read_shown(
    counts: Counts, written: str, months: range
) -> dict[tuple[range, str | None, str | None], int | None]:
    """Return what a report tells: (months, word, column) → number, None where it is hidden; totals have None."""
    report = make_centre_report(find_period(written, TODAY), figures_of(counts))
    columns = (*report.columns, None)
    shown = {
        (months, None, at): n
        for at, n in zip(columns, (*report.talks.cells, report.talks.total), strict=True)
    }
    for table in report.tables:
        for row in table.rows:
            shown |= {
                (months, row.word, at): n for at, n in zip(columns, (*row.cells, row.total), strict=True)
            }
    return shown


def list_periods(last: int) -> dict[str, range]:
    months = {f"2026-{month:02}": range(month, month + 1) for month in range(7, last + 1)}
    quarters = {f"2026-Q{(month + 2) // 3}": range(month, month + 3) for month in range(7, last + 1, 3)}
    return months | quarters | ({"2026-H2": range(7, 13)} if last == 12 else {})


def is_solved(target: list[int], equations: list[list[int]]) -> bool:
    """Say whether the sum that the target describes follows from the equations (Gauss, in fractions)."""
    rows: list[list[Fraction]] = []
    pivots: list[int] = []
    for equation in [*equations, target]:
        row = [Fraction(each) for each in equation]
        for at, known in zip(pivots, rows, strict=True):
            if row[at]:
                row = [a - row[at] * b for a, b in zip(row, known, strict=True)]
        pivot = next((at for at, each in enumerate(row) if each), None)
        if equation is target:
            return pivot is None
        if pivot is not None:
            rows.append([each / row[pivot] for each in row])
            pivots.append(pivot)
    raise AssertionError


def refuse_leak(counts: Counts, last: int) -> None:
    """Every shown number is right, none is small, and no small number follows from all that is shown together."""
    shown = {}
    for written, months in list_periods(last).items():
        for key, n in read_shown(counts, written, months).items():
            assert n is None or n == sum_by_hand(counts, *key), (written, key)
            assert n is None or n == 0 or n >= 5, (written, key)
            shown[key] = n
    words = sorted({word for _, word, _ in counts})
    base = list(product(range(7, last + 1), words, ("woman", "man", "rest")))

    def describe(months: range, word: str | None, column: str | None) -> list[int]:
        return [int(m in months and word in (None, w) and column in (None, c)) for m, w, c in base]

    equations = [describe(*key) for key, n in shown.items() if n is not None]
    equations += [
        describe(range(m, m + 1), w, c)
        for m, w, c in base
        if not sum_by_hand(counts, range(m, m + 1), w, None)
    ]
    hidden = [key for key, n in shown.items() if n is None and 0 < sum_by_hand(counts, *key) < 5]
    for key in hidden:
        assert not is_solved(describe(*key), equations), key


def make_counts(last: int, most: int) -> st.SearchStrategy[Counts]:
    keys = list(product(range(7, last + 1), ("laos", "thailand"), PEOPLE[:2]))
    return st.tuples(*[st.integers(0, most) for _ in keys]).map(
        lambda found: dict(zip(keys, found, strict=True))
    )


@settings(max_examples=count_examples(40), deadline=None)
@given(make_counts(9, 9))
@example({(7, "laos", "woman"): 2, (8, "laos", "woman"): 7, (9, "laos", "woman"): 8})
@example({(7, "laos", "woman"): 1, (8, "laos", "woman"): 1, (9, "laos", "man"): 30})
@example(
    {
        (7, "laos", "woman"): 8,
        (7, "laos", "man"): 5,
        (8, "laos", "man"): 9,
        (8, "thailand", "woman"): 3,
        (9, "laos", "woman"): 4,
    }
)
def test_a_quarter_beside_its_months_tells_no_small_number(counts):
    refuse_leak(counts, 9)


@settings(max_examples=count_examples(6), deadline=None)
@given(make_counts(12, 12))
def test_a_half_year_beside_its_quarters_and_months_tells_no_small_number(counts):
    refuse_leak(counts, 12)


def test_what_small_months_add_up_to_is_shown_for_the_quarter():
    counts = {(7, "laos", "woman"): 3, (8, "laos", "woman"): 4, (9, "laos", "woman"): 4}
    shown = read_shown(counts, "2026-Q3", range(7, 10))
    assert shown[range(7, 10), "laos", "woman"] == 11
    assert read_shown(counts, "2026-07", range(7, 8))[range(7, 8), "laos", "woman"] is None


def test_an_amount_of_one_small_month_is_not_told_by_the_quarter():
    def figure(month, what, n):
        return Figure(
            day=date(2026, month, 5), channel="", language="", version="", what=what, item="claimed:baht", n=n
        )

    def sums(*talks):
        found = [
            each
            for month, n in enumerate(talks, 7)
            for each in (figure(month, SUM, 100 * n), figure(month, SUMMED, n))
        ]
        return [one.n for one in make_centre_report(find_period("2026-Q3", TODAY), found).sums]

    assert sums(9, 8, 7) == [2400]
    assert sums(9, 8, 2) == [None]  # 2400 less what two months show would be what two people claimed
    assert sums(1, 2, 9) == [None]
    assert sums(3, 4, 9) == [1600]


# Through the ledger, as the page, the sheet and the command read it.


@pytest.fixture
def parts(store, clock, tmp_path):
    return made_parts(store, clock, tmp_path)


def test_a_quarter_of_generated_talks_agrees_with_a_count_by_hand(parts, clock):
    """Forms as counsellors fill them in, on many days; the count by hand never meets the report's code."""
    by_hand: Counter[tuple[str, str, str]] = Counter()
    for n in range(120):
        clock.set(f"2026-{10 + n % 3:02}-{1 + n % 27:02}T09:00:00+07:00")
        person = PEOPLE[n * n % 3]
        form = {
            "person": person,
            "sector": ("domestic", "fishing", "other")[n % 7 % 3],
            "country": "thailand",
        }
        case_record.count_form(parts, form)
        parts.count.flush(parts.store)
        column = person if person in COLUMNS else "rest"
        by_hand["sector", form["sector"], column] += 1
        by_hand["country", "thailand", column] += 1
    report = read_centre_month(parts, OWNER, "2026-Q4")
    tables = {table.field: {row.word: row for row in table.rows} for table in report.tables}
    assert tables.keys() <= set(FIELDS)
    for (name, word, column), n in by_hand.items():
        found = tables[name][word].cells[report.columns.index(column)]
        assert found == n, (name, word, column)
    assert report.talks.total == 120
    assert read_centre_month(parts, OWNER, "2026-H2").talks.total == 120


def test_a_count_of_one_small_month_is_not_told_by_the_quarter(parts):
    with parts.store.write() as tx:
        for month, n in ((10, 9), (11, 2), (12, 8)):
            for topic, more in (("pay", 0), ("danger", 40)):
                reports.add_count(tx, date(2026, month, 5), 9, "c", "lo", "v", "asked", topic, n=n + more)
    shown = {cell.name: cell.n for cell in report_month(parts, OWNER, "2026-Q4")}
    assert shown == {"danger": 139, "pay": None}
    assert {cell.name: cell.n for cell in report_month(parts, OWNER, "2026-11")} == {
        "danger": 42,
        "pay": None,
    }


# Sheets: what a spreadsheet would run is text.

EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u00a0@x", "＝1", "\n=1"]


@pytest.mark.parametrize("words", EVIL)
def test_no_cell_is_run_as_a_formula(words):
    assert str(quote_formula(words)).startswith("'")
    ((read,),) = csv.reader(io.StringIO(write_csv([[words]]), newline=""))
    assert read == f"'{words}"
    book = openpyxl.load_workbook(io.BytesIO(write_sheet([["head"], [words]], "=evil[]")))
    cell = book.worksheets[0].cell(2, 1)
    assert cell.data_type in {"s", "n"}
    assert cell.data_type != "f"
    assert (cell.value or "").strip() == words.replace("\r", "\n").strip() or words[0] in "\t\r"


@settings(max_examples=count_examples(60))
@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=12))
def test_harmless_words_and_counts_stay_as_they_are(words):
    escaped = quote_formula(words)
    assert escaped in (words, f"'{words}")
    assert quote_formula(12) == 12
    if words[:1].isalpha():
        assert escaped == words


def test_a_sheet_has_numbers_as_numbers_and_lao_as_text():
    rows = [["2026-Q4", "ຍິງ"], ["ຄ່າແຮງ", 12], ["ອື່ນໆ", "ໜ້ອຍກວ່າ 5"]]
    sheet = openpyxl.load_workbook(io.BytesIO(write_sheet(rows, "2026-Q4"))).worksheets[0]
    assert [[cell.value for cell in row] for row in sheet.iter_rows()] == rows
    assert sheet.cell(2, 2).data_type == "n"
    assert sheet.title == "2026-Q4"
