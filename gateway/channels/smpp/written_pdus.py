"""Write the deliver_sm with which a message centre posts one input of a phone, and show PDUs to a person.

What is shown was read back from its octets, by the functions that the link reads and writes with.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gateway.channels.contract import Answer, Request
from gateway.channels.json_fields import narrow_request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn
from gateway.channels.smpp import pdus, ussd_pages
from gateway.channels.smpp.account import SmppAccount
from gateway.channels.smpp.codings import UCS2
from gateway.channels.sms_text import is_gsm7, write_gsm7

if TYPE_CHECKING:
    from smpp34 import DeliverSm, SubmitSm

DEFAULT_ALPHABET, UCS2_OF_USSD = 0x0F, 0x48
"""Data codings of USSD (3GPP TS 23.038, section 5)."""

_OWN = SmppAccount(hosts=(), system_id="", password="")
_PARAMETERS = {pdus.USSD_SERVICE_OP: "ussd_service_op", pdus.ITS_SESSION_INFO: "its_session_info"}


def write_input(turn: PhoneTurn, source: str, account: SmppAccount | None) -> OperatorPost:
    """Return one input as the centre delivers it, and our page as it is submitted.

    Args:
        turn: the input.
        source: our number; empty for the digits of the dialled code.
        account: how the centre wants texts; None for the usual way.
    """
    import smpp34

    octets = _write_deliver(turn, source)
    pdu = smpp34.decode(octets)
    if not isinstance(pdu, smpp34.DeliverSm):
        raise TypeError("the library reads another PDU than it wrote")
    found = pdus.read_delivered(pdu)
    fields = ussd_pages.describe_input(found, f"{turn.session}-{len(turn.inputs)}")

    def show_page(answer: Answer) -> str:
        page = ussd_pages.write_page(answer.body, found, account or _OWN, source)
        if page is None:
            return ""
        written = pdus.write_submission(page, account or _OWN, len(turn.inputs) + 1)
        read = smpp34.decode(written)
        return _show_pdu("submit_sm", read, written) if isinstance(read, smpp34.SubmitSm) else ""

    return OperatorPost(
        request=narrow_request(Request(event="ussd", fields={}), fields),
        shown=_show_pdu("deliver_sm", pdu, octets),
        show_answer=show_page,
    )


def _write_deliver(turn: PhoneTurn, source: str) -> bytes:
    from smpp34 import DeliverSm, Tlv

    plain = is_gsm7(turn.latest)
    service = b"\x12" if turn.inputs else b"\x01"
    number = hashlib.sha256(turn.session.encode()).digest()[0]
    dialogue = len(turn.inputs) << 1 & 0xFE
    pdu = DeliverSm(
        turn.digits,
        source or turn.code.strip("*#"),
        write_gsm7(turn.latest) if plain else turn.latest.encode(UCS2, "replace"),
        service_type="USSD",
        source_addr_ton=1,
        source_addr_npi=1,
        data_coding=DEFAULT_ALPHABET if plain else UCS2_OF_USSD,
        tlvs=[
            Tlv(pdus.USSD_SERVICE_OP, service),
            Tlv(pdus.ITS_SESSION_INFO, bytes((number, dialogue))),
        ],
        sequence_number=len(turn.inputs) + 1,
    )
    return bytes(pdu.encode())


def _show_pdu(name: str, pdu: DeliverSm | SubmitSm, octets: bytes) -> str:
    """Return the fields of a PDU, one a line, and its octets in hexadecimal."""
    fields = {
        "service_type": pdu.service_type,
        "source_addr": pdu.source_addr,
        "destination_addr": pdu.destination_addr,
        "data_coding": str(pdu.data_coding),
        "short_message": bytes(pdu.short_message).hex(" "),
        **{
            f"{_PARAMETERS.get(each.tag, 'parameter')} ({each.tag:#06x})": bytes(each.value).hex(" ")
            for each in pdu.tlvs
        },
    }
    return "\n".join([name, *(f"{field}: {value}" for field, value in fields.items()), "", octets.hex(" ")])
