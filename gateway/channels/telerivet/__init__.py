"""Telerivet: texts both ways by an Android phone with a local SIM or a route of theirs, and what became of each.

Fields and statuses are those of Telerivet's pages on its webhook API and its REST API.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

import urllib3

from gateway.channels.contract import (
    Answer,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    NotSigned,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.http_client import (
    HttpReply,
    OverHttp,
    check_account,
    parse_object,
    read_status,
    send_post,
)
from gateway.domain.events import Delivery, Event, Inbound, Kind, NotANumber, Outgoing, Reply
from gateway.foundation.phone_numbers import find_sender

ACCOUNT = ("api_key", "project_id", "webhook_secret")
"""Options that make the account, each from the environment; without them the channel only receives."""
API = "https://api.telerivet.com"
STATES: Mapping[str, str] = {
    "delivered": "delivered",
    **dict.fromkeys(("failed", "not_delivered", "cancelled"), "failed"),
}
"""``failed_queued`` is tried again there, so it is on its way."""

TEXTS = frozenset({"sms", "mms"})
"""Types of a message that carry words; a call and their own USSD are none."""

INCOMING, STATUS = "incoming_message", "send_status"


class TelerivetChannel:
    """A channel at Telerivet; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self._sends = check_account(config, ACCOUNT)
        self._secret = config.options.get("webhook_secret", "")
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not self._sends,
            can_ask=False,
            real=self._sends,
            refusal=403,
            received="{}",
            received_type="application/json",
            guide="docs/how-to/connect-a-text-provider.md",
        )
        self._http = OverHttp()

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a message or what became of one.

        Raises:
            BadRequest: a field is missing.
            NotSigned: the secret in it is not ours.
        """
        event = request.need("event")
        self._check_secret(request.fields.get("secret", ""))
        wanted = STATUS if request.event == "delivery" else INCOMING
        if event != wanted:
            raise BadRequest(f"field event is not {wanted}")
        turn = request.need("id")
        return self._read_status(request, turn) if event == STATUS else self._read_text(request, turn)

    def _read_status(self, request: Request, turn: str) -> Sequence[Event]:
        status = request.need("status")
        return (
            Delivery(
                channel=self.config.name,
                provider_id=turn,
                state=STATES.get(status, "moving"),
                status=status[:40],
            ),
        )

    def _read_text(self, request: Request, turn: str) -> Sequence[Event]:
        if request.fields.get("message_type", "sms") not in TEXTS:
            return ()
        written = request.fields.get("from_number_e164") or request.need("from_number", empty=True)
        sender, text = find_sender(self.config.sms_number, written), request.fields.get("content", "")
        if not sender:
            return (NotANumber(channel=self.config.name, turn=turn, sender=written, text=text),)
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.SMS,
                number=sender,
                text=text,
                turn=turn,
                service=request.fields.get("to_number", ""),
                network=request.fields.get("phone_id", ""),
            ),
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - it has no sessions
        """Return the text as the body; never shown, because texts are answered by ``send``."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text; without an account it is kept for the simulator."""
        if not self._sends:
            return keep_message(message)
        options = self.config.options
        fields = {"content": message.text, "to_number": message.number, "message_type": "sms"}
        fields |= {name: options[name] for name in ("route_id", "phone_id") if options.get(name)}
        if options.get("delivery_url"):
            fields |= {"status_url": options["delivery_url"], "status_secret": self._secret}
        headers = {
            **urllib3.make_headers(basic_auth=f"{options['api_key']}:"),
            "Content-Type": "application/json",
        }
        base = options.get("api_url", API).rstrip("/")
        url = f"{base}/v1/projects/{quote(options['project_id'], safe='')}/messages/send"
        reply, failed = send_post(self._http, url, json.dumps(fields).encode(), headers)
        return failed or read_answer(reply or HttpReply(status=0), message.own_id, now)

    def _check_secret(self, given: str) -> None:
        if self._secret and not hmac.compare_digest(self._secret.encode(), given.encode("utf-8", "replace")):
            raise NotSigned("field secret is not that of this line", why="signature", status=403)


def read_answer(reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG001 - as every dialect has it
    """Return the result of a send; the answer is the message as they keep it."""
    declined = read_status(reply, now)
    if declined is not None:
        return declined
    found = parse_object(reply) or {}
    if not isinstance(found.get("id"), str) or not found["id"]:
        return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable")
    if found.get("status") in ("failed", "cancelled"):
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"status-{found['status']}", alarm=True)
    return SendResult(outcome=SendOutcome.SENT, provider_id=found["id"][:120])


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return TelerivetChannel(config)
