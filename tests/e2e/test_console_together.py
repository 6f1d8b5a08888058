"""What colleagues and the line do beside one's own work, in a real browser: the bar of a call, passing on, texts, drafts."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.events import CallEvent, CallKind, Cause
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.calls import bridge_events
from gateway.helpdesk.queue import claim, shift_summary, transfer
from gateway.helpdesk.staff import people
from gateway.storage import callers, conversations, notes
from gateway.storage.tables import texts as kept
from tests.support import house
from tests.support.desk_rig import HER, OTHER, Desk
from tests.support.running import wait
from tests.support.web_surroundings import token_of

pytestmark = pytest.mark.browser
VOICE = "africastalking"
OURS = "+8562055590001"
ACCOUNT = {
    "username": "sandbox",
    "api_key": "made up",
    "api_url": "http://127.0.0.1:9",
    "bridge": "yes",
    "voice_number": "+254700000099",
}


@pytest.fixture
def parts(sqlite_store: Any, clock: Any, tmp_path: Any) -> Any:
    """The sample menu is live, and a line makes calls."""
    made = house.made_parts(sqlite_store, clock, tmp_path)
    house.publish(made)
    line = find_channel(ChannelConfig(name=VOICE, provider=VOICE, menu="helpline", options=ACCOUNT))
    return replace(made, channels={**made.channels, VOICE: line})


@pytest.fixture
def held(line: Desk) -> str:
    """Four people work, and Noy has a request whose time is now."""
    noy = line.person("Noy", number=OURS, on_duty=True, languages=("lo",))
    line.person("Dao", on_duty=True, languages=("lo",))
    line.person("Kham", on_duty=True, languages=("lo", "th"))
    line.person("Boss", Role.SUPERVISOR)
    wanted = line.requested(HER, when="now", sms_safe="yes")
    claim.claim_callback(line.parts, noy, wanted)
    return wanted


@pytest.fixture
def heard(parts: Any, clock: Any) -> Callable[..., None]:
    """What the provider tells of the call."""

    def one(kind: str, **more: Any) -> None:
        clock.forward(seconds=2)
        event = CallEvent(channel=VOICE, session="ATVId_1", kind=CallKind(kind), number=OURS, **more)
        bridge_events.handle_call_event(parts, event)

    return one


def came(line: Desk, words: str, number: str = HER) -> str:
    now = line.clock.now()
    with line.parts.store.write() as tx:
        hers = callers.upsert_caller(tx, number, now=now).id
        conversations.add_text(tx, channel="simulator", caller_id=hers, text=words, understood="", now=now)
        found = tx.execute(select(kept.c.id).order_by(kept.c.id.desc())).scalars().first()
    assert found is not None
    return found


def looks(page: Page, part: str = "/bar") -> None:
    with page.expect_response(lambda answer: part in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_the_bar_goes_along_and_the_outcome_is_preset(line: Desk, parts, opened, held: str, heard) -> None:
    page = opened(width=360, height=740, token=token_of(parts, "Noy"))
    page.goto(f"/callbacks/{held}")
    page.get_by_role("button", name="Call +856").click()
    bar = page.locator(".bridge")
    expect(bar.locator("[aria-current=step]")).to_have_text("Calling you …")
    heard("answered")
    expect(bar.locator("[aria-current=step]")).to_have_text("Press 1")
    page.goto("/later")
    heard("key", digits="1")
    looks(page)
    expect(bar.locator("[aria-current=step]")).to_have_text("Calling her …")
    heard("connected")
    looks(page)
    for seconds in ("00:0[1-9]", "00:0[3-9]"):
        expect(bar.locator(".lasts")).to_have_text(re.compile(seconds))
    page.goto(f"/callbacks/{held}")
    expect(page.locator("#outcome")).to_be_hidden()
    heard("over", seconds=40)
    looks(page)
    expect(page.locator("#outcome button.primary")).to_have_text(re.compile("^Reached"))
    assert HER not in page.content()
    page.locator("#outcome button.primary").click()
    expect(page.locator("#sheet")).to_be_visible()
    expect(bar).to_have_count(0)
    assert line.callback(held).state is CallbackState.REACHED


def kept_draft(parts: Services, callback_id: str) -> str:
    with parts.store.read() as tx:
        draft = notes.find_drafts(tx, callback_id, people.find_person(parts, "Noy").id)
    return draft.text if draft else ""


def test_a_note_survives_the_dialler_and_a_reload(line: Desk, parts, opened, held: str) -> None:
    page = opened(width=360, height=740, token=token_of(parts, "Noy"))
    page.goto(f"/callbacks/{held}")
    page.get_by_label("Write a note").fill("she asks")
    expect(page.locator("#draft-told")).to_contain_text("Draft kept")
    page.get_by_label("Write a note").press_sequentially(" for")
    page.evaluate("window.dispatchEvent(new Event('pagehide'))")  # the dialler comes before it was kept
    wait(lambda: kept_draft(parts, held) == "she asks for", 10, "the draft is kept")
    page.reload()
    expect(page.get_by_label("Write a note")).to_have_value("she asks for")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    page.get_by_label("Write a note").press("Control+End")
    page.get_by_label("Write a note").press_sequentially(" her papers")
    page.get_by_role("button", name="She may be under 18").click()
    expect(page.get_by_label("Write a note")).to_have_value("she asks for her papers")
    page.get_by_role("button", name="Save the note").click()
    expect(page.locator(".note")).to_contain_text("she asks for her papers")
    expect(page.get_by_label("Write a note")).to_have_value("")
    assert line.rows("SELECT count(*) FROM drafts") == [(0,)]


@dataclass
class Album:
    """Takes a picture of each page to look at; none is wider than its screen or breaks a rule of accessibility."""

    page: Page
    folder: Any
    name: str

    def fits(self, name: str) -> None:
        self.page.screenshot(path=self.folder / f"{name}-{self.name}.png", full_page=True)
        wide = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        found = Axe().run(self.page).response["violations"]
        assert (name, wide, [(one["id"], one["nodes"][0]["html"]) for one in found]) == (name, 0, [])


@pytest.fixture(
    params=[(360, "lo"), pytest.param((1280, "en"), marks=pytest.mark.slow)],
    ids=["phone in Lao", "office in English"],
)
def album(request: Any, parts, opened, held: str, tmp_path) -> Album:
    width, language = request.param
    page = opened(width=width, height=740, language=language, token=token_of(parts, "Noy"))
    return Album(page, tmp_path, f"{width}-{language}")


def test_the_pages_of_texts_and_of_passing_on_are_clean(
    line: Desk, parts, clock, held: str, album: Album
) -> None:
    page = album.page
    came(line, "ຂ້ອຍຢູ່ບ່ອນໃໝ່ແລ້ວ")
    text = came(line, "please call", OTHER)
    page.goto("/texts")
    page.locator(".text details summary").click()
    album.fits("texts")
    page.goto(f"/add?text={text}")
    album.fits("add-from-text")
    page.goto(f"/callbacks/{held}")
    page.locator(".passing summary").click()
    page.locator("#note").fill("ຮ່າງ")
    expect(page.locator("#draft-told")).not_to_be_empty()
    album.fits("passing")
    with_a_colleague(line, parts, clock)
    page.goto("/")
    album.fits("told")


def test_the_pages_of_a_running_call_are_clean(held: str, heard, album: Album) -> None:
    page = album.page
    page.goto(f"/callbacks/{held}")
    with page.expect_response(lambda answer: answer.url.endswith("/bridge")):  # no provider answers sooner
        page.locator("form[action$='/bridge'] button").click()
    heard("answered")
    looks(page)
    album.fits("calling")
    heard("key", digits="1")
    heard("connected")
    looks(page)
    album.fits("talking")
    heard("over", cause=Cause.CLEARED, seconds=70)
    looks(page)
    expect(page.locator("#outcome button.primary")).to_be_visible()
    album.fits("over")
    page.goto("/later")
    album.fits("elsewhere")


def with_a_colleague(line: Desk, parts: Any, clock: Any) -> None:
    """Dao passes one on to Noy, and looks at another."""
    dao, noy = (people.find_actor(parts, name) for name in ("Dao", "Noy"))
    passed = line.requested(OTHER, when="now", danger="yes")
    claim.claim_callback(parts, dao, passed)
    clock.forward(seconds=1)
    transfer.hand_over(parts, dao, passed, noy.person_id, reason="my bus leaves")
    shift_summary.note_reader(parts, dao, line.requested("+8562055500007", when="now"))


def test_a_sound_calls_somebody_back_until_a_hand_is_on_the_page(line: Desk, parts, opened) -> None:
    line.person("Noy", number=OURS, on_duty=True, languages=("lo",))
    page = opened(token=token_of(parts, "Noy"))
    page.goto("/")
    page.locator("summary", has_text="Noy").click()
    sound = page.locator("[data-sound]")
    expect(sound).not_to_be_checked()
    line.requested(HER, when="now")
    looks(page, "/look/queue")
    expect(page.locator(".row")).to_have_count(1)
    assert sound.get_attribute("data-rang") is None, "it was not switched on"
    sound.check()
    expect(sound).to_have_attribute("data-rang", "1")
    page.mouse.move(5, 5)
    line.requested(OTHER, when="now", danger="yes")
    looks(page, "/look/queue")
    expect(sound).to_have_attribute("data-rang", "2")
    expect(sound).to_have_attribute("data-rang", "3")
    page.mouse.move(50, 50)
    page.wait_for_timeout(3_200)
    assert sound.get_attribute("data-rang") == "3", "somebody looks"
    page.reload()
    expect(sound).to_be_checked()
