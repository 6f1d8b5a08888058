"""Write a text as the octets of one or several short messages, and read octets by their data coding.

Sources: SMPP 3.4, section 5.2.19 (data_coding); 3GPP TS 23.038, sections 4 and 5 (data coding schemes of SMS and USSD);
3GPP TS 23.040, section 9.2.3.24.8 (concatenation by a 16-bit reference).
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.channels.smpp.account import SmppAccount
from gateway.channels.sms_text import is_gsm7, read_gsm7, read_octets, write_gsm7

SINGLE_OCTETS = 140
HEADER_OCTETS = 7
"""A header with a 16-bit reference: its length, the element's id and length, reference, total, number."""

CHARSETS: Mapping[int, str] = {
    1: "ascii",
    3: "latin-1",
    5: "shift_jis",
    6: "iso8859_5",
    7: "iso8859_8",
    8: "utf-16-be",
    14: "euc_kr",
    # Of USSD (TS 23.038, section 5): 0x0F the default alphabet, the others UCS-2.
    0x0F: "gsm7",
    0x11: "utf-16-be",
    0x48: "utf-16-be",
}

UCS2 = "utf-16-be"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortMessage:
    """One message of a text: its octets without a header, their coding, and its place among the parts.

    Attributes:
        octets: the text.
        coding: its data_coding.
        reference: the same for all parts of a text, 16 bits.
        number: its place, from 1.
        total: how many parts there are.
    """

    octets: bytes
    coding: int
    reference: int = 0
    number: int = 1
    total: int = 1

    @property
    def header(self) -> bytes:
        """The user data header; empty where the text has one part."""
        if self.total == 1:
            return b""
        return b"\x06\x08\x04" + self.reference.to_bytes(2) + bytes((self.total, self.number))


def split_text(text: str, account: SmppAccount, own_id: str) -> tuple[ShortMessage, ...]:
    """Return the messages that carry this text: one where it fits or goes whole, else parts of one reference."""
    units, coding, (ours, theirs) = _encode_text(text, account)
    whole = b"".join(units)
    if len(whole) <= SINGLE_OCTETS * ours // theirs or account.long_texts == "payload":
        return (ShortMessage(octets=whole, coding=coding),)
    room = (SINGLE_OCTETS - HEADER_OCTETS) * ours // theirs
    parts = [b""]
    for unit in units:
        if len(parts[-1]) + len(unit) > room:
            parts.append(b"")
        parts[-1] += unit
    reference = int.from_bytes(hashlib.sha256(own_id.encode()).digest()[:2])
    return tuple(
        ShortMessage(octets=part, coding=coding, reference=reference, number=n, total=len(parts))
        for n, part in enumerate(parts, start=1)
    )


def _encode_text(text: str, account: SmppAccount) -> tuple[list[bytes], int, tuple[int, int]]:
    """Return the letters that may not be cut, their coding, and how many octets of ours fit into how many of a phone's.

    In the default alphabet the network packs eight of them into seven octets (TS 23.038, section 6.1.2.1).
    """
    if account.alphabet == "gsm7" and is_gsm7(text):
        return [write_gsm7(letter) for letter in text], account.coding, (8, 7)
    if account.alphabet in ("latin-1", "ascii"):
        try:
            return [letter.encode(account.alphabet) for letter in text], account.coding, (1, 1)
        except UnicodeEncodeError:
            pass
    return [letter.encode(UCS2, "replace") for letter in text], account.ucs2_coding, (1, 1)


def find_charset(coding: int, account_alphabet: str) -> str:
    """Return the charset of received octets with this data coding; ``gsm7`` for the default alphabet, unpacked."""
    if coding in CHARSETS:
        return CHARSETS[coding]
    if coding & 0xF0 == 0xF0:  # noqa: PLR2004 - message class: bit 2 says whether it is 8-bit data
        return "latin-1" if coding & 0x04 else "gsm7"
    if coding & 0xC0 == 0 and coding > 0x0F:  # noqa: PLR2004 - general group: bits 3 and 2 name the alphabet
        return {0x00: "gsm7", 0x04: "latin-1", 0x08: UCS2, 0x0C: "gsm7"}[coding & 0x0C]
    return UCS2 if account_alphabet == "ucs2" else account_alphabet


def read_text(octets: bytes, coding: int, account_alphabet: str) -> str:
    """Return the text of received octets."""
    charset = find_charset(coding, account_alphabet)
    return read_gsm7(octets) if charset == "gsm7" else read_octets(octets, charset)
