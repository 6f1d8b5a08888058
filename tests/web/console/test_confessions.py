"""What was promised and not kept, as the people of the desk see it: a strip on every page until somebody has read it."""

import re

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import timers


@pytest.fixture
def unkept(parts, line):
    """Two who asked for now and were not called; the code of the second."""
    ids = [line.requested(f"+8562055510{n:03d}", when="now") for n in range(2)]
    line.clock.forward(minutes=30)
    timers.roll_windows(parts)
    timers.note_broken_promises(parts)
    return ids


def strip(page: str) -> str:
    found = re.search(r'<div id="bar".*?</div>\s*<main', page, re.DOTALL)
    return found.group(0) if found else ""


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.SUPERVISOR])
def test_the_strip_stands_on_every_page_until_it_is_read(signed, line, unkept, role):
    browser = signed("Noy", role)
    for address in (
        "/",
        "/later",
        "/mine",
        "/closed",
        "/texts",
        "/lines",
        "/hand-over",
        "/me",
        "/me/sign-ins",
        "/admin/shifts",
        "/admin/referrals",
    ):
        page = browser.get(address).get_data(as_text=True)
        assert "2 asked to be called now, and nobody called" in page, address
        assert line.callback(unkept[1]).code in page
    answer = browser.post("/promises/now_expired/seen", callback=unkept)
    assert answer.status_code == 303
    page = browser.get("/").get_data(as_text=True)
    assert "asked to be called now, and nobody called" not in strip(page)
    assert "It is on record that you have read this." in page


def test_the_bar_of_an_open_page_hears_of_it(signed, parts, line):
    browser = signed()
    mark = browser.get("/bar").headers["ETag"]
    line.requested("+8562055510001", when="now")
    line.clock.forward(minutes=30)
    timers.roll_windows(parts)
    answer = browser.get("/bar", headers={"If-None-Match": mark})
    assert answer.status_code == 200
    assert "1 asked to be called now, and nobody called" in answer.get_data(as_text=True)
    again = browser.get("/bar", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.get_data()) == (304, b"")


def test_it_stands_among_the_figures_and_in_the_words_of_the_page(signed, unkept):
    for language, words in (("en", "… and nobody called"), ("lo", "… ແລະ"), ("th", "… และ")):
        browser = signed(f"Anna {language}", Role.READER)
        browser.post("/language", language=language)
        page = browser.get("/admin/watch").get_data(as_text=True)
        assert re.search(rf"{words}[^<]*</th><td class=\"n\">2</td>", page), language


def test_an_unknown_promise_and_somebody_who_does_not_work_the_queue(signed, unkept):
    assert signed().post("/promises/all/seen", callback=unkept).status_code == 404
    assert signed("Anna", Role.READER).post("/promises/unclear/seen").status_code == 403


def test_who_made_an_unclear_call_is_asked_and_nobody_else(signed, parts, line):
    noy = line.person("Noy")
    line.clock.set("2026-11-24T18:00:00+07:00")
    callback = line.requested(when="evening")
    line.calling(noy, callback)
    line.clock.forward(hours=2)
    timers.release_leases(parts)
    timers.note_broken_promises(parts)
    other = signed("Dao")
    assert "1 call has no outcome" in other.get("/").get_data(as_text=True)
    assert f"/callbacks/{callback}/late" not in other.get("/").get_data(as_text=True)
    assert other.get(f"/callbacks/{callback}/late").status_code == 404


def test_the_caller_of_an_unclear_call_says_what_happened(signed, parts, line):
    browser = signed("Noy")
    noy = browser_actor(parts)
    line.clock.set("2026-11-24T18:00:00+07:00")
    callback = line.requested(when="evening")
    line.calling(noy, callback)
    line.clock.forward(minutes=119)
    browser.get("/")  # still here
    line.clock.forward(minutes=1)
    timers.release_leases(parts)
    timers.note_broken_promises(parts)
    assert f"/callbacks/{callback}/late" in browser.get("/").get_data(as_text=True)
    assert "is calling this number" not in browser.get(f"/callbacks/{callback}").get_data(as_text=True)
    page = browser.get(f"/callbacks/{callback}/late").get_data(as_text=True)
    assert "What happened?" in page
    assert "18:00" in page
    answer = browser.post(f"/callbacks/{callback}/outcome", outcome="no_answer")
    assert answer.status_code == 303
    assert "She is called again" in browser.get("/").get_data(as_text=True)
    assert line.callback(callback).state.value == "waiting"


def form_of(page: str) -> str:
    found = re.search(r'id="outcome".*?name="form" value="([^"]+)"', page, re.DOTALL)
    assert found
    return found.group(1)


@pytest.mark.fault("Q4")
def test_an_evening_of_six_for_now_and_one_counsellor_by_the_pages_alone(signed, parts, line):
    """Each is called, or stands in the strip with her code and among the figures; together they are six."""
    line.clock.set("2026-11-24T19:00:00+07:00")
    browser = signed("Noy", Role.COUNSELLOR)
    browser.get("/")
    browser.post("/me/duty", on="yes")
    asked = [line.requested(f"+8562055510{n:03d}", when="now") for n in range(6)]
    codes = {one: line.callback(one).code for one in asked}  # a code is free again once the request is over
    called = []
    for _talk in range(5):
        page = browser.post("/take-next").headers["Location"]
        if page != "/":
            browser.post(f"{page}/call")
            form = form_of(browser.get(page).get_data(as_text=True))
            browser.post(f"{page}/outcome", outcome="reached", form=form)
            browser.post(f"{page}/sheet", reason="helped", sheet="yes", text="")
            called.append(page.rpartition("/")[2])
        line.clock.forward(minutes=14)
        for chore in (timers.roll_windows, timers.release_leases, timers.note_broken_promises):
            chore(parts)
    left = [one for one in asked if one not in called]
    assert called
    assert left
    assert {line.callback(one).state.value for one in called} == {"closed"}
    shown = browser.get("/").get_data(as_text=True)
    assert f"{len(left)} asked to be called now, and nobody called" in strip(shown)
    assert [one for one in asked if f"<b>{codes[one]}</b>" in strip(shown)] == left
    figures = signed("Anna", Role.READER).get("/admin/watch").get_data(as_text=True)
    assert re.search(rf'nobody called[^<]*</th><td class="n">{len(left)}</td>', figures)


def browser_actor(parts):
    from gateway.helpdesk.staff import people

    return people.make_actor(people.find_person(parts, "Noy"))


def test_no_page_names_an_empty_or_a_past_window(signed, parts, line):
    browser = signed("Noy")
    noy = browser_actor(parts)
    callback = line.requested(when="now")
    line.calling(noy, callback)
    browser.post(f"/callbacks/{callback}/outcome", outcome="no_answer")
    pages = [browser.get(at).get_data(as_text=True) for at in ("/", "/later", f"/callbacks/{callback}")]
    assert "She asked for now only: it ends at 14:35 unless she asks again." in pages[0]
    assert not [page for page in pages if "14:35–14:35" in page]
    line.clock.forward(minutes=31)
    late = [browser.get(at).get_data(as_text=True) for at in ("/", f"/callbacks/{callback}")]
    assert not [page for page in late if re.search(r"Safe [^<]*14:35", page)]
