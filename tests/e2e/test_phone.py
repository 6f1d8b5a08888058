"""The phone in a real browser: a walk in Lao to the code, a text and its answer, a test that was saved, and what goes wrong."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from playwright.sync_api import Page, expect

from gateway.cli.main import main
from gateway.foundation.services import Services
from gateway.operations.publishing.publish import publish_menu
from gateway.storage.database import Store
from tests.support import phone_rig
from tests.support.browser_handset import HERS, answered, fact, fits, hop, is_clean, phone, press, screen
from tests.support.clocks import SetClock
from tests.support.house import MENUS, requests

pytestmark = pytest.mark.browser
TO_CODE = "1 1 7 2 2 3 1"


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Services:
    return phone_rig.house(sqlite_store, clock, tmp_path)


@pytest.fixture
def app(parts: Services) -> Flask:
    return phone_rig.app_of(parts)


@pytest.mark.parametrize("width", [320, pytest.param(1280, marks=pytest.mark.slow)])
def test_a_walk_in_lao_to_the_code_becomes_a_test(parts, opened, width, tmp_path):
    page = opened(width=width, language="lo")
    page.goto("/phone/")
    assert is_clean(page)
    hop(page)
    expect(screen(page)).to_contain_text("Info line. Choose:")
    press(page, TO_CODE)

    (request,) = requests(parts, HERS)
    expect(screen(page)).to_contain_text(f"ລະຫັດ {request.code}")
    expect(screen(page).locator("p")).to_have_attribute("lang", "lo")
    expect(fact(page, "coding")).to_have_text("UCS-2")
    expect(fact(page, "language")).to_have_text("lo")
    assert phone(page).locator("[data-path] a").all_inner_texts() == [
        *("language", "script", "main", "danger", "phone_seen", "when", "consent", "code"),
    ]
    expect(phone(page).locator("[data-done]")).to_contain_text("when evening")
    assert fits(page)
    assert is_clean(page)

    phone(page).locator("[data-save]").click()
    expect(page.locator("[data-verdict]")).to_have_class("verdict good")
    page.locator("#save-it").fill("asks in Lao")
    page.locator("#save-it").press("Enter")
    expect(page.locator("[data-yaml]")).to_contain_text('it: "asks in Lao"')
    assert is_clean(page)
    with page.expect_download() as saving:
        page.locator("[data-download]").click()
    assert saving.value.suggested_filename == "asks-in-lao.yaml"
    saving.value.save_as(tmp_path / "saved.yaml")
    saved_passes_until_a_label_is_changed((tmp_path / "saved.yaml").read_bytes(), tmp_path / "menus")


def saved_passes_until_a_label_is_changed(saved: bytes, folder: Path) -> None:
    """By the author's own command, on a copy of the sample with the file among its tests."""
    shutil.copytree(MENUS, folder, ignore=lambda _folder, names: [name for name in names if name == "tests"])
    (folder / "tests").mkdir()
    (folder / "tests" / "saved.yaml").write_bytes(saved)
    assert menus_test(folder) == 0
    main_menu = folder / "start.yaml"
    text = main_menu.read_text(encoding="utf-8")
    assert "ໂທຫາຂ້ອຍ" in text
    main_menu.write_text(text.replace("ໂທຫາຂ້ອຍ", "ໂທຫາ"), encoding="utf-8")
    assert menus_test(folder) == 1


def menus_test(folder: Path) -> int:
    return CliRunner().invoke(main, ["menus", "test", str(folder)], catch_exceptions=False).exit_code


def test_a_text_is_answered_in_the_thread(opened):
    page = opened(width=320, language="en")
    page.goto("/phone/")
    phone(page).get_by_label("Text", exact=True).fill("pay")
    phone(page).get_by_role("button", name="Send the text").click()
    expect(phone(page).locator(".bubble.mine")).to_contain_text("pay")
    expect(phone(page).locator(".bubble.theirs")).to_contain_text("My pay")


def test_by_keyboard_alone(parts, opened):
    page = opened()
    page.goto("/phone/")
    screen(page).focus()
    page.keyboard.press("Control+Enter")
    expect(screen(page)).to_contain_text("Info line.")
    for key in ["4", "7", "2", "2", "3", "1"]:
        page.keyboard.press(key)
        page.keyboard.press("Enter")
        answered(page)
    expect(screen(page)).to_contain_text(requests(parts, HERS)[0].code)
    page.keyboard.press("5")
    page.keyboard.press("Backspace")
    expect(phone(page).locator("[data-typed]")).to_have_text("")
    page.keyboard.press("Escape")
    expect(screen(page)).to_have_text("Call ended")
    by_tab_to(page, "data-save")
    page.keyboard.press("Enter")
    expect(page.locator("[data-verdict]")).to_have_class("verdict good")
    page.keyboard.press("Escape")
    expect(page.locator("#save")).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    by_tab_to(page, "data-second")
    page.keyboard.press("Enter")
    expect(screen(page, 2)).to_be_focused()


