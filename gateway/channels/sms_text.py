"""The base of channels that carry texts over HTTP and no sessions, and the letters of a text (3GPP TS 23.038).

A provider states its names of fields, its statuses and its answers; what is the same for all stands here. A gateway is
told the coding of each text: one that guesses sends Lao as question marks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from gateway.channels.contract import (
    FORM,
    Answer,
    BadRequest,
    ChannelConfig,
    Contract,
    Request,
    SendResult,
    keep_message,
)
from gateway.channels.http_client import HttpReply, OverHttp, check_account, send_post
from gateway.domain.events import Delivery, Inbound, Kind, NotANumber, Outgoing, Reply, TextPart
from gateway.foundation.phone_numbers import find_sender


@dataclass(frozen=True, slots=True, kw_only=True)
class SendPost:
    """The post by which a provider is asked to send one text."""

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


class TextsOnly:
    """A channel of texts; a provider adds ``parse``, ``write_send`` and ``read_answer``.

    Attributes:
        account: names of the options that make the account; without all of them nothing leaves this machine.
        states: the provider's status → ``delivered`` or ``failed``; every other is on its way.
        reports_our_id: as in the contract, like those below.
        types: accepted content types.
        methods: accepted HTTP methods.
        reads_body: it parses the body itself.
        refusal: the HTTP status for a wrong secret.
        received: the response body, and its content type.
        guide: the documentation page.
    """

    account: tuple[str, ...] = ()
    states: Mapping[str, str] = {}
    reports_our_id = False
    types = FORM
    methods = frozenset({"POST"})
    reads_body = False
    refusal = 404
    received = ("OK", "text/plain; charset=utf-8")
    guide = "docs/how-to/connect-a-text-provider.md"

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self.sends = check_account(config, self.account)
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not self.sends,
            reports_our_id=self.reports_our_id,
            can_ask=False,
            real=self.sends,
            types=self.types,
            methods=self.methods,
            reads_body=self.reads_body,
            refusal=self.refusal,
            received=self.received[0],
            received_type=self.received[1],
            guide=self.guide,
        )
        self._http = OverHttp()

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - it has no sessions
        """Return the text as the body; never shown, because texts are answered by ``send``."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text; without an account it is kept for the simulator."""
        if not self.sends:
            return keep_message(message)
        post = self.write_send(message, now)
        reply, failed = send_post(self._http, post.url, post.body, post.headers)
        return failed or self.read_answer(reply or HttpReply(status=0), message.own_id, now)

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:
        """Write the post that sends one text."""
        raise NotImplementedError

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:
        """Return the result of a send."""
        raise NotImplementedError

    def make_text(
        self,
        sender: str,
        text: str,
        turn: str,
        *,
        to: str = "",
        network: str = "",
        part: TextPart | None = None,
    ) -> Inbound | NotANumber:
        """Return a text; one whose sender is no phone number, such as an operator's name, is answered by nobody."""
        number = find_sender(self.config.sms_number, sender)
        if not number:
            return NotANumber(channel=self.config.name, turn=turn, sender=sender, text=text)
        return Inbound(
            channel=self.config.name,
            kind=Kind.SMS,
            number=number,
            text=text,
            turn=turn,
            service=to,
            network=network,
            part=part,
        )

    def make_report(
        self, provider_id: str, status: str, *, reason: str = "", otherwise: str = "moving"
    ) -> Delivery:
        """Return what became of a text; a status that the provider does not document is ``otherwise``."""
        return Delivery(
            channel=self.config.name,
            provider_id=provider_id,
            state=self.states.get(status, otherwise),
            status=status[:STATUS_SIZE],
            reason=reason[:STATUS_SIZE],
        )


STATUS_SIZE = 40


def read_part(reference: str, total: str, number: str, name: str) -> TextPart:
    """Return which part of a long text it is.

    Raises:
        BadRequest: the three are no part of a text (3GPP TS 23.040, 9.2.3.24.1); the message names this field.
    """
    written = (total, number)
    if not all(each.isascii() and each.isdigit() and len(each) < 4 for each in written):  # noqa: PLR2004
        raise BadRequest(f"field {name} is no part of a text")
    if not 1 <= int(number) <= int(total) <= 255:  # noqa: PLR2004 - one octet
        raise BadRequest(f"field {name} is no part of a text")
    return TextPart(reference=reference[:STATUS_SIZE], number=int(number), total=int(total))


def read_hex(request: Request, name: str, *, empty: bool = False) -> bytes:
    """Return the octets of a required field in hexadecimal.

    Raises:
        BadRequest: it is missing or not hexadecimal.
    """
    try:
        return bytes.fromhex(request.need(name, empty=empty))
    except ValueError as error:
        if isinstance(error, BadRequest):
            raise
        raise BadRequest(f"field {name} is not hexadecimal") from None


GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""The default alphabet by its codes 0 to 127 (3GPP TS 23.038, section 6.2.1); 27 escapes to the extension table."""

EXTENSION = {10: "\f", 20: "^", 40: "{", 41: "}", 47: "\\", 60: "[", 61: "~", 62: "]", 64: "|", 101: "€"}
"""The extension table by its codes (section 6.2.1.1)."""

ESCAPE = 27

_LETTERS = frozenset(GSM7) - {"\x1b"} | frozenset(EXTENSION.values())

_CODES = {letter: bytes((code,)) for code, letter in enumerate(GSM7) if code != ESCAPE} | {
    letter: bytes((ESCAPE, code)) for code, letter in EXTENSION.items()
}


def is_gsm7(text: str) -> bool:
    """Say whether the default alphabet holds this text; else it goes as UCS-2."""
    return _LETTERS.issuperset(text)


def read_gsm7(codes: bytes) -> str:
    """Return the text of unpacked codes of the default alphabet, one an octet; an unknown escape is a space."""
    letters, escaped = [], False
    for code in (octet & 0x7F for octet in codes):  # septets
        if escaped:
            letters.append(EXTENSION.get(code, " "))
        elif code != ESCAPE:
            letters.append(GSM7[code])
        escaped = not escaped and code == ESCAPE
    return "".join(letters)


def write_gsm7(text: str) -> bytes:
    """Return the codes of a text in the default alphabet, one an octet; a letter of the extension takes two.

    Raises:
        KeyError: the alphabet does not hold the text.
    """
    return b"".join(_CODES[letter] for letter in text)


def _is_mislabelled(raw: bytes) -> bool:
    """Say whether octets that are named UCS-2 are UTF-8: they are it, and as UCS-2 they are odd or of private use."""
    if raw.isascii():
        return False
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return len(raw) % 2 == 1 or any(
        "\ue000" <= letter <= "\uf8ff" for letter in raw.decode("utf-16-be", "replace")
    )


def read_octets(raw: bytes, charset: str) -> str:
    """Return a text in this charset; what it does not hold becomes a sign that a person sees, and nothing is refused.

    A text that was refused would be lost. NUL and lone surrogates, which no database stores, are replaced too. Gateways
    name UCS-2 and hand on UTF-8 (ksmppd issue 166), so what can only be UTF-8 is read as that.
    """
    if charset == "utf-16-be" and _is_mislabelled(raw):
        charset = "utf-8"
    try:
        text = raw.decode(charset, errors="replace")
    except LookupError:
        text = raw.decode(errors="replace")
    return text.replace("\0", "").encode("utf-8", "replace").decode()
