"""The month and the watch: three figures beside last month's, small counts hidden, and an export that asks again."""

import csv
import io
import re
from dataclasses import replace
from datetime import date

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import outcome, search
from gateway.helpdesk.requests import case_record, self_service
from gateway.menus.engine.effects import CancelCallback
from gateway.operations.reporting.activity import UsageTable
from gateway.operations.reporting.centre_month import count_stored_requests
from gateway.operations.reporting.monthly_report import SECTIONS, Cell
from gateway.storage import reports
from gateway.web.admin.figures import (
    OutcomeCount,
    count_outcomes,
    draw_bars,
    draw_columns,
    fill_gaps,
    find_contact_rate,
)
from tests.support.desk_rig import HER, OTHER
from tests.support.examples import count_examples
from tests.support.web_surroundings import PASSWORD, code_of

OUTCOMES = next(section for section in SECTIONS if section.what == "outcome")
ASKED = next(section for section in SECTIONS if section.what == "asked")


def plain(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.fixture
def reader(signed):
    return signed("Rea", Role.READER)


@pytest.fixture
def counted(parts):
    """Figures of a day: ``counted("2026-11-05", "outcome", reached=7)``."""

    def on(day: str, what: str, spoken: str = "lo", **items: int) -> None:
        with parts.store.write() as tx:
            for item, n in items.items():
                reports.add_count(tx, date.fromisoformat(day), 9, "simulator", spoken, "v", what, item, n=n)

    return on


def test_last_month_stands_beside_and_small_counts_are_hidden(reader, counted):
    counted("2026-11-05", "outcome", reached=7, busy=3)
    counted("2026-10-05", "outcome", reached=12)
    page = plain(reader.get("/admin/"))
    assert "People helped 7 Calls in which somebody spoke with her. 2026-10: 12" in page
    assert "Nobody reached under 5" in page
    assert "Busy under 5" in page
    assert "Busy 3" not in page


@pytest.mark.fault("G1")
def test_the_month_of_the_centre_stands_on_the_page_and_leaves_as_a_sheet(reader, parts):
    said = {
        "person": "woman",
        "sector": "domestic",
        "complaint": ["unpaid"],
        "claimed": 900,
        "currency": "baht",
    }
    for _ in range(6):
        case_record.count_form(parts, said)
    case_record.count_form(parts, {**said, "person": "man"})
    parts.count.flush(parts.store)
    page = plain(reader.get("/admin/"))
    assert "The month of the centre" in page
    assert "Kind of work Woman Man Others, not said All Domestic work under 5 under 5 0 7" in page
    assert "Amount claimed · ฿ 6300" in page
    sheet = reader.get("/admin/figures.csv", query_string={"month": "2026-11"})
    assert sheet.headers["Content-Disposition"] == 'attachment; filename="helpline-2026-11.csv"'
    assert "Kind of work,Domestic work,under 5,under 5,0,7" in sheet.get_data(as_text=True)
    book = reader.client.get("/admin/figures.xlsx", query_string={"month": "2026-Q4"})
    assert book.headers["Content-Disposition"] == 'attachment; filename="helpline-2026-Q4.xlsx"'
    rows = openpyxl.load_workbook(io.BytesIO(book.data)).worksheets[0].iter_rows(values_only=True)
    assert ("Kind of work", "Domestic work", "under 5", "under 5", 0, 7) in rows
    page = plain(reader.get("/admin/", query_string={"month": "2026-q4"}))
    assert "The centre in this period" in page
    assert "2026-Q3:" in page  # the period before stands beside each figure


def test_numbers_stand_beside_requests_and_are_not_counted_where_requests_are_erased(reader, line, counted):
    counted("2026-11-05", "asked", pay=9)
    counted("2026-05-05", "asked", pay=9)
    for n in range(6):
        line.requested(f"+85620555000{n:02}")
    assert "Requests for a call: 9 · from so many numbers: 6 One phone is not one person." in plain(
        reader.get("/admin/")
    )
    page = plain(reader.get("/admin/", query_string={"month": "2026-05"}))
    assert "from so many numbers: – " in page
    assert "cannot be counted any more" in page


def test_what_is_open_at_the_end_of_a_period_is_counted_from_the_requests(line, clock, signed):
    def withdraw(nth: int) -> None:
        cancels = CancelCallback(callback=made[nth])
        line.does(self_service.cancel_request, f"+8562055510{nth:03}", effect=cancels)

    def backlog(month: str, *, exact: bool = True) -> int | None:
        return count_stored_requests(line.parts, boss, month, exact=exact).backlog

    clock.set("2026-11-28T08:00:00+07:00")
    boss = line.person("Chief", Role.SUPERVISOR, number="+85620555900009")
    made = [line.requested(f"+8562055510{n:03}", when="morning") for n in range(6)]
    clock.set("2026-11-30T08:00:00+07:00")
    withdraw(0)
    assert backlog("2026-11") == 5  # now, since the month is not over
    clock.set("2026-12-02T08:00:00+07:00")
    withdraw(1)
    line.requested("+8562055510099", when="morning")
    clock.forward(minutes=1)
    assert (backlog("2026-11"), backlog("2026-12"), backlog("2026-10")) == (5, 5, 0)
    withdraw(2)
    assert (backlog("2026-11"), backlog("2026-12")) == (5, 4)
    assert backlog("2026-12", exact=False) is None
    reader = signed("Rea", Role.READER)
    assert "Still open at its end, or now: 5" in plain(reader.get("/admin/?month=2026-11"))
    clock.set("2027-12-02T09:00:00+07:00")
    assert backlog("2026-11") is None
    assert "Still open" not in plain(reader.get("/admin/?month=2026-11"))


@pytest.mark.parametrize(
    ("cells", "rate"),
    [
        ({}, None),
        ({"reached": 0, "no_answer": 8}, 0.0),
        ({"reached": 6, "no_answer": 6}, 0.5),
        ({"reached": 6, "no_answer": None}, None),
        ({"reached": None}, None),
    ],
)
def test_the_contact_rate_is_of_all_calls_and_tells_nothing_that_is_hidden(cells, rate):
    found = [Cell(section=OUTCOMES, name=name, n=n) for name, n in cells.items()]
    assert find_contact_rate([*found, Cell(section=ASKED, name="pay", n=9)]) == rate


@pytest.mark.fault("G3")
@pytest.mark.fault("Q34")
@pytest.mark.parametrize(
    ("language", "what", "item", "says"),
    [
        ("en", "shown", "pay", "My pay"),
        ("en", "shown", "danger", "Are you in danger now?"),
        ("en", "shown", "main", "Home"),
        ("lo", "shown", "main", "ໜ້າຫຼັກ"),
        ("th", "shown", "pay", "ค่าจ้าง"),
        ("en", "shown", "consent", "We keep your number and answers only to call you"),
        ("en", "shown", "wage_bangkok", "Bangkok"),
        ("en", "report_wrong", "pay/2", "My pay › 2"),
        ("en", "text", "call_me", "asks for a call"),
        ("en", "text", "", "not understood"),
        ("en", "text", "pay", "My pay"),
        ("en", "dialled", "", "not chosen yet"),
        ("en", "outbox", "sent", "left"),
        ("en", "shown", "screen_that_went", "screen that went"),
    ],
)
def test_a_reader_of_figures_reads_names(reader, counted, language, what, item, says):
    with_language = "" if what == "dialled" else "lo"
    counted("2026-11-05", what, spoken=with_language, **{item: 7})
    reader.post("/language", language=language, back="/admin/")
    page = plain(reader.get("/admin/"))
    assert f" {says} 7 " in page
    assert "_" not in page.split("2026-11")[-1]


@pytest.mark.fault("G3")
def test_two_screens_that_are_called_alike_are_told_apart(reader, counted):
    counted("2026-11-05", "text", refused=7, no_call=9)
    page = plain(reader.get("/admin/"))
    assert "does not want to be called (no_call) 9" in page
    assert "does not want to be called (refused) 7" in page


def test_a_sheet_of_no_month_leads_back(reader):
    assert reader.get("/admin/figures.csv", query_string={"month": "2026-13"}).status_code == 303


def test_an_empty_month_says_what_will_be_there(reader):
    page = plain(reader.get("/admin/"))
    assert "Nothing was counted in this month" in page
    assert "Figures 2026-11" in page


@pytest.mark.parametrize("written", ["2026-13", "november", "<b>", "2026-Q5"])
def test_a_month_that_is_none_is_said_beside_its_field(reader, written):
    answer = reader.get("/admin/", query_string={"month": written})
    assert answer.status_code == 422
    assert "Write the month like 2026-11" in plain(answer)
    assert "<b>" not in answer.get_data(as_text=True).split("<form action=")[1].split("</form>")[0]


def cell(name: str, n: int | None, section=OUTCOMES) -> Cell:
    return Cell(section=section, name=name, n=n)


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        ((), OutcomeCount(0, False)),
        ((cell("reached", 9), cell("busy", 20)), OutcomeCount(9, False)),
        ((cell("reached", None),), OutcomeCount(0, True)),
        ((cell("reached", 9, ASKED),), OutcomeCount(0, False)),
    ],
)
def test_a_sum_never_gives_a_small_cell_away(cells, found):
    assert count_outcomes(cells, ("reached",)) == found


