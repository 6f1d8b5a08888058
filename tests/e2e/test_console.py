"""The main job in a real browser: from the first link to a closed callback, on any screen, with and without scripts."""

import re
from datetime import datetime

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people
from gateway.web.shared.labels import show_controls
from tests.support.desk_rig import HER, OTHER
from tests.support.looks import LOOKS
from tests.support.web_surroundings import PASSWORD, token_of

pytestmark = pytest.mark.browser
SPACED = "+856 20 55 512 345"


def sign_in(page: Page, name: str, secret: str = "", now: datetime | None = None) -> None:
    """Come in by name and password, and the code of the app where there is one."""
    page.goto("/sign-in")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    if now is not None:
        page.locator("input[name=code]").fill(pyotp.TOTP(secret).at(int(now.timestamp())))
        page.locator("main button.primary").click()


def button(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


def reveals(line) -> int:
    return len(line.rows("SELECT 1 FROM audit WHERE act = 'reveal'"))


def turn_on_second_factor(page: Page, now: datetime) -> str:
    """What whoever needs one does right after the password; returns the secret that their app holds."""
    secret = page.locator("[data-copies]").inner_text()
    page.get_by_label("The code that the app shows now").fill(pyotp.TOTP(secret).at(int(now.timestamp())))
    button(page, "Turn it on").click()
    expect(page.get_by_text("Write these codes down")).to_be_visible()
    page.get_by_role("button", name="I wrote them down").click()
    return secret


def come_in_first(page: Page, token: str, now: datetime) -> str:
    """The first administrator comes in and adds Noy; returns the link to pass on."""
    page.goto(f"/invitation/{token}")
    page.get_by_label("Your name").fill("ຫົວໜ້າ ບຸນ")
    page.get_by_label("Password").fill(PASSWORD)
    button(page, "Save and come in").click()
    turn_on_second_factor(page, now)
    expect(page.get_by_role("heading", name="Until the line is live")).to_be_visible()
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Name").fill("Noy")
    button(page, "Add").click()
    return page.locator("[data-copies]").inner_text()


def come_in(page: Page, link: str, now: datetime) -> str:
    """Noy comes in by the link, turns on the second factor, enters the helpline phone and goes on duty; the secret."""
    page.goto(link)
    page.get_by_label("Password").fill(PASSWORD)
    button(page, "Save and come in").click()
    secret = turn_on_second_factor(page, now)
    page.goto("/")
    expect(page.locator("#line")).to_be_visible()
    page.goto("/me")
    page.get_by_label("Helpline phone").fill("020 55 590 001")
    button(page.locator("#phone"), "Save").click()
    expect(page.get_by_text(re.compile(r"Saved \d\d:\d\d"))).to_be_visible()
    button(page, "Off duty").click()
    expect(button(page, "On duty")).to_be_visible()
    return secret


def call(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Call")).click()
    expect(page.get_by_role("button", name=SPACED)).to_have_attribute("href", f"tel:{HER}")


def give_back(page: Page) -> None:
    """Give the claimed request back, and wait until it is: a page that one leaves at once may never send its form."""
    button(page, "Give back").click()
    expect(page.get_by_text("Given back.")).to_be_visible()


def test_from_the_first_link_to_a_closed_callback(parts, line, clock, opened):
    wanted = line.requested(HER, when="evening", phone_seen="sometimes")
    clock.forward(hours=2)
    link = come_in_first(opened(), people.invite_first_administrator(parts), clock.now())
    noy = opened()
    secret = come_in(noy, link, clock.now())

    noy.goto("/later")
    noy.get_by_role("button", name=re.compile("Claim")).click()
    expect(noy.get_by_text("Not safe to call now. Safe 18:00–21:00")).to_be_visible()
    expect(noy.get_by_role("button", name=re.compile("^Call"))).to_be_disabled()
    give_back(noy)

    clock.set("2026-11-24T18:20:00+07:00")
    sign_in(noy, "Noy", secret, clock.now())
    noy.get_by_role("button", name=re.compile("Claim")).click()
    expect(noy.get_by_text("She will see +856 20 55 590 001")).to_be_visible()
    assert not any(number in noy.content() for number in (HER, HER[1:], HER[-7:], SPACED))
    assert reveals(line) == 0
    call(noy)
    assert reveals(line) == 1

    a_reload_and_a_second_tab(noy, line, wanted)
    assert line.callback(wanted).state is CallbackState.WAITING

    clock.set("2026-11-25T18:20:00+07:00")
    sign_in(noy, "Noy", secret, clock.now())
    button(noy, "Take next").click()
    call(noy)
    noy.get_by_role("button", name=re.compile("^Reached")).click()
    noy.locator("#ending input[value=informed]").check()
    button(noy, "Save and close").click()
    expect(noy.get_by_text("Saved and closed.")).to_be_visible()
    assert line.callback(wanted).state is CallbackState.CLOSED
    assert reveals(line) == 2


def a_reload_and_a_second_tab(page: Page, line, wanted: str) -> None:
    """The outcome is written once, whatever is pressed where."""
    page.reload()
    second = page.context.new_page()
    second.goto(f"/callbacks/{wanted}")
    expect(second.get_by_role("button", name=SPACED)).to_be_visible()
    assert reveals(line) == 1
    page.get_by_role("button", name=re.compile("^No answer")).click()
    expect(page.get_by_text("She is called again tomorrow 18:00–21:00")).to_be_visible()
    second.get_by_role("button", name=re.compile("^Busy")).click()
    expect(second.get_by_text("Recorded: No answer.")).to_be_visible()
    second.reload()
    assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]


@pytest.fixture
def working(parts, line, clock):
    """Somebody signed in at twenty past six, with a line of all sorts."""
    line.requested(HER, when="evening", phone_seen="sometimes", woman="yes")
    line.requested("+66800000123", when="evening", topic="papers", language="th")
    line.requested("+8562055500004", when="sunday", topic="money", language="lo-Latn")
    clock.set("2026-11-24T18:20:00+07:00")
    line.requested(OTHER, when="now", danger="yes", topic="danger", phone_seen="sometimes")
    line.person("Noy", on_duty=True, languages=("lo", "th"))
    line.person("ນາງ ດາວ ສີສະຫວັດ", Role.SUPERVISOR)
    return token_of(parts, "Noy")


def test_without_scripts_everything_still_works(parts, line, clock, opened, working):
    page = opened(scripts=False, width=360, token=working)
    page.goto("/")
    button(page, "Take next").click()
    page.get_by_role("button", name=re.compile("^Call")).click()
    page.get_by_role("button", name=re.compile("^Reached")).click()
    page.get_by_label("Write a note").fill("Talked about her pay.")
    page.locator("#ending input[value=helped]").check()
    button(page, "Save and close").click()
    expect(page.get_by_text("Saved and closed.")).to_be_visible()
    (kept,) = line.rows("SELECT reason FROM callbacks WHERE state = 'closed'")
    assert kept == ("helped",)


class TestLive:
    def look(self, page: Page) -> None:
        with page.expect_response(lambda answer: "/look/" in answer.url):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")

    def test_a_claim_of_a_colleague_appears_by_itself(self, parts, line, clock, opened, working):
        page = opened(token=working)
        page.goto("/")
        first = page.locator(".row").first
        expect(first.get_by_role("button", name=re.compile("Claim"))).to_be_visible()
        clock.forward(seconds=1)
        wanted = line.rows("SELECT id FROM callbacks ORDER BY priority")[0][0]
        claim.claim_callback(parts, people.find_actor(parts, "ນາງ ດາວ ສີສະຫວັດ"), wanted)
        self.look(page)
        expect(first.get_by_text("ນາງ ດາວ")).to_be_visible()

    def test_focus_stays_while_the_list_changes(self, line, clock, opened, working):
        page = opened(token=working)
        page.goto("/")
        page.keyboard.press("j")
        page.keyboard.press("j")
        focused = page.evaluate("document.activeElement.getAttribute('href')")
        clock.forward(minutes=1)
        line.requested("+8562055500009", when="now", danger="yes")
        self.look(page)
        expect(page.locator(".row")).to_have_count(4)
        assert page.evaluate("document.activeElement.getAttribute('href')") == focused

    def test_the_second_look_is_304(self, opened, working):
        page = opened(token=working)
        page.goto("/")
        self.look(page)
        page.wait_for_timeout(100)
        with page.expect_response(lambda answer: "/look/" in answer.url) as caught:
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        assert caught.value.status == 304

    def test_a_lost_line_says_how_old_the_page_is_and_recovers(self, opened, working):
        page = opened(token=working)
        page.goto("/")
        page.context.set_offline(True)
        expect(page.locator("#contact")).to_contain_text("No contact with the server")
        page.context.set_offline(False)
        expect(page.locator("#contact")).to_be_hidden()

    def test_a_form_that_meets_a_lost_line_is_still_good_later(self, line, opened, working):
        page = opened(token=working)
        page.goto("/")
        button(page, "Take next").click()
        page.get_by_role("button", name=re.compile("^Call")).click()
        reached = page.get_by_role("button", name=re.compile("^Reached"))
        expect(reached).to_be_visible()
        page.get_by_label("Write a note").fill("a note half written")
        page.context.set_offline(True)
        reached.click()
        page.wait_for_timeout(200)
        page.context.set_offline(False)
        page.goto("/mine")
        page.locator("[data-row]").first.click()
        expect(page.get_by_label("Write a note")).to_have_value("a note half written")
        page.get_by_role("button", name=re.compile("^Reached")).click()
        expect(page.locator("#sheet")).to_be_visible()
        assert line.rows("SELECT outcome FROM attempts") == [("reached",)]

    def test_a_sign_out_elsewhere_is_told(self, parts, opened, working):
        page = opened(token=working)
        page.goto("/")
        people.end_sign_ins(parts, people.OWNER, people.find_person(parts, "Noy").id)
        self.look(page)
        expect(page.locator("#contact")).to_contain_text("You were signed out")


class TestKeys:
    def test_the_queue_is_worked_by_keyboard(self, line, opened, working):
        page = opened(token=working)
        page.goto("/")
        page.keyboard.press("j")
        page.keyboard.press("c")
        expect(page.locator("#code-title")).to_be_visible()
        page.keyboard.press("n")
        page.keyboard.type("jkcu written, not pressed")
        expect(page.get_by_label("Write a note")).to_have_value("jkcu written, not pressed")
        page.keyboard.press("Control+Enter")
        expect(page.locator(".note")).to_contain_text("not pressed")
        page.keyboard.press("u")
        expect(page.get_by_text("Given back.")).to_be_visible()
        page.keyboard.press("/")
        page.keyboard.type(line.rows("SELECT code FROM callbacks ORDER BY priority")[0][0])
        page.keyboard.press("Enter")
        expect(page.locator("#code-title")).to_be_visible()

    def test_they_are_listed_and_can_be_switched_off(self, opened, working):
        page = opened(token=working)
        page.goto("/")
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_contain_text("Take next".lower().split()[0])
        page.get_by_label("Use single keys").uncheck()
        button(page, "Close").click()
        page.keyboard.press("c")
        page.wait_for_timeout(200)
        assert page.url.endswith("/")
        page.keyboard.press("?")
        page.get_by_label("Use single keys").check()
        button(page, "Close").click()
        page.keyboard.press("c")
        expect(page.locator("#code-title")).to_be_visible()


HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '"><svg onload=alert(1)>',
    "{{ 7*7 }}",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "' onfocus=alert(1) autofocus='",
]


