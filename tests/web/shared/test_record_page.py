"""The page of the record: names and words, older pages, and a table that no spreadsheet runs."""

import csv
import io
from datetime import date, datetime

import pytest
from sqlalchemy import update

from gateway.domain.permissions import AuditAct, Role
from gateway.helpdesk.staff import centre_policy, people, shifts
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import audit
from gateway.storage.tables import sign_ins
from tests.support.large_queue import add_requests
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import PASSWORD, Browser, code_of, somebody, token_of

HERE = "/admin/record"


@pytest.fixture
def app(parts):
    return pages_of(parts)


def came_in(parts, app, role=Role.SUPERVISOR, name="Boss"):
    somebody(parts, name, role)
    browser = Browser(app.test_client()).carry(token_of(parts, name))
    browser.get("/me")
    return browser


@pytest.fixture
def boss(parts, app):
    return came_in(parts, app)


def text_of(answer):
    return answer.get_data(as_text=True)


def table_of(answer):
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(text_of(answer))))


def test_it_says_who_did_what_to_whom(parts, boss):
    own = somebody(parts, "Noy")
    boss.post(f"/admin/people/{own}/duty", on="yes")
    page = text_of(boss.get(HERE))
    row = next(one for one in page.split("<tr>") if "duty changed" in one)
    assert "14:05" in row
    assert "<td>Boss</td>" in row
    assert "person Noy" in row


def test_what_stands_behind_a_deed_is_told_in_words(parts, boss):
    people.add_person(parts, OWNER, name="Rea", role="reader")
    boss.post("/admin/people", name="Nok", role="reader")  # not for a supervisor
    boss.post("/language", language="th", back=HERE)
    page = text_of(boss.get(HERE))
    assert "ผู้อ่าน" in page
    assert "· reader" not in page
    assert "POST" not in page.split("<table")[1].split("</table>")[0]


def test_one_person_and_older_pages(parts, boss):
    own = somebody(parts, "Noy")
    for n in range(centre_policy.PAGE + 5):
        people.set_duty(parts, OWNER, own, on=n % 2 == 0)
    boss.post(f"/admin/people/{own}/duty", on="no")
    page = text_of(boss.get(HERE))
    assert page.count("<tr>") == centre_policy.PAGE + 1
    link = page.split(f'href="{HERE}?before=')[1].split('"')[0].replace("&amp;", "&")
    assert 1 < text_of(boss.get(f"{HERE}?before={link}")).count("<tr>") <= centre_policy.PAGE
    mine = text_of(boss.get(f"{HERE}?who={people.find_person(parts, 'Boss').id}"))
    assert mine.count("duty changed") == 1
    assert "Older" not in mine


def test_of_somebody_who_did_nothing_the_page_says_so(parts, boss):
    own = somebody(parts, "Noy")
    assert "Nothing here yet" in text_of(boss.get(f"{HERE}?who={own}"))


def test_a_month_is_taken_out_as_a_table(parts, boss):
    own = somebody(parts, "Noy")
    boss.post(f"/admin/people/{own}/duty", on="yes")
    rows = table_of(boss.post(f"{HERE}/export", month="2026-11"))
    assert next(row for row in rows if row["act"] == "exported") == {
        "at": "2026-11-24T07:05:00+00:00",
        "who": "Boss",
        "act": "exported",
        "kind": "audit",
        "subject": "",
        "detail": "2026-11",
    }
    assert any(row["act"] == "person.duty" for row in rows)


def test_a_name_is_no_formula(parts, app):
    browser = came_in(parts, app, name="=SUM(A1)")
    browser.post("/admin/people/nobody/duty", on="yes")
    [row] = [
        row for row in table_of(browser.post(f"{HERE}/export", month="2026-11")) if row["act"] == "exported"
    ]
    assert row["who"] == "'=SUM(A1)"


def test_it_is_asked_again_who_it_is(parts, boss):
    with parts.store.write() as tx:
        tx.execute(update(sign_ins).values(proved_at=None))
    asked = text_of(boss.post(f"{HERE}/export", month="2026-11"))
    assert f'action="{HERE}/export"' in asked
    assert '<input type="hidden" name="month" value="2026-11">' in asked
    wrong = boss.post(f"{HERE}/export", month="2026-11", password="wrong", code=code_of(parts))
    assert wrong.status_code == 422
    assert "wrong" not in text_of(wrong).split("<form")[1], "no password in the page"
    proof = {"password": PASSWORD, "code": code_of(parts)}
    assert table_of(boss.post(f"{HERE}/export", month="2026-11", **proof))


@pytest.mark.parametrize("month", ["", "2026-13", "soon", "<b>"])
def test_what_is_no_month_is_said_beside_the_field(boss, month):
    answer = boss.post(f"{HERE}/export", month=month)
    page = text_of(answer)
    assert answer.status_code == 422
    assert 'id="month-fault"' in page
    assert "<b>" not in page.split('id="month"')[1].split("</form>")[0]


