"""A counsellor's morning in a real browser: by keyboard alone, and the same on a phone by taps that are counted."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.staff import people
from gateway.storage import sign_ins
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.web_surroundings import PASSWORD, SECRET, code_of, somebody, token_of

pytestmark = pytest.mark.browser
THIRD, FOURTH = "+8562055500003", "+8562055500004"
CALL = re.compile("^Call|^ໂທ")
DIALS = """document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="tel:"]');
  if (!link) return;
  event.preventDefault();  // there is no dialler here
  window.dialled = link.getAttribute('href');
});"""


@pytest.fixture
def morning(line: Desk, clock: Any) -> Desk:
    """Five past eight, four requests for the morning, one of them in danger; four people work here."""
    for number, topic, danger in ((HER, "pay", "no"), (OTHER, "papers", "no"), (THIRD, "injury", "yes")):
        line.requested(number, when="morning", topic=topic, danger=danger)
    line.requested(FOURTH, when="morning", topic="money")
    clock.set("2026-11-25T08:05:00+07:00")
    line.person("Noy", on_duty=True, languages=("lo",))
    line.person("Dao", on_duty=True, languages=("lo",), number="+85620555900002")
    line.person("Kham", number="+85620555900003")
    line.person("Boss", Role.SUPERVISOR, number="+85620555900004")
    return line


def first_by_priority(line: Desk) -> str:
    return line.rows("SELECT id FROM callbacks WHERE priority = 0")[0][0]


def reveals(line: Desk) -> int:
    return len(line.rows("SELECT 1 FROM audit WHERE act = 'reveal'"))


def looks(page: Page) -> None:
    """Let the page ask now, as it does every ten seconds."""
    with page.expect_response(lambda answer: "/look" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def is_clean(page: Page, name: str, folder: Any) -> None:
    """Nothing wider than the screen, no rule of accessibility broken; a picture to look at."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])


