"""What stands around the phones: the clock that may be moved, outages that are real ones, the requests of a number."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from gateway.conversations import one_shot
from gateway.delivery import send
from gateway.foundation.fault_injection import LASTS, PROVIDER, STORE
from gateway.helpdesk.queue import timers
from gateway.storage.tables import callbacks
from tests.support import phone_rig
from tests.support.clocks import SetClock
from tests.support.house import Phone, requests, rows
from tests.support.web_surroundings import Browser, somebody, token_of

HERS, OTHERS = "+8562055500001", "+8562055500002"
ACCOUNT = {"AFRICASTALKING_USERNAME": "sandbox", "AFRICASTALKING_API_KEY": "a key"}
ADDRESSES = ("state", "clock", "outage")


@pytest.fixture
def hers(parts) -> Phone:
    return Phone(parts, number=HERS, channel="simulator")


def posted(browser: Browser, address: str, **fields: str) -> int:
    browser.get("/phone/")
    return browser.post(f"/phone/{address}", **fields).status_code


def state(browser: Browser, number: str = HERS) -> dict:
    browser.get("/phone/")
    answer = browser.post("/phone/state", number=number)
    assert answer.status_code == 200
    return answer.get_json()


def asks(hers: Phone, when: str = "3") -> str:
    """She asks for a call; her code."""
    hers.dial(f"4 7 2 2 {when} 1")
    return requests(hers.parts, hers.number)[0].code


def sends(parts, words: str) -> tuple[FlaskClient, dict]:
    """A text of hers, as the page's script posts it; the client and the webhook's paths."""
    client = phone_rig.app_of(parts).test_client()
    page = client.get("/phone/").get_data(as_text=True)
    paths = json.loads(re.search(r"data-paths='([^']+)'", page).group(1))
    sent = client.post(paths["sms"], data={"from": HERS, "to": "1234", "id": f"m{words}", "text": words})
    assert sent.status_code == 200
    return client, paths


def texts(parts, words: str = "pay") -> dict:
    """Post a text of hers and return the thread's last text."""
    client, paths = sends(parts, words)
    return json.loads(client.post(paths["thread"], data={"phoneNumber": HERS}).get_data(as_text=True))[-1]


class TestClock:
    def test_it_shows_the_lines_time(self, browser):
        assert state(browser)["clock"] == {
            "says": "Tue Nov 24, 14:05",
            "at": "2026-11-24T14:05",
            "moved": "",
            "ahead": 0,
            "movable": True,
        }

    @pytest.mark.parametrize(
        ("fields", "says", "moved"),
        [
            ({"to": "hour"}, "Tue Nov 24, 15:05", "1 h ahead"),
            ({"to": "evening"}, "Tue Nov 24, 18:05", "4 h ahead"),
            ({"to": "morning"}, "Wed Nov 25, 06:05", "16 h ahead"),
            ({"to": "at", "at": "2027-01-01T00:05"}, "Fri Jan 1 2027, 00:05", "37 d 10 h ahead"),
            ({"to": "at", "at": "2026-11-23T14:05"}, "Mon Nov 23, 14:05", "1 d 0 h behind"),
        ],
    )
    def test_it_is_moved_and_moved_back(self, browser, clock, fields, says, moved):
        assert posted(browser, "clock", **fields) == 303
        found = state(browser)["clock"]
        assert (found["says"], found["moved"]) == (says, moved)
        assert posted(browser, "clock", to="real") == 303
        assert clock.moved_by == timedelta()
        assert state(browser)["clock"]["moved"] == ""

    @pytest.mark.parametrize("fields", [{}, {"to": "at"}, {"to": "at", "at": "soon"}, {"to": "x"}])
    def test_what_is_no_time_changes_nothing(self, browser, clock, fields):
        assert posted(browser, "clock", **fields) == 422
        assert clock.moved_by == timedelta()

    def test_thai_years_are_those_on_the_wall(self, browser):
        posted(browser, "clock", to="at", at="2027-01-01T00:05")
        browser.get("/phone/")
        browser.post("/language", language="th", back="/phone/")
        assert "2570" in state(browser)["clock"]["says"]

    def test_without_the_test_clock_the_page_says_how_to_switch_it_on(self, sqlite_store, tmp_path):
        clock = SetClock()
        parts = phone_rig.house(sqlite_store, clock, tmp_path)
        browser = Browser(phone_rig.app_of(parts).test_client())
        page = browser.get("/phone/").get_data(as_text=True)
        assert "GATEWAY_TEST_CLOCK=1" in page
        assert 'action="/phone/clock"' not in page
        assert browser.post("/phone/clock", to="hour").status_code == 404
        assert state(browser)["clock"]["movable"] is False

    def test_with_it_the_page_has_plain_forms(self, browser):
        page = browser.get("/phone/").get_data(as_text=True)
        assert page.count('action="/phone/clock"') == 2
        for wish in ("hour", "evening", "morning", "real"):
            assert f'name="to" value="{wish}"' in page


