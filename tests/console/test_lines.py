"""The page of the lines and the bar over every page: alarms stand here, since no text can bring them by a dead phone."""

from datetime import timedelta
from typing import Any

import pytest

from gateway.channel import ChannelConfig, find
from gateway.messages import Delivery, Seen
from gateway.sending import deliveries, watch
from gateway.sending.send import drain
from gateway.store import outbox
from tests.desk.rig import HER, made_parts
from tests.outbox_rig import Rows

ACCOUNT = {"api_url": "http://127.0.0.1:1", "username": "sms", "password": "p", "signing_key": "k"}


@pytest.fixture
def parts(sqlite_store, clock, tmp_path):
    config = ChannelConfig(name="android", provider="android", menu="helpline", options=ACCOUNT)
    trial = ChannelConfig(name="simulator", provider="simulator", menu="helpline")
    lines: dict[str, Any] = {"android": find(config), "simulator": find(trial)}
    found = made_parts(sqlite_store, clock, tmp_path)
    object.__setattr__(found, "channels", lines)
    return found


def test_a_silent_phone_is_said_on_every_page_of_a_counsellor(signed, parts, clock):
    watch.seen(parts, Seen(channel="android", battery=55, charging=True))
    browser = signed()
    assert 'role="alert"' not in browser.get("/").get_data(as_text=True)
    clock.forward(minutes=16)
    for address in ("/", "/later", "/mine"):
        page = browser.get(address).get_data(as_text=True)
        assert "Line android:</a> is silent; nothing leaves by it" in page, address
    watch.seen(parts, Seen(channel="android"))
    assert 'role="alert"' not in browser.get("/").get_data(as_text=True)


def test_what_became_of_each_text_is_told_without_words_and_numbers(signed, parts, clock):
    made = Rows(parts)
    rows = [made.add(channel="simulator", text="a secret answer", to=made.caller(HER)) for _ in range(2)]
    late = made.add(channel="simulator", expires_at=clock.now() - timedelta(minutes=1))
    drain(parts)
    with parts.store.read() as tx:
        (given, _) = [(outbox.by_id(tx, row) or pytest.fail("gone")).provider_id for row in rows]
    deliveries.take(parts, Delivery(channel="simulator", provider_id=given, state="delivered", status="x"))
    page = signed().get("/lines").get_data(as_text=True)
    assert "answer to her text: delivered" in page
    assert "answer to her text: left" in page
    assert "answer to her text: expired" in page
    for private in (HER, HER[-6:], "a secret answer", late):
        assert private not in page


def test_the_page_is_there_in_lao(signed):
    browser = signed()
    browser.post("/language", language="lo", back="/lines")
    assert "ຂໍ້ຄວາມຫຼ້າສຸດ" in browser.get("/lines").get_data(as_text=True)
