"""The checklist until the line is live sees by itself what is done, and the hours of another day can be tried."""

import html

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.queue.sample_data import SAMPLES
from gateway.helpdesk.staff import centre_policy, people
from gateway.storage import people as rows
from gateway.storage import settings
from tests.support.desk_rig import Desk
from tests.support.house import publish
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import Browser, somebody, token_of

BOSS = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)


@pytest.fixture
def app(parts):
    publish(parts)
    return pages_of(parts)


def steps(parts):
    return {one.word: one for one in centre_policy.list_first_steps(parts, BOSS)}


def done(parts):
    return {word for word, one in steps(parts).items() if one.done}


def came(parts, app, name="Noy", role=Role.ADMINISTRATOR):
    somebody(parts, name, role)
    browser = Browser(app.test_client()).carry(token_of(parts, name))
    browser.get("/admin/begin")
    return browser


def page_of(browser, where):
    return html.unescape(browser.get(where).get_data(as_text=True))


def test_each_step_is_seen_when_it_is_done(parts, app, clock):
    before = done(parts)
    assert {"people", "phones", "backup", "test_call", "channel"}.isdisjoint(before)
    for name in ("Dao", "Mali"):
        somebody(parts, name, Role.COUNSELLOR)
    assert "people" in done(parts)
    assert steps(parts)["phones"].about == ("Dao", "Mali")
    for n, name in enumerate(("Dao", "Mali")):
        who = people.find_person(parts, name).id
        parts.store.run(lambda tx, who=who, n=n: rows.set_number(tx, who, f"+8562055590000{n}"))
    assert {"people", "phones"} <= done(parts)
    now = clock.now()
    parts.store.run(
        lambda tx: settings.save_setting(tx, settings.BACKUP_MARK, "x", by="command line", now=now)
    )
    assert "backup" in done(parts)
    clock.forward(days=32)
    assert "backup" not in done(parts)


def test_a_test_call_counts_once_its_outcome_is_recorded(parts, app, clock):
    publish(parts)
    desk = Desk(parts, clock)
    noy = desk.person("Noy")
    real = desk.requested(when="now")
    desk.calling(noy, real)
    outcome.record_outcome(parts, noy, callback_id=real, outcome="reached")
    assert "test_call" not in done(parts), "a caller's call is no test"
    trial = desk.asks("+8562055500999", trial=True, when="now").receipt.callback
    desk.calling(noy, trial)
    assert "test_call" not in done(parts)
    outcome.record_outcome(parts, noy, callback_id=trial, outcome="reached")
    assert "test_call" in done(parts)


def test_who_has_no_second_factor_is_named(parts, app):
    somebody(parts, "Dao", Role.COUNSELLOR)
    somebody(parts, "Reader", Role.READER)
    found = steps(parts)["second_factor"]
    assert (found.done, found.about) == (False, ("Dao",))


def test_only_who_sees_the_people_reads_it(parts):
    for role in (Role.COUNSELLOR, Role.READER, Role.TRANSLATOR):
        with pytest.raises(NotPermitted):
            centre_policy.list_first_steps(parts, Actor.of(person_id="x", name="X", role=role))


def test_the_page_counts_what_is_left_and_leads_there(parts, app):
    noy = came(parts, app)
    page = page_of(noy, "/admin/begin")
    left = sum(not one.done for one in centre_policy.list_first_steps(parts, BOSS))
    assert f"{left} steps are left" in page
    assert page.count("Do it") >= 3
    assert 'href="/admin/shifts"' in page or "hours" in done(parts)
    assert "gateway backup FILE" in page


def press(browser, which):
    answer = browser.post(f"/admin/begin/samples/{which}")
    assert answer.status_code == 303
    return page_of(browser, answer.location)


def test_samples_go_in_and_out_by_one_press_each(parts, app):
    ada = came(parts, app, "Ada")
    page = page_of(ada, "/admin/begin")
    assert "Twelve made-up requests" in page
    assert len(SAMPLES) == 12
    assert ("Put sample requests in" in page, "Take sample requests out" in page) == (True, False)
    page = press(ada, "in")
    assert "12 sample requests are in." in page
    assert ("Put sample requests in" in page, "Take sample requests out" in page) == (False, True)
    assert "put in by Ada." in page
    assert "The sample requests are taken out" in page, "a step of the checklist"
    assert "The samples are in already; nothing was added." in press(ada, "in")
    assert "12 sample requests are out." in press(ada, "out")
    page = press(ada, "out")
    assert "No samples were in; nothing was taken out." in page
    assert "The sample requests are taken out" not in page


