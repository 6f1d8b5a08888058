"""Vonage (its SMS API, formerly Nexmo): texts both ways and delivery reports; a long text comes in parts.

Fields, statuses and signatures are those of Vonage's pages on the SMS API. An account posts as GET, form or JSON,
whatever its settings say, so all three are read.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from gateway.channels.contract import (
    FORM,
    BadAccount,
    Channel,
    ChannelConfig,
    NotSigned,
    Request,
    SendOutcome,
    SendResult,
)
from gateway.channels.http_client import HttpReply, parse_object, read_status
from gateway.channels.post_fields import JSON, find_id, read_id
from gateway.channels.sms_text import SendPost, TextsOnly, is_gsm7, read_part
from gateway.domain.events import Event, Outgoing, TextPart

ACCOUNT = ("api_key", "api_secret")
"""Options that make the account, each from the environment; without them the channel only receives."""
API = "https://rest.nexmo.com"
STATES: Mapping[str, str] = {
    "delivered": "delivered",
    **dict.fromkeys(("expired", "failed", "rejected"), "failed"),
}

# Statuses of a send. It is answered by HTTP 200 even where it was refused.
SENT, THROTTLED = "0", "1"
REFUSED: Mapping[str, str] = {"6": "not-valid", "7": "number-barred", "12": "too-long", "33": "number-gone"}
OURS: Mapping[str, str] = {
    **dict.fromkeys(("2", "3", "23"), "bad-form"),
    **dict.fromkeys(("4", "14", "32"), "wrong-key"),
    **dict.fromkeys(("8", "11"), "account-barred"),
    "9": "no-money",
    "15": "wrong-sender",
    "29": "number-not-allowed",
}

METHODS = ("md5hash", "md5", "sha1", "sha256", "sha512")
TOLERANCE = timedelta(minutes=5)


class VonageChannel(TextsOnly):
    """A channel at Vonage; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    types = FORM | JSON
    methods = frozenset({"GET", "POST"})

    def __init__(self, config: ChannelConfig) -> None:
        super().__init__(config)
        self._secret = config.options.get("signature_secret", "")
        self._method = config.options.get("signature_method", METHODS[0])
        if self._method not in METHODS:
            raise BadAccount(
                f"channel {config.name}: options.signature_method is one of {', '.join(METHODS)}"
            )
        if self.sends and not config.sms_number:
            raise BadAccount(
                f"channel {config.name}: sms_number is empty, so there is no number to send from"
            )

    def verify(self, request: Request, *, now: datetime) -> None:
        """Verify ``sig`` over all fields; without a secret nothing is signed yet."""
        if not self._secret:
            return
        fields = {**{name: str(value) for name, value in request.typed.items()}, **request.fields}
        given, second = fields.pop("sig", ""), fields.get("timestamp", "")
        if not given:
            raise NotSigned("field sig is missing", why="unsigned")
        right = sign_fields(fields, self._secret, self._method)
        if not hmac.compare_digest(right.encode(), given.lower().encode("utf-8", "replace")):
            raise NotSigned("field sig is not that of these fields", why="signature")
        is_second = second.isascii() and second.isdigit() and len(second) < 12  # noqa: PLR2004 - no later than 5138
        if not is_second or abs(now.timestamp() - int(second)) > TOLERANCE.total_seconds():
            raise NotSigned("field timestamp is not of now", why="stale")

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text, a part of one, or a delivery receipt."""
        turn = read_id(request, "messageId")
        if request.event == "delivery":
            return (self.make_report(turn, request.need("status"), reason=find_id(request, "err-code")[:10]),)
        return (
            self.make_text(
                read_id(request, "msisdn"),
                request.fields.get("text", ""),
                turn,
                to=find_id(request, "to"),
                part=_find_part(request),
            ),
        )

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that sends one text."""
        options = self.config.options
        fields = {
            "api_key": options["api_key"],
            "api_secret": options["api_secret"],
            "from": self.config.sms_number.removeprefix("+"),
            "to": message.number.removeprefix("+"),
            "text": message.text,
            "type": "text" if is_gsm7(message.text) else "unicode",
        }
        if options.get("delivery_url"):
            fields |= {"status-report-req": "1", "callback": options["delivery_url"]}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url = f"{options.get('api_url', API).rstrip('/')}/sms/json"
        return SendPost(url=url, body=urlencode(fields).encode(), headers=headers)

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:
        """Return the result of a send: each part of a long text has a status of its own."""
        declined = read_status(reply, now)
        if declined is not None:
            return declined
        messages = (parse_object(reply) or {}).get("messages")
        each: list[dict[str, Any]] = (
            [one for one in messages if isinstance(one, dict)] if isinstance(messages, list) else []
        )
        statuses = {str(one.get("status")) for one in each}
        if not each:
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable", alarm=True)
        if statuses == {SENT}:
            return SendResult(
                outcome=SendOutcome.SENT, provider_id=str(each[-1].get("message-id") or own_id)[:120]
            )
        if SENT in statuses:
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="some-parts", alarm=True)
        status = str(each[0].get("status"))
        if status == THROTTLED:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="throttled")
        if status in REFUSED:
            return SendResult(outcome=SendOutcome.REFUSED, reason=REFUSED[status])
        if status in OURS:
            return SendResult(outcome=SendOutcome.NOT_SENT, reason=OURS[status], alarm=True)
        return SendResult(outcome=SendOutcome.NOT_SENT, reason="provider-fault")


def sign_fields(fields: Mapping[str, str], secret: str, method: str) -> str:
    """Return the signature of these fields without ``sig``: by name, ``&`` and ``=`` inside values as ``_``."""
    written = "".join(
        f"&{name}={fields[name].replace('&', '_').replace('=', '_')}" for name in sorted(fields)
    ).encode("utf-8", "replace")
    if method == "md5hash":
        return hashlib.md5(written + secret.encode(), usedforsecurity=False).hexdigest()
    return hmac.new(secret.encode(), written, method).hexdigest()


def _find_part(request: Request) -> TextPart | None:
    """Return which part of a long text it is; None for a whole one."""
    if str(request.fields.get("concat", request.typed.get("concat", ""))).casefold() != "true":
        return None
    reference, total, number = (read_id(request, f"concat-{name}") for name in ("ref", "total", "part"))
    return read_part(reference, total, number, "concat-part")


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return VonageChannel(config)
