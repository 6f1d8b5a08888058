"""The administrator's whole task in one walk from the first page, by mouse and by keys alone: counted and clocked.

No address is typed and no file touched: each page is reached from the one before. What is printed are the presses and
the seconds of each part, so that a change which makes the way longer is seen.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.domain.permissions import Role
from gateway.operations.publishing import stored
from tests.support import phone_rig
from tests.support.browser_handset import answered, screen
from tests.support.house import MENUS, publish
from tests.support.menus_rig import dial
from tests.support.web_surroundings import somebody, token_of

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
SLOW = 60_000
"""Milliseconds for a page that checks the whole sample, on a machine that is busy."""

MOST_TABS = 600
MOST_PRESSES = 30
"""Clicks, or Enter and Space, of the administrator; typing is not counted."""

LABELS = {"en": "Rayong", "lo": "ຣະຍອງ", "lo-Latn": "Rayong", "th": "ระยอง"}
WORDS = {
    "en": "Rayong: {th.wage.east} baht a day.",
    "lo": "ຣະຍອງ: {th.wage.east} ບາດ/ມື້.",
    "lo-Latn": "Rayong: {th.wage.east} baht/meu.",
    "th": "ระยอง: {th.wage.east} บาท/วัน",
}
RAYONG = "Rayong: 400 baht a day."


@dataclass
class Hand:
    """Somebody at a page: presses what is shown, by mouse or by keys, and counts."""

    page: Page
    keys: bool
    presses: int = 0
    tabs: int = 0
    parts: list[str] = field(default_factory=list)
    _began: float = 0.0
    _before: int = 0

    def press(self, target: Locator, key: str = "Enter") -> None:
        self.presses += 1
        if self.keys:
            self.reach(target)
            self.page.keyboard.press(key)
        else:
            target.first.click()

    def go(self, target: Locator) -> None:
        """Press what leads to another page, and wait for it."""
        with self.page.expect_navigation(timeout=SLOW):
            self.press(target)

    def reach(self, target: Locator) -> None:
        """Move the focus there with the tab key, as somebody without a mouse does; what has it shows that."""
        handle = target.first.element_handle()
        assert handle is not None
        for _ in range(MOST_TABS):
            if handle.evaluate("one => one === document.activeElement"):
                shown = handle.evaluate(
                    "one => [one, one.closest('.row')].some((each) => each && "
                    "getComputedStyle(each).outlineStyle !== 'none')"
                )
                assert shown, f"the focus is not seen on {handle.evaluate('one => one.outerHTML')[:120]}"
                return
            self.page.keyboard.press("Tab")
            self.tabs += 1
        raise AssertionError("the tab key never comes there")

    def write(self, target: Locator, words: str) -> None:
        if self.keys:
            self.reach(target)
            self.page.keyboard.press("Control+A")
            self.page.keyboard.insert_text(words)
        else:
            target.first.fill(words)

    def write_day(self, target: Locator, day: str) -> None:
        year, month, number = day.split("-")
        if self.keys:
            self.reach(target)
            self.page.keyboard.type(f"{month}{number}{year}")
        else:
            target.first.fill(day)
        expect(target.first).to_have_value(day)

    def choose(self, target: Locator, option: str) -> None:
        if self.keys:
            self.reach(target)
            self.page.keyboard.type(option)
        else:
            target.first.select_option(option)
        expect(target.first).to_have_value(option)

    def begin(self) -> None:
        self._began, self._before = time.monotonic(), self.presses

    def tell(self, part: str) -> None:
        took = time.monotonic() - self._began
        self.parts.append(f"{part}: {self.presses - self._before} presses, {took:.0f} s")
        self.begin()


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    return phone_rig.house(sqlite_store, clock, tmp_path)


@pytest.fixture
def app(parts):
    return phone_rig.app_of(parts, GATEWAY_MENUS_DIR=str(MENUS))


@pytest.fixture
def people(opened, parts):
    """An administrator at a desk and a supervisor with a phone; the sample is live, approval is on."""
    publish(parts, source=stored.read_whole_folder(MENUS))
    somebody(parts, "Noy", Role.ADMINISTRATOR)
    somebody(parts, "Boss", Role.SUPERVISOR)
    pages = opened(token=token_of(parts, "Noy")), opened(width=360, token=token_of(parts, "Boss"))
    for each in pages:
        each.set_default_timeout(SLOW)
    pages[1].goto("/admin/menus")
    pages[1].get_by_role("button", name="Turn it on").click()
    expect.set_options(timeout=SLOW)
    yield pages
    expect.set_options(timeout=5_000)


def change_wage(hand: Hand) -> str:
    page = hand.page
    page.goto("/")
    expect(page).to_have_title("Until the line is live")
    hand.go(page.get_by_role("link", name="Change a wage, a fee or a phone number"))
    hand.go(page.locator(".row a", has_text="Bangkok").first)
    hand.write(page.locator("#value"), "420")
    hand.write_day(page.locator("#valid_from"), "2027-01-01")
    hand.write(page.locator("#source"), "Royal Gazette 20 Nov 2026")
    hand.go(page.get_by_role("button", name="Look at it on the phone"))
    expect(page.locator(".glass[lang=en]").first).to_contain_text("420 baht a day")
    hand.tell("the wage from 1 January")
    return page.url


def add_screen(hand: Hand, picture: Path) -> None:
    page = hand.page
    hand.go(page.locator("a[role=button]", has_text="Screens"))
    hand.press(page.locator("summary", has_text="Add a screen"))
    hand.write(page.get_by_label("Short name"), "Wage Rayong")
    hand.write(page.get_by_label("Text (English)"), WORDS["en"])
    hand.choose(page.get_by_label("In which file"), "pay.yaml")
    hand.go(page.get_by_role("button", name="Add", exact=True))
    for language, words in WORDS.items():
        hand.write(page.locator(f"textarea[name='f:text/{language}']"), words)
    expect(page.locator("#shown .glass[lang=th]")).to_contain_text("ระยอง: 400")
    hand.go(page.get_by_role("button", name="Save in the draft"))
    hand.go(page.locator(".up a"))
    hand.write(page.locator("#q"), "wage_area")
    hand.go(page.get_by_role("button", name="Find", exact=True))
    hand.go(page.locator("a[href$='/parts/screens/wage_area']"))
    hand.press(page.locator("summary", has_text="Add a choice"))
    hand.write(page.get_by_label("Key", exact=True), "5")
    hand.choose(page.locator("#to"), "wage_rayong")
    for language, words in (LABELS | {"lo": "ຣະຍອງ" * 14}).items():
        hand.write(page.locator(f"[name='label:{language}']"), words)
    hand.go(page.get_by_role("button", name="Add", exact=True))
    expect(page.locator(".notice.bad")).to_contain_text("too long")
    page.screenshot(path=picture, full_page=True)
    hand.tell("a screen in four languages, a choice that is too long in Lao")
    hand.write(page.locator("textarea[name='f:choices/5/label/lo']"), LABELS["lo"])
    hand.go(page.get_by_role("button", name="Save in the draft"))
    expect(page.locator(".notice.bad")).to_have_count(0)
    hand.tell("mended")


def look_on_the_phone(hand: Hand, draft: str) -> None:
    page = hand.page
    hand.go(page.locator(".up a"))
    hand.go(page.locator(".up a"))
    assert page.url == draft
    hand.go(page.locator("a[href^='/phone/drafts/']"))
    green = page.locator("#phone-1 [data-key=green]")
    hand.press(green)
    answered(page)
    for key in "4111":
        if hand.keys:
            page.keyboard.press(key)
            page.keyboard.press("Enter")
        else:
            page.locator(f'#phone-1 [data-key="{key}"]').click()
            green.click()
        answered(page)
    expect(screen(page)).to_contain_text("Bangkok: 420 baht")
    page.go_back()
    hand.tell("looked at on the phone, on 1 January")


def publish_approved(hand: Hand, boss: Hand) -> None:
    page = hand.page
    hand.write(page.get_by_label("What changed and why"), "The wage of January, and Rayong")
    hand.go(page.get_by_role("button", name="Publish"))
    expect(page.locator(".notice.bad")).to_contain_text("a second person has to approve")
    boss.page.goto("/admin/menus")
    boss.go(boss.page.locator(".contact-row a").first)
    boss.go(boss.page.get_by_role("button", name="Approve it as it is"))
    expect(boss.page.locator(".notice.good")).to_contain_text("Approved")
    hand.go(page.get_by_role("button", name="Publish"))
    expect(page.locator(".notice.good")).to_contain_text("Version 3 is live.")
    hand.tell("approved by a second person and published")


def roll_back(hand: Hand) -> None:
    page = hand.page
    hand.go(page.locator(".tabs a", has_text="Menu"))
    hand.press(page.locator("summary", has_text="Back to this version").first)
    hand.write(page.get_by_label("Why"), "too early")
    hand.go(page.get_by_role("button", name="Make it live"))
    expect(page.locator(".notice.good")).to_contain_text("Version 2 is live.")
    hand.tell("taken back")


@pytest.mark.parametrize("keys", [False, True], ids=["mouse", "keys alone"])
def test_the_whole_task_without_a_file_and_without_an_address(people, parts, clock, tmp_path, keys):
    hand, boss = (Hand(page, keys) for page in people)
    today = clock.now()
    before = dial(parts, "4", "1", "1", "1")
    hand.begin()
    draft = change_wage(hand)
    add_screen(hand, tmp_path / "overflow-1280-en.png")
    look_on_the_phone(hand, draft)
    publish_approved(hand, boss)
    assert dial(parts, "4", "1", "1", "1") == before, "the wage of January waits for January"
    assert RAYONG in dial(parts, "4", "1", "1", "5")
    clock.set("2027-01-02T09:00:00+07:00")
    assert "420 baht" in dial(parts, "4", "1", "1", "1")
    clock.set(today)
    hand.page.reload()
    hand.begin()
    roll_back(hand)
    assert dial(parts, "4", "1", "1", "1") == before
    assert RAYONG not in dial(parts, "4", "1", "1", "5")
    tabs = f" and {hand.tabs} tabs" if keys else ""
    print(
        "\n"
        + "\n".join([*hand.parts, f"in all {hand.presses} presses{tabs}; the second person {boss.presses}"])
    )
    assert hand.presses <= MOST_PRESSES
