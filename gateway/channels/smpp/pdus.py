"""Write and read the PDUs of SMPP 3.4: requests of ours by the library, the small ones by their octets.

The library ``smpp34`` is imported where a PDU is made or read, because only the process of the link needs it.
"""

from __future__ import annotations

import hashlib
import json
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.channels.contract import Answer, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn
from gateway.channels.post_fields import narrow_request
from gateway.channels.smpp.account import UCS2, ShortMessage, SmppAccount, split_text
from gateway.channels.sms_text import is_gsm7, write_gsm7

if TYPE_CHECKING:
    from smpp34 import DeliverSm, SubmitSm


# Commands (SMPP 3.4, 5.1.2.1); an answer has the highest bit set.
BIND_RECEIVER, BIND_TRANSMITTER, BIND_TRANSCEIVER = 0x01, 0x02, 0x09
SUBMIT_SM, DELIVER_SM, UNBIND, ENQUIRE_LINK = 0x04, 0x05, 0x06, 0x15
GENERIC_NACK, ANSWER = 0x8000_0000, 0x8000_0000

# Statuses (5.1.3).
OK, BAD_COMMAND, BAD_LENGTH, TRY_AGAIN, REFUSED = 0x00, 0x03, 0x02, 0x64, 0x65

# Parameters (5.3.2).
RECEIPTED_MESSAGE_ID, MESSAGE_STATE, MESSAGE_PAYLOAD = 0x001E, 0x0427, 0x0424
SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER = 0x020C, 0x020E, 0x020F
USSD_SERVICE_OP, ITS_SESSION_INFO = 0x0501, 0x1383

HEADER = 16
LONGEST = 70_000
"""Octets of the longest PDU that is read: a payload has 65,536 at most."""

HAS_HEADER = 0x40
"""Bit of esm_class: the message begins with a user data header (5.2.12)."""

STATES: Mapping[int, str] = {
    1: "ENROUTE",
    2: "DELIVRD",
    3: "EXPIRED",
    4: "DELETED",
    5: "UNDELIV",
    6: "ACCEPTD",
    7: "UNKNOWN",
    8: "REJECTD",
}
"""message_state (5.2.28) → the same in the words of a receipt (appendix B)."""


def write_pdu(command: int, status: int, sequence: int, body: bytes = b"") -> bytes:
    """Return a PDU of this body."""
    return struct.pack("!IIII", HEADER + len(body), command, status, sequence) + body


