"""The page of shifts: weeks, days away, holidays and the help list, as plain forms, and who may write them."""

import pytest
from sqlalchemy import select

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people, shifts
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import duty, outbox
from gateway.storage.tables import outbox as sent
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

WEEK = {"mon": "08:00-12:00, 13:00–17:00", "sat": "09:00 - 12:00"}


@pytest.fixture
def app(parts):
    return pages_of(parts)


def came_in(parts, app, name, role):
    own = somebody(parts, name, role, number="+8562055500111")
    browser = Browser(app.test_client()).carry(token_of(parts, name))
    browser.get("/admin/shifts")
    return own, browser


@pytest.fixture
def boss(parts, app):
    return came_in(parts, app, "Boss", Role.SUPERVISOR)


@pytest.fixture
def noy(parts):
    return somebody(parts, "Noy", number="+8562055500222")


def page_of(browser, where="/admin/shifts"):
    return browser.get(where).get_data(as_text=True)


def plan(parts):
    return shifts.show_plan(parts, OWNER)


def test_before_anybody_works_the_page_says_what_to_do(parts, app):
    _, browser = came_in(parts, app, "Admin", Role.ADMINISTRATOR)
    assert "Add a counsellor under People" in page_of(browser)


def test_a_week_is_written_as_people_write_hours(parts, boss, noy):
    _, browser = boss
    assert browser.post(f"/admin/shifts/{noy}/week", **WEEK).status_code == 303
    assert plan(parts).weeks[noy][0] == ("08:00-12:00", "13:00-17:00")
    assert plan(parts).weeks[noy][5] == ("09:00-12:00",)
    page = page_of(browser)
    assert "<dt>Mon</dt><dd>08:00-12:00, 13:00-17:00</dd>" in page
    assert browser.post(f"/admin/shifts/{noy}/week").status_code == 303
    assert not any(plan(parts).weeks[noy])


@pytest.mark.parametrize("written", ["8 to 12", "12:00-08:00", "25:00-26:00", "08:00", "<b>", "٠٨:٠٠-١٢:٠٠"])
def test_hours_that_cannot_be_read_are_said_and_what_was_typed_stays(parts, boss, noy, written):
    _, browser = boss
    answer = browser.post(f"/admin/shifts/{noy}/week", mon="08:00-12:00", tue=written)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Write hours like 08:00-12:00" in page
    assert 'value="08:00-12:00"' in page
    assert "<b>" not in page.split("week-form")[1].split("</form>")[0]
    assert not any(plan(parts).weeks[noy])


def test_times_that_nobody_staffs_are_named(parts, boss, noy):
    publish(parts)  # which times there are stands in the live menu
    _, browser = boss
    browser.post(f"/admin/shifts/{noy}/week", mon="08:00-12:00")
    page = page_of(browser)
    assert "Nobody is ever on duty at these times" in page
    assert "Sunday" in page.split("Nobody is ever")[1][:300]


def test_days_away_are_added_and_taken_back(parts, boss, noy):
    _, browser = boss
    assert browser.post(f"/admin/shifts/{noy}/away", first="2026-12-01", last="2026-12-03").status_code == 303
    assert [(str(one.first), str(one.last)) for one in plan(parts).away] == [("2026-12-01", "2026-12-03")]
    assert "Dec 1 – Dec 3" in page_of(browser)
    assert browser.post(f"/admin/shifts/{noy}/back", first="2026-12-01").status_code == 303
    assert plan(parts).away == ()


@pytest.mark.parametrize(
    ("first", "last"), [("2026-12-03", "2026-12-01"), ("", "2026-12-01"), ("tomorrow", "then")]
)
def test_days_that_are_none_are_said(parts, boss, noy, first, last):
    answer = boss[1].post(f"/admin/shifts/{noy}/away", first=first, last=last)
    assert answer.status_code == 422
    assert "Choose a first and a last day" in answer.get_data(as_text=True)
    assert plan(parts).away == ()