BAR = re.compile(r'<rect class="bar" width="([0-9.]+)%"')


@pytest.mark.parametrize(
    ("rows", "widths", "gaps"),
    [
        ([], None, 0),
        ([("Busy", 7)], None, 0),
        ([("Busy", 7), ("Off", None)], None, 0),
        ([("Busy", 0), ("Off", 0)], None, 0),
        ([("Busy", None), ("Off", None)], None, 0),
        ([("Busy", 8), ("Off", 0)], [100, 0], 0),
        ([("Busy", 40), ("Off", 10), ("Silent", None)], [100, 25], 1),
        ([("Busy", None), ("Off", 10), ("Silent", 30)], [33.33, 100], 1),
        ([(f"Screen {n}", 100 - n) for n in range(20)], [100 - n for n in range(12)], 0),
    ],
)
def test_bars_are_as_long_as_their_numbers_and_hidden_ones_are_gaps(app, rows, widths, gaps):
    with app.test_request_context("/admin/"):
        drawn = str(draw_bars("chart-outcome", "Calls", rows))
    if widths is None:
        assert not drawn
        return
    assert [float(width) for width in BAR.findall(drawn)] == widths
    assert drawn.count('class="gap"') == drawn.count(">hidden<") == gaps
    assert ("A dashed line" in drawn) == bool(gaps)
    assert ("The first 12 of its rows" in drawn) == (len(rows) > 12)
    assert 'role="img" aria-labelledby="chart-outcome-title chart-outcome-said"' in drawn


