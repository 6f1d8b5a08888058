"""The whole task, counted: from the first page to *Save and close* with a note and two figures, by touch on a small phone."""

import re
import time
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from gateway.domain.callbacks.states import CallbackState
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.staff import people
from tests.support.desk_rig import HER, Desk
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser
SLOW = {"offline": False, "latency": 800, "downloadThroughput": 50_000 / 8, "uploadThroughput": 50_000 / 8}
PATIENCE = 60_000
DIALS = """document.addEventListener('click', (event) => {
  const link = event.target.closest('a[href^="tel:"]');
  if (!link) return;
  event.preventDefault();  // there is no dialler here
  window.dialled = link.getAttribute('href');
});"""


class Counter:
    """Counts taps, loads of a page, and requests for a document; a form that leads on is two of these and one load."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps, self.loads, self.documents, self.waited = page, 0, 0, 0, 0.0
        page.on("domcontentloaded", lambda _page: setattr(self, "loads", self.loads + 1))
        page.on("request", self._count)

    def _count(self, request: Any) -> None:
        self.documents += request.resource_type == "document"

    def tap(self, target: Locator, then: Locator | None = None) -> None:
        """Tap, and wait until what comes of it can be seen."""
        began = time.monotonic()
        target.tap()
        self.taps += 1
        if then is not None:
            expect(then).to_be_visible(timeout=PATIENCE)
            self.waited += time.monotonic() - began


def work_through(page: Page) -> Counter:
    """Do the whole task; the topic is preset from her way, so that *woman* is the only figure that is tapped."""
    counter = Counter(page)
    began = time.monotonic()
    page.goto("/", wait_until="load")
    take = page.locator("form[action='/take-next'] button")
    expect(take).to_be_visible(timeout=PATIENCE)
    counter.waited += time.monotonic() - began
    page.add_init_script(DIALS)
    call = page.locator("form[action$='/call'] button.primary")
    counter.tap(take, call)
    number = page.locator("a.number")
    counter.tap(call, number)
    counter.tap(number)
    counter.tap(page.locator("#outcome button[value=reached]"), page.locator("#sheet"))
    page.locator("#sheet textarea").first.fill("She asks for her pay of two months.")
    counter.tap(page.locator("#ending label", has=page.locator("input[value=informed]")))
    counter.tap(page.locator("#sheet label", has=page.locator("input[value=woman]")))
    save = page.locator("#sheet button.primary")
    counter.tap(save, page.locator("#line .empty"))
    return counter


def is_done(line: Desk, wanted: str) -> None:
    assert line.callback(wanted).state is CallbackState.CLOSED
    assert line.rows("SELECT outcome FROM attempts") == [("reached",)]
    assert line.rows("SELECT count(*) FROM notes") == [(1,)]


@pytest.fixture
def wanted(line: Desk) -> str:
    line.person("Noy", on_duty=True, languages=("lo",))
    return line.requested(HER, when="now")


@pytest.mark.parametrize("language", [pytest.param("en", marks=pytest.mark.slow), "lo"])
def test_the_whole_task_by_touch(opened, line: Desk, parts, wanted: str, language: str) -> None:
    page = opened(width=360, height=740, language=language, touch=True, token=token_of(parts, "Noy"))
    counter = work_through(page)
    is_done(line, wanted)
    print(
        f"{language}: {counter.taps} taps (one of them in the dialler's link), {counter.loads} loads of a page, "
        f"{counter.documents} requests for a document, redirects counted"
    )
    assert counter.taps <= 7
    assert counter.loads <= 6


@pytest.mark.slow
def test_the_whole_task_on_a_slow_line(opened, line: Desk, parts, wanted: str) -> None:
    page = opened(width=360, height=740, touch=True, token=token_of(parts, "Noy"))
    page.set_default_timeout(PATIENCE)
    cdp = page.context.new_cdp_session(page)
    cdp.send("Network.enable")
    cdp.send("Network.emulateNetworkConditions", SLOW)
    counter = work_through(page)
    is_done(line, wanted)
    print(f"at 50 kbit/s and 800 ms: {counter.waited:.1f} s of waiting in all, {counter.loads} loads")
    assert counter.waited < 60


@pytest.mark.fault("Q10")
def test_a_page_that_locks_says_so_goes_on_and_gives_nothing_away(
    opened, line: Desk, parts, clock: Any, wanted: str
) -> None:
    page = opened(width=360, height=740, token=token_of(parts, "Noy"))
    page.goto(f"/callbacks/{wanted}")
    page.locator("article.one form[action$='/claim'] button").click()
    page.locator("form[action$='/call'] button.primary").click()
    expect(page.locator("a.number")).to_have_attribute("href", f"tel:{HER}")
    # Told elsewhere, as from another phone of hers: the page still shows the number when it locks.
    noy = people.find_actor(parts, "Noy")
    outcome.record_outcome(parts, noy, callback_id=wanted, outcome="no_answer")
    for minutes in (100, 9, 9, 9):
        clock.forward(minutes=minutes)
        with page.expect_response(lambda answer: "/bar" in answer.url):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#contact")).to_contain_text(re.compile("Locked"))
    assert HER[-6:] not in page.content()
    page.locator("#contact a").click()
    expect(page.locator("#password")).to_be_focused()
