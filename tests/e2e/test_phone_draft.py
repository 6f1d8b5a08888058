"""The phone pinned to a draft, in a real browser: walked to the code, marked as a draft, saved as a test."""

import re
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect

from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.operations.publishing import stored
from gateway.storage.database import Store
from tests.support import phone_rig
from tests.support.browser_handset import HERS, fact, fits, hop, is_clean, phone, press, screen
from tests.support.clocks import SetClock
from tests.support.house import MENUS, publish, requests
from tests.support.looks import LOOKS
from tests.support.web_surroundings import somebody, token_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.fault("D7")]


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return phone_rig.house(sqlite_store, clock, tmp_path)


@pytest.fixture
def app(parts: Services) -> Flask:
    return phone_rig.app_of(parts, GATEWAY_MENUS_DIR=str(MENUS))


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.slow)])
def test_a_draft_is_walked_to_a_code_that_nobody_keeps(parts, opened, width):
    page = opened(width=width, language="lo")
    page.goto("/phone/")
    page.set_default_timeout(60_000)  # the whole sample is checked before its page is shown
    page.locator(".to-draft a").click()
    expect(page.locator(".draft-mark")).to_be_visible(timeout=60_000)
    page.set_default_timeout(8_000)
    hop(page)
    expect(screen(page)).to_contain_text("Info line. Choose:")
    press(page, "1 1 7 2 2 3 1")
    expect(screen(page)).to_contain_text("4821")
    expect(fact(page, "language")).to_have_text("lo")
    expect(phone(page).locator(".draft-strip")).to_be_visible()
    for hidden in ("[data-ring]", "[data-requests]", "[data-thread]", "[data-curl]"):
        expect(phone(page).locator(hidden)).not_to_be_visible()
    assert requests(parts, HERS) == []
    assert fits(page)
    assert is_clean(page)
    phone(page).locator("[data-save]").click()
    expect(page.locator("[data-verdict]")).to_have_class("verdict good")


@LOOKS
def test_a_draft_of_the_database_is_dialled_on_the_day_from_which_it_holds(
    parts, opened, tmp_path, width, language
):
    publish(parts, source=stored.read_whole_folder(MENUS))
    somebody(parts, "Noy", Role.ADMINISTRATOR)
    page = opened(width=width, language=language, token=token_of(parts, "Noy"))
    page.set_default_timeout(60_000)  # the whole sample is checked before its page is shown
    page.goto("/admin/facts/th.wage.bangkok")
    page.locator("#value").fill("420")
    page.locator("#valid_from").fill("2027-01-01")
    page.locator("#source").fill("Royal Gazette 20 Nov 2026")
    page.locator("main form button.primary").click()
    page.wait_for_url(re.compile("/admin/drafts/"))
    page.locator(".sure summary").first.click()
    link = page.locator("#link").input_value()
    page.locator("a[href^='/phone/drafts/']").click()
    expect(page.locator(".draft-mark")).to_be_visible()
    expect(page.locator("#day")).to_have_value("2027-01-01")
    hop(page)
    press(page, "4 1 1 1")
    expect(screen(page)).to_contain_text("Bangkok: 420 baht")
    page.screenshot(path=tmp_path / f"phone-{width}-{language}.png", full_page=True)
    assert fits(page)
    assert is_clean(page)
    guest = opened(width=width, language=language)
    guest.set_default_timeout(60_000)
    guest.goto(link[link.index("/phone/") :])
    hop(guest)
    expect(screen(guest)).to_contain_text("Info line. Choose:")
    expect(guest.locator("[data-path] a")).to_have_attribute(
        "href", re.compile("/phone/shared/.*/yaml/language#here")
    )
