"""Read the options of an SMPP channel: the centre's addresses, the account, and how the operator codes a text."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.contract import BadAccount, ChannelConfig
from gateway.channels.http_client import check_account
from gateway.channels.sms_text import is_gsm7, read_gsm7, read_octets, write_gsm7

ACCOUNT = ("host", "system_id", "password")
"""Options that make the account, each from the environment; without them the channel only receives."""
MOST_BINDS, MOST_WINDOW = 8, 200
LONG_TEXTS = ("parts", "sar", "payload")
ALPHABETS = ("gsm7", "latin-1", "ascii", "ucs2")


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppAccount:
    """An account at an operator's message centre.

    Attributes:
        hosts: (host, port) of the centre, tried in this order.
        system_id: our name at the centre.
        password: our password.
        system_type: the word for our system that some centres ask for; empty for none.
        binds: how many connections are kept.
        split: a transmitter and a receiver instead of each transceiver.
        window: requests without an answer on one connection.
        tls: whether the connection is encrypted.
        alphabet: what data coding 0 means at this centre; ``ucs2`` sends everything as UCS-2.
        coding: the data coding of texts in that alphabet.
        ucs2_coding: the data coding of UCS-2.
        long_texts: how a long text goes: ``parts`` with a header of ours, ``sar`` as parameters, ``payload`` whole.
        source: (type of number, numbering plan) of our number (SMPP 3.4, 5.2.5 and 5.2.6).
        target: the same of the caller's.
        hex_ids: which message ids are hexadecimal: ``no``, ``answers`` or ``receipts``; the other one is decimal then.
        receipts: whether delivery reports are asked for.
    """

    hosts: tuple[tuple[str, int], ...]
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    binds: int = 1
    split: bool = False
    window: int = 10
    tls: bool = False
    alphabet: str = "gsm7"
    coding: int = 0
    ucs2_coding: int = 8
    long_texts: str = "parts"
    source: tuple[int, int] = (0, 1)
    target: tuple[int, int] = (1, 1)
    hex_ids: str = "no"
    receipts: bool = True


def read_account(config: ChannelConfig) -> SmppAccount | None:
    """Return the account; None where there is none, so that nothing leaves this machine.

    Raises:
        BadAccount: it is only half there, or an option cannot be read.
    """
    if not check_account(config, ACCOUNT):
        return None
    read = _Options(config)
    return SmppAccount(
        hosts=read.hosts(),
        system_id=read.text("system_id", 15),  # with its final zero 16 octets (SMPP 3.4, 4.1.1)
        password=read.text("password", 8),
        system_type=read.text("system_type", 12),
        binds=read.number("binds", 1, 1, MOST_BINDS),
        split=read.choice("bind", ("transceiver", "split")) == "split",
        window=read.number("window", 10, 1, MOST_WINDOW),
        tls=read.choice("tls", ("no", "yes")) == "yes",
        alphabet=read.choice("alphabet", ALPHABETS),
        coding=read.number("coding", 0, 0, 255),
        ucs2_coding=read.number("ucs2_coding", 8, 0, 255),
        long_texts=read.choice("long_texts", LONG_TEXTS),
        source=read.plan("source", _find_source_plan(config.sms_number)),
        target=read.plan("target", (1, 1)),
        hex_ids=read.choice("hex_ids", ("no", "answers", "receipts")),
        receipts=read.choice("receipts", ("yes", "no")) == "yes",
    )


def _find_source_plan(number: str) -> tuple[int, int]:
    """Return type and plan of our number: a name, an international number, or a short code as the network has it."""
    if not number.removeprefix("+").isdigit():
        return (5, 0)
    return (1, 1) if number.startswith("+") else (0, 1)


class _Options:
    """The options of one channel, each checked while it is read."""

    def __init__(self, config: ChannelConfig) -> None:
        self._name = config.name
        self._options: Mapping[str, str] = config.options

    def text(self, name: str, most: int) -> str:
        value = self._options.get(name, "")
        if not value.isascii() or len(value) > most:
            raise self._bad(name, f"has at most {most} letters of ASCII")
        return value

    def number(self, name: str, usual: int, least: int, most: int) -> int:
        value = self._options.get(name, "") or str(usual)
        if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
            raise self._bad(name, f"is a number from {least} to {most}")
        return int(value)

    def choice(self, name: str, words: tuple[str, ...]) -> str:
        value = self._options.get(name, "") or words[0]
        if value not in words:
            raise self._bad(name, f"is one of {', '.join(words)}")
        return value

    def plan(self, name: str, usual: tuple[int, int]) -> tuple[int, int]:
        found = self._options.get(name, "")
        if not found:
            return usual
        pair = found.split("/")
        if len(pair) != len(usual) or not all(each.isascii() and each.isdigit() for each in pair):
            raise self._bad(name, 'is a type of number and a numbering plan, like "1/1"')
        return int(pair[0]), int(pair[1])

    def hosts(self) -> tuple[tuple[str, int], ...]:
        port = self.number("port", 2775, 1, 65535)
        found = []
        for written in self._options["host"].split():
            host, _, own = written.partition(":")
            if own and not (own.isascii() and own.isdigit()):
                raise self._bad("host", 'is a host, or several with a space between, like "10.0.0.1:2775"')
            found.append((host, int(own) if own else port))
        return tuple(found)

    def _bad(self, name: str, rule: str) -> BadAccount:
        return BadAccount(f"channel {self._name}: options.{name} {rule}")


# A text as the octets of one or several short messages, and octets by their data coding. SMPP 3.4, section 5.2.19
# (data_coding); 3GPP TS 23.038, sections 4 and 5 (data coding schemes of SMS and USSD); 3GPP TS 23.040, section
# 9.2.3.24.8 (concatenation by a 16-bit reference).

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