@settings(max_examples=count_examples(60), deadline=None)
@given(
    found=st.lists(
        st.tuples(st.text(min_size=1, max_size=50), st.none() | st.integers(0, 10**6)), max_size=15
    )
)
def test_widths_are_in_proportion_and_nothing_of_a_hidden_cell_is_drawn(pages_for_charts, found):
    with pages_for_charts.test_request_context("/admin/"):
        drawn = str(draw_bars("chart-x", "<Calls & more>", found))
    if not drawn:
        return
    told = [n for _name, n in found[:12] if n is not None]
    for width, n in zip(BAR.findall(drawn), told, strict=True):
        assert abs(float(width) - 100 * n / max(told)) < 0.01
    gaps = set(re.findall(r'<line class="gap" (x1="0" x2="100%") y1="[0-9.]+em" y2="[0-9.]+em"/>', drawn))
    assert gaps <= {'x1="0" x2="100%"'}
    assert len(re.findall("<line", drawn)) == len(found[:12]) - len(told)
    elements = set(re.findall(r"<(/?\w+)", drawn))
    assert elements <= {
        each for one in ("svg", "title", "desc", "text", "rect", "line") for each in (one, f"/{one}")
    }


@pytest.fixture(scope="module")
def pages_for_charts():
    from flask import Flask
    from flask_babel import Babel

    app = Flask("charts")
    Babel(app)
    return app


