"""Kannel: an SMS gateway of one's own, with a bind to an operator behind it; texts both ways and delivery reports.

Field names are ours, given by the ``get-url`` of the how-to; escapes, headers and answers are those of Kannel's user
guide 1.4.5 ("Setting up SMS services", "Delivery reports", "Using the HTTP interface").
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, quote

from gateway.channels.contract import (
    Answer,
    BadAccount,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.http_client import HttpReply, OverHttp, read_status, send_post
from gateway.channels.sms_text import is_gsm7, read_octets
from gateway.domain.events import Delivery, Event, Inbound, Kind, NotANumber, Outgoing, Reply
from gateway.foundation.phone_numbers import find_sender

# %d of a delivery report: delivered, not delivered, queued, accepted by the centre, rejected by it, intermediate.
STATES: Mapping[str, str] = {
    "1": "delivered",
    "2": "failed",
    "4": "moving",
    "8": "moving",
    "16": "failed",
    "32": "moving",
}
MASK = 1 | 2 | 16
"""Reports asked for: the final ones."""

UCS2 = "2"
"""The coding %c of a text in UCS-2, which comes as it left the operator where ``mo-recode`` is off."""

MOST_FIELDS = 32

ACCOUNT = ("send_url", "username", "password")
"""Options that make the account, each from the environment; without them the channel only receives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KannelAccount:
    """A ``sendsms-user`` of the gateway.

    Attributes:
        send_url: the address of ``sendsms``; empty where nothing is sent.
        username: its name.
        password: its password.
        delivery_url: our address for delivery reports, secret included; empty where none are wanted.
        smsc: the id of the centre to send by; empty for Kannel's own routing.
    """

    send_url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    delivery_url: str = field(default="", repr=False)
    smsc: str = ""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "KannelAccount":
        """Read the options of a channel.

        Raises:
            BadAccount: the account is only half there.
        """
        found = cls(**{name: options.get(name, "") for name in cls.__dataclass_fields__})
        missing = [name for name in ACCOUNT if not options.get(name)]
        if 0 < len(missing) < len(ACCOUNT):
            names = ", ".join(f"KANNEL_{name.upper()}" for name in missing)
            raise BadAccount(f"{names} is not set, so the account is only half there: set all or none")
        return found


class KannelChannel:
    """A channel through Kannel; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig, account: KannelAccount) -> None:
        self.config = config
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not account.send_url,
            reports_our_id=True,
            can_ask=False,
            real=bool(account.send_url),
            methods=frozenset({"GET"}),
            reads_body=True,
            received="",  # Kannel texts a body to the caller
            guide="docs/how-to/connect-kannel.md",
        )
        self._account = account
        self._http = OverHttp()

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text or a delivery report out of the query."""
        fields = _read_query(request.body)
        posted = Request(event=request.event, fields=fields)
        return (self._read_report(posted) if request.event == "delivery" else self._read_text(posted),)

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - it has no sessions
        """Return the text as the body; never shown, because texts are answered by ``send``."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Hand one text to Kannel; without an account it is kept for the simulator."""
        if not self._account.send_url:
            return keep_message(message)
        reply, failed = send_post(
            self._http, self._account.send_url, message.text.encode(), self._write_headers(message, now)
        )
        return failed or read_answer(reply or HttpReply(status=0), message.own_id, now)

    def _write_headers(self, message: Outgoing, now: datetime) -> dict[str, str]:
        account = self._account
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",  # without a charset UCS-2 is converted twice
            "X-Kannel-Username": account.username,
            "X-Kannel-Password": account.password,
            "X-Kannel-To": message.number,
            "X-Kannel-Coding": "0" if is_gsm7(message.text) else UCS2,
        }
        if self.config.sms_number:
            headers["X-Kannel-From"] = self.config.sms_number
        if account.smsc:
            headers["X-Kannel-SMSC"] = account.smsc
        if account.delivery_url:
            headers["X-Kannel-DLR-Mask"] = str(MASK)
            headers["X-Kannel-DLR-Url"] = f"{account.delivery_url}?id={quote(message.own_id)}&status=%d"
        if message.valid_until is not None:
            minutes = int((message.valid_until - now).total_seconds() // 60)
            headers["X-Kannel-Validity"] = str(max(1, minutes))
        return headers

    def _read_text(self, posted: Request) -> Event:
        turn, sender = posted.need("id"), find_sender(self.config.sms_number, posted.need("from", empty=True))
        charset, coding = posted.fields.get("charset", ""), posted.fields.get("coding", "")
        if charset.casefold() in ("", "8-bit"):  # Kannel knows no more of them than their coding
            charset = "utf-16-be" if coding == UCS2 else "utf-8"
        text = read_octets(posted.need("text", empty=True).encode("latin-1"), charset)
        if not sender:
            return NotANumber(channel=self.config.name, turn=turn, sender=posted.fields["from"], text=text)
        return Inbound(
            channel=self.config.name,
            kind=Kind.SMS,
            number=sender,
            text=text,
            turn=turn,
            service=posted.fields.get("to", ""),
            network=posted.fields.get("smsc", ""),
        )

    def _read_report(self, posted: Request) -> Event:
        status = posted.need("status")
        return Delivery(
            channel=self.config.name,
            provider_id=posted.need("id"),
            state=STATES.get(status, "moving"),
            status=status[:10],
        )


def _read_query(query: bytes) -> dict[str, str]:
    """Return the fields of a query, each octet as one letter, because a text may be in any charset.

    Raises:
        BadRequest: a field occurs twice, or there are too many.
    """
    try:
        pairs = parse_qsl(
            query.decode("latin-1"), keep_blank_values=True, encoding="latin-1", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise BadRequest(f"the query has more than {MOST_FIELDS} fields") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        if name in fields:
            raise BadRequest(
                f"field {name if name.isidentifier() and name.isascii() else '?'} has more than one value"
            )
        fields[name] = value if name == "text" else value.replace("\0", "")
    return fields


def read_answer(reply: HttpReply, own_id: str, now: datetime) -> SendResult:
    """Return the result of a send. Kannel says in words what its status leaves open; 202 is accepted or queued."""
    words = reply.body.decode(errors="replace").casefold()
    if reply.status == 202:  # noqa: PLR2004
        return SendResult(outcome=SendOutcome.SENT, provider_id=own_id)
    if "not routable" in words:
        return SendResult(outcome=SendOutcome.REFUSED, reason="no-route")
    if "denied by" in words:  # a white or black list of the gateway
        return SendResult(outcome=SendOutcome.REFUSED, reason="not-allowed", alarm=True)
    if reply.status == 503 and "temporal failure" in words:  # noqa: PLR2004
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="gateway-full")
    if reply.status == 403:  # noqa: PLR2004
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="wrong-password", alarm=True)
    return read_status(reply, now) or SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return KannelChannel(config, KannelAccount.of(config.options))
