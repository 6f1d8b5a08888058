"""The page of the lines and the bar over every page: alarms stand here, since no text can bring them by a dead phone."""

import re
from datetime import timedelta
from typing import Any

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import ChannelConfig
from gateway.delivery import channel_status, results
from gateway.delivery.send import drain_outbox
from gateway.domain.events import ChannelSeen, Delivery
from gateway.domain.permissions import Role
from gateway.storage import outbox
from tests.support.desk_rig import HER, made_parts
from tests.support.house import publish
from tests.support.outbox_rig import Rows
from tests.web.console.test_finding import ASKED

ACCOUNT = {"api_url": "http://127.0.0.1:1", "username": "sms", "password": "p", "signing_key": "k"}


NUMBERS = {"service_codes": ("*384*12345#",), "sms_number": "22384"}


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    config = ChannelConfig(name="android", provider="android", menu="helpline", options=ACCOUNT)
    trial = ChannelConfig(name="simulator", provider="simulator", menu="helpline")
    lines: dict[str, Any] = {"android": find_channel(config), "simulator": find_channel(trial)}
    found = made_parts(sqlite_store, clock, tmp_path)
    object.__setattr__(found, "channels", lines)
    return found


def test_a_silent_phone_is_said_on_every_page_of_a_counsellor(signed, parts, clock):
    channel_status.note_seen(parts, ChannelSeen(channel="android", battery=55, charging=True))
    browser = signed()
    assert 'role="alert"' not in browser.get("/").get_data(as_text=True)
    clock.forward(minutes=16)
    for address in ("/", "/later", "/mine"):
        page = browser.get(address).get_data(as_text=True)
        assert "Line android:</a> is silent; nothing leaves by it" in page, address
    channel_status.note_seen(parts, ChannelSeen(channel="android"))
    assert 'role="alert"' not in browser.get("/").get_data(as_text=True)


def test_what_became_of_each_text_is_told_without_words_and_numbers(signed, parts, clock):
    made = Rows(parts)
    rows = [made.add(channel="simulator", text="a secret answer", to=made.caller(HER)) for _ in range(2)]
    late = made.add(channel="simulator", expires_at=clock.now() - timedelta(minutes=1))
    drain_outbox(parts)
    with parts.store.read() as tx:
        (given, _) = [(outbox.by_id(tx, row) or pytest.fail("gone")).provider_id for row in rows]
    results.record_delivery(
        parts, Delivery(channel="simulator", provider_id=given, state="delivered", status="x")
    )
    page = signed().get("/lines").get_data(as_text=True)
    assert "answer to her text: delivered" in page
    assert "answer to her text: left" in page
    assert "answer to her text: expired" in page
    for private in (HER, HER[-6:], "a secret answer", late):
        assert private not in page


@pytest.mark.fault("Q14")
def test_a_line_is_named_by_what_callers_dial_and_alike_texts_are_one_entry(signed, parts, line, clock):
    config = ChannelConfig(name="file-name", provider="android", menu="helpline", options=ACCOUNT, **NUMBERS)
    object.__setattr__(parts, "channels", {**parts.channels, "android": find_channel(config)})
    made = Rows(parts)
    for minute in range(9):
        made.add(channel="simulator", kind="alert", to=line.person(f"Dao {minute}").person_id)
        clock.forward(minutes=1)
        drain_outbox(parts)
    page = signed().get("/lines").get_data(as_text=True)
    assert "<h2>*384*12345# · 22384</h2>" in page
    assert "<h2>Trial phone</h2>" in page
    assert "alert to one of us: left <b>× 9</b>" in page
    assert page.count("alert to one of us") == 1
    for name in ("android", "simulator", "file-name"):
        assert f" {name}" not in re.sub(r"<[^>]+>", " ", page)
    boss = signed("Boss", Role.SUPERVISOR).get("/lines").get_data(as_text=True)
    assert '<span class="quiet">android</span>' in boss, (
        "who tells whoever runs the server which line is meant"
    )


@pytest.mark.fault("Q14")
def test_a_request_says_how_it_came_and_never_the_name_of_a_line_it_did_not_come_by(signed, parts, line):
    publish(parts)
    noy = signed()
    assert noy.post("/add", **ASKED).status_code == 303
    ((added,),) = line.rows("SELECT id FROM callbacks")
    noy.post(f"/callbacks/{added}/claim")
    top = (
        noy.get(f"/callbacks/{added}").get_data(as_text=True).split('id="live-call"')[1].split("</header>")[0]
    )
    assert "She is here" in top
    assert not re.search("android|simulator|Trial", top)
    came = line.requested("+8562055554321")
    noy.post(f"/callbacks/{came}/claim")
    assert "simulator" not in noy.get(f"/callbacks/{came}").get_data(as_text=True)


def test_the_page_is_there_in_lao(signed):
    browser = signed()
    browser.post("/language", language="lo", back="/lines")
    assert "ຂໍ້ຄວາມຫຼ້າສຸດ" in browser.get("/lines").get_data(as_text=True)


@pytest.mark.fault("Q20", "Q21")
@pytest.mark.parametrize(
    "address", ["/me", "/admin/shifts", "/admin/referrals", "/hand-over", "/add", "/texts", "/lines", "/"]
)
def test_tabs_search_numbers_and_the_danger_line_are_on_every_page_and_alive(signed, line, address):
    browser = signed("Noy")
    before = browser.get("/bar")
    callback = line.requested(when="now")
    browser.post(f"/callbacks/{callback}/claim")
    line.requested("+8562055500002", when="evening")
    page = browser.get(address).get_data(as_text=True)
    assert 'action="/search"' in page
    for tab, count in (("mine", 1), ("later", 1), ("review", 0)):
        badge = re.search(rf'<span class="n" data-n="{tab}"( hidden)?>(\d+)</span>', page)
        assert badge, tab
        assert (badge.group(1) is None, int(badge.group(2))) == (count > 0, count)
    after = browser.get("/bar", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert 'data-mine="1" data-later="1" data-review="0"' in after.get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READER])
def test_whoever_does_not_work_the_queue_has_neither_its_tabs_nor_its_search(signed, role):
    page = signed("Ann", role).get("/admin/").get_data(as_text=True)
    assert 'action="/search"' not in page
    assert "data-n=" not in page