def test_a_counsellor_writes_only_that_they_are_away(parts, app, noy):
    own, browser = came_in(parts, app, "Dao", Role.COUNSELLOR)
    page = page_of(browser)
    assert page.count("Away from") == 1
    assert "Called for help" not in page
    days = {"first": "2026-12-01", "last": "2026-12-02"}
    assert browser.post(f"/admin/shifts/{own}/away", **days).status_code == 303
    assert browser.post(f"/admin/shifts/{own}/back", **days).status_code == 303
    assert browser.post(f"/admin/shifts/{noy}/away", **days).status_code == 403
    assert browser.post(f"/admin/shifts/{own}/week", **WEEK).status_code == 403


def test_a_holiday_comes_and_goes(parts, boss):
    _, browser = boss
    assert browser.post("/admin/holidays", day="2026-12-02", name=" National   Day ").status_code == 303
    assert [(str(one.day), one.name) for one in plan(parts).holidays] == [("2026-12-02", "National Day")]
    assert "Dec 2 · National Day" in page_of(browser)
    assert browser.post("/admin/holidays/drop", day="2026-12-02").status_code == 303
    assert plan(parts).holidays == ()
    assert browser.post("/admin/holidays", day="soon").status_code == 422


def test_the_help_list_keeps_its_order_and_takes_nobody_from_elsewhere(parts, boss, noy):
    own, browser = boss
    data = {"person": [noy, own, "", noy], "csrf_token": browser.csrf}
    assert browser.client.post("/admin/help-list", data=data).status_code == 303
    with parts.store.read() as tx:
        assert list(duty.list_help_ids(tx, "main")) == [noy, own]
    assert "Called for help" in page_of(browser)
    stranger = {"person": ["nobody"], "csrf_token": browser.csrf}
    assert browser.client.post("/admin/help-list", data=stranger).status_code == 422


class TestTheTestText:
    def test_one_goes_to_the_person_and_the_page_says_what_became_of_it(self, parts, boss, noy):
        _, browser = boss
        browser.client.post("/admin/help-list", data={"person": [noy], "csrf_token": browser.csrf})
        answer = browser.post(f"/admin/people/{noy}/test")
        assert answer.status_code == 303
        assert "A test text is on its way" in page_of(browser, answer.location)
        with parts.store.read() as tx:
            assert [row.person_id for row in tx.execute(select(sent.c.person_id))] == [noy]
            assert outbox.find_latest_of_person(tx, noy, once="test:") is not None
        assert "waits to leave" in page_of(browser)

    def test_who_has_no_phone_gets_no_button_and_the_reason(self, parts, boss):
        bare = somebody(parts, "Bare")
        page = page_of(boss[1], "/admin/people")
        assert f"/admin/people/{bare}/test" not in page
        assert "no alert can reach them" in page
        assert boss[1].post(f"/admin/people/{bare}/test").status_code == 422


class TestHowTheyWork:
    def person(self, parts, own):
        return next(one for one in people.list_people(parts, OWNER) if one.id == own)

    def test_by_texts_and_how_much(self, parts, boss, noy):
        assert boss[1].post(f"/admin/people/{noy}/work", by_text="yes", capacity="2").status_code == 303
        found = self.person(parts, noy)
        assert (found.by_text, found.capacity) == (True, 2)

    @pytest.mark.parametrize("written", ["many", "-1", "٢", "100"])
    def test_a_number_that_is_none_is_said(self, parts, boss, noy, written):
        assert boss[1].post(f"/admin/people/{noy}/work", capacity=written).status_code == 422
        assert self.person(parts, noy).capacity == 0

    def test_how_much_at_a_time_is_asked_only_where_there_are_many(self, parts, boss):
        somebody(parts, "Noy")
        assert "in hand at a time" not in page_of(boss[1], "/admin/people")
        for name in ("One", "Two"):
            somebody(parts, name)
        assert "in hand at a time" in page_of(boss[1], "/admin/people")