def test_a_line_with_a_caller_says_why_it_takes_no_samples(parts, app, clock):
    Desk(parts, clock).requested()
    page = press(came(parts, app, "Ada"), "in")
    assert "No samples were put in: real callers reach this line" in page
    assert "Put sample requests in" in page


def test_a_form_of_elsewhere_puts_nothing_in(parts, app):
    ada = came(parts, app, "Ada")
    assert ada.post("/admin/begin/samples/in", csrf="").status_code == 400
    assert "Put sample requests in" in page_of(ada, "/admin/begin")


def test_who_may_not_press_sees_no_button(parts, app):
    page = page_of(came(parts, app, "Boss", Role.SUPERVISOR), "/admin/begin")
    assert "Until the line is live" in page
    assert "sample" not in page.partition("<main")[2].lower()


@pytest.mark.parametrize(
    ("language", "word", "notice", "do_not"),
    [
        ("en", "Sample", "Where “Sample” stands nobody waits", "A sample: do not ring it."),
        ("lo", "ຕົວຢ່າງ", "ບ່ອນທີ່ມີຄຳວ່າ “ຕົວຢ່າງ”", "ຕົວຢ່າງ: ຢ່າໂທ"),
        ("th", "ตัวอย่าง", "ที่มีคำว่า “ตัวอย่าง”", "ตัวอย่าง: อย่าโทร"),
    ],
)
def test_a_counsellor_reads_in_words_that_they_are_samples(parts, app, clock, language, word, notice, do_not):
    """On each row, on its page and above every page; the number is no link that dials."""
    press(came(parts, app, "Ada"), "in")
    somebody(parts, "Noy", Role.COUNSELLOR)
    noy = people.find_person(parts, "Noy").id
    parts.store.run(lambda tx: rows.set_number(tx, noy, "+85620555900001"))
    browser = Browser(app.test_client()).carry(token_of(parts, "Noy"))
    browser.get("/")
    browser.post("/language", language=language)
    page = page_of(browser, "/")
    tags = page.count(f"{word}</span>")
    assert tags == page.count('class="row-top"') == 3
    assert notice in page
    opened = browser.post("/take-next").location
    called = browser.post(f"{opened}/call").location
    page = page_of(browser, called)
    assert (notice in page, do_not in page) == (True, True)
    assert "+1 202-555-01" in page
    assert "tel:" not in page


@pytest.mark.parametrize(
    ("day", "hour", "words", "absent"),
    [
        ("2026-12-02", "19:40", ("Then a caller would be offered",), ("Write a day",)),
        ("2026-12-02", "", ("Write a day and an hour",), ("Then a caller",)),
        ("", "19:40", ("Write a day and an hour",), ("Then a caller",)),
        ("2569-12-02", "19:40", ("Write a day and an hour",), ("Then a caller",)),
        ("soon", "later", ("Write a day and an hour",), ("Then a caller",)),
        ("", "", (), ("Then a caller", "Write a day")),
    ],
)
def test_the_hours_of_another_day_are_tried(parts, app, day, hour, words, absent):
    noy = came(parts, app)
    answer = noy.get(f"/admin/shifts?day={day}&hour={hour}")
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 200
    assert all(each in page for each in words)
    assert not any(each in page for each in absent)


def test_what_is_tried_follows_the_shifts_of_that_day(parts, app, clock):
    """The oracle is the page on that day itself."""
    noy = came(parts, app)
    tried = page_of(noy, "/admin/shifts?day=2026-11-29&hour=08:00").partition("Then a caller")[2]
    offered = tried.partition("</ul>")[0].count("<li>")
    from gateway.helpdesk.staff import shifts

    clock.set("2026-11-29T08:00:00+07:00")
    assert offered == max(1, len(shifts.show_plan(parts, people.find_actor(parts, "Noy")).offers))
