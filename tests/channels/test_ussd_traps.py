"""Further traps of USSD contracts, each under its name; the first ones are in ``test_traps``."""

import json
import re
from typing import Any

import pytest

from gateway.channels.contract import Channel, Request
from gateway.channels.post_fields import narrow_request
from gateway.channels.smpp import pdus
from gateway.channels.smpp.account import SmppAccount
from gateway.domain.events import Ended, Inbound
from tests.channels.test_traps import post
from tests.support.channel_tables import line_of
from tests.support.served_webhooks import page_of

NUMBER = "233200000001"


def input_of(provider: str, **values: Any) -> tuple[Channel, Inbound]:
    channel, (event,) = post(provider, **values)
    assert isinstance(event, Inbound)
    return channel, event


def xml(provider: str, body: str) -> tuple[Channel, Any]:
    channel = line_of(provider)
    (event,) = channel.parse(Request(event="ussd", fields={}, body=body.encode()))
    return channel, event


@pytest.mark.parametrize("sequence", [2, "2", 2.0])
def test_hubtel_counts_the_posts_by_a_number_or_a_text(sequence: object) -> None:
    _, event = input_of(
        "hubtel", Type="Response", Mobile=NUMBER, SessionId="s1", Message="1", Sequence=sequence
    )
    assert event.turn == "2"


@pytest.mark.parametrize("word", ["INITIATION", "initiation", "Initiation"])
def test_hubtel_writes_initiation_in_any_case(word: str) -> None:
    _, event = input_of("hubtel", Type=word, Mobile=NUMBER, SessionId="s1", Message="*711*2#", Sequence=1)
    assert (event.first, event.text) == (True, "")


@pytest.mark.parametrize(
    ("written", "first"),
    [(True, True), ("true", True), ("True", True), (1, True), (False, False), ("FALSE", False), ("0", False)],
)
def test_nalo_may_write_its_flag_as_a_text(written: object, first: bool) -> None:
    _, event = input_of(
        "nalo", USERID="N", MSISDN=NUMBER, USERDATA="*920*180#", MSGTYPE=written, SESSIONID="n1"
    )
    assert event.first is first


def test_nalo_shows_120_characters_at_most() -> None:
    limits = line_of("nalo").contract.ussd
    assert (limits.gsm7, limits.gsm7_stop) == (120, 120)
    assert limits.name != line_of("arkesel").contract.ussd.name


def test_arkesel_posts_the_dialled_code_as_the_first_input_and_a_header_that_nobody_documents() -> None:
    fields = {"sessionID": "a", "userID": "U", "msisdn": NUMBER, "userData": "*920*1#", "network": "MTN"}
    request = Request(event="ussd", fields={}, headers={"x-arkesel-signature": "whatever"})
    (event,) = line_of("arkesel").parse(narrow_request(request, {**fields, "newSession": True}))
    assert isinstance(event, Inbound)
    assert (event.text, event.first) == ("", True)


@pytest.mark.parametrize(("request_id", "echoed"), [(0, "0"), ("r2", "r2"), (17, "17")])
def test_beem_begins_its_request_id_at_zero(request_id: object, echoed: str) -> None:
    channel, event = input_of(
        "beem",
        command="initiate",
        msisdn="255700000001",
        session_id=7,
        operator="x",
        payload={"request_id": request_id, "response": "*149*46#"},
    )
    assert json.loads(channel.answer(page_of("Pick"), event).body)["payload"]["request_id"] == echoed
    assert event.session == "7"


@pytest.mark.parametrize(
    ("written", "text"), [("*415*33#", ""), ("*415*33*1#", "1"), ("*415*33*1*1#", "1*1"), ("415*33*2", "2")]
)
def test_advanta_keeps_the_code_in_its_input(written: str, text: str) -> None:
    _, event = input_of("con_end", SESSIONID="s", USSDCODE="*415*33#", MSISDN="254700000001", INPUT=written)
    assert (event.text, event.first) == (text, not text)


def test_comviva_by_get_writes_the_code_without_its_marks_and_nothing_says_that_a_session_begins() -> None:
    _, dialled = input_of("comviva", SessionID="f1", MSISDN="260970000001", MSC="m", input="543")
    _, typed = input_of("comviva", SessionID="f1", MSISDN="260970000001", MSC="m", input="5")
    assert (dialled.first, dialled.text, typed.first, typed.text) == (True, "", False, "5")


@pytest.mark.parametrize(("error", "status"), [("", "incomplete"), ("timeout", "failed")])
def test_comviva_by_get_cleans_up_under_other_names(error: str, status: str) -> None:
    _, (event,) = post("comviva", SessionID="f1", msisdn="260970000001", clean="1", error=error)
    assert isinstance(event, Ended)
    assert event.status == status


def test_comviva_says_in_a_header_whether_the_session_goes_on_and_that_it_is_free() -> None:
    channel = line_of("comviva")
    assert dict(channel.answer(page_of("x"), None).headers) == {
        "Freeflow": "FC",
        "charge": "N",
        "amount": "0",
    }
    assert channel.answer(page_of("x", ends=True), None).headers["Freeflow"] == "FB"


