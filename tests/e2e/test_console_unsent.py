"""A note and a form that cannot be sent, in a real browser: what is told is so, and the words stay."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from gateway.domain.permissions import Role
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.staff import people, sign_in
from gateway.helpdesk.staff.people import find_actor
from tests.support.desk_rig import HER, Desk
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser
WORDS = "he keeps her passport"
Opened = Callable[..., Page]


@pytest.fixture
def held(line: Desk) -> str:
    """A request that Noy has, while Boss is there too."""
    line.person("Noy")
    line.person("Boss", Role.SUPERVISOR)
    wanted = line.requested(HER, when="now")
    claim.claim_callback(line.parts, find_actor(line.parts, "Noy"), wanted)
    return wanted


def writing(parts: Any, opened: Opened, held: str, **screen: Any) -> Page:
    page = opened(token=token_of(parts, "Noy"), **screen)
    page.goto(f"/callbacks/{held}")
    page.get_by_label("Write a note").fill(WORDS)
    expect(page.locator("#draft-told")).to_contain_text("Draft kept")
    expect(page.locator("#draft-told")).not_to_have_class(re.compile("unkept"))
    return page


def on(page: Page, more: str) -> None:
    page.get_by_label("Write a note").press("Control+End")
    page.get_by_label("Write a note").press_sequentially(more)


@pytest.mark.fault("C1")
def test_a_colleague_takes_over_while_she_writes(parts, opened: Opened, held: str) -> None:
    page = writing(parts, opened, held, width=360, height=740)
    claim.claim_callback(parts, find_actor(parts, "Boss"), held, take_over=True)
    on(page, " since May")
    told = page.locator("#draft-told")
    expect(told).to_contain_text("Boss has this one now")
    expect(told).not_to_contain_text("Draft kept")
    expect(told).to_have_class(re.compile("unkept"))
    page.get_by_role("button", name="Save the note").click()
    expect(page.get_by_label("Write a note")).to_have_value(f"{WORDS} since May")
    page.locator("summary").filter(has_text="Noy").first.click()
    out = page.get_by_role("button", name="Sign out", exact=True)
    out.click()
    expect(told).to_contain_text("Press once more")
    out.click()
    expect(page).to_have_url(re.compile("/sign-in"))


@pytest.mark.fault("C1")
def test_signed_out_she_reads_sign_in_and_back_again_it_is_kept(
    parts, opened: Opened, base: str, held: str
) -> None:
    page = writing(parts, opened, held)
    noy = people.find_person(parts, "Noy").id
    people.end_sign_ins(parts, people.OWNER, noy)
    on(page, " since May")
    told = page.locator("#draft-told")
    expect(told).to_contain_text("You were signed out")
    expect(told.get_by_role("link", name="Sign in")).to_be_visible()
    with parts.store.write() as tx:
        sign_in._open_sign_in(tx, noy, "of-a-second-tab", parts.clock.now())
    page.context.clear_cookies()  # the form's token is of a sign-in that is over, as after one in a second tab
    page.context.add_cookies([{"name": "sign-in", "value": "of-a-second-tab", "url": base}])
    on(page, ", and her phone")
    expect(told).to_contain_text("Draft kept")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".note")).to_contain_text(f"{WORDS} since May, and her phone")


@pytest.mark.fault("C2")
@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_a_visitor_s_request_is_there_after_signing_in_again(
    line: Desk, parts, opened: Opened, base: str, tmp_path, *, scripts: bool
) -> None:
    line.person("Noy")
    page = opened(token=token_of(parts, "Noy"), width=360, height=740, scripts=scripts)
    page.goto("/add")
    page.locator("input[name=number]").fill("+8562055577001")
    page.locator("input[name=consented]").check()
    page.locator("input[name=danger][value=no]").check()
    page.locator("input[name=phone_seen][value=sometimes]").check()
    page.locator("input[name=when][value=now]").check()
    noy = people.find_person(parts, "Noy").id
    people.end_sign_ins(parts, people.OWNER, noy)
    page.locator("main form[action='/add'] button.primary").click()
    expect(page.get_by_text("What you typed is kept for you")).to_be_visible()
    page.screenshot(path=tmp_path / "signed-out.png")
    address = page.get_by_role("button", name="Sign in").get_attribute("href") or ""
    page.context.clear_cookies()
    with parts.store.write() as tx:
        sign_in._open_sign_in(tx, noy, "again", parts.clock.now())
    page.context.add_cookies([{"name": "sign-in", "value": "again", "url": base}])
    page.goto(address)
    expect(page.locator("input[name=number]")).to_have_value("+8562055577001")
    expect(page.locator("input[name=consented]")).to_be_checked()
    expect(page.locator("input[name=phone_seen][value=sometimes]")).to_be_checked()
    page.locator("main form[action='/add'] button.primary").click()
    expect(page.get_by_text("Added. Tell her: code")).to_be_visible()


def come_again(page: Page, parts: Any, person_id: str, base: str) -> None:
    with parts.store.write() as tx:
        sign_in._open_sign_in(tx, person_id, "again", parts.clock.now())
    page.context.clear_cookies()
    page.context.add_cookies([{"name": "sign-in", "value": "again", "url": base}])


@pytest.mark.fault("Q23")
@pytest.mark.parametrize("typed", [pytest.param(False, marks=pytest.mark.slow), True])
def test_a_page_that_is_signed_out_from_afar_shows_nothing_more_asks_nothing_and_leads_back(
    parts, opened: Opened, base: str, held: str, line: Desk, *, typed: bool
) -> None:
    """As for a phone that was stolen; and what was typed stays until its owner is back."""
    noy = find_actor(parts, "Noy")
    outcome.add_note(parts, noy, held, "she named her street")
    page = opened(token=token_of(parts, "Noy"), width=1280)
    page.clock.install()
    page.goto(f"/callbacks/{held}")
    page.get_by_role("button", name=re.compile("^Call")).click()
    expect(page.locator("a.number")).to_be_visible()
    if typed:
        page.get_by_label("Write a note").fill("half a thought")
    people.end_sign_ins(parts, people.OWNER, noy.person_id)
    page.clock.run_for(11_000)
    bar = page.locator("#contact")
    expect(bar.get_by_role("link", name="Sign in again")).to_have_attribute(
        "href", f"/sign-in?back=%2Fcallbacks%2F{held}"
    )
    shown = page.locator("main").inner_text()
    for gone in (HER[-5:], "her street", "Say first", "pay · lo", "History"):
        assert gone not in shown, gone
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(120_000)
    assert [url for url in asked if "/look" in url or "/bar" in url or "/here" in url] == []
    come_again(page, parts, noy.person_id, base)
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#live-call")).to_contain_text("Say first")
    expect(bar).to_be_hidden()
    if typed:
        expect(page.get_by_label("Write a note")).to_have_value("half a thought")
    else:
        expect(page.get_by_text("she named her street")).to_be_visible()
