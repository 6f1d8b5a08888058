"""Facts, drafts and versions in a real browser: they fit, are accessible, and a number changes in a few clicks."""

import gzip
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.domain.permissions import Role
from gateway.operations.publishing import stored
from tests.support.house import MENUS, publish
from tests.support.looks import LOOKS
from tests.support.menus_rig import dial
from tests.support.web_surroundings import somebody, token_of

pytestmark = pytest.mark.browser
SLOW = 30_000
"""Milliseconds for a page that checks the whole sample, on a machine that is busy."""

MOST_BYTES = 45_000
"""A page, compressed: some seconds on a slow mobile line."""


@pytest.fixture
def admin(parts) -> str:
    """An administrator's token; the sample is live with its files."""
    publish(parts, source=stored.read_whole_folder(MENUS))
    somebody(parts, "ຫົວໜ້າ ບຸນ", Role.ADMINISTRATOR)
    return token_of(parts, "ຫົວໜ້າ ບຸນ")


def fits(page: Page, name: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    small = page.evaluate(
        """[...document.querySelectorAll('main button, main summary, main select, .tabs a')]
           .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
           .map((one) => one.textContent.trim())"""
    )
    assert (name, wide, small, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [], [])


def open_draft(page: Page) -> str:
    """Change Bangkok's wage from January on, with plain forms; return the address of the draft."""
    page.goto("/admin/facts/th.wage.bangkok")
    page.locator("#value").fill("420")
    page.locator("#valid_from").fill("2027-01-01")
    page.locator("#source").fill("Royal Gazette 20 Nov 2026")
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    return page.url


@pytest.mark.slow
@LOOKS
def test_the_pages_fit_and_are_accessible(opened, admin, tmp_path, width, language):
    page = opened(width=width, height=740, language=language, token=admin)
    page.set_default_timeout(SLOW)
    draft = open_draft(page)
    pages = {
        "facts": "/admin/facts",
        "fact": "/admin/facts/th.wage.bangkok",
        "draft": draft,
        "menus": "/admin/menus",
        "parts": f"{draft}/parts",
        "part": f"{draft}/parts/screens/wage_bangkok",
        "guarded": f"{draft}/parts/screens/consent",
        "messages": f"{draft}/shelves/messages",
        "danger": f"{draft}/shelves/danger",
        "form": f"{draft}/shelves/form",
        "words": f"{draft}/parts/keywords/keywords.yaml:6",
        "harmless": f"{draft}/parts/speech/harmless",
        "message": f"{draft}/parts/messages/sms_form",
        "files": f"{draft}/files",
        "file": f"{draft}/files/pay.yaml",
        "translations": f"{draft}/translations",
        "texts": f"{draft}/texts/lo",
        "text": f"{draft}/texts/lo/consent",
        "book": f"{draft}/book/lo",
    }
    for name, address in pages.items():
        answer = page.goto(address)
        assert answer is not None
        assert len(gzip.compress(answer.body())) < MOST_BYTES, name
        page.screenshot(
            path=tmp_path / f"{name}-{width}-{language}.png",
            full_page=name not in {"facts", "parts", "book"},
        )
        fits(page, name)


@pytest.mark.slow
def test_a_wage_changes_in_six_clicks_without_scripts(opened, parts, admin):
    page = opened(width=360, token=admin, scripts=False)
    page.set_default_timeout(SLOW)
    page.goto("/admin/people")
    page.locator(".tabs").get_by_text("Facts").click()
    page.locator(".row a").get_by_text("Bangkok", exact=True).first.click()
    page.locator("#value").fill("420")
    page.locator("#valid_from").fill("2027-01-01")
    page.locator("#source").fill("Royal Gazette 20 Nov 2026")
    page.get_by_role("button", name="Look at it on the phone").click()
    expect(page.locator(".glass[lang=en]").first).to_contain_text("420 baht a day")
    page.get_by_label("What changed and why").fill("The wage of January")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".notice.good")).to_contain_text("Version 2 is live.", timeout=SLOW)
    values = parts.versions.live("helpline")[1].facts["th.wage.bangkok"].values
    assert [each.value for each in values] == ["400", "420"]


