"""What the phone page shows of each dialect: a post that the adapter itself reads as the turn, and its own answer."""

import json
import re

import pytest

from gateway.channels.contract import BadRequest, Request
from gateway.channels.operator_posts import (
    PhoneTurn,
    WritesPosts,
    find_dialect,
    find_inbound,
    list_dialects,
    write_exchange,
)
from gateway.channels.simulator import DIALECT, EXCHANGE
from gateway.channels.sms_text import read_gsm7
from gateway.domain.events import Inbound, Piece, PieceKind, Reply
from gateway.web.webhooks.request_guard import read_fields
from tests.channels.test_ussd_dialects import SPEAKERS
from tests.support.channel_tables import line_of, table_of

NUMBER, CODE = "+8562055500001", "*123*4#"
LAO = "1. ຄ່າແຮງ\n0. ກັບຄືນ"


def turn_of(*inputs: str, code: str = CODE) -> PhoneTurn:
    return PhoneTurn(session="SIMid_1", number=NUMBER, code=code, inputs=inputs)


def page_of(text: str, ends: bool = False) -> Reply:
    return Reply(
        pieces=(Piece(PieceKind.HEADING, "Pay & hours"), Piece(PieceKind.TEXT, text)), ends=ends, screen="pay"
    )


def test_every_ussd_provider_can_be_chosen_on_the_phone_page() -> None:
    assert {provider for provider, _ in list_dialects().values()} == set(SPEAKERS) - {"simulator"}
    assert "CON/END: advanta" in list_dialects()


@pytest.mark.parametrize("name", list_dialects())
@pytest.mark.parametrize("inputs", [(), ("1",), ("1", "1"), ("1", "7", "a+b & <c> é"), ("ຄ່າແຮງ",)])
def test_the_adapter_reads_its_own_post_as_the_turn(name: str, inputs: tuple[str, ...]) -> None:
    channel = find_dialect(name, CODE)
    assert isinstance(channel, WritesPosts)
    post = channel.write_post(turn_of(*inputs))
    found = find_inbound(channel.parse(post.request))
    assert found is not None
    expected = "*".join(inputs) if channel.contract.accumulates else "".join(inputs[-1:])
    assert (found.number, found.text, found.first) == (NUMBER, expected, not inputs)
    assert found.session


@pytest.mark.parametrize("provider", sorted(set(SPEAKERS) - {"simulator"}))
@pytest.mark.parametrize("inputs", [(), ("4",), ("4", "7", "2")])
def test_it_is_the_post_of_the_providers_table(provider: str, inputs: tuple[str, ...]) -> None:
    """The table beside the adapter's tests is written from the provider's page, and knows nothing of ``write_post``."""
    channel, table = line_of(provider), table_of(provider)
    assert isinstance(channel, WritesPosts)
    fields = SPEAKERS[provider].post("77", inputs)
    code = (table.dialect.codes or (CODE,))[0]
    post = channel.write_post(turn_of(*inputs, code=code))
    known = find_inbound(channel.parse(table.request("ussd", fields)))
    found = find_inbound(channel.parse(post.request))
    assert known is not None
    assert found is not None
    assert (found.text, found.first, bool(found.turn)) == (known.text, known.first, bool(known.turn))
    if "json" in table.dialect.content_type and provider != "smpp":  # the centre's own form is a PDU
        assert set(read_fields(post.request.body, "application/json")) == {
            each.partition(".")[0] for each in fields if each[0] != "/"
        }
    if "xml" in table.dialect.content_type:
        assert set(re.findall(rb"<(\w+)>", post.request.body)) >= {
            each.encode() for each in fields if "@" not in each
        }
    if channel.contract.methods == {"GET"}:
        assert post.shown.startswith("GET …/ussd?")
        assert set(read_fields(post.request.body, "application/x-www-form-urlencoded")) == set(fields)