def write_bind(command: int, account: SmppAccount, sequence: int) -> bytes:
    """Return a request to bind (4.1)."""
    names = (account.system_id, account.password, account.system_type)
    body = b"".join(name.encode("ascii") + b"\0" for name in names) + bytes((0x34, 0, 0)) + b"\0"
    return write_pdu(command, OK, sequence, body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """One submit_sm without its sequence number.

    Attributes:
        source: our number or name.
        target: the caller's number, in E.164.
        message: what it carries.
        receipt: a delivery report is asked for.
        seconds: how long the centre may keep it; 0 for as long as it likes.
        parameters: (tag, value) of further parameters.
        service: its service_type.
    """

    source: str
    target: str
    message: ShortMessage
    receipt: bool = False
    seconds: int = 0
    parameters: Sequence[tuple[int, bytes]] = ()
    service: str = ""


def write_submission(each: Submission, account: SmppAccount, sequence: int) -> bytes:
    """Return the PDU; a message that is too long for its field goes as message_payload (5.3.2.32)."""
    from smpp34 import SubmitSm, Tlv

    message, esm_class, parameters = each.message, 0, list(each.parameters)
    octets = message.octets
    if message.total > 1 and account.long_texts == "sar":
        parameters += [
            (SAR_REFERENCE, message.reference.to_bytes(2)),
            (SAR_TOTAL, bytes((message.total,))),
            (SAR_NUMBER, bytes((message.number,))),
        ]
    elif message.total > 1:
        esm_class, octets = HAS_HEADER, message.header + octets
    if len(octets) > 254:  # noqa: PLR2004 - the most that short_message holds (5.2.21)
        parameters.append((MESSAGE_PAYLOAD, octets))
        octets = b""
    pdu = SubmitSm(
        each.source,
        each.target.removeprefix("+"),
        octets,
        service_type=each.service,
        source_addr_ton=account.source[0],
        source_addr_npi=account.source[1],
        dest_addr_ton=account.target[0],
        dest_addr_npi=account.target[1],
        esm_class=esm_class,
        validity_period=_write_span(each.seconds),
        registered_delivery=int(each.receipt),
        data_coding=message.coding,
        tlvs=[Tlv(tag, value) for tag, value in parameters],
        sequence_number=sequence,
    )
    return bytes(pdu.encode())


def _write_span(seconds: int) -> str:
    """Return a relative time (7.1.1.2), at most 63 hours, which every centre takes; empty for none."""
    if seconds <= 0:
        return ""
    minutes, rest = divmod(min(seconds, 63 * 3600), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    return f"0000{days:02d}{hours:02d}{minutes:02d}{rest:02d}000R"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A deliver_sm, read apart.

    Attributes:
        source: who sent it, as written.
        target: to which of our numbers.
        octets: the text without a header.
        coding: its data_coding.
        part: (reference, total, number) of a part of a long text; None for a whole one.
        parameters: tag → value.
        is_receipt: it is a delivery report.
        is_ussd: it belongs to a USSD session.
    """

    source: str
    target: str
    octets: bytes
    coding: int
    part: tuple[int, int, int] | None
    parameters: Mapping[int, bytes]
    is_receipt: bool
    is_ussd: bool


_RECEIPT = re.compile(rb"\s*id:(\S+)\s.*?\bstat:(\w{1,20})", re.IGNORECASE | re.DOTALL)
"""A receipt in its text form (appendix B); letters differ in case from centre to centre."""

_KINDS, _REPORT, _INTERMEDIATE = 0x3C, 0x04, 0x20


def read_delivered(pdu: DeliverSm) -> Delivered:
    """Read a deliver_sm apart."""
    parameters = {tlv.tag: bytes(tlv.value) for tlv in pdu.tlvs}
    octets, part = bytes(pdu.short_message) or parameters.get(MESSAGE_PAYLOAD, b""), None
    if pdu.esm_class & HAS_HEADER:
        octets, part = _split_header(octets)
    elif SAR_REFERENCE in parameters:
        values = (parameters.get(tag, b"") for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER))
        part = _check_part(*(int.from_bytes(value) for value in values))
    kind = pdu.esm_class & _KINDS
    return Delivered(
        source=pdu.source_addr,
        target=pdu.destination_addr,
        octets=octets,
        coding=pdu.data_coding,
        part=part,
        parameters=parameters,
        is_receipt=kind in (_REPORT, _INTERMEDIATE) or RECEIPTED_MESSAGE_ID in parameters,
        is_ussd=USSD_SERVICE_OP in parameters or pdu.service_type.upper() == "USSD",
    )


def _split_header(octets: bytes) -> tuple[bytes, tuple[int, int, int] | None]:
    """Return the text behind a user data header, and the part that it names (3GPP TS 23.040, 9.2.3.24)."""
    end = 1 + octets[0] if octets else 0
    header, part, at = octets[:end], None, 1
    while at + 1 < len(header):
        element, value = header[at], header[at + 2 : at + 2 + header[at + 1]]
        if (element, len(value)) in ((0x00, 3), (0x08, 4)):  # by a reference of 8 or 16 bits
            part = _check_part(int.from_bytes(value[:-2]), value[-2], value[-1])
        at += 2 + header[at + 1]
    return octets[end:], part


def _check_part(reference: int, total: int, number: int) -> tuple[int, int, int] | None:
    """Return the part, unless its numbers make no sense: then it is a text of its own (9.2.3.24.1)."""
    return (reference, total, number) if 1 <= number <= total and 1 < total <= 255 else None  # noqa: PLR2004


def read_receipt(found: Delivered) -> tuple[str, str]:
    """Return message id and state of a delivery report, by its parameters where it has them, else by its text.

    Both are empty where neither is there.
    """
    words = _RECEIPT.match(found.octets)
    own_id = found.parameters.get(RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0") or (words[1] if words else b"")
    state = found.parameters.get(MESSAGE_STATE, b"")
    word = STATES.get(state[0], "UNKNOWN") if state else words[2].decode("ascii").upper() if words else ""
    return own_id.decode("ascii", "replace"), word


def read_answer_id(body: bytes) -> str:
    """Return the message id of a submit_sm_resp; empty where there is none."""
    return body.partition(b"\0")[0].decode("ascii", "replace")


# Sessions of USSD: an input out of a deliver_sm, and the page that answers it. SMPP 3.4, sections 5.3.2.44
# (ussd_service_op) and 5.3.2.43 (its_session_info): the first octet is the number of the session, bits 7 to 1 of the
# second its dialogue, bit 0 says that the session ends.

BEGIN, GO_ON, END = "begin", "go-on", "end"
"""What a message of a session is: a dial, an answer, or nothing that a page follows."""

BEGINS = frozenset({b"\x00", b"\x01"})
"""PSSD and PSSR indication: she dialled."""

ASKS, ENDS = b"\x02", b"\x11"
"""USSR request: a page that waits for an answer; PSSR response: the last page."""

ANSWERS = frozenset({b"", b"\x12"})
"""USSR confirm: her answer; some centres leave the parameter out."""


def describe_input(found: Delivered, turn: str) -> Mapping[str, str]:
    """Return the fields of our webhook for one input, or for what is none: an end, an acknowledgement."""
    service = found.parameters.get(USSD_SERVICE_OP, b"")
    info = found.parameters.get(ITS_SESSION_INFO, b"")
    kind = BEGIN if service in BEGINS else GO_ON if service in ANSWERS else END
    return {
        "id": turn,
        "from": found.source,
        "to": found.target,
        "session": info[:1].hex() or "0",
        "kind": kind,
        "coding": str(found.coding),
        "octets": found.octets.hex(),
    }


def write_page(body: str, found: Delivered, account: SmppAccount, source: str) -> Submission | None:
    """Return the page as a message to the phone; None where nothing is to be shown."""
    page = json.loads(body)
    if not page.get("text"):
        return None
    ends = bool(page["ends"])
    parameters = [(USSD_SERVICE_OP, ENDS if ends else ASKS)]
    info = found.parameters.get(ITS_SESSION_INFO, b"")
    if len(info) == 2:  # noqa: PLR2004
        parameters.append((ITS_SESSION_INFO, bytes((info[0], info[1] & 0xFE | int(ends)))))
    return Submission(
        source=found.target or source,
        target=found.source,
        message=_write_message(page["text"], account),
        parameters=parameters,
        service="USSD",
    )


def _write_message(text: str, account: SmppAccount) -> ShortMessage:
    """Return the page as one message, whatever its length: the menu keeps to what a phone shows."""
    messages = split_text(text, account, "")
    if len(messages) == 1:
        return messages[0]
    if messages[0].coding == account.ucs2_coding:
        return ShortMessage(octets=text.encode(UCS2, "replace"), coding=account.ucs2_coding)
    return ShortMessage(octets=b"".join(each.octets for each in messages), coding=messages[0].coding)


# What a centre would post of one input of a phone, for a person to see: written to octets and read back from them by
# the functions that the link reads and writes with.

DEFAULT_ALPHABET, UCS2_OF_USSD = 0x0F, 0x48
"""Data codings of USSD (3GPP TS 23.038, section 5)."""

_OWN = SmppAccount(hosts=(), system_id="", password="")
_PARAMETERS = {USSD_SERVICE_OP: "ussd_service_op", ITS_SESSION_INFO: "its_session_info"}


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
    found = read_delivered(pdu)
    fields = describe_input(found, f"{turn.session}-{len(turn.inputs)}")

    def show_page(answer: Answer) -> str:
        page = write_page(answer.body, found, account or _OWN, source)
        if page is None:
            return ""
        written = write_submission(page, account or _OWN, len(turn.inputs) + 1)
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
            Tlv(USSD_SERVICE_OP, service),
            Tlv(ITS_SESSION_INFO, bytes((number, dialogue))),
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
