"""A morning on which everything goes wrong at once, on each screen: nothing typed is lost, and nothing is done twice.

Two counsellors and a supervisor; the sign-in is ended, the server starts again, a colleague takes over, a thumb presses
twice, somebody goes back. Held upright, sideways, at 200 %, in the dark, without scripts; a picture of each state.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import people, sign_in
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.serving import ServedApp
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import token_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
WORDS = "he keeps her passport since May"
DIALS = """document.addEventListener('click', (event) => {
  if (event.target.closest('a[href^="tel:"]')) event.preventDefault();  // there is no dialler here
});"""


@pytest.fixture
def server(parts: Services) -> Iterator[ServedApp]:
    with ServedApp(pages_of(parts)) as found:
        yield found


@pytest.fixture
def base(server: ServedApp) -> str:
    return server.url


@pytest.fixture
def app() -> Flask:
    """The server here makes its own, anew at each start."""
    return Flask("unused")


@pytest.fixture
def wanted(line: Desk, clock: Any) -> str:
    line.requested(OTHER, when="morning", topic="papers")
    found = line.requested(HER, when="morning", danger="yes")
    clock.set("2026-11-25T08:05:00+07:00")
    for n, name in enumerate(("Noy", "Dao")):
        line.person(name, on_duty=True, languages=("lo",), number=f"+8562055590000{n + 1}")
    line.person("Boss", Role.SUPERVISOR, number="+85620555900004")
    return found


class Morning:
    """One counsellor's browser on one screen, and a picture of each state in which it is clean."""

    def __init__(self, page: Page, folder: Any, *, scripts: bool) -> None:
        self.page, self.folder, self.scripts = page, folder, scripts

    def shows(self, name: str) -> None:
        self.page.screenshot(path=self.folder / f"{name}.png")
        if not self.scripts:
            return
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found = Axe().run(self.page).response["violations"]
        assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])

    @property
    def note(self) -> Locator:
        return self.page.locator("#note")

    def press(self, selector: str) -> None:
        self.page.locator(selector).first.click()


SCREENS = {
    "upright": (360, 740, "light", True),
    "sideways": (640, 360, "dark", True),
    "200 %": (640, 400, "light", True),
    "wide and dark": (1280, 800, "dark", True),
    "no scripts": (360, 740, "light", False),
}


@pytest.fixture(params=SCREENS, ids=str)
def morning(request, parts, wanted: str, opened: Callable[..., Page], tmp_path) -> Morning:
    width, height, scheme, scripts = SCREENS[request.param]
    page = opened(width=width, height=height, scripts=scripts, token=token_of(parts, "Noy"))
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.add_init_script(DIALS)
    page.goto("/")
    return Morning(page, tmp_path, scripts=scripts)


def test_nothing_typed_is_lost_and_nothing_is_done_twice(
    morning: Morning, server: ServedApp, base: str, line: Desk, parts, wanted: str
) -> None:
    page = morning.page
    morning.shows("queue")
    morning.press("form[action='/take-next'] button")
    expect(page.locator("#code-title")).to_have_text(line.callback(wanted).code)
    the_server_starts_again_while_she_writes(morning, server, line)
    her_sign_in_is_ended_while_she_writes(morning, base, line, parts)
    she_presses_twice_and_goes_back(morning, line, wanted)
    a_colleague_takes_over_while_she_writes(morning, line, parts, wanted)


def the_server_starts_again_while_she_writes(morning: Morning, server: ServedApp, line: Desk) -> None:
    page = morning.page
    morning.note.fill(WORDS)
    server.stop()
    morning.press("#notes form button")
    if morning.scripts:
        expect(page.locator("#contact")).to_contain_text("No contact")
        expect(morning.note).to_have_value(WORDS)
        morning.shows("server-away")
        server.start()
    else:
        page.wait_for_url(
            "chrome-error://**"
        )  # the browser's own page, which there is a way back from once it stands
        server.start()
        page.go_back()
        expect(morning.note).to_have_value(WORDS)
    morning.press("#notes form button")
    expect(page.locator(".note")).to_contain_text(WORDS)
    assert line.rows("SELECT count(*) FROM notes") == [(1,)]


def her_sign_in_is_ended_while_she_writes(morning: Morning, base: str, line: Desk, parts: Services) -> None:
    page = morning.page
    noy = people.find_person(parts, "Noy").id
    people.end_sign_ins(parts, people.OWNER, noy)
    morning.note.fill(f"{WORDS}, and her phone")
    morning.press("#notes form button")
    expect(page.get_by_text("What you typed is kept for you")).to_be_visible()
    morning.shows("signed-out")
    back = page.get_by_role("button", name="Sign in").get_attribute("href") or ""
    page.context.clear_cookies()
    with parts.store.write() as tx:
        sign_in._open_sign_in(tx, noy, "again", parts.clock.now())
    page.context.add_cookies([{"name": "sign-in", "value": "again", "url": base}])
    page.goto(back)
    expect(morning.note).to_have_value(f"{WORDS}, and her phone")
    morning.press("#notes form button")
    expect(page.locator(".note").filter(has_text="and her phone")).to_be_visible()
    assert line.rows("SELECT count(*) FROM notes") == [(2,)]


def she_presses_twice_and_goes_back(morning: Morning, line: Desk, wanted: str) -> None:
    page = morning.page
    page.locator("form[action$='/call'] button").first.dblclick()
    expect(page.locator("a.number")).to_be_visible()
    morning.shows("calling")
    assert line.rows("SELECT count(*) FROM attempts") == [(1,)]
    page.locator("#outcome button[value=busy]").dblclick()
    expect(page.locator("#said .good, body > .good").first).to_contain_text("Recorded: Busy")
    morning.shows("recorded")
    page.go_back()
    expect(page.locator("#code-title")).to_have_text(line.callback(wanted).code)
    expect(page.locator("a.number")).to_have_count(0)
    assert line.rows("SELECT outcome FROM attempts") == [("busy",)]
    assert line.callback(wanted).state is CallbackState.WAITING


def a_colleague_takes_over_while_she_writes(
    morning: Morning, line: Desk, parts: Services, wanted: str
) -> None:
    page = morning.page
    page.goto(f"/callbacks/{wanted}")
    morning.press("article.one form[action$='/claim'] button")
    expect(page.locator("form[action$='/release'] button").last).to_be_visible()
    morning.note.fill("she works at night")
    claim.claim_callback(parts, people.find_actor(parts, "Boss"), wanted, take_over=True)
    morning.press("#notes form button")
    expect(page.locator(".unsent textarea")).to_have_value("she works at night")
    morning.shows("taken-over")
    assert line.rows("SELECT count(*) FROM notes") == [(2,)]
