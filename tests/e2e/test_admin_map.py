"""The drawing of a draft in a real browser: it fits, is accessible, and is walked by keys and without scripts."""

import gzip
import re

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.permissions import Role
from gateway.operations.publishing import stored
from gateway.storage import reports
from tests.e2e.test_admin_menus import MOST_BYTES, SLOW, fits
from tests.support.house import MENUS, publish
from tests.support.looks import LOOKS
from tests.support.web_surroundings import somebody, token_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def admin(parts) -> str:
    publish(parts, source=stored.read_whole_folder(MENUS))
    somebody(parts, "Noy", Role.ADMINISTRATOR)
    day = parts.clock.now().date()
    with parts.store.write() as tx:
        for what, item, n in (
            ("shown", "main", 900),
            ("answered", "main/1", 400),
            ("answered", "main/7", 300),
        ):
            reports.add_count(tx, day, 9, "line", "lo", "v", what, item, n=n)
    return token_of(parts, "Noy")


def open_map(page: Page) -> str:
    page.set_default_timeout(SLOW)
    page.goto("/admin/menus")
    page.locator("input#name").fill("map")
    page.locator("form[action='/admin/drafts'] button").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    draft = page.url
    page.locator("a[href$='/drawing']").click()
    page.wait_for_selector(".map-of svg")
    return draft


@LOOKS
def test_the_drawing_fits_and_is_accessible(opened, admin, tmp_path, width, language):
    page = opened(width=width, height=740, language=language, token=admin)
    draft = open_map(page)
    answer = page.goto(f"{draft}/drawing")
    assert answer is not None
    assert len(gzip.compress(answer.body())) < MOST_BYTES
    page.screenshot(path=tmp_path / f"drawing-{width}-{language}.png")
    fits(page, "drawing")


def test_keys_change_its_size_and_a_box_leads_to_its_screen(opened, admin):
    page = opened(token=admin)
    open_map(page)
    wide = page.locator(".map-of svg").bounding_box()["width"]
    page.keyboard.press("-")
    page.wait_for_url(re.compile("size=75"))
    assert abs(page.locator(".map-of svg").bounding_box()["width"] - wide * 0.75) < 2
    page.keyboard.press("+")
    page.wait_for_url(re.compile("size=100"))
    page.locator("a#at-main").click()
    page.wait_for_url(re.compile("/parts/screens/main"))


def test_it_is_searched_and_made_smaller_without_scripts(opened, admin):
    page = opened(width=360, token=admin, scripts=False)
    open_map(page)
    page.get_by_label("Find a screen or its words").fill("bangkok")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("button", name="Smaller").click()
    expect(page.locator("#q")).to_have_value("bangkok")
    page.get_by_role("link", name="in the drawing wage_bangkok").click()
    expect(page.locator("a#at-wage_bangkok")).to_be_in_viewport()
