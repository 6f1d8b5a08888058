"""The month of the centre: what was ticked comes out by women and men, and no small cell with it."""

import csv
import io
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Permission, Role
from gateway.foundation.services import Services
from gateway.helpdesk.requests import case_record
from gateway.helpdesk.staff.people import OWNER
from gateway.operations.reporting.centre_month import FIELDS, SEVERAL, read_centre_month, split_sheet
from gateway.operations.reporting.metrics import render_metrics
from gateway.operations.reporting.periods import NoMonth
from gateway.storage import reports
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.lists import WORDS
from tests.support.outbox_rig import made_parts

pytestmark = pytest.mark.fault("G1")
HERS = {"person": "woman", "sector": "domestic", "complaint": ["unpaid"], "service": ["legal_counselling"]}
HIS = {"person": "man", "sector": "construction", "complaint": ["injury", "unpaid"], "country": "thailand"}


@pytest.fixture
def parts(store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return made_parts(store, clock, tmp_path)


def talked(parts: Services, **times: int) -> None:
    for said, n in ((HERS, times.get("hers", 0)), (HIS, times.get("his", 0))):
        for _ in range(n):
            case_record.count_form(parts, said)
    parts.count.flush(parts.store)


def cells(parts: Services, field: str) -> dict[str, tuple[object, ...]]:
    month = read_centre_month(parts, OWNER, "2026-11")
    (table,) = [table for table in month.tables if table.field == field]
    return {row.word: (*row.cells, row.total) for row in table.rows}


def test_what_was_ticked_comes_out_by_women_and_men(parts: Services) -> None:
    talked(parts, hers=7, his=6)
    assert cells(parts, "sector") == {"domestic": (7, 0, 0, 7), "construction": (0, 6, 0, 6)}
    assert cells(parts, "complaint") == {"unpaid": (7, 6, 0, 13), "injury": (0, 6, 0, 6)}
    assert cells(parts, "country") == {"thailand": (0, 6, 0, 6), "not_asked": (7, 0, 0, 7)}
    assert read_centre_month(parts, OWNER, "2026-11").talks.cells == (7, 6, 0)
    assert read_centre_month(parts, OWNER, "2026-10").tables == ()


def test_a_cell_under_five_is_hidden_with_what_would_give_it_away(parts: Services) -> None:
    talked(parts, hers=9, his=2)
    assert cells(parts, "complaint")["unpaid"] == (None, None, 0, 11)
    month = read_centre_month(parts, OWNER, "2026-11")
    assert month.talks.cells == (None, None, 0)
    sheet = split_sheet(month)
    assert not {"1", "2", "3", "4"} & {cell for row in sheet for cell in row}


def test_an_amount_needs_five_talks_behind_it(parts: Services) -> None:
    for n in (4, 1):
        for _ in range(n):
            case_record.count_form(parts, {**HIS, "claimed": 1000, "currency": "baht", "men": 3})
        parts.count.flush(parts.store)
        sums = {one.item: one.n for one in read_centre_month(parts, OWNER, "2026-11").sums}
        assert sums == ({"claimed:baht": None, "men": None} if n == 4 else {"claimed:baht": 5000, "men": 15})


def test_the_tables_are_fields_of_the_form() -> None:
    assert set(FIELDS) <= set(WORDS)
    assert set(SEVERAL) == case_record.SEVERAL


@pytest.mark.parametrize("role", list(Role))
def test_who_may_see_figures_sees_them(parts: Services, role: Role) -> None:
    actor = Actor.of(person_id="p", name="P", role=role)
    if actor.may(Permission.SEE_FIGURES):
        assert read_centre_month(parts, actor, "2026-11").tables == ()
        return
    with pytest.raises(NotPermitted):
        read_centre_month(parts, actor, "2026-11")


def test_a_month_that_is_none_is_said(parts: Services) -> None:
    with pytest.raises(NoMonth):
        read_centre_month(parts, OWNER, "2026-13")


@pytest.mark.fault("G2")
def test_the_metrics_page_holds_nothing_of_a_record_and_no_small_cell(parts: Services) -> None:
    talked(parts, hers=7, his=2)
    with parts.store.write() as tx:
        for what, item, n in (
            ("shown", "wage_bangkok", 50), ("asked", "danger", 3), ("asked", "pay", 3), ("outcome", "reached", 2),
            ("erased", "", 9), ("text", "not_paid", 1), ("alarm", "clock", 1), ("a_new_figure", "sector:fishing", 9),
        ):  # fmt: skip
            reports.add_count(tx, date(2026, 11, 5), 9, "simulator", "lo", "v", what, item, n=n)
    page = render_metrics(parts).decode()
    told = [line for line in page.splitlines() if line.startswith("gateway_events_total")]
    assert 'gateway_events_total{channel="simulator",item="clock",what="alarm"} 1.0' in told
    assert 'gateway_events_total{channel="simulator",item="",what="asked"} 6.0' in told
    assert 'gateway_events_total{channel="simulator",item="",what="shown"} 50.0' in told
    for word in (
        "record",
        "domestic",
        "woman",
        "wage_bangkok",
        "danger",
        "reached",
        "not_paid",
        "fishing",
        "erased",
    ):
        assert word not in "".join(told), word
    assert not [line for line in told if 'item=""' in line and float(line.split()[-1]) < 5]


def test_a_sheet_has_one_width(parts: Services) -> None:
    talked(parts, hers=7, his=6)
    written = io.StringIO()
    csv.writer(written).writerows(split_sheet(read_centre_month(parts, OWNER, "2026-11")))
    rows = list(csv.reader(io.StringIO(written.getvalue())))
    assert {len(row) for row in rows} == {6}
    assert ["talks", "", "7", "6", "0", "13"] in rows