@pytest.mark.parametrize(("flag", "first"), [("true", True), ("1", True), ("false", False), ("0", False)])
@pytest.mark.parametrize("change", [str, str.lower, str.upper])
def test_comviva_by_xml_writes_elements_in_any_case(flag: str, first: bool, change: Any) -> None:
    names = {
        "sessionId": "c1",
        "transactionId": "t",
        "msisdn": "256770000001",
        "newRequest": flag,
        "subscriberInput": "165",
    }
    inner = "".join(f"<{change(name)}>{value}</{change(name)}>" for name, value in names.items())
    _, event = xml("comviva_xml", f'<request type="pull">{inner}<parameters/></request>')
    assert isinstance(event, Inbound)
    assert event.first is first


@pytest.mark.parametrize("provider", ["comviva_xml", "truroute"])
def test_a_page_in_xml_is_escaped(provider: str) -> None:
    body = line_of(provider).answer(page_of("Pay & <hours> ]]>"), None).body
    assert "Pay &amp; &lt;hours&gt; ]]&gt;" in body


@pytest.mark.parametrize(("kind", "status"), [("3", "incomplete"), ("4", "failed")])
def test_truroute_releases_and_times_out_by_numbers(kind: str, status: str) -> None:
    body = f"<ussd><msisdn>27820000001</msisdn><sessionid>t1</sessionid><type>{kind}</type><msg/></ussd>"
    channel, event = xml("truroute", body)
    assert isinstance(event, Ended)
    assert event.status == status
    assert "<type>2</type>" in channel.answer(page_of("x"), None).body
    assert "<type>3</type>" in channel.answer(page_of("x", ends=True), None).body


def test_africastalking_ends_a_session_whose_answer_does_not_begin_exactly_with_con() -> None:
    channel = line_of("africastalking")
    assert channel.answer(page_of("\ufeff x"), None).body.startswith("CON ")
    assert channel.answer(page_of("x", ends=True), None).body == "END x"
    assert channel.answer(page_of("x"), None).content_type.startswith("text/plain")


def test_africastalking_posts_digits_behind_the_code_as_a_first_text_that_is_not_empty() -> None:
    fields = {"sessionId": "ATUid_1", "phoneNumber": "+254700000001", "serviceCode": "*384*12345#"}
    _, event = input_of("africastalking", **fields, networkCode="63902", text="1")
    assert event.text == "1"


def test_africastalking_tells_at_the_end_what_was_typed_and_read_and_none_of_it_is_kept() -> None:
    _, (event,) = post(
        "africastalking",
        "ussd-end",
        sessionId="ATUid_1",
        phoneNumber="+254700000001",
        status="Perhaps",
        input="1*secret-input",
        lastAppResponse="CON secret-page",
        durationInMillis="many",
        hopsCount="3",
    )
    assert isinstance(event, Ended)
    assert event.status == "incomplete"
    assert "secret" not in repr(event)


@pytest.mark.parametrize(
    ("service", "kind"),
    [(b"\x00", "begin"), (b"\x01", "begin"), (b"\x12", "go-on"), (b"", "go-on"), (b"\x11", "end"),
     (b"\x13", "end"), (b"\x81", "end")],
)  # fmt: skip
def test_smpp_says_by_ussd_service_op_what_a_message_of_a_session_is(service: bytes, kind: str) -> None:
    """0x81 is a vendor's word for a caller who hung up: no page may follow."""
    parameters = {pdus.USSD_SERVICE_OP: service} if service else {}
    assert pdus.describe_input(delivered({**parameters}), "t")["kind"] == kind


@pytest.mark.parametrize(("ends", "last"), [(False, 0x06), (True, 0x07)])
def test_smpp_echoes_the_session_and_its_last_bit_alone_says_that_it_ends(ends: bool, last: int) -> None:
    found = delivered({pdus.ITS_SESSION_INFO: b"\x2a\x07"})
    account = SmppAccount(hosts=(), system_id="", password="")
    page = pdus.write_page(json.dumps({"text": "x", "ends": ends}), found, account, "")
    assert page is not None
    assert dict(page.parameters)[pdus.ITS_SESSION_INFO] == bytes((0x2A, last))
    assert dict(page.parameters)[pdus.USSD_SERVICE_OP] == (b"\x11" if ends else b"\x02")
    assert page.service == "USSD"


def delivered(parameters: dict[int, bytes]) -> pdus.Delivered:
    return pdus.Delivered(
        source="8562055500001",
        target="1444",
        octets=b"1",
        coding=15,
        part=None,
        parameters=parameters,
        is_receipt=False,
        is_ussd=True,
    )


def test_a_page_in_lao_is_utf_16_be_at_a_centre() -> None:
    found = delivered({})
    account = SmppAccount(hosts=(), system_id="", password="")
    page = pdus.write_page(json.dumps({"text": "ສະບາຍດີ", "ends": False}), found, account, "")
    assert page is not None
    assert page.message.octets.hex() == "0eaa0eb00e9a0eb20e8d0e940eb5"
    assert page.message.coding == 8
    assert re.fullmatch("[0-9]+", page.target)
