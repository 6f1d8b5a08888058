"""Jasmin: an SMS gateway of one's own, by its HTTP API; texts both ways and delivery reports.

Fields, answers and codings are those of Jasmin's pages "HTTP API" and "Routing: httpccm". It takes a message for done
by the body ``ACK/Jasmin`` alone, and throws it away after a 404.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from gateway.channels.contract import (
    Answer,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.http_client import HttpReply, OverHttp, check_account, read_status, send_post
from gateway.channels.sms_text import is_gsm7, read_gsm7, read_octets
from gateway.domain.events import Delivery, Event, Inbound, Kind, NotANumber, Outgoing, Reply
from gateway.foundation.phone_numbers import find_sender

STATES: Mapping[str, str] = {
    "DELIVRD": "delivered",
    **dict.fromkeys(("UNDELIV", "REJECTD", "EXPIRED", "DELETED"), "failed"),
    **dict.fromkeys(("ESME_ROK", "ACCEPTD", "UNKNOWN", "ENROUTE"), "moving"),
}
DEFAULT, UCS2 = "0", "8"
"""Data codings (3GPP TS 23.038, section 4, as SMPP 3.4, 5.2.19 has them)."""

ACCOUNT = ("send_url", "username", "password")
"""Options that make the account, each from the environment; without them the channel only receives."""


class JasminChannel:
    """A channel through Jasmin; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self._sends = check_account(config, ACCOUNT)
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not self._sends,
            can_ask=False,
            real=self._sends,
            refusal=403,
            received="ACK/Jasmin",
            guide="docs/how-to/connect-a-text-provider.md",
        )
        self._http = OverHttp()

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text or a delivery report."""
        turn = request.need("id")
        if request.event == "delivery":
            status = request.need("message_status")
            state = STATES.get(status, "failed" if status.startswith("ESME_") else "moving")
            return (Delivery(channel=self.config.name, provider_id=turn, state=state, status=status[:40]),)
        sender = find_sender(self.config.sms_number, request.need("from", empty=True))
        text = _read_content(request)
        if not sender:
            return (
                NotANumber(channel=self.config.name, turn=turn, sender=request.fields["from"], text=text),
            )
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.SMS,
                number=sender,
                text=text,
                turn=turn,
                service=request.fields.get("to", ""),
                network=request.fields.get("origin-connector", ""),
            ),
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - it has no sessions
        """Return the text as the body; never shown, because texts are answered by ``send``."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Hand one text to Jasmin; without an account it is kept for the simulator."""
        if not self._sends:
            return keep_message(message)
        options = self.config.options
        fields = {
            "username": options["username"],
            "password": options["password"],
            "to": message.number.removeprefix("+"),
        }
        if is_gsm7(message.text):
            fields |= {
                "coding": DEFAULT,
                "content": message.text,
            }  # Jasmin writes its letters in the alphabet
        else:
            fields |= {"coding": UCS2, "hex-content": message.text.encode("utf-16-be").hex()}
        if self.config.sms_number:
            fields["from"] = self.config.sms_number
        if options.get("delivery_url"):
            fields |= {
                "dlr": "yes",
                "dlr-url": options["delivery_url"],
                "dlr-level": "2",
                "dlr-method": "POST",
            }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        reply, failed = send_post(self._http, options["send_url"], urlencode(fields).encode(), headers)
        return failed or read_answer(reply or HttpReply(status=0), message.own_id, now)


def _read_content(request: Request) -> str:
    """Return the text: its octets in ``binary`` by their coding, else ``content``."""
    written = request.fields.get("binary", "")
    if not written:
        return request.need("content", empty=True)
    try:
        octets = bytes.fromhex(written)
    except ValueError:
        raise BadRequest("field binary is not hexadecimal") from None
    coding = request.fields.get("coding", DEFAULT)
    if coding == DEFAULT:
        return read_gsm7(octets)
    return read_octets(octets, "utf-16-be" if coding == UCS2 else "latin-1")


def read_answer(reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG001 - as every dialect has it
    """Return the result of a send: ``Success "ID"``, or ``Error "…"`` with a status."""
    words = reply.body.decode(errors="replace").strip()
    if reply.status == 200 and words.startswith('Success "'):  # noqa: PLR2004
        return SendResult(
            outcome=SendOutcome.SENT, provider_id=words.removeprefix('Success "').rstrip('"')[:120]
        )
    said = words.casefold()
    if "throughput" in said:
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="throttled")
    if reply.status == 412:  # noqa: PLR2004 - no route or no rate for this number
        return SendResult(outcome=SendOutcome.REFUSED, reason="no-route", alarm=True)
    if reply.status == 403 and ("balance" in said or "quota" in said):  # noqa: PLR2004
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="no-money", alarm=True)
    return read_status(reply, now) or SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return JasminChannel(config)