def test_two_months_that_differ_in_a_hidden_cell_alone_have_one_chart(reader, counted):
    for month, hidden in (("2026-10", 1), ("2026-11", 4)):
        counted(f"{month}-05", "outcome", reached=40, busy=10, silent=hidden)
    charts = [
        re.findall(
            r'<svg class="chart".*?</svg>',
            reader.get("/admin/", query_string={"month": month}).get_data(as_text=True),
        )
        for month in ("2026-10", "2026-11")
    ]
    assert len(charts[0]) == 1
    assert charts[0] == charts[1]


@pytest.mark.parametrize(
    ("language", "busy", "hidden"),
    [("en", "Busy", "hidden"), ("lo", "ສາຍບໍ່ຫວ່າງ", "ເຊື່ອງໄວ້"), ("th", "สายไม่ว่าง", "ซ่อนไว้")],
)
def test_a_chart_speaks_the_language_of_its_reader_and_has_its_table_below(
    reader, counted, language, busy, hidden
):
    counted("2026-11-05", "outcome", reached=40, busy=10, silent=2)
    reader.post("/language", language=language, back="/admin/")
    page = reader.get("/admin/").get_data(as_text=True)
    (drawn,) = re.findall(r'<svg class="chart".*?</svg>', page)
    assert f">{busy}</text>" in drawn
    assert f">{hidden}</text>" in drawn
    below = page.split("</svg>")[-1].split("</table>")[0]
    assert below.count('<th scope="row">') == 3
    assert f'<th scope="row">{busy}</th><td class="n">10</td>' in below


def test_the_watch_of_an_empty_desk_has_no_figures_and_no_fault(reader):
    page = plain(reader.get("/admin/watch"))
    assert "No call outside her window" in page
    assert "Requests 0" in page


def test_the_watch_counts_what_waits_and_shows_nobody(reader, line):
    line.requested(HER)
    answer = reader.get("/admin/watch")
    assert "Requests 1" in plain(answer)
    assert "just now" in plain(answer)
    assert HER not in answer.get_data(as_text=True)


class TestTheExport:
    @pytest.fixture
    def sup(self, parts, signed):
        from gateway.helpdesk.staff import passwords, people
        from gateway.storage import people as rows

        browser = signed("Sup", Role.SUPERVISOR)
        own = people.find_person(parts, "Sup").id
        with parts.store.write() as tx:
            rows.set_password(tx, own, passwords.hash_password(PASSWORD))
        return browser

    def proof_is_old(self, parts):
        from sqlalchemy import update

        from gateway.storage.tables import sign_ins

        with parts.store.write() as tx:
            tx.execute(update(sign_ins).values(proved_at=None))

    @pytest.mark.fault("Q34")
    def test_it_asks_again_who_it_is_and_goes_on_with_the_answer(self, parts, line, sup):
        line.requested(HER)
        self.proof_is_old(parts)
        page = sup.post("/export", month="2026-11").get_data(as_text=True)
        assert 'action="/export"' in page
        assert '<input type="hidden" name="month" value="2026-11">' in page
        assert sup.post("/export", month="2026-11", password="wrong", code=code_of(parts)).status_code == 422
        assert line.rows("SELECT 1 FROM audit WHERE act = 'exported'") == []
        answer = sup.post("/export", month="2026-11", password=PASSWORD, code=code_of(parts))
        assert answer.mimetype == "text/csv"
        assert "requests-2026-11.csv" in answer.headers["Content-Disposition"]
        assert HER[-4:] not in answer.get_data(as_text=True)
        assert line.rows("SELECT detail FROM audit WHERE act = 'exported'") == [("2026-11",)]

    def table(self, sup, **asked):
        return list(csv.DictReader(io.StringIO(sup.post("/export", **asked).get_data(as_text=True))))

    @pytest.mark.fault("Q34")
    def test_it_says_what_became_of_each(self, line, sup, clock):
        noy = line.person("=Noy", number="+8562055590009")
        helped, planned = line.requested(HER, when="now"), line.requested(OTHER, when="evening", trial=True)
        clock.forward(minutes=7)
        line.calling(noy, helped)
        outcome.record_outcome(line.parts, noy, callback_id=helped, outcome="reached")
        outcome.close_callback(line.parts, noy, helped, reason="informed")
        rows = {row["code"]: row for row in self.table(sup)}
        over, waits = (rows[line.callback(one).code] for one in (helped, planned))
        names = ("state", "outcome", "reason", "holder", "minutes_to_first_call", "trial")
        assert [over[name] for name in names] == ["closed", "reached", "informed", "'=Noy", "7", ""]
        assert over["closed_at"] == over["first_call_at"] == "2026-11-24T07:12:00Z"
        assert [waits[name] for name in names] == ["waiting", "", "", "", "", "yes"]
        assert (waits["window"], waits["due_at"]) == ("evening", "2026-11-24T11:00:00Z")

    @pytest.mark.fault("Q34")
    def test_a_month_is_one_of_the_line_and_holds_every_request_of_it_once(self, line, clock):
        made = {}
        for n, day in enumerate(("2026-11-30T23", "2026-12-01T00", "2026-12-31T23", "2027-01-01T00")):
            clock.set(f"{day}:{'59:59' if day.endswith('23') else '00:00'}+07:00")
            made.setdefault(day[:7], set()).add(line.requested(f"+8562055510{n:03}"))
        boss = replace(line.person("Boss", Role.SUPERVISOR), proved_at=clock.now())
        for month, wanted in made.items():
            found = search.export_callbacks(line.parts, boss, month=month)
            assert sorted(one.row.id for one in found) == sorted(wanted)
        assert len(search.export_callbacks(line.parts, boss)) == 4

    @pytest.mark.parametrize("month", ["2026-13", "2569-11", "soon", "=1+1"])
    def test_a_month_that_is_none_takes_nothing_out(self, line, sup, month):
        assert sup.post("/export", month=month).location == "/closed"
        assert "Write the month like 2026-11." in sup.get("/closed").get_data(as_text=True)
        assert line.rows("SELECT 1 FROM audit WHERE act = 'exported'") == []

    def test_only_who_may_export_sees_the_button(self, sup, signed):
        assert "/export" in sup.get("/closed").get_data(as_text=True)
        assert "/export" not in signed("Noy").get("/closed").get_data(as_text=True)

    def test_the_export_stands_in_one_column_with_the_opened_request(self, sup):
        page = sup.get("/closed").get_data(as_text=True)
        assert re.search(r'</section>\s*<div>\s*<form [^>]*action="/export"', page)