def test_hostile_text_is_only_text(clock, opened, working):
    faults = []
    page = opened(token=working)
    page.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.goto("/")
    button(page, "Take next").click()
    for text in HOSTILE:
        page.get_by_label("Write a note").fill(text)
        button(page, "Save the note").click()
        expect(page.locator(".note bdi").last).to_have_text(str(show_controls(text)))
        clock.forward(seconds=1)
    assert faults == []


def test_a_danger_that_a_colleague_holds_is_read_as_well_as_any_row(parts, line, opened, working):
    danger = line.rows("SELECT id FROM callbacks ORDER BY priority LIMIT 1")[0][0]
    line.person("Mali")
    claim.claim_callback(parts, people.find_actor(parts, "Mali"), danger)
    page = opened(token=working)
    page.goto("/")
    expect(page.locator(".row.is-danger.is-held")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


@LOOKS
def test_every_page_fits_and_is_accessible(parts, line, opened, working, tmp_path, width, language):
    """No page is wider than its screen, none breaks a rule of accessibility, none reports a fault to the console."""
    line.person("Boss", Role.ADMINISTRATOR)
    danger, evening = (row[0] for row in line.rows("SELECT id FROM callbacks ORDER BY priority LIMIT 2"))
    noy = people.find_actor(parts, "Noy")
    claim.claim_callback(parts, noy, danger)
    claim.claim_callback(parts, noy, evening)
    attempts.begin_call(parts, noy, danger)
    page = opened(width=width, height=740, language=language, token=working)
    faults = []
    page.on(
        "console",
        lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None,
    )

    def fits(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}-{width}-{language}.png", full_page=True)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found = Axe().run(page).response["violations"]
        assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])

    for address in (
        "/",
        "/later",
        "/review",
        "/search",
        "/me",
        f"/callbacks/{danger}",
        f"/callbacks/{evening}",
    ):
        page.goto(address)
        fits(address.strip("/").split("/")[0] or "queue")
    page.context.clear_cookies()
    page.goto("/sign-in")
    fits("sign-in")
    page.context.add_cookies([{"name": "sign-in", "value": token_of(parts, "Boss"), "url": page.url}])
    page.goto("/admin/people")
    page.locator("ul.people summary").first.click()
    fits("people")
    assert faults == []


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.slow)])
def test_targets_are_big_enough_for_a_thumb(parts, line, opened, working, width):
    page = opened(width=width, token=working)
    page.goto("/")
    button(page, "Take next").click()
    page.get_by_role("button", name=re.compile("^Call")).click()
    expect(page.locator("#outcome")).to_be_visible()
    small = page.evaluate(
        """[...document.querySelectorAll('button, .number, summary, select, .tabs a')]
           .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
           .map((one) => one.textContent.trim() + ' ' + one.getBoundingClientRect().height)"""
    )
    assert small == []