class Keyboard:
    """A person without a mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def to(self, wanted: Locator, *, most: int = 60) -> None:
        """Go on by Tab until this has the focus, which must be seen."""
        for _ in range(most):
            self.page.keyboard.press("Tab")
            if wanted.evaluate("(one) => one === document.activeElement"):
                assert wanted.evaluate("(one) => getComputedStyle(one).outlineStyle !== 'none'")
                return
        raise AssertionError("it cannot be reached by Tab")


@dataclass
class Thumb:
    """A person with a phone; every tap counts."""

    page: Page
    taps: int = 0

    def tap(self, target: Locator) -> None:
        target.tap()
        self.taps += 1

    def counted(self) -> int:
        taps, self.taps = self.taps, 0
        return taps


@pytest.mark.slow
def test_a_morning_by_keyboard_alone(morning: Desk, parts, clock, opened, tmp_path) -> None:
    mali = somebody(parts, "Mali", number="+8562055590005")
    with parts.store.write() as tx:
        sign_ins.save_factor(tx, mali, SECRET)
        sign_ins.begin_factor(tx, mali, now=clock.now())
    page = opened()
    page.add_init_script(DIALS)
    keys = Keyboard(page)
    signs_in_by_keyboard(page, keys, code_of(parts))
    takes_the_danger_and_reaches_her(page, keys, morning, tmp_path)
    tries_another_and_writes_while_the_line_is_lost(page, keys, morning)
    loses_one_to_a_colleague(page, keys, morning, parts, clock)
    forgets_one_and_gives_one_back(page, keys, morning, parts, clock)
    assert reveals(morning) == 2


def signs_in_by_keyboard(page: Page, keys: Keyboard, code: str) -> None:
    page.goto("/sign-in")
    keys.to(page.get_by_label("Your name"))
    page.keyboard.type("Mali")
    keys.to(page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    keys.press("Enter")
    keys.to(page.locator("input[name=code]"))
    page.keyboard.type(code)
    keys.press("Enter")


def takes_the_danger_and_reaches_her(page: Page, keys: Keyboard, line: Desk, folder: Any) -> None:
    expect(page.locator(".row")).to_have_count(4)
    page.wait_for_load_state()  # a key means something once the scripts are there
    keys.press("c")
    expect(page.get_by_text("Safe to call now, until 09:00")).to_be_visible()
    assert THIRD not in page.content()
    keys.press("d")
    number = page.locator(".number")
    expect(number).to_have_attribute("href", f"tel:{THIRD}")
    keys.press("d")
    assert page.evaluate("window.dialled") == f"tel:{THIRD}"
    is_clean(page, "keyboard-calling", folder)
    keys.press("x", "Enter")
    expect(page.get_by_role("heading", name="After the call")).to_be_visible()
    keys.press("n")
    page.keyboard.type("cjkux are letters here")
    expect(page.locator("#draft-told")).to_contain_text("Draft kept")
    keys.press("Escape", "e", "Space")
    is_clean(page, "keyboard-sheet", folder)
    keys.press("x")
    expect(page.get_by_text("Saved and closed.")).to_be_visible()
    assert len(line.rows("SELECT 1 FROM notes")) == 1
    assert line.rows("SELECT state FROM callbacks WHERE priority = 0") == [("closed",)]


def tries_another_and_writes_while_the_line_is_lost(page: Page, keys: Keyboard, line: Desk) -> None:
    keys.press("j", "Enter")
    expect(page.get_by_role("button", name="Claim", exact=True)).to_be_visible()
    keys.press("c")
    expect(page.get_by_role("button", name=CALL)).to_be_enabled()
    keys.press("d")
    expect(page.locator("#outcome")).to_be_visible()
    page.context.set_offline(True)
    expect(page.locator("#contact")).to_have_text(re.compile(r"No contact with the server.* from \d\d:\d\d"))
    keys.press("n")
    page.keyboard.type("she did not")
    keys.press("Escape", "x", "Tab", "Enter")
    expect(page.locator("#draft-told")).to_contain_text("Not kept yet")
    assert line.rows("SELECT outcome FROM attempts ORDER BY id") == [("reached",), ("",)]
    page.context.set_offline(False)
    expect(page.locator("#draft-told")).to_contain_text("Draft kept")
    expect(page.locator("#contact")).to_be_hidden()
    keys.press("x", "Tab", "Enter")
    expect(page.get_by_text("Recorded: No answer. She is called again")).to_be_visible()


def loses_one_to_a_colleague(page: Page, keys: Keyboard, line: Desk, parts: Any, clock: Any) -> None:
    page.keyboard.press("j")
    wanted = page.evaluate("document.activeElement.closest('li').id").removeprefix("row-")
    clock.forward(seconds=1)
    claim.claim_callback(parts, people.find_actor(parts, "Dao"), wanted)
    keys.press("c")
    expect(page.get_by_text("Dao has this one. Nothing was changed.")).to_be_visible()
    clock.forward(seconds=1)
    claim.release_callback(parts, people.find_actor(parts, "Dao"), wanted)
    assert line.callback(wanted).state is CallbackState.WAITING


def forgets_one_and_gives_one_back(page: Page, keys: Keyboard, line: Desk, parts: Any, clock: Any) -> None:
    page.goto("/")
    keys.press("c")
    expect(page.get_by_role("button", name=CALL)).to_be_enabled()
    clock.forward(minutes=16)
    timers.release_leases(parts)
    looks(page)
    expect(page.get_by_role("button", name="Claim", exact=True)).to_be_visible()
    keys.press("c")
    expect(page.get_by_role("button", name=CALL)).to_be_enabled()
    page.wait_for_load_state()
    keys.press("u")
    expect(page.get_by_text("Given back.")).to_be_visible()
    assert {row[0] for row in line.rows("SELECT state FROM callbacks")} == {"waiting", "closed"}


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.slow), "lo"])
def test_the_same_on_a_phone_in_two_taps_and_one(
    morning: Desk, parts, clock, opened, tmp_path, language: str
) -> None:
    page = opened(width=360, height=740, touch=True, language=language, token=token_of(parts, "Noy"))
    page.add_init_script(DIALS)
    thumb = Thumb(page)
    page.goto("/")
    is_clean(page, f"phone-queue-{language}", tmp_path)
    to_ringing = rings(page, thumb)
    is_clean(page, f"phone-calling-{language}", tmp_path)
    thumb.tap(page.locator("#outcome button[value=no_answer]"))
    expect(page.locator(".notice.good")).to_be_visible()
    to_recorded = thumb.counted()
    print(
        f"taps in {language}: {to_ringing} from the page to ringing, {to_recorded} from hang-up to recorded"
    )
    assert to_ringing == 2
    assert to_recorded == 1
    assert morning.rows("SELECT outcome FROM attempts") == [("no_answer",)]
    assert reveals(morning) == 1


def rings(page: Page, thumb: Thumb) -> int:
    """Take the first one and let the phone dial; return how many taps that took."""
    thumb.tap(page.locator("form[action='/take-next'] button"))
    thumb.tap(page.locator("form[action$='/call'] button.primary"))
    expect(page.locator(".number")).to_be_in_viewport()
    assert page.evaluate("window.dialled") == f"tel:{THIRD}"
    return thumb.counted()


def test_on_a_phone_the_line_is_lost_and_a_colleague_is_there(morning: Desk, parts, clock, opened) -> None:
    page = opened(width=360, height=740, touch=True, token=token_of(parts, "Noy"))
    other = opened(token=token_of(parts, "Dao"))
    wanted = first_by_priority(morning)
    other.goto(f"/callbacks/{wanted}")
    thumb = Thumb(page)
    page.goto("/")
    expect(page.locator(f"#row-{wanted}")).to_contain_text("Dao is looking")
    claims_over_a_lost_line(page, thumb, wanted)
    forgets_it_and_finds_it_with_a_colleague(page, thumb, other, wanted, parts, clock)
    page.goto("/")
    thumb.tap(page.locator(".row-claim button").first)
    passes_it_on(page, thumb, other)


def claims_over_a_lost_line(page: Page, thumb: Thumb, wanted: str) -> None:
    """A tap without a line sends nothing and leaves the page as it is; with the line it is good again."""
    claims = page.locator(f"#row-{wanted} .row-claim button")
    page.context.set_offline(True)
    expect(page.locator("#contact")).to_contain_text("No contact with the server")
    thumb.tap(claims)
    expect(claims).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#contact")).to_be_hidden()
    thumb.tap(claims)
    expect(page.get_by_role("button", name=CALL)).to_be_enabled()


def forgets_it_and_finds_it_with_a_colleague(
    page: Page, thumb: Thumb, other: Page, wanted: str, parts: Any, clock: Any
) -> None:
    """The lease ends, the colleague is faster, and whoever presses is told who has it."""
    clock.forward(minutes=16)
    timers.release_leases(parts)
    looks(page)
    claims = page.get_by_role("button", name="Claim", exact=True)
    expect(claims).to_be_visible()
    other.reload()
    other.get_by_role("button", name="Claim", exact=True).click()
    expect(other.get_by_role("button", name=CALL)).to_be_enabled()
    thumb.tap(claims)
    expect(page.get_by_text("Dao has this one. Nothing was changed.")).to_be_visible()
    other.get_by_role("button", name="Give back").click()
    expect(other.get_by_text("Given back.")).to_be_visible()
    assert page.url.endswith(f"/callbacks/{wanted}")


def passes_it_on(page: Page, thumb: Thumb, other: Page) -> None:
    thumb.tap(page.locator("summary", has_text="Pass on"))
    page.get_by_label("Reason (optional)").fill("my bus leaves")
    thumb.tap(page.get_by_role("button", name="Pass on", exact=True))
    expect(page.get_by_text("Passed on.")).to_be_visible()
    other.goto("/later")
    expect(other.locator("#bar")).to_contain_text("Noy passed")
    other.locator("#bar a").click()
    expect(other.get_by_text("my bus leaves")).to_be_visible()
    expect(other.get_by_role("button", name=CALL)).to_be_enabled()