# Sessions, screens on which callers leave, periods to choose from, exact numbers for the centre alone.


@pytest.fixture
def used(parts):
    """A month in which the menu was used, with small cells."""
    with parts.store.write() as tx:
        for day, hour, spoken, what, item, n in (
            ("2026-11-05", 9, "lo", "dialled", "", 40), ("2026-11-06", 14, "th", "dialled", "", 3),
            ("2026-11-06", 15, "", "dialled", "", 9), ("2026-10-06", 15, "lo", "dialled", "", 31),
            ("2026-11-05", 9, "lo", "shown", "main", 60), ("2026-11-05", 9, "lo", "answered", "main/1", 38),
            ("2026-11-05", 9, "th", "shown", "main", 3), ("2026-11-05", 9, "", "first_call", "m120", 7),
            ("2026-10-05", 9, "", "first_call", "m30", 7),
        ):  # fmt: skip
            reports.add_count(tx, date.fromisoformat(day), hour, "simulator", spoken, "v", what, item, n=n)


def test_sessions_stand_by_day_hour_channel_and_language_beside_last_month(reader, used):
    page = plain(reader.get("/admin/"))
    assert "Calls to the menu: 52 · 2026-10: 31" in page
    assert "Sessions, by day" in page
    assert "Nov 5 40 " in page
    assert "09:00 40 " in page
    assert "simulator 52" in page
    assert "ไทย hidden" in page
    assert "not chosen yet hidden" in page  # 3 are hidden: 9 would tell them
    assert "Home under 5" not in page
    assert "Home 63 30 " in page  # of 63 pages 25 were left: in tens
    assert "within 2 h" in page
    assert "2026-10: within 30 min" in page