class TestRequests:
    def test_those_of_the_number_stand_there_with_state_and_window(self, browser, hers):
        code = asks(hers)
        assert state(browser)["requests"] == [{"code": code, "says": "waiting · 18:00–21:00"}]
        assert state(browser, OTHERS)["requests"] == []

    def test_after_the_clock_moved_past_her_window_the_next_one_stands_there(self, browser, hers, parts):
        code = asks(hers)
        posted(browser, "clock", to="at", at="2026-11-24T21:05")
        assert timers.roll_windows(parts) == 1
        assert state(browser)["requests"] == [{"code": code, "says": "waiting · tomorrow 18:00–21:00"}]

    def test_a_request_for_now_is_dead_an_hour_on(self, browser, hers, parts):
        code = asks(hers, when="5")
        assert state(browser)["requests"] == [{"code": code, "says": "waiting · 14:05–14:35"}]
        posted(browser, "clock", to="hour")
        assert timers.roll_windows(parts) == 1
        assert state(browser)["requests"] == [{"code": code, "says": "expired · 15:05"}]

    def test_nobodys_is_shown_whose_phone_is_no_trial(self, browser, parts):
        phone = Phone(parts, number=HERS, channel="africastalking")
        asks(phone)
        assert len(state(browser)["requests"]) == 1  # without an account that line is a trial too
        with parts.store.write() as tx:
            tx.execute(callbacks.update().values(trial=False))
        assert state(browser)["requests"] == []

    @pytest.mark.parametrize("number", ["", "nonsense", "+", "+85620", "' OR 1=1 --"])
    def test_what_is_no_number_has_none(self, browser, hers, number):
        asks(hers)
        assert state(browser, number)["requests"] == []


class TestProviderDown:
    def put_on(self, browser, on="yes"):
        assert posted(browser, "outage", kind=PROVIDER, on=on) == 303

    def test_a_text_waits_in_its_place_and_leaves_when_it_is_back(self, parts, browser, clock):
        self.put_on(browser)
        waits = texts(parts)
        assert waits["state"] == "pending"
        (row,) = rows(parts)
        assert (row.state, row.reason, row.attempts) == ("pending", "no-connection", 0)
        self.put_on(browser, on="no")
        assert state(browser)["outages"][PROVIDER] == {
            "on": False,
            "says": "the line is tried again at 14:05:05",
        }
        clock.forward(seconds=6)
        send.drain_outbox(parts)
        left = texts(parts, words="pay again")
        assert left["state"] == "sent"
        assert [row.state for row in rows(parts)] == ["sent", "sent"]
        assert state(browser)["outages"][PROVIDER]["says"] == ""

    def test_it_is_over_by_itself(self, parts, browser, clock):
        self.put_on(browser)
        assert state(browser)["outages"][PROVIDER] == {"on": True, "says": "until 14:15"}
        clock.forward(seconds=LASTS.total_seconds())
        assert state(browser)["outages"][PROVIDER]["on"] is False
        assert texts(parts)["state"] == "sent"

    def test_an_answer_that_waits_too_long_is_not_sent_at_all(self, parts, browser, clock):
        self.put_on(browser)
        texts(parts)
        clock.forward(minutes=11)
        send.drain_outbox(parts)
        assert [row.state for row in rows(parts)] == ["expired"]

    def test_screens_are_answered_all_the_same(self, browser, hers):
        self.put_on(browser)
        assert asks(hers) in hers.shown[-1].text


