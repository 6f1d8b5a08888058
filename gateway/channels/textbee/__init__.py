"""textbee: texts both ways by an Android phone with a local SIM, through textbee's relay, and what became of each.

Fields, events and the signature are those of textbee's published server and of its page on webhooks. All events of an
account may be posted to one address, so each of ours takes every event. The phone may report one text twice, under two
ids (textbee issue 159): sender, text and the instant at which it came are the same, so they name the turn.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote

from gateway.channels.contract import (
    Channel,
    ChannelConfig,
    NotSigned,
    Request,
    SendOutcome,
    SendResult,
)
from gateway.channels.http_client import HttpReply, parse_object, read_status
from gateway.channels.post_fields import JSON, find_id
from gateway.channels.sms_text import SendPost, TextsOnly
from gateway.domain.events import Event, Outgoing

ACCOUNT = ("api_key", "device_id", "webhook_secret")
"""Options that make the account, each from the environment; without them the channel only receives."""
API = "https://api.textbee.dev"
RECEIVED = "MESSAGE_RECEIVED"
SECONDS = len("2026-01-02T03:04:05")
STATES: Mapping[str, str] = {"MESSAGE_DELIVERED": "delivered", "MESSAGE_FAILED": "failed"}


class TextbeeChannel(TextsOnly):
    """A channel by a phone at textbee; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    types = JSON

    def verify(self, request: Request, *, now: datetime) -> None:  # noqa: ARG002 - the signature has no time
        """Verify ``X-Signature`` over the body; without a secret nothing is signed yet."""
        secret = self.config.options.get("webhook_secret", "")
        if not secret:
            return
        given = request.headers.get("x-signature", "")
        if not given:
            raise NotSigned("X-Signature is missing", why="unsigned")
        if not hmac.compare_digest(sign_body(secret, request.body).encode(), given.strip().lower().encode()):
            raise NotSigned("The signature is not that of this body and secret", why="signature")

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text, or what became of one."""
        event = request.need("webhookEvent")
        if event != RECEIVED:
            status = find_id(request, "errorCode")
            return (self.make_report(request.need("smsBatchId"), event, reason=status),)
        sender, words = request.need("sender", empty=True), request.need("message", empty=True)
        return (self.make_text(sender, words, _name_turn(request, sender, words)),)

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that sends one text."""
        options = self.config.options
        base = options.get("api_url", API).rstrip("/")
        return SendPost(
            url=f"{base}/api/v1/gateway/devices/{quote(options['device_id'], safe='')}/send-sms",
            body=json.dumps({"recipients": [message.number], "message": message.text}).encode(),
            headers={"x-api-key": options["api_key"], "Content-Type": "application/json"},
        )

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG002
        """Return the result of a send; reports name it by the id of its batch, which holds this text alone."""
        declined = read_status(reply, now)
        if declined is not None:
            return declined
        data = (parse_object(reply) or {}).get("data")
        batch = data.get("smsBatchId") if isinstance(data, dict) else None
        if not isinstance(batch, str) or not batch:
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True)
        return SendResult(outcome=SendOutcome.SENT, provider_id=batch[:120])


def sign_body(secret: str, body: bytes) -> str:
    """Return the signature of a body: HMAC-SHA256 in hexadecimal."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def _name_turn(request: Request, sender: str, words: str) -> str:
    """Return the id of a text: what is the same in each report of it; its own id where it has no instant."""
    came = find_id(request, "receivedAt")
    if not came:
        return request.need("smsId")
    return hashlib.sha256(f"{sender}\n{came[:SECONDS]}\n{words}".encode()).hexdigest()[:40]


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return TextbeeChannel(config)
