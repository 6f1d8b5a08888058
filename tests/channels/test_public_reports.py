"""What others reported of gateways, tried on ours: each test names the public report whose kind it holds."""

import pytest
import smpp34

from gateway.channels.contract import BadRequest, ChannelConfig, Request
from gateway.channels.kannel import KannelChannel
from gateway.channels.smpp import pdus
from gateway.channels.smpp.account import SmppAccount, read_text, split_text
from gateway.channels.smpp.link import tidy_id
from gateway.channels.sms_text import read_octets
from gateway.domain.events import Delivery, Inbound, NotANumber, Outgoing
from tests.channels.test_text_traps import NOW, post, report, text
from tests.support.channel_tables import line_of, table_of

LAO = "ຄ່າແຮງ"


def delivered(octets: bytes, **more: object) -> pdus.Delivered:
    pdu = smpp34.decode(smpp34.DeliverSm("8562055500001", "1444", octets, **more).encode())  # type: ignore[arg-type]
    assert isinstance(pdu, smpp34.DeliverSm)
    return pdus.read_delivered(pdu)


@pytest.mark.parametrize("provider", ["textbee", "android"])
def test_one_text_that_an_app_reports_twice_is_one_turn(provider: str) -> None:
    """Textbee issue 159; capcom6/android-sms-gateway issues 291, 310 and 372: two posts, two ids, one text."""
    table = table_of(provider)
    case = next(each for each in table.cases if each.event == "sms" and isinstance(each.gives[-1], Inbound))
    turns = set()
    for nth in ("1", "2"):
        ids = {"smsId": nth, "idempotencyKey": nth} if provider == "textbee" else {"id": nth}
        (*_, event) = line_of(provider).parse(table.request("sms", {**case.fields, **ids}))
        assert isinstance(event, Inbound)
        turns.add(event.turn)
    assert len(turns) == 1
    (*_, other) = line_of(provider).parse(table.request("sms", {**case.fields, **_later(provider)}))
    assert isinstance(other, Inbound)
    assert other.turn not in turns, "the same word a minute later is another text"


def _later(provider: str) -> dict[str, str]:
    name = "receivedAt" if provider == "textbee" else "payload.receivedAt"
    return {name: "2027-01-02T03:05:05.678Z"}


@pytest.mark.parametrize(
    "words",
    [
        b"id:0654354026 submit date:2302101454 done date:2302101454 stat:DELIVRD err:000",  # jsmpp issue 67
        b"id:0654354026 sub:0 dlvrd:28 submit date:1908121157 done date:1908121158 stat:DELIVRD err:21 Text:*100#",
        b"ID:654354026 STAT:DELIVRD",
        b"id:0654354026 sub:001 dlvrd:001 submit date:2302101454 done date:2302101454 stat:DELIVRD err:000 text:",
    ],
)
def test_a_receipt_with_fewer_or_odd_fields_is_one_all_the_same(words: bytes) -> None:
    """Jsmpp issue 67 (without sub and dlvrd), node-smpp issue 77 (the text of a USSD code behind ``Text:``)."""
    found = delivered(words, esm_class=0x04)
    own_id, state = pdus.read_receipt(found)
    assert found.is_receipt
    assert (tidy_id(own_id, is_hex=False), state) == ("654354026", "DELIVRD")


def test_a_receipt_may_lose_the_zeros_before_its_id() -> None:
    """Jasmin issue 424: the answer says 04062581461644996000141, the receipt 4062581461644996000141."""
    assert tidy_id("04062581461644996000141", is_hex=False) == tidy_id("4062581461644996000141", is_hex=False)


def test_a_header_of_parts_may_stand_in_the_payload() -> None:
    """Gosmpp issue 55, node-smpp pull request 102: esm_class says so, short_message is empty."""
    payload = smpp34.Tlv(pdus.MESSAGE_PAYLOAD, b"\x05\x00\x03\x2c\x02\x01" + LAO.encode("utf-16-be"))
    found = delivered(b"", esm_class=0x40, data_coding=8, tlvs=[payload])
    assert found.part == (0x2C, 2, 1)
    assert read_text(found.octets, found.coding, "gsm7") == LAO


@pytest.mark.parametrize("esm_class", [0x40, 0x43, 0xC0, 0x41])
def test_a_header_of_parts_never_stands_in_the_text(esm_class: int) -> None:
    """Smppjs issue 56 (letters of the header in the text), gosmpp pull request 91 (other bits beside the indicator)."""
    found = delivered(
        b"\x05\x00\x03\x04\x02\x01" + LAO.encode("utf-16-be"), esm_class=esm_class, data_coding=8
    )
    assert (found.part, read_text(found.octets, 8, "gsm7")) == ((4, 2, 1), LAO)