LABELS = {"en": "Rayong", "lo": "ຣະຍອງ", "lo-Latn": "Rayong", "th": "ระยอง"}
WORDS = {
    "en": "Rayong: {th.wage.east} baht a day.",
    "lo": "ຣະຍອງ: {th.wage.east} ບາດ/ມື້.",
    "lo-Latn": "Rayong: {th.wage.east} baht/meu.",
    "th": "ระยอง: {th.wage.east} บาท/วัน",
}


def save(page: Page) -> None:
    with page.expect_navigation():
        page.locator("main form button.primary").first.click()


def add_screen(page: Page, draft: str) -> None:
    """Add a screen in four languages; the phone shows what is typed before it is saved."""
    page.goto(f"{draft}/parts")
    page.get_by_text("Add a screen").click()
    page.get_by_label("Short name").fill("wage_rayong")
    page.get_by_label("Text (English)").fill(WORDS["en"])
    page.get_by_label("In which file").select_option("pay.yaml")
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url(re.compile("parts/screens/wage_rayong"))
    for language, words in WORDS.items():
        page.locator(f"textarea[name='f:text/{language}']").fill(words)
    expect(page.locator("#shown .glass[lang=th]")).to_contain_text("ระยอง: 400", timeout=SLOW)
    save(page)


def point_choice(page: Page, draft: str, picture: Path) -> None:
    """Lead a choice to it whose Lao label is too long, see that said, and mend it."""
    page.goto(f"{draft}/parts/screens/wage_area")
    page.get_by_text("Add a choice").click()
    page.get_by_label("Key", exact=True).fill("5")
    page.locator("#to").select_option("wage_rayong")
    for language, words in (LABELS | {"lo": "ຣະຍອງ" * 14}).items():
        page.locator(f"[name='label:{language}']").fill(words)
    with page.expect_navigation():
        page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".notice.bad")).to_contain_text("too long", timeout=SLOW)
    page.screenshot(path=picture, full_page=True)
    page.locator("textarea[name='f:choices/5/label/lo']").fill(LABELS["lo"])
    save(page)
    expect(page.locator(".notice.bad")).to_have_count(0)


def publish_approved(page: Page, boss: Page, draft: str, picture: Path) -> None:
    """Be refused without an approval, get one from the second person, and publish."""
    page.goto(draft)
    page.get_by_label("What changed and why").fill("The wage of January, and Rayong")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".notice.bad")).to_contain_text("a second person has to approve", timeout=SLOW)
    boss.goto(draft)
    boss.screenshot(path=picture, full_page=True)
    boss.get_by_role("button", name="Approve it as it is").click()
    expect(boss.locator(".notice.good")).to_contain_text("Approved", timeout=SLOW)
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".notice.good")).to_contain_text("Version 2 is live.", timeout=SLOW)


@pytest.mark.slow
def test_a_wage_and_a_screen_are_approved_published_and_taken_back(opened, parts, admin, tmp_path):
    """The administrator's whole task without a file: change, add, see the overflow, mend, approve, publish, undo."""
    somebody(parts, "Boss", Role.SUPERVISOR)
    boss, page = opened(width=360, token=token_of(parts, "Boss")), opened(token=admin)
    for each in (boss, page):
        each.set_default_timeout(SLOW)
    boss.goto("/admin/menus")
    boss.get_by_role("button", name="Turn it on").click()
    before = dial(parts, "4", "1", "1", "1")
    draft = open_draft(page)
    add_screen(page, draft)
    point_choice(page, draft, tmp_path / "overflow-1280-en.png")
    publish_approved(page, boss, draft, tmp_path / "approve-360-en.png")
    assert "Rayong: 400 baht a day." in dial(parts, "4", "1", "1", "5")
    page.goto("/admin/menus")
    page.get_by_text("Back to this version").click()
    page.get_by_label("Why").fill("too early")
    page.get_by_role("button", name="Make it live").click()
    expect(page.locator(".notice.good")).to_contain_text("Version 1 is live.", timeout=SLOW)
    assert dial(parts, "4", "1", "1", "1") == before
    assert "Rayong: 400 baht a day." not in dial(parts, "4", "1", "1", "5")


