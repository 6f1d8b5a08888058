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
    BadRequest,
    Channel,
    ChannelConfig,
    NotSigned,
    Request,
    SendOutcome,
    SendResult,
)
from gateway.channels.http_client import HttpReply, parse_object, read_status
from gateway.channels.sms_text import SendPost, TextsOnly
from gateway.domain.events import Event, Outgoing

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


class TelerivetChannel(TextsOnly):
    """A channel at Telerivet; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    refusal = 403
    received = ("{}", "application/json")

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
        if event == STATUS:
            return (self.make_report(turn, request.need("status")),)
        return self._read_text(request, turn)

    def _read_text(self, request: Request, turn: str) -> Sequence[Event]:
        if request.fields.get("message_type", "sms") not in TEXTS:
            return ()
        written = request.fields.get("from_number_e164") or request.need("from_number", empty=True)
        return (
            self.make_text(
                written,
                request.fields.get("content", ""),
                turn,
                to=request.fields.get("to_number", ""),
                network=request.fields.get("phone_id", ""),
            ),
        )

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that sends one text."""
        options = self.config.options
        fields = {"content": message.text, "to_number": message.number, "message_type": "sms"}
        fields |= {name: options[name] for name in ("route_id", "phone_id") if options.get(name)}
        if options.get("delivery_url"):
            fields |= {"status_url": options["delivery_url"], "status_secret": options["webhook_secret"]}
        headers = {
            **urllib3.make_headers(basic_auth=f"{options['api_key']}:"),
            "Content-Type": "application/json",
        }
        base = options.get("api_url", API).rstrip("/")
        url = f"{base}/v1/projects/{quote(options['project_id'], safe='')}/messages/send"
        return SendPost(url=url, body=json.dumps(fields).encode(), headers=headers)

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG002
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

    def _check_secret(self, given: str) -> None:
        secret = self.config.options.get("webhook_secret", "")
        if secret and not hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace")):
            raise NotSigned("field secret is not that of this line", why="signature", status=403)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return TelerivetChannel(config)