@pytest.mark.parametrize("name", sorted(set(list_dialects()) - {"SMPP"}))
@pytest.mark.parametrize("ends", [False, True])
def test_the_answer_shown_is_the_adapters_own(name: str, ends: bool) -> None:
    reply = page_of("Pick 1 < 2", ends)
    shown = write_exchange(name, turn_of("1"), reply).answered
    channel = find_dialect(name, CODE)
    assert isinstance(channel, WritesPosts)
    inbound = find_inbound(channel.parse(channel.write_post(turn_of("1")).request))
    answer = channel.answer(reply, inbound)
    assert shown.startswith(f"200\nContent-Type: {answer.content_type}\n")
    assert shown.endswith(f"\n\n{answer.body}")
    assert all(f"{header}: {value}\n" in shown for header, value in answer.headers.items())


def test_hubtel_heads_the_page_with_the_heading_of_the_screen() -> None:
    assert '"Label": "Pay & hours"' in write_exchange("Hubtel", turn_of("1"), page_of("1. Wages")).answered


def test_nalo_names_its_shorter_page() -> None:
    assert write_exchange("Nalo", turn_of(), page_of("x")).limit == (120, 80)
    assert write_exchange("Hubtel", turn_of(), page_of("x")).limit == (182, 80)


def field_of(shown: str, name: str) -> bytes:
    [value] = re.findall(rf"^{re.escape(name)}.*: ([0-9a-f ]+)$", shown, re.MULTILINE)
    return bytes.fromhex(value)


def test_smpp_shows_a_dial_and_the_page_as_pdus() -> None:
    shown = write_exchange("SMPP", turn_of(), page_of("1. Wages"))
    assert shown.posted.startswith("deliver_sm\nservice_type: USSD\nsource_addr: 8562055500001\n")
    assert read_gsm7(field_of(shown.posted, "short_message")) == CODE
    assert field_of(shown.posted, "ussd_service_op") == b"\x01"
    assert shown.answered.startswith("submit_sm\nservice_type: USSD\n")
    assert read_gsm7(field_of(shown.answered, "short_message")) == "Pay & hours\n1. Wages"
    assert field_of(shown.answered, "ussd_service_op") == b"\x02"
    first, later = (field_of(each, "its_session_info") for each in (shown.posted, shown.answered))
    assert first[0] == later[0]
    assert later[1] & 1 == 0


def test_smpp_shows_the_last_page_in_lao_as_the_end_of_the_session() -> None:
    shown = write_exchange("SMPP", turn_of("1", "7"), page_of(LAO, ends=True))
    assert field_of(shown.posted, "ussd_service_op") == b"\x12"
    assert field_of(shown.posted, "its_session_info")[1] == 4
    assert "data_coding: 8\n" in shown.answered
    assert field_of(shown.answered, "short_message").decode("utf-16-be") == f"Pay & hours\n{LAO}"
    assert field_of(shown.answered, "ussd_service_op") == b"\x11"
    assert field_of(shown.answered, "its_session_info")[1] & 1 == 1


HOP = {
    "sessionId": "SIMid_1",
    "phoneNumber": NUMBER,
    "networkCode": "SIM",
    "serviceCode": CODE,
    "text": "1*7",
}


def test_the_simulator_adds_the_exchange_only_where_a_dialect_was_chosen() -> None:
    channel = line_of("simulator")
    [plain] = channel.parse(Request(event="ussd", fields=HOP))
    [chosen] = channel.parse(Request(event="ussd", fields={**HOP, DIALECT: "Arkesel"}))
    assert isinstance(plain, Inbound)
    assert isinstance(chosen, Inbound)
    reply = page_of(LAO)
    assert EXCHANGE not in channel.answer(reply, plain).headers
    answer = channel.answer(reply, chosen)
    assert answer.body == channel.answer(reply, plain).body
    written = answer.headers[EXCHANGE]
    assert written.isascii()
    found = json.loads(written)
    assert '"userData": "7"' in found["posted"]
    assert json.loads(found["answered"].split("\n\n", 1)[1])["message"] == reply.text


def test_the_simulator_refuses_a_dialect_of_nobody() -> None:
    with pytest.raises(BadRequest, match="field dialect is no dialect"):
        line_of("simulator").parse(Request(event="ussd", fields={**HOP, DIALECT: "nobody"}))