@pytest.mark.fault("D6")
def test_an_administrator_sees_who_published_what_and_nothing_else(parts, app, boss):
    boss.post(f"/admin/people/{somebody(parts, 'Noy')}/duty", on="yes")
    with parts.store.write() as tx:
        audit.add_entry(
            tx,
            now=parts.clock.now(),
            person_id=None,
            act="menu.publish",
            kind="version",
            subject="v",
            detail="helpline 2 from 1, by root: plainer",
        )
    browser = came_in(parts, app, Role.ADMINISTRATOR, "Keo")
    page = text_of(browser.get(HERE))
    assert "helpline 2 from 1, by root: plainer" in page
    assert "duty changed" not in page
    assert browser.post(f"{HERE}/export", month="2026-11").status_code == 403
    assert "Take a month out" not in page
    assert f'href="{HERE}"' in text_of(browser.get("/admin/"))


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_does_not_see_it(parts, app, role):
    browser = came_in(parts, app, role)
    assert browser.get(HERE).status_code == 403
    assert browser.post(f"{HERE}/export", month="2026-11").status_code == 403
    assert HERE not in text_of(browser.get("/admin/"))


def test_the_way_there_is_on_the_page_of_figures(boss):
    assert f'href="{HERE}"' in text_of(boss.get("/admin/"))


class TestOneDay:
    """What one person planned and did on a day, in the zone of the line, also of somebody who was removed."""

    @pytest.fixture
    def noy(self, parts):
        own = somebody(parts, "Noy")
        shifts.set_week(parts, OWNER, own, {"tue": ["08:00-12:00"]})
        add_requests(parts.store, 1, name="her", now=parts.clock.now())
        return own

    def acts(self, parts, own, *rows):
        with parts.store.write() as tx:
            for at, act, detail in rows:
                audit.add_entry(
                    tx,
                    now=datetime.fromisoformat(at),
                    person_id=own,
                    act=act,
                    kind="callback",
                    subject="her00000000000000001",
                    detail=detail,
                )

    def test_it_holds_the_deeds_of_that_day_and_no_other(self, parts, boss, noy):
        self.acts(
            parts,
            noy,
            ("2026-11-23T23:59:00+07:00", AuditAct.OUTCOME, "busy"),
            ("2026-11-24T00:30:00+07:00", AuditAct.CLAIMED, ""),
            ("2026-11-24T08:05:00+07:00", AuditAct.OUTCOME, "reached"),
            ("2026-11-24T09:05:00+07:00", AuditAct.OUTCOME, "reached"),
            ("2026-11-24T09:30:00+07:00", AuditAct.TALKED, ""),
            ("2026-11-25T00:00:00+07:00", AuditAct.OUTCOME, "no_answer"),
        )
        people.disable_person(parts, OWNER, noy)
        page = text_of(boss.get(f"{HERE}?who={noy}&day=2026-11-24"))
        section = page.split('id="day-of"')[1].split("</section>")[0]
        assert "Noy · Nov 24" in section
        assert "First deed 00:30 · last deed 09:30" in section
        assert "<li>Reached <b>2</b></li>" in section
        for word in ("Busy", "No answer"):
            assert word not in section
        assert f"who={noy}&amp;day=2026-11-23" in section
        assert "day=2026-11-25" not in section, "tomorrow"

    def test_what_is_planned_is_told_of_today(self, parts, boss, noy):
        at = f"{HERE}?who={noy}&day=2026-11-24"
        assert "Shifts 08:00-12:00" in text_of(boss.get(at))
        shifts.set_away(parts, OWNER, noy, date(2026, 11, 24), date(2026, 11, 24))
        assert "Nothing is on record" in text_of(boss.get(at))
        assert "Away" in text_of(boss.get(at)).split('id="day-of"')[1].split("</section>")[0]

    @pytest.mark.parametrize("asked", ["day=2026-11-31", "day=x", "day=", "day=9999-12-31"])
    def test_a_day_that_is_none_shows_the_whole_record(self, boss, noy, asked):
        page = text_of(boss.get(f"{HERE}?who={noy}&{asked}"))
        assert 'id="day-of"' not in page
        assert 'class="record"' in page or 'class="empty"' in page

    def test_who_publishes_menus_sees_no_day(self, parts, app, noy):
        admin = came_in(parts, app, Role.ADMINISTRATOR, "Admin")
        assert 'id="day-of"' not in text_of(admin.get(f"{HERE}?who={noy}&day=2026-11-24"))

    @pytest.mark.usefixtures("noy")
    def test_the_palette_is_told_of_pages_about_persons_that_its_user_may_open(self, parts, app, boss):
        admin, own = (
            came_in(parts, app, Role.ADMINISTRATOR, "Admin"),
            came_in(parts, app, Role.COUNSELLOR, "Dao"),
        )
        for browser, wanted in (
            (boss, {"Noy · Shifts", "Noy · People", "Noy · Today", "Admin · People"}),
            (admin, {"Noy · Shifts", "Noy · People", "Admin · People"}),
            (own, {"Noy · Shifts", "Dao · Shifts"}),
        ):
            places = browser.get("/admin/shifts/people").get_json()
            assert wanted <= {one["words"] for one in places}
            assert all(browser.get(one["to"]).status_code == 200 for one in places)
