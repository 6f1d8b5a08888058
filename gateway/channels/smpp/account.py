"""Read the options of an SMPP channel: the centre's addresses, the account, and the operator's way with texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.channels.contract import BadAccount, ChannelConfig
from gateway.channels.http_texts import check_account

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
