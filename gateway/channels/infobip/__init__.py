"""Infobip: texts both ways and delivery reports, as JSON in batches.

Shapes are those of Infobip's SMS API 3 and of its pages on receiving texts. The name of the sender's field differs
between its pages, so it is an option.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

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
from gateway.channels.http_client import (
    HttpReply,
    OverHttp,
    check_account,
    parse_object,
    read_status,
    send_post,
)
from gateway.channels.post_fields import JSON, narrow_request
from gateway.domain.events import Delivery, Event, Inbound, Kind, NotANumber, Outgoing, Reply
from gateway.foundation.phone_numbers import find_sender

GROUPS: Mapping[str, str] = {
    "DELIVERED": "delivered",
    **dict.fromkeys(("EXPIRED", "REJECTED", "UNDELIVERABLE"), "failed"),
    "PENDING": "moving",
}
ACCEPTED = (1, 3)
"""Group ids of a text that was taken: pending, delivered."""

RESULTS = "results"

ACCOUNT = ("base_url", "api_key")
"""Options that make the account, each from the environment; without them the channel only receives."""


class InfobipChannel:
    """A channel at Infobip; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig) -> None:
        self.config = config
        self._sends = check_account(config, ACCOUNT)
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not self._sends,
            reports_our_id=True,
            can_ask=False,
            types=JSON,
            real=self._sends,
            guide="docs/how-to/connect-a-text-provider.md",
        )
        self._http = OverHttp()

    def parse(self, request: Request) -> Sequence[Event]:
        """Read each text or report of a batch."""
        results = request.typed.get(RESULTS)
        if not isinstance(results, list):
            known = RESULTS in request.fields or RESULTS in request.typed
            raise BadRequest(f"field {RESULTS} is {'not a list' if known else 'missing'}")
        read = self._read_report if request.event == "delivery" else self._read_text
        return [read(narrow_request(request, each if isinstance(each, dict) else {})) for each in results]

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - it has no sessions
        """Return the text as the body; never shown, because texts are answered by ``send``."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text under our id; without an account it is kept for the simulator."""
        if not self._sends:
            return keep_message(message)
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
        reply, failed = send_post(self._http, url, body, headers)
        return failed or read_answer(reply or HttpReply(status=0), message.own_id, now)

    def _read_text(self, one: Request) -> Event:
        turn, sender = (
            one.need("messageId"),
            find_sender(self.config.sms_number, one.need("from", empty=True)),
        )
        if not sender:
            return NotANumber(
                channel=self.config.name,
                turn=turn,
                sender=one.fields["from"],
                text=one.fields.get("text", ""),
            )
        return Inbound(
            channel=self.config.name,
            kind=Kind.SMS,
            number=sender,
            text=one.need("text", empty=True),  # cleanText lacks what Infobip takes for a keyword
            turn=turn,
            service=one.fields.get("to", ""),
        )

    def _read_report(self, one: Request) -> Event:
        status = one.typed.get("status")
        group = str(status.get("groupName", "")) if isinstance(status, dict) else ""
        return Delivery(
            channel=self.config.name,
            provider_id=one.need("messageId"),
            state=GROUPS.get(group, "moving"),
            status=group[:40],
        )


def read_answer(reply: HttpReply, own_id: str, now: datetime) -> SendResult:
    """Return the result of a send; a success may still refuse the one text in it."""
    declined = read_status(reply, now)
    if declined is not None:
        return declined
    messages = (parse_object(reply) or {}).get("messages")
    first = messages[0] if isinstance(messages, list) and messages and isinstance(messages[0], dict) else {}
    status = first.get("status")
    group = status.get("groupId") if isinstance(status, dict) else None
    if group in ACCEPTED:
        return SendResult(outcome=SendOutcome.SENT, provider_id=str(first.get("messageId") or own_id)[:120])
    if isinstance(group, int):
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"group-{group}")
    return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable")


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return InfobipChannel(config)
