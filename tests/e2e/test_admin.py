"""The administrators' pages in a real browser: each fits its screen, is accessible, and works as a plain form."""

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pyotp
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.delivery import channel_status
from gateway.domain.events import NotANumber
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.requests.referrals import Referral
from gateway.helpdesk.staff import centre_policy, people, shifts
from gateway.helpdesk.staff.people import OWNER
from gateway.storage import reports
from tests.support.desk_rig import Desk, made_parts
from tests.support.house import publish
from tests.support.looks import LOOKS
from tests.support.web_surroundings import PASSWORD, SECRET, somebody, token_of

pytestmark = pytest.mark.browser

PAGES = {
    "figures": "/admin/",
    "watch": "/admin/watch",
    "people": "/admin/people",
    "shifts": "/admin/shifts",
    "channels": "/admin/channels",
    "referrals": "/admin/referrals",
    "how-we-work": "/admin/how-we-work",
    "second-factor": "/me/second-factor",
    "sign-ins": "/me/sign-ins",
}
LONG = "ສູນຊັບພະຍາກອນແຮງງານເຄື່ອນຍ້າຍ ແຂວງສະຫວັນນະເຂດ"


@pytest.fixture
def parts(sqlite_store, clock, tmp_path) -> Services:
    """Parts with two lines that reach real phones, for the order of alerts."""

    def road(name: str) -> SimpleNamespace:
        line = find_channel(ChannelConfig(name=name, provider="simulator", menu="helpline"))
        return SimpleNamespace(contract=replace(line.contract, real=True), config=line.config)

    roads = {name: road(name) for name in ("africastalking", "android")}
    made = made_parts(sqlite_store, clock, tmp_path)
    publish(made)  # topics and windows stand in the live menu
    return replace(made, channels=roads)


@pytest.fixture
def filled(parts: Services, line: Desk) -> str:
    """A centre at work; the token of its administrator."""
    somebody(parts, "ຫົວໜ້າ ບຸນ", Role.ADMINISTRATOR)
    noy = somebody(parts, "Noy", number="+8562055500222")
    boss = somebody(parts, "ນາງ ດາວ ສີສະຫວັດ", Role.SUPERVISOR, number="+8562055500333")
    for name in ("Mali", "Somsak"):
        somebody(parts, name)
    shifts.set_week(parts, OWNER, noy, {"mon": ["08:00-12:00", "13:00-17:00"], "sat": ["09:00-12:00"]})
    shifts.set_holiday(parts, OWNER, date(2026, 12, 2), "National Day")
    shifts.set_away(parts, OWNER, noy, date(2026, 12, 7), date(2026, 12, 9))
    alerts.set_list(parts, OWNER, [boss, noy])
    alerts.send_test(parts, OWNER, boss)
    centre_policy.set_policy(
        parts, OWNER, "Tell the supervisor at once.\nPromise nothing that you cannot keep."
    )
    centre_policy.set_roads(parts, OWNER, ["android"])
    office = Referral(
        id="", team="", name=LONG, number="+856 21 123 456", place="Savannakhet", hours="8 – 16"
    )
    referrals.save_entry(parts, OWNER, office)
    many = {"languages": ("lo", "th"), "topics": ("pay", "papers", "injury"), "checked_on": date(2026, 11, 1)}
    referrals.save_entry(
        parts, OWNER, Referral(id="", team="", name="Police", number="191", may_share=False, **many)
    )
    operator = {
        "sender": "Unitel",
        "text": "Your SIM expires on 1 December. Top up 10,000 kip to keep your number.",
    }
    assert channel_status.keep_notice(parts, NotANumber(channel="android", turn="n1", **operator))
    line.requested(when="morning")
    fill_figures(parts)
    return token_of(parts, "ຫົວໜ້າ ບຸນ")