def by_tab_to(page: Page, mark: str) -> None:
    """Walk on with the tab key, round the page if need be, until something with this mark is in focus."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("(mark) => document.activeElement.hasAttribute(mark)", mark):
            return
    pytest.fail(f"no tab leads to {mark}")


@pytest.mark.slow
def test_what_networks_do(parts, opened):
    page = opened()
    page.goto("/phone/")
    one = phone(page)
    for name in ("Drop", "Time-out", "Twice"):
        one.get_by_role("button", name=name).click()
        expect(one.locator("[data-done]")).to_contain_text("press the green key first")
    hop(page)
    one.get_by_role("button", name="Missed call").click()
    expect(one.locator("[data-done]")).to_contain_text("hang up first")
    press(page, "4 7 2 2 3 1")
    one.get_by_role("button", name="Twice").click()
    expect(one.locator("[data-done]")).to_have_text(
        "Sent again: the same answer, and nothing was done twice."
    )
    assert len(requests(parts, HERS)) == 1

    one.get_by_role("button", name="Drop").click()
    expect(screen(page)).to_have_text("Connection lost")
    one.locator("[data-key=left]").click()
    hop(page)
    expect(screen(page)).to_contain_text("Info line.")
    one.get_by_role("button", name="Time-out").click()
    expect(screen(page)).to_have_text("The network ended the session")
    one.get_by_role("button", name="Restart").click()
    expect(one.locator("[data-typed]")).to_have_text("*123*4#")
    expect(fact(page, "units")).to_have_text("–")

    one.get_by_role("button", name="Slow").click()
    expect(one.get_by_role("button", name="Slow")).to_have_attribute("aria-pressed", "true")
    one.locator("[data-key=green]").click()
    expect(screen(page)).to_have_text("Please wait …")
    one.get_by_role("button", name="Restart").click()
    expect(screen(page)).to_have_text("SIM")


@pytest.mark.slow
def test_a_missed_call_of_a_number_that_never_agreed_asks_for_nothing(parts, opened):
    page = opened()
    page.goto("/phone/")
    one = phone(page)
    one.get_by_role("button", name="Missed call").click()
    expect(screen(page)).to_have_text("Rang once")
    assert requests(parts, HERS) == []


@pytest.mark.slow
def test_the_yaml_of_a_screen_opens_beside_and_the_call_goes_on(parts, opened):
    publish_menu(parts, phone_rig.files(), author="Noy", why="words")
    page = opened()
    page.goto("/phone/")
    hop(page)
    press(page, "4 1")
    with page.expect_popup() as opening:
        phone(page).locator("[data-path] a").last.click()
    yaml = opening.value
    expect(yaml.locator(".here")).to_contain_text("pay:")
    assert yaml.evaluate("() => location.hash") == "#here"
    press(page, "0")
    expect(screen(page)).to_contain_text("1 My pay")


@pytest.mark.slow
def test_a_webhook_that_is_switched_off_is_shown_as_it_is(parts, opened):
    page = opened()
    page.goto("/phone/")
    del parts.channels["simulator"]
    hop(page)
    expect(screen(page)).to_contain_text("Connection problem")
    expect(screen(page)).to_contain_text("The webhook answered 404: Not found")


@pytest.mark.slow
def test_a_second_phone_has_a_life_of_its_own(parts, opened):
    page = opened()
    page.goto("/phone/")
    page.get_by_role("button", name="Second phone").click()
    hop(page)
    hop(page, 2)
    press(page, "4")
    press(page, "3 1", 2)
    expect(screen(page)).to_contain_text("1 My pay")
    expect(screen(page, 2)).to_contain_text("ค่าจ้าง")
    expect(fact(page, "language")).to_have_text("en")
    expect(fact(page, "language", 2)).to_have_text("th")
    assert is_clean(page)
    assert fits(page)


@pytest.mark.slow
def test_what_the_webhook_received_can_be_copied_as_curl(opened):
    page = opened()
    page.goto("/phone/")
    hop(page)
    press(page, "4")
    phone(page).get_by_text("What the webhook received").click()
    curl = phone(page).locator("[data-curl]").inner_text()
    assert curl.startswith("curl 'http://127.0.0.1:")
    assert "--data-urlencode 'text=4'" in curl


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.slow)])
def test_beside_the_phone_stands_what_the_chosen_provider_would_post_and_what_we_answer(opened, width):
    page = opened(width=width, language="lo" if width == 360 else "en")
    page.goto("/phone/")
    exchange = phone(page).locator("[data-exchange]")
    hop(page)
    expect(exchange).to_be_hidden()
    phone(page).locator("select[data-dialect]").select_option("Nalo")
    press(page, "1")
    expect(exchange.locator("[data-posted]")).to_contain_text('"USERDATA": "1"')
    expect(exchange.locator("[data-answered]")).to_contain_text('"MSGTYPE": true')
    phone(page).locator("select[data-dialect]").select_option("SMPP")
    press(page, "1")
    expect(exchange.locator("[data-posted]")).to_contain_text("ussd_service_op (0x0501): 12")
    expect(exchange.locator("[data-answered]")).to_contain_text("data_coding: 8")
    assert fits(page)
    assert is_clean(page)
    phone(page).locator("select[data-dialect]").select_option("")
    press(page, "0")
    expect(exchange).to_be_hidden()


def test_without_scripts_it_says_what_else_there_is(opened):
    page = opened(scripts=False)
    page.goto("/phone/")
    expect(page.get_by_text("This phone needs JavaScript.")).to_be_visible()
    expect(page.locator("[data-phones]")).to_be_hidden()


def test_with_scripts_it_does_not_say_so(opened):
    page = opened()
    page.goto("/phone/")
    expect(page.locator("[data-phones]")).to_be_visible()
    expect(page.get_by_text("This phone needs JavaScript.")).to_be_hidden()
