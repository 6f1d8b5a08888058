"""Read the input of a USSD session out of a deliver_sm, and write the page that answers it.

SMPP 3.4, sections 5.3.2.44 (ussd_service_op) and 5.3.2.43 (its_session_info): the first octet is the number of the
session, bits 7 to 1 of the second its dialogue, bit 0 says that the session ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gateway.channels.smpp.codings import UCS2, ShortMessage, split_text
from gateway.channels.smpp.pdus import ITS_SESSION_INFO, USSD_SERVICE_OP, Delivered, Submission

if TYPE_CHECKING:
    from gateway.channels.smpp.account import SmppAccount

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
