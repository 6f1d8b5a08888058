"""Kannel: an SMS gateway of one's own, with a bind to an operator behind it; texts both ways and delivery reports.

Field names are ours, given by the ``get-url`` of the how-to; escapes, headers and answers are those of Kannel's user
guide 1.4.5 ("Setting up SMS services", "Delivery reports", "Using the HTTP interface").
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import parse_qsl, quote

from gateway.channels.contract import BadRequest, Channel, ChannelConfig, Request, SendOutcome, SendResult
from gateway.channels.http_client import HttpReply, read_status
from gateway.channels.sms_text import SendPost, TextsOnly, is_gsm7, read_octets
from gateway.domain.events import Event, Outgoing

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


class KannelChannel(TextsOnly):
    """A channel through Kannel; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    reports_our_id = True
    methods = frozenset({"GET"})
    reads_body = True
    received = ("", "text/plain; charset=utf-8")  # Kannel texts a body to the caller
    guide = "docs/how-to/connect-kannel.md"

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text or a delivery report out of the query."""
        fields = _read_query(request.body)
        posted = Request(event=request.event, fields=fields)
        return (self._read_report(posted) if request.event == "delivery" else self._read_text(posted),)

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:
        """Write the post that hands one text to Kannel."""
        url = self.config.options["send_url"]
        return SendPost(url=url, body=message.text.encode(), headers=self._write_headers(message, now))

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:
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
        return read_status(reply, now) or SendResult(
            outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True
        )

    def _write_headers(self, message: Outgoing, now: datetime) -> dict[str, str]:
        options = self.config.options
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",  # without a charset UCS-2 is converted twice
            "X-Kannel-Username": options["username"],
            "X-Kannel-Password": options["password"],
            "X-Kannel-To": message.number,
            "X-Kannel-Coding": "0" if is_gsm7(message.text) else UCS2,
        }
        if self.config.sms_number:
            headers["X-Kannel-From"] = self.config.sms_number
        if options.get("smsc"):
            headers["X-Kannel-SMSC"] = options["smsc"]
        if options.get("delivery_url"):
            headers["X-Kannel-DLR-Mask"] = str(MASK)
            headers["X-Kannel-DLR-Url"] = f"{options['delivery_url']}?id={quote(message.own_id)}&status=%d"
        if message.valid_until is not None:
            minutes = int((message.valid_until - now).total_seconds() // 60)
            headers["X-Kannel-Validity"] = str(max(1, minutes))
        return headers

    def _read_text(self, posted: Request) -> Event:
        charset, coding = posted.fields.get("charset", ""), posted.fields.get("coding", "")
        if charset.casefold() in ("", "8-bit"):  # Kannel knows no more of them than their coding
            is_wide = coding == UCS2 or "\0" in posted.need("text", empty=True)  # no other coding has a NUL
            charset = "utf-16-be" if is_wide else "utf-8"
        text = read_octets(posted.need("text", empty=True).encode("latin-1"), charset)
        return self.make_text(
            posted.need("from", empty=True),
            text,
            posted.need("id"),
            to=posted.fields.get("to", ""),
            network=posted.fields.get("smsc", ""),
        )

    def _read_report(self, posted: Request) -> Event:
        return self.make_report(posted.need("id"), posted.need("status"))


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


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return KannelChannel(config)
