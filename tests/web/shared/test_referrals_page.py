"""The page of the referral book: plain forms, errors beside their field, what was typed stays, and who may write."""

import re

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.staff import people
from gateway.helpdesk.staff.people import OWNER
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

OFFICE = {
    "name": "Labour office",
    "number": "+856 21 123 456",
    "place": "Vientiane",
    "hours": "Mon to Fri 8 to 16",
}


@pytest.fixture
def app(parts):
    publish(parts)  # topics and languages stand in the menu
    return pages_of(parts)


def came_in(parts, app, role=Role.SUPERVISOR):
    somebody(parts, "Boss", role)
    browser = Browser(app.test_client()).carry(token_of(parts, "Boss"))
    browser.get("/admin/referrals")
    return browser


@pytest.fixture
def boss(parts, app):
    return came_in(parts, app)


def page_of(browser):
    return browser.get("/admin/referrals").get_data(as_text=True)


def book(parts):
    return referrals.list_entries(parts, OWNER)


def written(browser, where="/admin/referrals", **fields):
    return browser.client.post(where, data={**OFFICE, "csrf_token": browser.csrf, **fields})


def test_an_empty_book_says_what_it_is_for(boss):
    page = page_of(boss)
    assert "The book is empty" in page
    assert '<details class="card" open>' in page


def test_an_entry_is_added_changed_and_taken_out(parts, boss):
    fields = {
        "language": ["th", "lo"],
        "topic": ["pay", "papers"],
        "may_share": "yes",
        "checked_on": "2026-11-01",
    }
    answer = written(boss, **fields)
    (one,) = book(parts)
    assert (answer.status_code, answer.location) == (303, f"/admin/referrals#{one.id}")
    assert (one.name, one.number, one.place, one.hours) == (
        "Labour office",
        "+85621123456",
        "Vientiane",
        "Mon to Fri 8 to 16",
    )
    assert (one.languages, one.topics, one.may_share) == (("lo", "th"), ("pay", "papers"), True)
    page = page_of(boss)
    assert "+856 21 123 456" in page
    assert "tried on Nov 1" in page
    assert "Pay, Passport and papers" in page
    assert written(boss, f"/admin/referrals/{one.id}", name="Office of labour").status_code == 303
    (changed,) = book(parts)
    assert (changed.id, changed.name, changed.languages, changed.may_share) == (
        one.id,
        "Office of labour",
        (),
        False,
    )
    assert "Do not pass on" in page_of(boss)
    assert "never tried" in page_of(boss)
    assert boss.post(f"/admin/referrals/{one.id}/drop").status_code == 303
    assert book(parts) == ()
    assert "It is out of the book." in page_of(boss)


def test_each_change_is_on_record_by_whom_and_without_the_number(parts, boss):
    written(boss)
    (one,) = book(parts)
    written(boss, f"/admin/referrals/{one.id}")
    boss.post(f"/admin/referrals/{one.id}/drop")
    own = people.find_person(parts, "Boss").id
    with parts.store.read() as tx:
        from gateway.storage import audit

        rows = audit.list_about(tx, "referral", one.id)
    assert [(row.act, row.who) for row in rows] == [
        ("written", "Boss"),
        ("written", "Boss"),
        ("taken out", "Boss"),
    ]
    assert own
    assert "123456" not in repr(rows)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"name": " "}, "name", "at most 80 letters"),
        ({"name": "x" * 81}, "name", "at most 80 letters"),
        ({"number": "call me"}, "number", "with its country code"),
        ({"number": ""}, "number", "with its country code"),
        ({"number": "1234567"}, "number", "with its country code"),
    ],
)
@pytest.mark.parametrize("new", [True, False])
def test_what_is_wrong_is_said_beside_its_field_and_the_rest_stays(parts, boss, wrong, field, words, new):
    where = "/admin/referrals"
    if not new:
        written(boss)
        where = f"{where}/{book(parts)[0].id}"
    answer = written(boss, where, **{"place": "Pakse", "topic": ["hours"], **wrong})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert len(re.findall(rf'name="{field}"[^>]*aria-invalid="true"', page)) == 1
    assert page.count('class="fault"') == 1
    assert words in page
    assert 'value="Pakse"' in page
    assert 'value="hours" checked' in page
    assert len(book(parts)) == (0 if new else 1)


