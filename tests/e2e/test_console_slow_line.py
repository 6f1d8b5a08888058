"""Slow and paid data: what the first page costs, what an idle page costs, and a call on a line of 50 kbit/s."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.desk_rig import HER, Desk
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser
FIRST_LOAD = 45_000
SLOW = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
PATIENCE = 60_000
DIALS = """document.addEventListener('click', (event) => {
  if (event.target.closest('a[href^="tel:"]')) event.preventDefault();  // there is no dialler here
});"""


@pytest.fixture
def working(parts, line: Desk, clock: Any) -> str:
    """Somebody signed in, and a line as long as a bad day's: forty wait."""
    for n in range(39):
        line.requested(f"+85620555{n:05}", when="morning", topic="papers")
    line.requested(HER, when="morning", danger="yes")
    clock.set("2026-11-25T08:05:00+07:00")
    line.person("Noy", on_duty=True, languages=("lo",))
    return token_of(parts, "Noy")


class Meter:
    """Counts what comes over the line, as the browser's own network view does."""

    def __init__(self, page: Page) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("Network.enable")
        self.urls: dict[str, str] = {}
        self.bodies: dict[str, int] = {}
        self.whole: dict[str, int] = {}
        self.statuses: dict[str, int] = {}
        self.cdp.on("Network.responseReceived", self._came)
        self.cdp.on("Network.dataReceived", self._data)
        self.cdp.on("Network.loadingFinished", self._finished)

    def _came(self, event: dict[str, Any]) -> None:
        self.urls[event["requestId"]] = event["response"]["url"]
        self.statuses[event["requestId"]] = event["response"]["status"]

    def _data(self, event: dict[str, Any]) -> None:
        name = event["requestId"]
        self.bodies[name] = self.bodies.get(name, 0) + event["encodedDataLength"]

    def _finished(self, event: dict[str, Any]) -> None:
        self.whole[event["requestId"]] = int(event["encodedDataLength"])

    def forget(self) -> None:
        for kept in (self.urls, self.bodies, self.whole, self.statuses):
            kept.clear()

    def of(self, part: str) -> list[tuple[int, int, int]]:
        """Return (status, bytes of the body, bytes with headers) of what was asked for under this address."""
        return [
            (self.statuses[one], self.bodies.get(one, 0), self.whole.get(one, 0))
            for one, url in self.urls.items()
            if part in url
        ]


def test_the_first_load_is_at_most_45_kilobytes(opened, working: str) -> None:
    page = opened(width=360, token=working)
    meter = Meter(page)
    page.goto("/", wait_until="networkidle")
    expect(page.locator(".row")).to_have_count(40)
    polls(page)  # with the first question the last script comes
    page.wait_for_load_state("networkidle")
    for name, url in sorted(meter.urls.items(), key=lambda one: -meter.whole.get(one[0], 0)):
        print(f"{meter.whole.get(name, 0):7} bytes  {url.partition('/')[2].partition('/')[2]}")
    total = sum(meter.whole.values())
    print(f"{total:7} bytes in all, headers included, with forty rows; at most {FIRST_LOAD}")
    assert total <= FIRST_LOAD
    assert {url.split("/")[2] for url in meter.urls.values() if not url.startswith("data:")} == {
        page.url.split("/")[2]
    }


def test_the_second_page_costs_only_itself(opened, working: str) -> None:
    page = opened(width=360, token=working)
    page.goto("/", wait_until="networkidle")
    meter = Meter(page)
    page.goto("/later", wait_until="networkidle")
    page.goto("/", wait_until="networkidle")
    assert sum(whole for _, _, whole in meter.of("/static/")) == 0


def polls(page: Page) -> None:
    with page.expect_response(lambda answer: "/look/" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_an_idle_poll_has_no_body(opened, working: str) -> None:
    page = opened(token=working)
    page.goto("/", wait_until="networkidle")
    meter = Meter(page)
    for _ in range(2):
        with page.expect_response(lambda answer: "/look/" in answer.url):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
        page.wait_for_timeout(300)
    polls = meter.of("/look/") + meter.of("/bar")
    print(f"idle polls (status, body, with headers): {polls}")
    assert len(polls) == 4
    assert {(status, body) for status, body, _ in polls} == {(304, 0)}
    assert max(whole for _, _, whole in polls) < 1_500


@pytest.mark.slow
def test_a_call_at_50_kbit_and_800_ms(opened, line: Desk, working: str) -> None:
    page = opened(width=360, height=740, touch=True, token=working)
    page.add_init_script(DIALS)
    page.set_default_timeout(PATIENCE)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", SLOW)
    took: dict[str, float] = {}

    def timed(what: str, deed: Callable[[], object], seen: Callable[[], object]) -> None:
        began = time.monotonic()
        deed()
        seen()
        took[what] = time.monotonic() - began

    take = page.locator("form[action='/take-next'] button")
    call = page.locator("form[action$='/call'] button.primary")
    timed(
        "first page",
        lambda: page.goto("/", wait_until="load"),
        lambda: expect(take).to_be_visible(timeout=PATIENCE),
    )
    timed("claimed", take.tap, lambda: expect(call).to_be_visible(timeout=PATIENCE))
    timed(
        "number shown",
        call.tap,
        lambda: expect(page.locator(".number")).to_have_attribute("href", f"tel:{HER}", timeout=PATIENCE),
    )
    timed(
        "recorded",
        page.locator("#outcome button[value=no_answer]").tap,
        lambda: expect(page.locator(".notice.good")).to_be_visible(timeout=PATIENCE),
    )
    print(
        "at 50 kbit/s and 800 ms: " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in took.items())
    )
    assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]
    assert max(took.values()) < 40
