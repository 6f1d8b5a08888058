"""What the app may answer, or not answer, to a text of ours; and what is asked of it beside."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels import find_channel
from gateway.channels.android import AndroidChannel
from gateway.channels.android.phone import PhoneAccount, PhoneReply, read_send_result, read_state
from gateway.channels.android.posts import clean_text, open_envelope
from gateway.channels.contract import BadAccount, BadRequest, SendOutcome
from gateway.domain.events import Outgoing
from tests.support.channel_tables import line_of
from tests.support.phone_line import config_of
from tests.support.standin_phone import StandinPhone

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
ID = "01hzy2m4c9k3p7qrs5tv"
TEXT = Outgoing(own_id=ID, number="+8562055500001", text="ສະບາຍດີ", valid_until=NOW + timedelta(minutes=10))
ACCOUNT = {"api_url": "http://127.0.0.1:1", "username": "sms", "password": "p", "signing_key": "k"}


@pytest.fixture
def phone():
    with StandinPhone() as phone:
        yield phone


def line(phone: StandinPhone, **more: str) -> AndroidChannel:
    found = find_channel(config_of(phone, **more))
    assert isinstance(found, AndroidChannel)
    return found


def test_a_text_is_given_with_our_id_its_time_and_its_sim(phone: StandinPhone) -> None:
    result = line(phone, sim="2").send(TEXT, now=NOW)
    assert (result.outcome, result.provider_id) == (SendOutcome.SENT, ID)
    assert phone.given == [
        {
            "id": ID,
            "textMessage": {"text": "ສະບາຍດີ"},
            "phoneNumbers": ["+8562055500001"],
            "withDeliveryReport": True,
            "ttl": 600,
            "simNumber": 2,
        }
    ]
    assert phone.posts[0]["path"] == "/messages?skipPhoneValidation=true"


def test_given_twice_it_reaches_her_once(phone: StandinPhone) -> None:
    results = [line(phone).send(TEXT, now=NOW) for _ in range(3)]
    assert {result.outcome for result in results} == {SendOutcome.SENT}
    assert {result.provider_id for result in results} == {ID}
    assert [result.reason for result in results] == ["", "taken-before", "taken-before"]
    assert len(phone.sent) == 1


@pytest.mark.parametrize(
    ("rule", "outcome", "taken"),
    [
        ({"do": "reset", "at": "before"}, SendOutcome.UNCLEAR, False),
        ({"do": "reset", "at": "after"}, SendOutcome.UNCLEAR, True),
        ({"do": "drop", "at": "after"}, SendOutcome.UNCLEAR, True),
        ({"do": "broken"}, SendOutcome.UNCLEAR, True),
        ({"do": "html"}, SendOutcome.UNCLEAR, False),
        ({"do": "delay", "at": "after", "seconds": 0.2}, SendOutcome.SENT, True),
        ({"do": "status", "status": 500}, SendOutcome.UNCLEAR, False),
        ({"do": "status", "status": 502}, SendOutcome.UNCLEAR, False),
        ({"do": "status", "status": 429}, SendOutcome.NOT_SENT, False),
        ({"do": "status", "status": 404}, SendOutcome.NOT_SENT, False),
        ({"do": "status", "status": 400, "body": "{}"}, SendOutcome.REFUSED, False),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_faults_of_the_way(phone: StandinPhone, rule: dict, outcome: SendOutcome, taken: bool) -> None:
    phone.rule(**rule)
    assert line(phone).send(TEXT, now=NOW).outcome is outcome
    assert len(phone.sent) == taken
    again = line(phone).send(TEXT, now=NOW)
    assert again.outcome is SendOutcome.SENT
    assert len(phone.sent) == 1


def test_nobody_at_the_address_is_the_line_s_fault_and_not_the_text_s(phone: StandinPhone) -> None:
    phone.off()
    result = line(phone).send(TEXT, now=NOW)
    assert (result.outcome, result.down, result.reason) == (SendOutcome.NOT_SENT, True, "no-connection")
    assert line(phone).look(now=NOW) is None
    assert line(phone).ask(ID, now=NOW) is None
    assert line(phone).register({"sms": "x", "delivery": "x", "health": "x"}).down
    phone.on()


def test_a_wrong_password_is_an_alarm_and_a_redirect_is_not_followed(phone: StandinPhone) -> None:
    result = line(phone, password="another").send(TEXT, now=NOW)
    assert (result.outcome, result.alarm, result.reason) == (SendOutcome.NOT_SENT, True, "wrong-password")
    phone.rule("status", status=302, headers={"Location": "http://127.0.0.1:1/elsewhere"})
    result = line(phone).send(TEXT, now=NOW)
    assert (result.outcome, result.alarm, result.reason) == (SendOutcome.NOT_SENT, True, "redirected")
    assert phone.sent == []


def outcome_of(asked: AndroidChannel) -> SendOutcome | None:
    result = asked.ask(ID, now=NOW)
    return result.outcome if result else None


def test_it_is_asked_what_became_of_a_text(phone: StandinPhone) -> None:
    asked = line(phone)
    assert outcome_of(asked) is SendOutcome.REFUSED, "it never came"
    asked.send(TEXT, now=NOW)
    for state, outcome in (
        ("Pending", SendOutcome.SENT),
        ("Processed", SendOutcome.SENT),
        ("Sent", SendOutcome.SENT),
        ("Delivered", SendOutcome.SENT),
        ("Failed", SendOutcome.REFUSED),
        ("Cancelled", SendOutcome.REFUSED),
    ):
        phone.states[ID] = state
        assert outcome_of(asked) is outcome, state
    phone.states[ID] = "Dreaming"
    assert asked.ask(ID, now=NOW) is None


def test_it_is_told_where_to_post_and_a_repeat_changes_nothing(phone: StandinPhone) -> None:
    addresses = {
        event: f"https://h.example/webhooks/android/s/{event}" for event in ("sms", "delivery", "health")
    }
    for _ in range(2):
        assert line(phone).register(addresses).outcome is SendOutcome.SENT
    told = {hook["event"]: hook["url"].rpartition("/")[2] for hook in phone.hooks.values()}
    assert told == {
        "sms:received": "sms",
        "sms:sent": "delivery",
        "sms:delivered": "delivery",
        "sms:failed": "delivery",
        "sms:cancelled": "delivery",
        "system:ping": "health",
        "app:started": "health",
        "mms:downloaded": "sms",
    }


@pytest.mark.fault("F1")
@pytest.mark.parametrize(
    ("event", "outcome"), [("mms:downloaded", SendOutcome.SENT), ("sms:received", SendOutcome.REFUSED)]
)
def test_an_older_app_need_not_know_of_pictures(
    phone: StandinPhone, event: str, outcome: SendOutcome
) -> None:
    phone.unknown = {event}
    addresses = dict.fromkeys(("sms", "delivery", "health"), "https://h.example/webhooks/android/s/sms")
    assert line(phone).register(addresses).outcome is outcome


def test_a_relay_that_speaks_of_itself_only_is_not_the_phone(phone: StandinPhone) -> None:
    seen = line(phone).look(now=NOW)
    assert seen is not None
    assert (seen.battery, seen.charging, seen.failed) == (80, True, 0)
    phone.health = lambda: {"status": "pass", "checks": {"db:ping": {"observedValue": 0}}}  # type: ignore[method-assign]
    assert line(phone).look(now=NOW) is None


@given(
    status=st.integers(100, 599),
    found=st.none() | st.dictionaries(st.text(), st.none() | st.text() | st.integers()),
)
def test_no_answer_of_the_app_is_beyond_us(status: int, found: dict | None) -> None:
    reply = PhoneReply(status=status, found=found)
    result = read_send_result(reply, ID, NOW)
    if result.outcome is SendOutcome.SENT:
        assert 200 <= status < 300 or status == 409
    if status >= 500:
        assert result.outcome is SendOutcome.UNCLEAR
    told = read_state(reply, ID)
    assert told is None or told.outcome in (SendOutcome.SENT, SendOutcome.REFUSED)


@pytest.mark.parametrize("missing", ["api_url", "username", "password", "signing_key"])
def test_half_an_account_is_named(missing: str) -> None:
    with pytest.raises(BadAccount, match=f"ANDROID_{missing.upper()} is not set"):
        PhoneAccount.of({name: value for name, value in ACCOUNT.items() if name != missing})


def test_a_signing_key_alone_is_a_line_that_listens() -> None:
    listening = line_of("android", signing_key="k")
    assert not listening.contract.real
    assert not listening.contract.can_ask
    assert line_of("android", **ACCOUNT).contract.real
    assert line_of("android", **ACCOUNT).contract.silent_after == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("api_url", "ftp://x", "http"),
        ("sim", "one", "whole number"),
        ("silent_minutes", "-1", "whole number"),
    ],
)
def test_what_cannot_be_used_is_named(option: str, value: str, words: str) -> None:
    with pytest.raises(BadAccount, match=words):
        PhoneAccount.of(ACCOUNT | {option: value})


def test_the_account_is_not_shown() -> None:
    shown = repr(PhoneAccount.of(ACCOUNT | {"password": "hidden-p", "signing_key": "hidden-k"}))
    assert "hidden" not in shown


@given(body=st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_no_body_is_beyond_the_envelope(body: bytes) -> None:
    with pytest.raises(BadRequest):
        open_envelope(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"[]", "not a JSON object"),
        (b"[" * 5000, "not JSON"),
        (b'{"id":"1"}', "event is missing"),
        (b'{"id":"","event":"x"}', "id is empty"),
        (b'{"id":1,"event":"x"}', "id is not text"),
        (b'{"id":"1","event":"x","payload":[]}', "payload is not an object"),
        (b'{"id":"1","id":"2","event":"x"}', "id has more than one value"),
        (b'{"a b":"1","a b":"2"}', "field \\? has"),
        (b"\xff", "not UTF-8"),
    ],
)
def test_a_body_that_is_no_envelope_is_named(body: bytes, words: str) -> None:
    with pytest.raises(BadRequest, match=words):
        open_envelope(body)


@given(text=st.text(st.characters(codec="utf-8")))
def test_a_clean_text_can_be_kept(text: str) -> None:
    assert clean_text(text).encode().decode() == text.replace("\0", "")
    assert "\0" not in clean_text(text)


def test_half_a_character_is_replaced_and_a_whole_one_stays() -> None:
    assert clean_text("a\ud83d b\0c") == "a\ufffd bc"
    assert clean_text("\ud83d\ude00") == "😀"
