"""Jasmin: an SMS gateway of one's own, by its HTTP API; texts both ways and delivery reports.

Fields, answers and codings are those of Jasmin's pages "HTTP API" and "Routing: httpccm". It takes a message for done
by the body ``ACK/Jasmin`` alone, and throws it away after a 404.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from gateway.channels.contract import Channel, ChannelConfig, Request, SendOutcome, SendResult
from gateway.channels.http_client import HttpReply, read_status
from gateway.channels.sms_text import SendPost, TextsOnly, is_gsm7, read_gsm7, read_hex, read_octets
from gateway.domain.events import Event, Outgoing

STATES: Mapping[str, str] = {
    "DELIVRD": "delivered",
    **dict.fromkeys(("UNDELIV", "REJECTD", "EXPIRED", "DELETED"), "failed"),
    **dict.fromkeys(("ESME_ROK", "ACCEPTD", "UNKNOWN", "ENROUTE"), "moving"),
}
DEFAULT, UCS2 = "0", "8"
"""Data codings (3GPP TS 23.038, section 4, as SMPP 3.4, 5.2.19 has them)."""

ACCOUNT = ("send_url", "username", "password")
"""Options that make the account, each from the environment; without them the channel only receives."""


class JasminChannel(TextsOnly):
    """A channel through Jasmin; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    refusal = 403
    received = ("ACK/Jasmin", "text/plain; charset=utf-8")

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text or a delivery report."""
        turn = request.need("id")
        if request.event == "delivery":
            status = request.need("message_status")
            otherwise = "failed" if status.startswith("ESME_") else "moving"
            return (self.make_report(turn, status, otherwise=otherwise),)
        return (
            self.make_text(
                request.need("from", empty=True),
                _read_content(request),
                turn,
                to=request.fields.get("to", ""),
                network=request.fields.get("origin-connector", ""),
            ),
        )

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that hands one text to Jasmin."""
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
        return SendPost(url=options["send_url"], body=urlencode(fields).encode(), headers=headers)

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG002
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
        return read_status(reply, now) or SendResult(
            outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True
        )


def _read_content(request: Request) -> str:
    """Return the text: its octets in ``binary`` by their coding, else ``content``."""
    if not request.fields.get("binary"):
        return request.need("content", empty=True)
    octets = read_hex(request, "binary")
    coding = request.fields.get("coding", DEFAULT)
    if coding == DEFAULT:
        return read_gsm7(octets)
    return read_octets(octets, "utf-16-be" if coding == UCS2 else "latin-1")


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return JasminChannel(config)
