"""Two quiet hours: the open page of somebody on duty locks and goes on calling; every other page ends (Q10)."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote, unquote

import pytest

from gateway.domain.permissions import Permission, Role
from gateway.helpdesk.staff import passwords, people, shifts, sign_in
from gateway.storage import people as stored
from gateway.storage import sign_ins
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk
from tests.support.web_surroundings import PASSWORD, Browser, token_for

POLL = {"HX-Request": "true", "X-Polls": "yes"}


def keep_open(browser: Browser, clock: SetClock, *, minutes: int, every: int = 5) -> list[int]:
    """Let the page ask by itself while nobody touches it; return what it was answered."""
    found = []
    for _ in range(0, minutes, every):
        clock.forward(minutes=every)
        found.append(browser.client.get("/look/queue", headers=POLL).status_code)
    return found


@pytest.fixture
def quiet(signed: Callable[..., Browser], line: Desk, clock: SetClock) -> Browser:
    """Somebody on duty whose page nobody touched for two hours and a half."""
    browser = signed("Noy", on_duty=True)
    with line.parts.store.write() as tx:
        noy = people.find_person(line.parts, "Noy")
        stored.set_password(tx, noy.id, passwords.hash_password(PASSWORD))
    assert set(keep_open(browser, clock, minutes=126, every=9)) == {200}
    browser.get("/unlock")
    return browser


@pytest.mark.fault("Q10")
@pytest.mark.parametrize("fetched", ["/sw.js", "/offline", "/manifest.webmanifest"])
def test_what_the_browser_fetches_by_itself_touches_no_page(signed, clock, fetched):
    browser = signed("Noy", on_duty=True)
    keep_open(browser, clock, minutes=99, every=9)
    assert browser.client.get(fetched).status_code == 200
    keep_open(browser, clock, minutes=27, every=9)
    assert browser.client.get("/bar", headers=POLL).headers["X-Locked"] == "yes"


@pytest.mark.fault("Q10")
def test_an_open_page_on_duty_is_told_of_new_requests_for_the_whole_evening(quiet, line, clock):
    before = quiet.client.get("/bar", headers=POLL)
    line.requested(when="now", danger="yes")
    after = quiet.client.get("/bar", headers=POLL)
    assert (before.status_code, after.status_code) == (200, 200)
    assert before.headers["X-Locked"] == after.headers["X-Locked"] == "yes"
    assert before.headers["ETag"] != after.headers["ETag"]
    assert set(keep_open(quiet, clock, minutes=240, every=9)) == {200}


@pytest.mark.fault("Q10")
def test_a_locked_page_opens_nothing_until_the_password_was_typed(quiet):
    addresses = ("/", "/mine", "/closed", "/me", "/texts", "/admin/shifts", "/search", "/hand-over", "/add")
    for address in addresses:
        answer = quiet.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (
            303,
            f"/unlock?back={quote(address, safe='')}",
        )
    assert "locked" in quiet.get("/unlock?back=/mine").get_data(as_text=True)
    assert quiet.post("/unlock", password="not it", back="/mine").status_code == 422
    assert quiet.get("/mine").status_code == 303
    assert quiet.post("/unlock", password=PASSWORD, back="/mine").headers["Location"] == "/mine"
    assert {quiet.get(address).status_code for address in addresses} == {200}


@pytest.mark.fault("Q10")
def test_a_locked_request_shows_no_number_and_does_no_deed(quiet, line):
    callback = line.requested(when="now")
    for address in (f"/callbacks/{callback}", f"/callbacks/{callback}/look"):
        answer = quiet.client.get(address, headers=POLL)
        assert (answer.status_code, answer.data) == (423, b"")
    assert quiet.post(f"/callbacks/{callback}/claim").status_code == 303
    assert line.callback(callback).holder_id is None


@pytest.mark.fault("Q10")
def test_what_was_typed_before_it_locked_stands_in_its_form_again(quiet, line):
    answer = quiet.post("/search", written="0205 551 2345 words of mine")
    back = answer.headers["Location"]
    assert answer.status_code == 303
    assert "kept" in back
    way = quiet.post("/unlock", password=PASSWORD, back=unquote(back.partition("back=")[2]))
    assert "words of mine" in quiet.get(way.headers["Location"]).get_data(as_text=True)


@pytest.mark.fault("Q10")
def test_a_draft_is_told_that_the_page_is_locked_not_lost(quiet, line):
    callback = line.requested(when="now")
    answer = quiet.client.post(
        f"/callbacks/{callback}/note",
        data={"csrf_token": quiet.csrf, "text": "x"},
        headers={"X-Draft": "yes"},
    )
    assert answer.status_code == 423
    assert "Your words stay here" in answer.get_data(as_text=True)


def test_a_way_back_leads_nowhere_else(quiet):
    quiet.get("/unlock")
    answer = quiet.post("/unlock", password=PASSWORD, back="//elsewhere.example/")
    assert answer.headers["Location"] == "/"


def test_signing_out_of_a_locked_page_needs_no_password(quiet, parts):
    quiet.get("/unlock")
    assert quiet.post("/sign-out").status_code == 303
    assert sign_in.find_signed_in(parts, token_for("Noy")) is None


@pytest.mark.parametrize("why", ["off duty", "page closed", "twelve hours", "removed", "reader"])
def test_no_other_sign_in_outlives_two_quiet_hours(signed, parts, line, clock, why):
    role = Role.READER if why == "reader" else Role.COUNSELLOR
    browser = signed("Noy", role, on_duty=role is Role.COUNSELLOR)
    line.person("Dao", on_duty=True)  # so that Noy is on duty by the own button only
    person = people.find_person(parts, "Noy")
    keep_open(browser, clock, minutes=99, every=9)
    match why:
        case "off duty":
            people.set_duty(parts, people.OWNER, person.id, on=False)
        case "page closed":
            clock.forward(minutes=60)
        case "removed":
            people.disable_person(parts, people.OWNER, person.id)
        case "twelve hours":
            keep_open(browser, clock, minutes=630, every=9)
    keep_open(browser, clock, minutes=30)
    assert sign_in.find_signed_in(parts, token_for("Noy")) is None


def test_a_running_shift_is_duty_too(signed, parts, clock):
    browser = signed("Noy")
    everyday = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    shifts.set_week(parts, people.OWNER, people.find_person(parts, "Noy").id, everyday)
    assert set(keep_open(browser, clock, minutes=200, every=9)) == {200}
    found = sign_in.find_signed_in(parts, token_for("Noy"), acts=False)
    assert found is not None
    assert found.locked
    assert found.actor.permissions == {Permission.WORK_QUEUE}


def test_a_page_that_asks_every_ten_seconds_is_written_down_once_a_minute(signed, parts, line, clock):
    signed("Noy", on_duty=True)
    token = token_for("Noy")
    seen = set()
    for _ in range(12):
        clock.forward(seconds=10)
        sign_in.find_signed_in(parts, token, acts=False, heard=True)
        [row] = line.rows("SELECT heard_at FROM sign_ins")
        seen.add(row[0])
    assert len(seen) <= 3


@pytest.mark.parametrize(
    ("sign", "passed", "attentive"),
    [("act", 1, True), ("act", 5, False), ("heard", 1, True), ("heard", 5, False), ("yes", 1, False)],
)
def test_attention_is_a_fresh_act_or_a_page_that_would_be_noticed(
    signed, parts, clock, sign, passed, attentive
):
    signed("Noy")
    clock.forward(minutes=30)
    sign_in.find_signed_in(parts, token_for("Noy"), acts=sign == "act", heard=sign == "heard")
    clock.forward(minutes=passed)
    person = people.find_person(parts, "Noy")
    with parts.store.read() as tx:
        since = clock.now() - timedelta(minutes=3)
        assert sign_ins.has_attention(tx, person.id, since=since) is attentive
