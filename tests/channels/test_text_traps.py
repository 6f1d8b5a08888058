"""Traps of providers of texts, each under its name; signatures and batches are in ``test_traps``."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.channels.contract import NotSigned, Request, is_signed
from gateway.channels.post_fields import narrow_request
from gateway.channels.twilio import sign_post
from gateway.channels.vonage import sign_fields
from gateway.domain.events import OPTED_OUT, Delivery, Inbound, NotANumber
from tests.channels.test_traps import VONAGE, post
from tests.support.channel_tables import PROVIDERS, Table, line_of, table_of

NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
TEXTS = [each for each in PROVIDERS if "sms" in line_of(each).contract.events and each != "simulator"]


def report(provider: str, **values: Any) -> Delivery:
    _, (event,) = post(provider, "delivery", **values)
    assert isinstance(event, Delivery)
    return event


def text(provider: str, **values: Any) -> Inbound:
    _, (event,) = post(provider, "sms", **values)
    assert isinstance(event, Inbound)
    return event


def test_twilio_adds_fields_without_notice_and_signs_them() -> None:
    account = {"account_sid": "AC1", "auth_token": "t", "public_url": "https://helpline.example.org"}
    channel = line_of("twilio", **account)
    fields = {"MessageSid": "SM1", "From": "+8562055500001", "Body": "pay", "BrandNewField": "ໃໝ່"}
    signature = sign_post("t", "https://helpline.example.org/webhooks/twilio/x/sms", fields)
    request = Request(
        event="sms", fields=fields, path="/webhooks/twilio/x/sms", headers={"x-twilio-signature": signature}
    )
    assert is_signed(channel)
    channel.verify(request, now=NOW)
    (event,) = channel.parse(request)
    assert isinstance(event, Inbound)
    fewer = {name: value for name, value in fields.items() if name != "BrandNewField"}
    with pytest.raises(NotSigned):
        channel.verify(replace(request, fields=fewer), now=NOW)


def test_twilio_tells_a_stop_by_the_code_21610_of_a_report() -> None:
    found = report("twilio", MessageSid="SM1", MessageStatus="failed", ErrorCode="21610")
    assert (found.state, found.reason) == ("failed", OPTED_OUT)
    assert report("twilio", MessageSid="SM1", MessageStatus="failed", ErrorCode="30003").reason == "30003"


@pytest.mark.parametrize("sender", ["whatsapp:+8562055500001", "BANK", "1444"])
def test_twilio_is_not_texted_back_where_the_sender_is_no_phone(sender: str) -> None:
    _, (event,) = post("twilio", "sms", MessageSid="SM1", From=sender, Body="x")
    assert isinstance(event, NotANumber)


@pytest.mark.parametrize("age", [timedelta(minutes=6), -timedelta(minutes=6)])
def test_vonage_signs_the_second_and_an_old_one_is_refused(age: timedelta) -> None:
    channel = line_of("vonage", signature_secret="sigsecret")
    assert is_signed(channel)
    signature = sign_fields(VONAGE, "sigsecret", "md5hash")
    signed = Request(event="sms", fields={**VONAGE, "sig": signature.upper()})
    at = datetime.fromtimestamp(int(VONAGE["timestamp"]), UTC)
    channel.verify(signed, now=at)
    with pytest.raises(NotSigned) as error:
        channel.verify(signed, now=at + age)
    assert error.value.why == "stale"


@pytest.mark.parametrize("as_number", [False, True])
def test_vonage_posts_by_get_form_or_json_as_the_account_is_set(as_number: bool) -> None:
    contract = line_of("vonage").contract
    assert contract.methods == {"GET", "POST"}
    assert contract.types == {"application/x-www-form-urlencoded", "application/json"}
    number: Any = 8562055512345 if as_number else "8562055512345"
    assert text("vonage", **{**VONAGE, "msisdn": number}).number == "+8562055512345"
    assert report("vonage", messageId="m", status="failed", **{"err-code": 6}).reason == "6"


def test_infobip_takes_a_keyword_out_of_clean_text_and_leaves_text_whole() -> None:
    one = {"messageId": "1", "from": "8562055500001", "to": "1", "text": "help me", "cleanText": "me"}
    assert text("infobip", results=[one]).text == "help me"


@pytest.mark.parametrize("group", ["DELIVERED_TO_MOON", "", 5, None])
def test_infobip_may_name_a_group_that_nobody_knows(group: object) -> None:
    found = report("infobip", results=[{"messageId": "m", "status": {"groupName": group}}])
    assert found.state == "moving"
    assert report("infobip", results=[{"messageId": "m"}]).state == "moving"


@pytest.mark.parametrize("kind", ["call", "ussd", "service"])
def test_telerivet_posts_calls_and_codes_as_messages_too(kind: str) -> None:
    fields = {**table_of("telerivet").cases[0].fields, "message_type": kind}
    assert post("telerivet", "sms", **fields)[1] == []


def test_telerivet_writes_a_number_nationally_and_with_its_country() -> None:
    fields = {**table_of("telerivet").cases[0].fields, "from_number": "020 55 500 001"}
    assert text("telerivet", **{**fields, "from_number_e164": "+8562055500001"}).number == "+8562055500001"


def test_jasmin_posts_letters_as_octets_of_their_coding() -> None:
    fields = {"id": "j", "from": "8562055500001", "to": "1444"}
    lao = "ຄ່າແຮງ"
    assert text("jasmin", **fields, coding="8", binary=lao.encode("utf-16-be").hex(), content="?").text == lao
    assert text("jasmin", **fields, coding="0", binary="000168", content="?").text == "@£h"


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("ESME_ROK", "moving"),
        ("ESME_RINVDSTADR", "failed"),
        ("DELIVRD", "delivered"),
        ("ACCEPTD", "moving"),
        ("UNKNOWN", "moving"),
        ("UNDELIV", "failed"),
        ("MADE_UP", "moving"),
    ],
)
def test_jasmin_reports_that_a_centre_took_a_text_which_is_no_delivery(word: str, state: str) -> None:
    assert report("jasmin", id="j", message_status=word, level="1", connector="lao").state == state


def test_kannel_posts_utf_16_with_a_charset_or_with_its_coding_alone() -> None:
    lao = "ຄ່າແຮງ".encode("utf-16-be")
    octets = "".join(f"%{each:02X}" for each in lao)
    for known in ("coding=2&charset=", "coding=2&charset=UTF-16BE", "coding=2&charset=8-bit"):
        query = f"id=k&from=%2B8562055500001&to=1444&{known}&text={octets}"
        (event,) = line_of("kannel").parse(Request(event="sms", fields={}, body=query.encode()))
        assert isinstance(event, Inbound)
        assert event.text == "ຄ່າແຮງ"


@pytest.mark.parametrize("bits", ["4", "8", "32", "64", "x"])
def test_kannel_reports_the_way_of_a_text_by_bits_of_which_few_are_final(bits: str) -> None:
    query = f"id=k&status={bits}".encode()
    (event,) = line_of("kannel").parse(Request(event="delivery", fields={}, body=query))
    assert isinstance(event, Delivery)
    assert event.state == "moving"


@pytest.mark.parametrize("date", ["2026-05-03T06:04:45Z", "2026-05-03 06:04:45", "yesterday", None])
def test_africastalking_writes_dates_in_two_forms_and_none_of_them_counts(date: str | None) -> None:
    fields = {"from": "+254700000001", "id": "ATXid_1", "text": "pay", "to": "22384"}
    known = text("africastalking", **fields)
    assert text("africastalking", **fields, **({"date": date} if date else {})) == known


@pytest.mark.parametrize("sender", ["SAFARICOM", "22384", "", "+"])
def test_africastalking_posts_senders_that_are_names(sender: str) -> None:
    _, (event,) = post("africastalking", "sms", **{"from": sender, "id": "ATXid_1", "text": "x", "to": "1"})
    assert isinstance(event, NotANumber)


@pytest.mark.parametrize("word", ["AbsentSubscriber", "Submitted", "Buffered", "Sent", "BrandNew", ""])
def test_africastalking_reports_words_that_are_not_final(word: str) -> None:
    assert report("africastalking", id="ATXid_1", status=word).state == "moving"


@pytest.mark.parametrize("word", ["Expired", "Rejected", "Failed"])
def test_africastalking_reports_a_text_that_the_operator_dropped(word: str) -> None:
    assert report("africastalking", id="ATXid_1", status=word).state == "failed"


@pytest.mark.parametrize("provider", TEXTS)
def test_a_report_of_a_text_that_nobody_sent_is_an_event_all_the_same(provider: str) -> None:
    """It may come before the answer to the send; it waits for its row: ``tests/delivery/test_results.py``."""
    table: Table = table_of(provider)
    reports = [case for case in table.cases if case.event == "delivery"]
    line = line_of(provider, **table.dialect.options)
    for case in reports:
        read = line.parse(table.request("delivery", case.fields))
        assert [each for each in read if isinstance(each, Delivery)] or not any(
            isinstance(each, Delivery) for each in case.gives
        )
    assert reports or "delivery" not in line.contract.events


def test_an_id_of_a_provider_may_be_a_number_where_its_page_says_text() -> None:
    request = Request(event="sms", fields={})
    (event,) = line_of("vonage").parse(narrow_request(request, {**VONAGE, "messageId": 17}))
    assert isinstance(event, Inbound)
    assert event.turn == "17"