def fill_figures(parts: Services) -> None:
    """A month of use, so that the page of figures draws each of its charts, with hidden cells in them."""
    rows = {}
    for at in range(1, 25):
        day = date(2026, 11, at)
        for language, n in (("lo", 40 + at * 3 % 17), ("lo-Latn", at % 3), ("th", 12), ("en", at % 5)):
            rows[day, at % 24, "africastalking", language, "v", "dialled", ""] = n
            for screen, shown, on in (
                ("main", n, n * 3 // 4),
                ("pay", n // 2, n // 3),
                ("wage_bangkok", n // 3, 0),
            ):
                rows[day, 0, "africastalking", language, "v", "shown", screen] = shown
                rows[day, 0, "africastalking", language, "v", "answered", f"{screen}/1"] = on
        rows[day, 9, "", "", "v", "outcome", "reached"] = at % 7
        rows[day, 9, "", "", "v", "outcome", "busy"] = at // 23
    with parts.store.write() as tx:
        reports.add_counts(tx, rows)


def faults_of(page: Page) -> list[str]:
    found: list[str] = []
    page.on(
        "console",
        lambda message: found.append(message.text) if message.type in {"error", "warning"} else None,
    )
    return found


def fits(page: Page, name: str) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])


@LOOKS
def test_every_page_fits_and_is_accessible(opened, filled, tmp_path, width, language):
    page = opened(width=width, height=740, language=language, token=filled)
    faults = faults_of(page)
    for name, address in PAGES.items():
        page.goto(address)
        for folded in page.locator("main summary").all()[:3]:
            folded.click()
        page.screenshot(path=tmp_path / f"{name}-{width}-{language}.png", full_page=True)
        fits(page, name)
    assert faults == []


@pytest.mark.parametrize(
    ("width", "language"),
    [pytest.param(*each, marks=pytest.mark.slow) for each in ((360, "en"), (1280, "lo"))],
)
def test_the_record_fits_too(parts, opened, filled, tmp_path, width, language):
    """A supervisor's page: who did what."""
    assert filled
    page = opened(width=width, language=language, token=token_of(parts, "ນາງ ດາວ ສີສະຫວັດ"))
    faults = faults_of(page)
    page.goto("/admin/record")
    page.screenshot(path=tmp_path / f"record-{width}-{language}.png", full_page=True)
    fits(page, "record")
    assert faults == []


@pytest.mark.parametrize("width", [360, pytest.param(1280, marks=pytest.mark.slow)])
def test_targets_are_big_enough_for_a_thumb(opened, filled, width):
    page = opened(width=width, token=filled)
    for address in PAGES.values():
        page.goto(address)
        small = page.evaluate(
            """[...document.querySelectorAll('main button, main summary, main select, .tabs a')]
               .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 43.5)
               .map((one) => one.textContent.trim() + ' ' + one.getBoundingClientRect().height)"""
        )
        assert (address, small) == (address, [])
    if width < 400:
        assert page.locator("nav.tabs").bounding_box()["width"] >= width - 1, "not squeezed beside the name"


@pytest.mark.parametrize("scripts", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_the_book_is_kept_with_and_without_scripts(parts, opened, filled, scripts):
    page = opened(token=filled, scripts=scripts)
    page.goto("/admin/referrals")
    page.get_by_text("Add an entry").click()
    fresh = page.locator("form[action='/admin/referrals']")
    fresh.get_by_label("Name").fill("Embassy")
    fresh.get_by_label("Number", exact=True).fill("call me")
    fresh.get_by_label("Pay").check()
    fresh.get_by_role("button", name="Add").click()
    expect(page.locator(".fault")).to_have_text(
        "Write it with its country code, like +856…, or a short one like 191."
    )
    expect(page.get_by_label("Name").first).to_have_value("Embassy")
    fresh.get_by_label("Number", exact=True).fill("+66 80 000 0001")
    fresh.get_by_role("button", name="Add").click()
    expect(page.get_by_text(re.compile(r"Saved \d\d:\d\d"))).to_be_visible()
    names = {one.name: one.topics for one in referrals.list_entries(parts, OWNER)}
    assert names["Embassy"] == ("pay",)


@pytest.mark.slow
def test_how_we_work_is_set_and_tested(parts, opened, filled):
    page = opened(token=filled)
    page.goto("/admin/how-we-work")
    page.get_by_label("When somebody may be under 18").fill("x" * 1_001)
    page.locator("#policy").get_by_role("button", name="Save").click()
    expect(page.locator("#policy-fault")).to_have_text("This is too long. Shorten it.")
    page.get_by_label("When somebody may be under 18").fill("Tell Dao.")
    page.locator("#policy").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved 14:05.")).to_be_visible()
    page.get_by_label("1.").select_option("africastalking")
    page.locator("#roads").get_by_role("button", name="Save").click()
    assert centre_policy.show_policy(parts, OWNER).order == ("africastalking",)
    page.get_by_role("button", name="Send a test text Noy").click()
    expect(page.get_by_text("A test text is on its way")).to_be_visible()
    expect(page).to_have_url(re.compile("/admin/how-we-work$"))


def test_the_second_factor_comes_right_after_the_password(parts, clock, opened, tmp_path):
    somebody(parts, "Boss", Role.SUPERVISOR)
    page = opened(width=360)
    page.goto("/sign-in?back=/later")
    page.get_by_label("Your name").fill("Boss")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="The second factor")).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("so this comes first")).to_be_visible()
    page.screenshot(path=tmp_path / "enrol.png", full_page=True)
    fits(page, "enrol")
    page.get_by_label("The code that the app shows now").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong or was used before")
    secret = page.locator("[data-copies]").inner_text()
    assert secret != SECRET
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied")).to_be_visible()
    page.get_by_label("The code that the app shows now").fill("")
    page.keyboard.press("Control+v")
    expect(page.get_by_label("The code that the app shows now")).to_have_value(secret[:10])
    page.get_by_label("The code that the app shows now").fill(
        pyotp.TOTP(secret).at(int(clock.now().timestamp()))
    )
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes li")).to_have_count(8)
    page.screenshot(path=tmp_path / "codes.png", full_page=True)
    fits(page, "recovery codes")
    page.get_by_role("button", name="I wrote them down").click()
    expect(page.locator("#line")).to_be_visible()
    assert people.find_person(parts, "Boss").second_factor