@pytest.mark.parametrize("long_texts", ["parts", "sar"])
def test_no_part_of_a_long_text_ends_inside_a_letter(long_texts: str) -> None:
    """Telenor's sms-smpp pull request 172: an odd number of octets a part cut letters of UCS-2 in two."""
    account = SmppAccount(hosts=(("x", 1),), system_id="a", password="b", long_texts=long_texts)
    for words in (LAO * 40, "😀" * 90, "ກ" + "😀" * 90):
        found = split_text(words, account, "01")
        assert len(found) > 1
        assert "".join(each.octets.decode("utf-16-be") for each in found) == words
        assert all(len(each.octets) % 2 == 0 for each in found)


@pytest.mark.parametrize("words", [LAO, "€", "ช่วยด้วย", "ຊ່ວຍແດ່ 123"])
def test_utf_8_that_is_named_ucs_2_is_read(words: str) -> None:
    """Ksmppd issue 166: texts to applications come as UTF-8 under data coding 8."""
    assert read_octets(words.encode(), "utf-16-be") == words
    assert read_text(words.encode(), 8, "gsm7") == words
    assert read_octets(words.encode("utf-16-be"), "utf-16-be") == words, "and true UCS-2 is left alone"


def test_a_text_of_two_octets_a_letter_is_read_though_nobody_names_its_coding() -> None:
    """PlaySMS issue 91: Kannel's ``get-url`` without %c and %C, and a sender that is a name."""
    words = "isso é um teste"
    body = "&".join(
        (
            "id=1",
            "from=%2B8562055500001",
            "text=" + "".join(f"%{octet:02X}" for octet in words.encode("utf-16-be")),
        )
    )
    line = line_of("kannel")
    (event,) = line.parse(Request(event="sms", fields={}, body=body.encode()))
    assert isinstance(event, Inbound)
    assert event.text == words
    named = body.replace("%2B8562055500001", "lucasrfl")
    (event,) = line.parse(Request(event="sms", fields={}, body=named.encode()))
    assert isinstance(event, NotANumber)


def test_a_number_with_its_plus_is_no_list_of_numbers_to_kannel() -> None:
    """RapidSMS issue 425: a plus in the query is a space, so the number fell into two and was refused."""
    options = {"send_url": "http://127.0.0.1:1/cgi-bin/sendsms", "username": "u", "password": "p"}
    line = KannelChannel(ChannelConfig(name="k", provider="kannel", menu="helpline", options=options))
    sent = line.write_send(Outgoing(own_id="o", number="+8562055500001", text="a+b"), NOW)
    assert sent.headers["X-Kannel-To"] == "+8562055500001"
    assert (sent.body, "?" in sent.url) == (b"a+b", False)


def test_octets_of_a_text_that_were_lost_in_its_letters_are_read_where_they_stand_whole() -> None:
    """Jasmin issue 320: ``content`` of a UTF-16 text loses octets on the way; ``binary`` has them."""
    fields = {"id": "j", "from": "8562055500001", "to": "1444", "coding": "8"}
    binary = "تست".encode("utf-16-be").hex()
    assert text("jasmin", **fields, binary=binary, content="\x06*\x063\x06*").text == "تست"


@pytest.mark.parametrize(
    "provider", ["jasmin", "kannel", "twilio", "vonage", "telerivet", "infobip", "textbee", "smpp"]
)
def test_a_report_without_an_id_is_refused_and_never_kept_to_be_tried_again(provider: str) -> None:
    """Courier issue 369: such reports were spooled and tried for ever."""
    table = table_of(provider)
    case = next(each for each in table.cases if each.event == "delivery")
    (given,) = case.gives
    assert isinstance(given, Delivery)
    without = {name: value for name, value in case.fields.items() if value != given.provider_id}
    if provider == "infobip":
        without = {"results": '[{"status": {"groupName": "DELIVERED"}}]'}
    with pytest.raises(BadRequest):
        line_of(provider).parse(table.request("delivery", without))


def test_a_long_text_whose_report_comes_for_one_part_alone_is_settled_by_it() -> None:
    """Jasmin issues 424, 701, 1123 and 1136: a report comes for the first part or the last, never for each."""
    assert report("jasmin", id="j", message_status="DELIVRD", level="2").state == "delivered"
    _, (event,) = post("vonage", "delivery", messageId="m", status="delivered")
    assert isinstance(event, Delivery)