# Two administrators, each in a browser of their own.


def write_text(page: Page, language: str, words: str) -> None:
    page.locator(f"textarea[name='f:text/{language}']").fill(words)


def begin_draft(page: Page, name: str) -> str:
    page.goto("/admin/menus")
    page.get_by_label("New draft: what for").fill(name)
    page.get_by_role("button", name="Begin a draft").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    return page.url


def publish_alone(page: Page, draft: str, why: str) -> None:
    page.goto(draft)
    page.get_by_label("What changed and why").fill(why)
    page.get_by_role("button", name="Publish").click()


@pytest.fixture
def two(opened, parts, admin) -> tuple[Page, Page]:
    """Bun at a desk and Ann with a phone."""
    somebody(parts, "Ann", Role.ADMINISTRATOR)
    pages = opened(token=admin), opened(width=360, token=token_of(parts, "Ann"))
    for each in pages:
        each.set_default_timeout(SLOW)
    return pages


@pytest.mark.slow
def test_two_people_on_one_screen_lose_nothing_and_see_each_other(two):
    bun, ann = two
    first = begin_draft(bun, "Wages")
    for each in two:
        each.goto(f"{first}/parts/screens/wage_bangkok")
    before = ann.locator("textarea[name='f:text/en']").input_value()
    write_text(bun, "lo", "ບາງກອກ: {th.wage.bangkok} ບາດ.")
    save(bun)
    write_text(ann, "en", before.replace("a day", "per day"))
    save(ann)
    expect(ann.locator("textarea[name='f:text/lo']")).to_have_value("ບາງກອກ: {th.wage.bangkok} ບາດ.")
    write_text(bun, "en", "Bangkok: {th.wage.bangkok} baht.")
    save(bun)  # the page was seen before Ann's words
    expect(bun.locator(".notice.bad")).to_be_visible()
    expect(bun.locator("textarea[name='f:text/en']")).to_have_value("Bangkok: {th.wage.bangkok} baht.")
    bun.goto(first)
    expect(bun.locator("main")).to_contain_text("Ann")
    expect(bun.locator("main")).to_contain_text("per day")


@pytest.mark.slow
def test_two_people_publish_one_after_the_other_and_undo_nothing(two, parts):
    bun, ann = two
    first, second = begin_draft(bun, "Wages"), begin_draft(ann, "Areas")
    bun.goto(f"{first}/parts/screens/wage_bangkok")
    before = bun.locator("textarea[name='f:text/th']").input_value()
    write_text(bun, "th", before.replace("บาท/วัน", "บาทต่อวัน"))
    save(bun)
    ann.goto(f"{second}/parts/screens/wage_area")
    ann.locator("[name='f:choices/0/label/en']").fill("Bangkok area")
    save(ann)
    publish_alone(bun, first, "Wages by day")
    expect(bun.locator(".notice.good")).to_contain_text("Version 2 is live.", timeout=SLOW)
    ann.goto(second)
    expect(ann.locator("main")).to_contain_text("Version 2 went live since")
    expect(ann.get_by_role("button", name="Publish")).to_have_count(0)
    ann.get_by_role("button", name="Take it up into this draft").click()
    expect(ann.locator(".notice.good")).to_contain_text("what is live now", timeout=SLOW)
    publish_alone(ann, second, "A shorter line")
    expect(ann.locator(".notice.good")).to_contain_text("Version 3 is live.", timeout=SLOW)
    menu = parts.versions.live("helpline")[1]
    assert "บาทต่อวัน" in menu.screens["wage_bangkok"].text["th"]
    assert menu.screens["wage_area"].choices[0].label["en"] == "Bangkok area"
