"""Facts, drafts and versions in a real browser: they fit, are accessible, and a number changes in a few clicks."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.domain.permissions import Role
from gateway.operations.publishing import stored
from tests.support.house import MENUS, publish
from tests.support.looks import LOOKS
from tests.support.web_surroundings import somebody, token_of

pytestmark = pytest.mark.browser
SLOW = 30_000
"""Milliseconds for a page that checks the whole sample, on a machine that is busy."""


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
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    return page.url


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
        "files": f"{draft}/files",
        "file": f"{draft}/files/pay.yaml",
        "translations": f"{draft}/translations",
    }
    for name, address in pages.items():
        page.goto(address)
        page.screenshot(
            path=tmp_path / f"{name}-{width}-{language}.png", full_page=name not in {"facts", "parts"}
        )
        fits(page, name)


def test_a_wage_changes_in_six_clicks_without_scripts(opened, parts, admin):
    page = opened(width=360, token=admin, scripts=False)
    page.set_default_timeout(SLOW)
    page.goto("/admin/people")
    page.locator(".tabs").get_by_text("Facts").click()
    page.locator(".row a").get_by_text("400", exact=True).first.click()
    page.goto("/admin/facts/th.wage.bangkok")
    page.locator("#value").fill("420")
    page.locator("#valid_from").fill("2027-01-01")
    page.get_by_role("button", name="Look at it on the phone").click()
    expect(page.locator(".glass[lang=en]").first).to_contain_text("420 baht a day")
    page.get_by_label("What changed and why").fill("The wage of January")
    page.get_by_role("button", name="Publish").click()
    expect(page.locator(".notice.good")).to_contain_text("Version 2 is live.", timeout=SLOW)
    values = parts.versions.live("helpline")[1].facts["th.wage.bangkok"].values
    assert [each.value for each in values] == ["400", "420"]
