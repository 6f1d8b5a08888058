"""A calm phone screen: what stands above the first request, the order of a call's page, a panel that folds, and a press
that shows at once that it was taken."""

import threading
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser
MOST_ABOVE, HEADER = 220, 56
DIALS = """document.addEventListener('click', (event) => {
  if (event.target.closest('a[href^="tel:"]')) event.preventDefault();  // there is no dialler here
});"""
AT_ONCE = """document.addEventListener('click', () => { window.pressed = performance.now(); }, true);
new MutationObserver((found) => found.forEach(({ target }) => {
  if (target.hasAttribute('aria-busy')) window.shown = performance.now();
})).observe(document, { attributes: true, attributeFilter: ['aria-busy'], subtree: true });"""


def top_of(page: Page, selector: str) -> float:
    box = page.locator(selector).first.bounding_box()
    assert box
    return box["y"]


def is_clean(page: Page, name: str, folder: Any) -> None:
    page.screenshot(path=folder / f"{name}.png")
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    found = Axe().run(page).response["violations"]
    assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])


@pytest.fixture
def evening(line: Desk, clock: Any) -> list[str]:
    """A line of twelve, one of them in danger, and somebody with a long name on duty."""
    wanted = [line.requested(f"+85620555{n:05}", when="morning", topic="papers") for n in range(10)]
    wanted += [line.requested(HER, when="morning", danger="yes"), line.requested(OTHER, when="evening")]
    clock.set("2026-11-25T08:05:00+07:00")
    line.person("Noy Phommachanh", on_duty=True, languages=("lo",))
    return wanted


@pytest.mark.fault("Q29")
@pytest.mark.parametrize(
    "language", ["lo", pytest.param("en", marks=pytest.mark.slow), pytest.param("th", marks=pytest.mark.slow)]
)
def test_the_first_request_stands_high_and_the_call_in_its_order(
    evening, parts, opened, tmp_path, line: Desk, language: str
) -> None:
    page = opened(
        width=360, height=740, touch=True, language=language, token=token_of(parts, "Noy Phommachanh")
    )
    page.add_init_script(DIALS)
    page.goto("/")
    header = page.locator("header.top").bounding_box()
    above = top_of(page, "#line .row")
    print(f"{language}: the header is {header['height']:.0f} px, the first row begins at {above:.0f} px")
    assert header["height"] <= HEADER
    assert above <= MOST_ABOVE
    is_clean(page, f"queue-{language}", tmp_path)
    tabs = page.locator(".tabs.lists a")
    assert all(
        box["x"] >= 0 and box["x"] + box["width"] <= 360 for box in (one.bounding_box() for one in tabs.all())
    )
    page.locator("details.dropdown summary").tap()
    expect(page.locator("[data-sound]")).to_be_visible()
    is_clean(page, f"menu-{language}", tmp_path)
    page.locator("details.dropdown summary").tap()
    page.locator("form[action='/take-next'] button").tap()
    page.locator("form[action$='/call'] button.primary").tap()
    expect(page.locator("a.number")).to_be_in_viewport()
    order = page.evaluate(
        "[...document.querySelectorAll('.say, #call, #outcome, #notes')].map((one) => one.id || one.classList[0])"
    )
    assert order == ["say", "call", "outcome", "notes"]
    is_clean(page, f"call-{language}", tmp_path)
    folds_and_stays(page)
    is_clean(page, f"folded-{language}", tmp_path)


def folds_and_stays(page: Page) -> None:
    """Folded, the panel is one line; it stays so when the call is looked at again, and no field lies under it."""
    summary, first = page.locator("#outcome summary").first, page.locator("#first-outcome")
    expect(first).to_be_visible()
    summary.tap()
    expect(first).to_be_hidden()
    assert top_of(page, "#outcome") > 660
    page.evaluate("document.getElementById('live-call').dataset.mark = ''")
    with page.expect_response(lambda answer: "/look" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(300)
    expect(first).to_be_hidden()
    page.locator("#note").focus()
    field = page.locator("#note").bounding_box()
    assert field["y"] + field["height"] <= top_of(page, "#outcome")


@pytest.mark.fault("Q25")
def test_a_press_shows_at_once_that_it_was_taken_whatever_the_line_does(
    evening, parts, opened, line: Desk
) -> None:
    page = opened(width=360, height=740, touch=True, token=token_of(parts, "Noy Phommachanh"))
    page.add_init_script(AT_ONCE)
    page.goto("/")
    goes_on = threading.Event()
    page.route("**/take-next", lambda route: (goes_on.wait(5), route.continue_()))
    take = page.locator("form[action='/take-next'] button")
    take.tap()
    expect(take).to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.shown - window.pressed") < 100
    expect(page.locator("main")).to_have_attribute("inert", "")
    goes_on.set()
    expect(page.locator("form[action$='/call'] button")).to_be_visible()
    expect(page.locator("main")).not_to_have_attribute("inert", "")
    expect(page.locator("[aria-busy]")).to_have_count(0)
    page.goto("/")
    page.evaluate(
        "window.addEventListener('click', (event) => event.preventDefault())"
    )  # the page stays to be asked
    row = page.locator("a[data-row]").last
    row.tap()
    expect(row).to_have_attribute("aria-busy", "true")
    assert page.evaluate("window.shown - window.pressed") < 100