def test_an_entry_that_somebody_took_out_meanwhile_is_said(parts, boss):
    written(boss)
    (one,) = book(parts)
    referrals.drop_entry(parts, OWNER, one.id)
    for answer in (
        written(boss, f"/admin/referrals/{one.id}"),
        boss.post(f"/admin/referrals/{one.id}/drop"),
    ):
        assert answer.status_code == 422
        assert "no longer in the book" in answer.get_data(as_text=True)
    assert book(parts) == ()


def test_words_that_are_no_language_and_no_topic_are_left_out(parts, boss):
    written(boss, language=["lo", "klingon"], topic=["pay", "<b>"], checked_on="soon")
    (one,) = book(parts)
    assert (one.languages, one.topics, one.checked_on) == (("lo",), ("pay",), None)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.ADMINISTRATOR])
def test_who_keeps_it(parts, app, role):
    browser = came_in(parts, app, role)
    assert "Add an entry" in page_of(browser)
    assert written(browser).status_code == 303


def test_a_counsellor_reads_it_and_writes_nothing(parts, app):
    referrals.save_entry(parts, OWNER, referrals.Referral(id="", team="", name="Police", number="191"))
    browser = came_in(parts, app, Role.COUNSELLOR)
    page = page_of(browser)
    assert "Police" in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0]
    assert written(browser).status_code == 403
    assert written(browser, f"/admin/referrals/{book(parts)[0].id}").status_code == 403


def test_a_reader_does_not_see_it(parts, app):
    browser = came_in(parts, app, Role.READER)
    assert browser.get("/admin/referrals").status_code == 403


def test_what_was_written_is_shown_as_text(parts, boss):
    written(boss, name="<script>alert(1)</script>", place='"><b>')
    page = page_of(boss)
    assert "<script>alert" not in page
    assert '"><b>' not in page


@pytest.mark.fault("N2")
def test_a_landline_of_two_capitals_is_asked_about_and_the_chosen_one_is_kept(parts, boss):
    page = written(boss, number="021 123 456").get_data(as_text=True)
    assert "+856 21 123 456 · Laos" in page
    assert "+66 21 123 456 · Thailand" in page or "+66 2 112 3456 · Thailand" in page
    assert book(parts) == ()
    written(boss, number="021 123 456", number_meant="+85621123456")
    assert [one.number for one in book(parts)] == ["+85621123456"]


@pytest.mark.fault("N1")
def test_a_typed_number_in_no_plan_is_not_kept(parts, boss):
    assert written(boss, number="+66 70 123 4567").status_code == 422
    assert book(parts) == ()


def made_by(parts, name="Noy"):
    """A request whose sheet was saved with a number that was read out."""
    from gateway.helpdesk.queue import outcome
    from gateway.helpdesk.queue.call_sheet import CallSheet, finish_call
    from gateway.storage import people as rows
    from tests.support.clocks import SetClock
    from tests.support.desk_rig import Desk

    assert isinstance(parts.clock, SetClock)
    parts.store.run(lambda tx: rows.set_number(tx, people.find_person(parts, name).id, "+85620555900001"))
    desk, noy = Desk(parts, parts.clock), people.find_actor(parts, name)
    wanted = desk.requested(when="now")
    desk.calling(noy, wanted)
    outcome.record_outcome(parts, noy, callback_id=wanted, outcome="reached")
    [office] = book(parts)
    finish_call(parts, noy, wanted, CallSheet(reason="referred", told=(office.id,)))


@pytest.mark.fault("G4")
def test_what_came_of_a_referral_is_written_once_by_who_made_it(parts, app, boss, clock):
    assert "None yet" in boss.get("/admin/referrals/made").get_data(as_text=True)
    written(boss, may_share="yes")
    somebody(parts, "Noy", Role.COUNSELLOR)
    noy = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    made_by(parts)
    page = noy.get("/admin/referrals/made").get_data(as_text=True)
    assert "Labour office" in page
    assert "ask on" in page
    assert "ask now" not in page
    where = re.search(r'action="(/admin/referrals/made/[^"]+)"', page)[1]
    assert noy.post(where, outcome="perhaps").status_code == 422
    assert noy.post(where, outcome="", due_on="soon").status_code == 422
    assert noy.post(where, outcome="", due_on="2026-11-20").status_code == 303
    assert "ask now" in noy.get("/admin/referrals/made").get_data(as_text=True)
    assert noy.post(where, outcome="sent_away").status_code == 303
    page = boss.get("/admin/referrals/made").get_data(as_text=True)
    assert "the service sent her away" in page
    assert "Noy" in page
    assert 'name="outcome"' not in page
    assert boss.post(where, outcome="helped").status_code == 422