def test_what_happened_sticks_to_the_bottom_of_a_phone(parts, line, opened, working):
    page = opened(width=360, height=640, token=working)
    page.goto("/")
    button(page, "Take next").click()
    page.get_by_role("button", name=re.compile("^Call")).click()
    box, number = page.locator("#outcome").bounding_box(), page.locator(".number").bounding_box()
    assert box["y"] + box["height"] == pytest.approx(640, abs=1)
    assert number["y"] + number["height"] <= box["y"]
    page.mouse.wheel(0, 2_000)
    page.wait_for_timeout(100)
    assert page.locator("#outcome").bounding_box()["y"] == pytest.approx(box["y"], abs=1)


@pytest.mark.fault("Q8")
@pytest.mark.parametrize(
    ("width", "height"),
    [
        pytest.param(640, 360, id="sideways"),
        pytest.param(640, 400, id="200 %", marks=pytest.mark.slow),
        pytest.param(360, 400, id="cracked", marks=pytest.mark.slow),
    ],
)
def test_in_a_call_the_note_is_seen_while_it_is_written(line, opened, working, width, height):
    page = opened(width=width, height=height, token=working)
    page.goto("/")
    button(page, "Take next").click()
    page.get_by_role("button", name=re.compile("^Call")).click()
    expect(page.locator("a.number")).to_be_visible()
    note = page.get_by_label("Write a note")
    note.focus()
    page.keyboard.type("a")
    hidden = note.evaluate(
        """(note) => [...document.querySelectorAll('body *')].filter((one) => {
             const { position } = getComputedStyle(one), box = one.getBoundingClientRect(), own = note.getBoundingClientRect();
             return position === 'fixed' && box.height > 1 && box.width > 1 && box.top < own.bottom && own.top < box.bottom;
           }).map((one) => one.className)"""
    )
    box = note.bounding_box()
    assert hidden == []
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= height
    page.get_by_role("link", name="What happened?").click()
    expect(page.get_by_role("button", name=re.compile("^Reached"))).to_be_in_viewport()