class TestStoreDown:
    def put_on(self, browser, on="yes"):
        assert posted(browser, "outage", kind=STORE, on=on) == 303

    def test_what_she_asks_for_is_kept_in_the_spool_and_written_once(self, parts, browser, hers):
        hers.dial("4 7 2 2 3")
        self.put_on(browser)
        told = hers.press("1")
        again = hers.post(hers.text)
        assert told.text == again.text
        assert len(parts.spool.list()) == 1
        self.put_on(browser, on="no")
        assert requests(parts, HERS) == []
        assert one_shot.replay_spool(parts) == 1
        (found,) = requests(parts, HERS)
        assert found.code in told.text

    def test_a_text_is_kept_too(self, parts, browser):
        self.put_on(browser)
        sends(parts, "pay")
        assert len(parts.spool.list()) == 1
        self.put_on(browser, on="no")
        assert one_shot.replay_spool(parts) == 1
        assert [row.kind for row in rows(parts)] == ["answer"]

    def test_the_page_itself_opens_and_ends_it_also_for_somebody_signed_in(self, parts, browser):
        somebody(parts, "Noy")
        browser.carry(token_of(parts, "Noy"))
        self.put_on(browser)
        assert browser.get("/").status_code == 503  # the console is what a counsellor sees of an outage
        found = state(browser)
        assert found["outages"][STORE] == {"on": True, "says": "until 14:15"}
        assert found["requests"] is None
        self.put_on(browser, on="no")
        assert browser.get("/").status_code == 200

    def test_nothing_else_is_out_of_order(self, browser):
        self.put_on(browser)
        assert state(browser)["outages"][PROVIDER]["on"] is False
        assert browser.get("/healthz").status_code == 200


class TestProduction:
    """With an account the switches are neither shown nor honoured, whatever lies in the data folder."""

    @pytest.mark.parametrize("kind", [PROVIDER, STORE])
    def test_beside_an_account_there_is_no_switch(self, parts, kind):
        somebody(parts, "Boss", "administrator")
        browser = Browser(phone_rig.app_of(parts, **ACCOUNT).test_client()).carry(token_of(parts, "Boss"))
        page = browser.get("/phone/").get_data(as_text=True)
        assert f'data-outage="{kind}"' not in page
        assert browser.post("/phone/outage", kind=kind, on="yes").status_code == 404
        assert state(browser)["outages"] is None
        assert not (parts.data_dir / "outages").exists()

    def test_nor_before_a_line_that_reaches_people_by_other_words(self, parts, monkeypatch):
        simulator = parts.channels["simulator"]
        monkeypatch.setattr(simulator, "contract", replace(simulator.contract, real=True))
        somebody(parts, "Boss", "administrator")
        browser = Browser(phone_rig.app_of(parts).test_client()).carry(token_of(parts, "Boss"))
        browser.get("/phone/")
        assert browser.post("/phone/outage", kind=STORE, on="yes").status_code == 404

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_with_the_phone_off_nothing_is_there(self, parts, address):
        browser = Browser(phone_rig.app_of(parts, phone="off").test_client())
        browser.get("/sign-in")
        assert browser.post(f"/phone/{address}", to="hour", kind=STORE, on="yes").status_code == 404


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_the_page_itself_may_ask(browser, clock, address):
    browser.get("/phone/")
    fields = {"to": "hour", "kind": STORE, "on": "yes", "number": HERS}
    assert browser.post(f"/phone/{address}", csrf="", **fields).status_code == 400
    assert clock.moved_by == timedelta()


def test_there_are_no_other_outages(browser):
    for kind in ("", "clock", "../store"):
        assert posted(browser, "outage", kind=kind, on="yes") == 404
