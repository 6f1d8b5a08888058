"""The page of shifts: weeks, days away, holidays and the help list, as plain forms, and who may write them."""

import re

import pytest
from sqlalchemy import select

from gateway.domain.callbacks.windows import DAYS
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
    assert browser.post(f"/admin/shifts/{noy}/week", **WEEK, agreed="now").status_code == 303
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
    agreed = ["now", "morning", "noon", "evening", "sunday"]
    browser.post(f"/admin/shifts/{noy}/week", mon="08:00-12:00", agreed=agreed)
    offers = page_of(browser).split('id="offers"')[1].split("</section>")[0]
    assert offers.count("· nobody is here then") == 3
    assert offers.count("· next") == 1
    assert "No call at once" in offers


def withdrawing(page: str) -> list[str]:
    """The times that the question names."""
    question = page.split('id="question"')[1].split("</form>", maxsplit=1)[0]
    return re.findall(r'name="agreed" value="(\w+)"', question)


@pytest.mark.fault("Q9")
@pytest.mark.parametrize("deed", ["first shift", "shorter shift", "away", "holiday"])
def test_before_a_time_disappears_for_callers_it_is_asked_and_nothing_is_saved(parts, boss, noy, deed):
    publish(parts)
    _, browser = boss
    way = {"first shift": "week", "shorter shift": "week", "away": "away", "holiday": ""}[deed]
    if deed != "first shift":
        evenings = {day: ["18:00-21:00"] for day in DAYS} | {"sun": ["14:00-18:00"]}
        shifts.set_week(parts, OWNER, noy, evenings if deed != "holiday" else {"sun": ["14:00-18:00"]})
    asked = {
        "first shift": ({"mon": "08:00-12:00"}, ["now", "noon", "evening", "sunday"]),
        "shorter shift": ({"mon": "18:00-21:00"}, ["sunday"]),
        "away": ({"first": "2026-11-24", "last": "2026-12-30"}, ["evening", "sunday"]),
        "holiday": ({"day": "2026-11-29", "name": "Rest"}, []),
    }[deed]
    fields, lost = asked
    before = plan(parts)
    where = f"/admin/shifts/{noy}/{way}" if way else "/admin/holidays"
    answer = browser.post(where, **fields)
    if not lost:
        assert answer.status_code == 303
        return
    assert answer.status_code == 409
    assert withdrawing(answer.get_data(as_text=True)) == lost
    assert plan(parts) == before
    assert browser.post(where, **fields, agreed=lost[:-1]).status_code == 409
    assert browser.post(where, **fields, agreed=lost).status_code == 303
    assert {one.word for one in before.offers} - {one.word for one in plan(parts).offers} == set(lost)


@pytest.mark.fault("Q33")
def test_hours_are_picked_copied_and_filled_in_and_saved_only_by_save(parts, boss, noy):
    own, browser = boss
    where = f"/admin/shifts/{noy}/week"
    picked = {"mon-0-from": "08:00", "mon-0-to": "12:00", "mon-1-from": "18:00", "mon-1-to": "00:00"}
    filled = browser.post(where, **picked, fill="copy").get_data(as_text=True)
    assert filled.count('value="18:00"') == 5
    assert "not saved yet" in filled
    assert not any(plan(parts).weeks[noy])
    assert browser.post(where, **picked, agreed="now").status_code == 303
    assert plan(parts).weeks[noy][0] == ("08:00-12:00", "18:00-24:00")
    like = browser.post(f"/admin/shifts/{own}/week", fill="like", like=noy).get_data(as_text=True)
    assert 'name="mon-1-to" aria-label="Mon to" value="00:00"' in like
    for preset, count in (("evenings", 7), ("days", 0), ("sunday", 0), ("none", 0)):
        page = browser.post(where, fill=preset).get_data(as_text=True).split(f'id="{noy}"')[1]
        assert page.split("</li>")[0].count('value="18:00"') == count + (preset == "sunday"), preset
    assert plan(parts).weeks[noy][0] == ("08:00-12:00", "18:00-24:00")


@pytest.mark.fault("Q33")
@pytest.mark.parametrize(
    ("written", "saved"),
    [
        ("8-12", "08:00-12:00"),
        ("8.30-12", "08:30-12:00"),
        ("8:00 – 12:00", "08:00-12:00"),
        ("08:00-24:00", "08:00-24:00"),
    ],
)
def test_hours_are_read_as_people_type_them(parts, boss, noy, written, saved):
    boss[1].post(f"/admin/shifts/{noy}/week", mon=written, agreed="now")
    assert plan(parts).weeks[noy][0] == (saved,)


def test_half_a_time_is_a_fault_and_stays(parts, boss, noy):
    answer = boss[1].post(f"/admin/shifts/{noy}/week", **{"mon-0-from": "08:00"})
    assert answer.status_code == 422
    assert 'value="08:00-"' in answer.get_data(as_text=True)


@pytest.mark.fault("Q33")
def test_the_week_is_a_picture_that_can_be_read_out(parts, boss, noy):
    shifts.set_week(parts, OWNER, noy, {"mon": ["08:00-12:00", "13:00-17:00"]})
    picture = page_of(boss[1]).split('class="picture"')[1].split("</table>")[0]
    assert 'aria-label="08:00-12:00, 13:00-17:00"' in picture
    assert 'x="8.0" width="4.0"' in picture
    assert 'x="13.0" width="4.0"' in picture


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
