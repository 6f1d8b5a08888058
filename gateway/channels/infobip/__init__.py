"""Infobip: texts both ways and delivery reports, as JSON in batches.

Shapes are those of Infobip's SMS API 3 and of its pages on receiving texts. The name of the sender's field differs
between its pages, so it is an option.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from gateway.channels.contract import BadRequest, Channel, ChannelConfig, Request, SendOutcome, SendResult
from gateway.channels.http_client import HttpReply, parse_object, read_status
from gateway.channels.post_fields import JSON, narrow_request
from gateway.channels.sms_text import SendPost, TextsOnly
from gateway.domain.events import Event, Outgoing

STATES: Mapping[str, str] = {
    "DELIVERED": "delivered",
    **dict.fromkeys(("EXPIRED", "REJECTED", "UNDELIVERABLE"), "failed"),
    "PENDING": "moving",
}
ACCEPTED = (1, 3)
"""Group ids of a text that was taken: pending, delivered."""

RESULTS = "results"

ACCOUNT = ("base_url", "api_key")
"""Options that make the account, each from the environment; without them the channel only receives."""


class InfobipChannel(TextsOnly):
    """A channel at Infobip; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    reports_our_id = True
    types = JSON

    def parse(self, request: Request) -> Sequence[Event]:
        """Read each text or report of a batch."""
        results = request.typed.get(RESULTS)
        if not isinstance(results, list):
            known = RESULTS in request.fields or RESULTS in request.typed
            raise BadRequest(f"field {RESULTS} is {'not a list' if known else 'missing'}")
        read = self._read_report if request.event == "delivery" else self._read_text
        return [read(narrow_request(request, each if isinstance(each, dict) else {})) for each in results]

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that sends one text under our id."""
        options = self.config.options
        text: dict[str, object] = {
            "destinations": [{"to": message.number.removeprefix("+"), "messageId": message.own_id}],
            "content": {"text": message.text},
        }
        if self.config.sms_number:
            text[options.get("sender_field", "sender")] = self.config.sms_number
        if options.get("delivery_url"):
            text["webhooks"] = {
                "delivery": {"url": options["delivery_url"], "contentType": "application/json"}
            }
        body = json.dumps({"messages": [text]}).encode()
        headers = {
            "Authorization": f"App {options['api_key']}",
            "Content-Type": "application/json",
            "Accept": "application/json",
        }
        url = f"{options['base_url'].rstrip('/')}/sms/3/messages"
        return SendPost(url=url, body=body, headers=headers)

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:
        """Return the result of a send; a success may still refuse the one text in it."""
        declined = read_status(reply, now)
        if declined is not None:
            return declined
        messages = (parse_object(reply) or {}).get("messages")
        first = (
            messages[0] if isinstance(messages, list) and messages and isinstance(messages[0], dict) else {}
        )
        status = first.get("status")
        group = status.get("groupId") if isinstance(status, dict) else None
        if group in ACCEPTED:
            return SendResult(
                outcome=SendOutcome.SENT, provider_id=str(first.get("messageId") or own_id)[:120]
            )
        if isinstance(group, int):
            return SendResult(outcome=SendOutcome.REFUSED, reason=f"group-{group}")
        return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable")

    def _read_text(self, one: Request) -> Event:
        words = one.need("text", empty=True)  # cleanText lacks what Infobip takes for a keyword
        sender, turn = one.need("from", empty=True), one.need("messageId")
        return self.make_text(sender, words, turn, to=one.fields.get("to", ""))

    def _read_report(self, one: Request) -> Event:
        status = one.typed.get("status")
        group = str(status.get("groupName", "")) if isinstance(status, dict) else ""
        return self.make_report(one.need("messageId"), group)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return InfobipChannel(config)
