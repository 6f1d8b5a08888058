"""Alerts in a real browser: what a locked phone would show, and the page for a lost line."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from gateway.channels.web_push import PushService
from gateway.foundation.services import Services
from gateway.helpdesk.queue import timers
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk, made_parts
from tests.support.web_apps import pages_of
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser


@pytest.fixture
def parts(sqlite_store: Store, clock: SetClock, tmp_path) -> Services:
    return replace(made_parts(sqlite_store, clock, tmp_path), push=PushService())


@pytest.fixture
def app(parts: Services) -> Flask:
    return pages_of(parts)


@pytest.mark.fault("Q26")
def test_a_push_shows_how_many_and_nothing_else_and_a_lost_line_has_a_page(
    line: Desk, parts: Services, base: str, opened: Callable[..., Page]
) -> None:
    line.person("Noy", on_duty=True)
    page = opened(width=360, height=740, token=token_of(parts, "Noy"))
    page.context.grant_permissions(["notifications"], origin=base)
    page.goto(f"{base}/me")
    expect(page.get_by_role("button", name="Switch on here")).to_be_visible()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # with its first question
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    session = page.context.new_cdp_session(page)
    found: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda event: found.extend(one["registrationId"] for one in event["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.wait_for_timeout(200)
    push = {"origin": base, "registrationId": found[0], "data": json.dumps({"n": 3, "l": "lo", "u": 1})}
    shown: list[list[str]] = []
    for _ in range(
        20
    ):  # the browser drops a push of its tools without a word while the worker is being set up
        session.send("ServiceWorker.deliverPushMessage", push)
        shown = page.evaluate("""async () => {
            const worker = await navigator.serviceWorker.ready;
            for (let turn = 0; turn < 20; turn += 1) {
                const found = await worker.getNotifications();
                if (found.length) return found.map((one) => [one.title, one.body, one.tag]);
                await new Promise((next) => setTimeout(next, 50));
            }
            return [];
        }""")
        if shown:
            break
    assert shown == [["3 ໃໝ່", "", "alert"]]
    kept = page.evaluate("""async () => {
        const names = await caches.keys();
        const all = await Promise.all(names.map(async (name) => (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)));
        return all.flat().sort();
    }""")
    assert kept == ["/offline", "/static/app.css", "/static/pico.css"]
    page.context.set_offline(True)
    page.goto(f"{base}/later")
    expect(page.get_by_role("heading", name="No contact")).to_be_visible()
    page.context.set_offline(False)


def test_the_strip_is_read_by_thumb_and_by_keyboard(
    line: Desk, parts: Services, base: str, opened: Callable[..., Page]
) -> None:
    line.person("Noy", on_duty=True)
    for n in range(3):
        line.requested(f"+8562055510{n:03d}", when="now", trial=n == 2)
    line.requested("+8562055510009", when="evening", danger="yes")
    line.clock.forward(hours=12)
    timers.roll_windows(parts)
    timers.note_broken_promises(parts)
    token = token_of(parts, "Noy")
    for width, language in ((360, "lo"), (1280, "en")):
        page = opened(width=width, height=740, token=token, language=language)
        page.goto(f"{base}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#bar summary").first.press("Enter")
    page.get_by_role("button", name="I have read this").first.press("Enter")
    expect(page.get_by_text("It is on record that you have read this.")).to_be_visible()
    expect(page.locator("#bar summary")).to_have_count(1)