def test_a_period_is_picked_from_those_that_are_known(reader, used):
    page = reader.get("/admin/").get_data(as_text=True)
    assert re.findall(r'<option value="([^"]+)"', page) == ["2026-11", "2026-10", "2026-Q4", "2026-H2"]
    assert '<option value="2026-11" selected>November 2026<' in page
    far = reader.get("/admin/", query_string={"month": "2025-Q2"}).get_data(as_text=True)
    assert '<option value="2025-Q2" selected>Quarter 2 of 2025<' in far
    reader.post("/language", language="th", back="/admin/")
    assert "2569" in reader.get("/admin/").get_data(as_text=True).split("</select>")[0]


def test_the_running_month_is_that_of_the_line(signed, clock):
    clock.set("2026-12-01T00:30:00+07:00")
    assert "Figures 2026-12" in plain(signed("Rea", Role.READER).get("/admin/"))


@pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR, Role.SUPERVISOR])
@pytest.mark.parametrize("address", ["/admin/", "/admin/figures.csv", "/admin/figures.xlsx"])
def test_exact_numbers_are_for_those_who_see_every_request(signed, used, role, address):
    browser = signed("Ann", role)
    answer = browser.client.get(address, query_string={"month": "2026-11", "exact": "1"})
    if role is not Role.SUPERVISOR:
        assert answer.status_code == 403
        return
    assert answer.status_code == 200
    if address == "/admin/":
        assert "Exact numbers, for the centre alone" in plain(answer)
        assert "ไทย 3" in plain(answer)
        assert "exact=1" in browser.get("/admin/").get_data(as_text=True)
    else:
        assert "-exact." in answer.headers["Content-Disposition"]


def test_sheets_hold_every_table_with_names_and_nothing_that_is_hidden(reader, used, counted):
    counted("2026-11-05", "outcome", reached=7, busy=3)
    counted("2026-11-05", "asked", pay=8)
    rows = list(csv.reader(io.StringIO(reader.get("/admin/figures.csv").get_data(as_text=True))))
    for row in (
        ["Sessions", "", "", "", "", "52"],
        ["Sessions, by language", "ไทย", "", "", "", "hidden"],
        ["Sessions, by hour of the day", "09:00", "", "", "", "40"],
        ["Left the menu here", "Home", "", "", "", "30"],
        ["Calls made, by outcome", "Busy", "", "", "", "under 5"],
        ["Calls made, by outcome", "Reached", "", "", "", "7"],
    ):
        assert row in rows, row
    assert not [row for row in rows if row[-1] in {"1", "2", "3", "4"}]
    assert not [row for row in rows if "_" in row[0] or "_" in row[1]]


@pytest.mark.parametrize(
    ("rows", "today", "days"),
    [
        ((("2026-11-05", 9),), date(2026, 11, 7), 7),
        ((("2026-11-05", 9), ("2026-11-09", None)), date(2026, 11, 7), 9),
        ((("2026-02-05", 9),), date(2026, 11, 7), 28),
        ((("2024-02-05", 9),), date(2026, 11, 7), 29),
    ],
)
def test_days_without_a_session_are_zero_and_days_to_come_are_left_out(rows, today, days):
    filled = fill_gaps(UsageTable(by="day", rows=rows), today)
    assert len(filled) == days
    assert [row for row in filled if row[1] != 0] == list(rows)


@pytest.mark.parametrize(
    ("rows", "heights", "gaps"),
    [
        ([("1", 3)], None, 0),
        ([("1", 0), ("2", 0)], None, 0),
        ([("1", 8), ("2", 2), ("3", None)], [8, 2], 1),
        ([("1", None), ("2", 10), ("3", 0)], [8, 0], 1),
    ],
)
def test_columns_are_as_high_as_their_numbers_and_hidden_ones_are_gaps(app, rows, heights, gaps):
    with app.test_request_context("/admin/"):
        drawn = str(draw_columns("chart-x", "<Days>", rows))
    if heights is None:
        assert not drawn
        return
    assert [
        float(each) for each in re.findall(r'<rect class="bar"[^>]* height="([0-9.]+)em"', drawn)
    ] == heights
    assert drawn.count('class="gap"') == gaps
    assert {*re.findall(r'<line class="gap" x1="[0-9.]+%" x2="[0-9.]+%" (y1="[^"]+" y2="[^"]+")', drawn)} == {
        'y1="1.4em" y2="9.4em"'
    }
    assert "&lt;Days&gt;" in drawn
