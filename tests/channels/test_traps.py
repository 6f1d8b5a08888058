"""One test for each trap of a provider's contract, under the name of the trap."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.channels import find_channel
from gateway.channels.contract import Answer, Channel, ChannelConfig, NotSigned, Request
from gateway.channels.post_fields import narrow_request
from gateway.channels.twilio import sign_post
from gateway.channels.vonage import sign_fields
from gateway.domain.events import Ended, Event, Inbound
from tests.support.channel_tables import line_of, table_of
from tests.support.served_webhooks import page_of


def post(provider: str, event: str = "ussd", /, **values: Any) -> tuple[Channel, list[Event]]:
    channel = line_of(provider)
    return channel, list(channel.parse(narrow_request(Request(event=event, fields={}), values)))


@pytest.mark.parametrize("written", ["timeout", "Timeout", "TIMEOUT", "timeOut"])
def test_hubtel_writes_timeout_in_any_case(written: str) -> None:
    _, (event,) = post("hubtel", Type=written, Mobile="233200000001", SessionId="s1", Message="")
    assert isinstance(event, Ended)
    assert event.status == "failed"


def test_nalo_means_first_by_msgtype_on_the_way_in_and_go_on_by_it_on_the_way_out() -> None:
    channel, (event,) = post(
        "nalo", USERID="N", MSISDN="233200000001", USERDATA="1", MSGTYPE=False, SESSIONID="n1"
    )
    assert isinstance(event, Inbound)
    assert not event.first
    assert '"MSGTYPE": true' in channel.answer(page_of("Pick 1 or 2"), event).body
    assert '"MSGTYPE": false' in channel.answer(page_of("Bye", ends=True), event).body


def test_beem_posts_the_input_as_response_and_wants_the_page_as_request() -> None:
    channel, (event,) = post(
        "beem",
        command="continue",
        msisdn="255700000001",
        session_id="b1",
        operator="vodacom",
        payload={"request_id": 0, "response": 1},
    )
    assert isinstance(event, Inbound)
    assert event.text == "1"
    assert '"payload": {"request_id": "0", "request": "Pick"}' in channel.answer(page_of("Pick"), event).body


def test_comviva_posts_a_cleanup_that_is_no_input() -> None:
    cases = [case for case in table_of("comviva_xml").cases if case.fields.get("@type") == "cleanup"]
    assert cases
    for case in cases:
        assert all(isinstance(event, Ended) for event in case.gives)


def test_jasmin_throws_a_message_away_after_a_404_and_wants_ack_jasmin() -> None:
    contract = line_of("jasmin").contract
    assert (contract.refusal, contract.received) == (403, "ACK/Jasmin")


def test_kannel_texts_the_body_of_an_answer_to_the_caller() -> None:
    assert line_of("kannel").contract.received == ""


def test_twilio_texts_a_plain_body_to_the_caller() -> None:
    contract = line_of("twilio").contract
    assert (contract.received, contract.received_type) == ("<Response/>", "text/xml; charset=utf-8")


def test_infobip_posts_three_texts_at_once_of_which_one_is_a_repeat() -> None:
    texts = [
        {"messageId": turn, "from": "8562055500001", "to": "1444", "text": "pay", "cleanText": ""}
        for turn in ("1", "2", "1")
    ]
    _, events = post("infobip", "sms", results=texts)
    assert [event.turn for event in events if isinstance(event, Inbound)] == ["1", "2", "1"]


VECTORS = [
    (
        "12345",
        "https://mycompany.com/myapp.php?foo=1&bar=2",
        {
            "CallSid": "CA1234567890ABCDE",
            "Digits": "1234",
            "From": "+14158675309",
            "To": "+18005551212",
            "Caller": "+14158675309",
        },
        "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
    ),
    (
        "test-auth-token",
        "https://helpline.example.org/twilio/sms",
        {
            "From": "+8562055512345",
            "To": "+12025550123",
            "Body": "help",
            "MessageSid": "SM00000000000000000000000000000001",
            "AccountSid": "AC00000000000000000000000000000001",
            "NumMedia": "0",
        },
        "RrB5BziGm171XSvf2/3LIgrNrTg=",
    ),
]


@pytest.mark.parametrize(("token", "url", "fields", "signature"), VECTORS)
def test_twilio_signs_address_and_fields(
    token: str, url: str, fields: dict[str, str], signature: str
) -> None:
    assert sign_post(token, url, fields) == signature
    assert sign_post(token, url, dict(reversed(fields.items()))) == signature
    assert sign_post(token, url + "x", fields) != signature


@pytest.mark.parametrize("port", ["", ":443"])
def test_twilio_signs_with_or_without_the_default_port(port: str) -> None:
    options = {"account_sid": "AC1", "auth_token": "t", "public_url": "https://helpline.example.org"}
    config = ChannelConfig(
        name="twilio", provider="twilio", menu="helpline", sms_number="+12025550123", options=options
    )
    channel = find_channel(config)
    fields = {"MessageSid": "SM1", "From": "+8562055512345"}
    signature = sign_post("t", f"https://helpline.example.org{port}/webhooks/twilio/x/sms", fields)
    request = Request(
        event="sms", fields=fields, path="/webhooks/twilio/x/sms", headers={"x-twilio-signature": signature}
    )
    channel.verify(request, now=None)  # type: ignore[attr-defined] # the signature has no time
    with pytest.raises(ValueError, match="signature"):
        channel.verify(replace(request, path="/webhooks/twilio/y/sms"), now=None)  # type: ignore[attr-defined]


def test_digits_behind_a_code_are_input_and_an_operators_id_may_come_again() -> None:
    """Both are held by the model of a turn: ``tests/conversations/test_turn_model.py``."""
    _, (event,) = post(
        "hubtel", Type="Initiation", Mobile="233200000001", SessionId="1", Message="*711*2*4*1#", Sequence=1
    )
    assert isinstance(event, Inbound)
    assert (event.text, event.first) == ("4*1", True)
    assert isinstance(line_of("hubtel").answer(page_of("x"), event), Answer)


VONAGE = {
    "msisdn": "8562055512345",
    "to": "447700900000",
    "messageId": "0A0000000123ABCD1",
    "text": "a=b&c",
    "type": "text",
    "keyword": "A=B&C",
    "message-timestamp": "2026-01-02 03:00:00",
    "timestamp": "1767322800",
    "nonce": "n1",
}


@pytest.mark.parametrize(
    ("method", "signature"),
    [
        ("md5hash", "3b5bc158c2a64cee08abe4ba911843cf"),
        ("sha256", "78feca56c69a209c422b0083bf662dce72a3f817eaef0070a1d70b3bd40d468b"),
    ],
)
def test_vonage_signs_the_fields_in_plain_byte_order_with_marks_inside_values_as_underscores(
    method: str, signature: str
) -> None:
    assert sign_fields(VONAGE, "sigsecret", method) == signature
    assert sign_fields(dict(reversed(VONAGE.items())), "sigsecret", method) == signature


@pytest.mark.parametrize("as_number", [False, True])
def test_vonage_posts_the_parts_of_a_long_text_out_of_order_as_form_or_json(as_number: bool) -> None:
    concat: dict[str, Any] = {"concat": "true", "concat-ref": "108", "concat-total": "3", "concat-part": "3"}
    if as_number:
        concat = {"concat": True, "concat-ref": 108, "concat-total": 3, "concat-part": 3}
    _, (event,) = post("vonage", "sms", **VONAGE, **concat)
    assert isinstance(event, Inbound)
    assert event.part is not None
    assert (event.part.reference, event.part.number, event.part.total) == ("108", 3, 3)
    _, (whole,) = post("vonage", "sms", **VONAGE, concat="false")
    assert isinstance(whole, Inbound)
    assert whole.part is None


def test_vonage_answers_200_to_a_send_that_it_refuses() -> None:
    """The table of answers has each: ``tests/channels/test_answers.py``."""
    assert line_of("vonage").contract.methods == {"GET", "POST"}


@pytest.mark.parametrize("secret", ["", "wrong", "ລະຫັດ", "webhook-secre"])
def test_telerivet_answers_403_to_a_wrong_secret_in_the_post(secret: str) -> None:
    account = {"api_key": "k", "project_id": "PJ1", "webhook_secret": "webhook-secret"}
    channel = line_of("telerivet", **account)
    fields = {**table_of("telerivet").cases[0].fields, "secret": secret}
    with pytest.raises(NotSigned) as error:
        channel.parse(Request(event="sms", fields=fields))
    assert error.value.status == 403
    [event] = channel.parse(Request(event="sms", fields={**fields, "secret": "webhook-secret"}))
    assert isinstance(event, Inbound)


def test_smpp_counts_a_session_in_one_octet_and_a_dialogue_in_the_other() -> None:
    """Its pages over the wire: ``tests/channels/smpp/test_real.py``."""
    fields = {
        "id": "t",
        "from": "8562055500001",
        "session": "07",
        "kind": "begin",
        "coding": "15",
        "octets": "",
    }
    _, (first,) = post("smpp", **fields)
    _, (later,) = post("smpp", **{**fields, "id": "u", "kind": "go-on"})
    assert isinstance(first, Inbound)
    assert isinstance(later, Inbound)
    assert (first.session, first.first, later.session, later.first) == ("07", True, "07", False)
    assert post("smpp", **{**fields, "kind": "end"})[1] == []
