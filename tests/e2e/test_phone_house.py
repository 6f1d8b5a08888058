"""What surrounds the phones, in a real browser: outages that are real, the clock, parts and cost, a language at one stroke."""

from pathlib import Path

import pytest
import redis
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from gateway.conversations import one_shot
from gateway.delivery import send
from gateway.foundation.services import Services
from gateway.helpdesk.queue import timers
from gateway.storage.database import Store
from tests.support import phone_rig
from tests.support.browser_handset import HERS, fact, fits, hop, is_clean, phone, press
from tests.support.clocks import MovableClock, SetClock
from tests.support.house import requests

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LONGEST_WORDS = "call me"
"""Her text whose answer has the most parts in every language."""


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path, redis_client: redis.Redis) -> Services:
    return phone_rig.house(sqlite_store, clock, tmp_path, redis_client)


@pytest.fixture
def app(parts: Services) -> Flask:
    return phone_rig.app_of(parts)


def switch(page: Page, kind: str) -> Locator:
    return page.locator(f"[data-outage={kind}]")


def text(page: Page, words: str) -> None:
    phone(page).locator("[data-words]").fill(words)
    phone(page).get_by_role("button", name="Send the text").click()


def theirs(page: Page) -> Locator:
    return phone(page).locator(".bubble.theirs")


def asked_for(page: Page) -> Locator:
    return phone(page).locator("[data-requests] li")


def move(page: Page, name: str) -> None:
    page.get_by_text("Move the clock").click()
    page.get_by_role("button", name=name).click()


@pytest.mark.parametrize("width", [320, pytest.param(1280, marks=pytest.mark.slow)])
def test_while_the_provider_is_down_a_text_waits_and_leaves_after(parts, clock, opened, width):
    page = opened(width=width)
    page.goto("/phone/")
    switch(page, "provider").click()
    expect(switch(page, "provider")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-said=provider]")).to_have_text("until 14:15")
    text(page, "pay")
    expect(theirs(page)).to_have_attribute("data-state", "pending")
    expect(theirs(page)).to_contain_text("waits to leave")
    assert is_clean(page)
    assert fits(page)

    switch(page, "provider").click()
    expect(page.locator("[data-said=provider]")).to_have_text("the line is tried again at 14:05:05")
    clock.forward(seconds=6)
    send.drain_outbox(parts)
    text(page, "hours")
    expect(theirs(page)).to_have_count(2)
    for bubble in theirs(page).all():
        expect(bubble).to_have_attribute("data-state", "sent")
        expect(bubble).not_to_contain_text("waits")


def test_a_text_of_ours_says_its_parts_and_what_they_cost(opened):
    page = opened()
    page.goto("/phone/")
    text(page, "ໂທຫາຂ້ອຍ")
    expect(theirs(page)).to_contain_text("3 of at most 3 parts")
    expect(theirs(page)).to_contain_text("UCS-2")
    expect(theirs(page)).to_contain_text("of 201")
    expect(theirs(page)).to_contain_text("about 0.15 USD")


def test_while_the_store_is_down_she_gets_her_code_and_it_is_written_after(parts, opened):
    page = opened()
    page.goto("/phone/")
    hop(page)
    press(page, "4 7 2 2 3")
    switch(page, "store").click()
    expect(switch(page, "store")).to_have_attribute("aria-pressed", "true")
    press(page, "1")
    expect(fact(page, "kind")).to_have_text("CON, goes on")
    expect(asked_for(page)).to_have_text(["The records cannot be reached just now"])
    page.reload()  # the page opens during the outage, and can end it
    switch(page, "store").click()
    expect(switch(page, "store")).to_have_attribute("aria-pressed", "false")
    assert one_shot.replay_spool(parts) == 1
    (request,) = requests(parts, HERS)
    expect(asked_for(page)).to_have_text([f"{request.code} · waiting · 18:00–21:00"])


def test_an_hour_on_a_request_for_now_is_dead(parts, opened):
    page = opened()
    page.goto("/phone/")
    hop(page)
    press(page, "4 7 2 2 5 1")
    expect(asked_for(page)).to_contain_text("waiting · 14:05–14:35")
    move(page, "+1 hour")
    expect(page.locator("[data-clock]")).to_have_text("Tue Nov 24, 15:05")
    expect(page.locator("[data-moved]")).to_have_text("1 h ahead")
    assert timers.roll_windows(parts) == 1
    expect(asked_for(page)).to_contain_text("expired · 15:05")
    assert is_clean(page)
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator("[data-clock]")).to_have_text("Tue Nov 24, 14:05")


def test_tonight_nobody_is_offered_noon_and_tomorrow_they_are(opened):
    page = opened(width=320)
    page.goto("/phone/")
    move(page, "Next 18:05")
    expect(page.locator("[data-clock]")).to_have_text("Tue Nov 24, 18:05")
    page.get_by_label("Date and time").fill("2027-01-01T00:05")
    page.get_by_role("button", name="Go there").click()
    expect(page.locator("[data-clock]")).to_have_text("Fri Jan 1 2027, 00:05")
    assert fits(page)


def test_a_time_too_far_away_is_refused_in_words(opened, clock):
    page = opened()
    page.goto("/phone/")
    page.get_by_text("Move the clock").click()
    page.get_by_label("Date and time").fill("2035-01-01T00:05")
    page.get_by_role("button", name="Go there").click()
    expect(page.locator("[data-house-said]")).to_contain_text("400")
    expect(page.locator("[data-clock]")).to_have_text("Tue Nov 24, 14:05")


@pytest.mark.parametrize(
    ("language", "path", "coding"),
    [
        ("ລາວ", ["language", "script", "main"], "UCS-2"),
        ("Lao (ABC)", ["language", "main"], "GSM-7"),
        ("ไทย", ["language", "script_th", "main"], "UCS-2"),
        ("English", ["language", "main"], "GSM-7"),
    ],
)
def test_a_language_is_reached_at_one_stroke(opened, language, path, coding):
    page = opened()
    page.goto("/phone/")
    phone(page).locator("[data-language]").select_option(language)
    hop(page)
    expect(phone(page).locator("[data-path] a")).to_have_text(path)
    expect(fact(page, "coding")).to_have_text(coding)


def test_where_the_menu_goes_on_elsewhere_nothing_is_typed_by_itself(opened):
    page = opened()
    page.goto("/phone/")
    phone(page).locator("[data-language]").select_option("English")
    hop(page)
    press(page, "7 2 1 3 1")  # nobody else sees this phone: her language is remembered
    phone(page).get_by_role("button", name="Drop").click()
    phone(page).get_by_role("button", name="Restart").click()
    hop(page)
    expect(phone(page).locator("[data-path] a")).to_have_count(1)


def test_without_scripts_clock_and_switches_are_plain_forms(opened, parts, clock):
    page = opened(scripts=False)
    page.goto("/phone/")
    page.get_by_role("button", name="Store down").click()
    expect(switch(page, "store")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Store down").click()
    expect(switch(page, "store")).to_have_attribute("aria-pressed", "false")
    move(page, "Next 06:05")
    expect(page.locator("[data-clock]")).to_have_text("Wed Nov 25, 06:05")


@pytest.mark.parametrize(
    "language", ["lo", *(pytest.param(each, marks=pytest.mark.slow) for each in ("en", "th"))]
)
def test_on_the_smallest_phone_every_key_is_large_enough(opened, language):
    page = opened(width=320, language=language)
    page.goto("/phone/")
    keys = phone(page).locator(".digit")
    expect(keys).to_have_count(12)
    for key in keys.all():
        box = key.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320
    assert fits(page)
    assert is_clean(page)
