"""Twilio: texts both ways and status callbacks, each post signed over the address that it was sent to.

Fields, codes and the signature are those of Twilio's pages "Messaging webhooks", "Message resource" and "Webhooks
security". Laos has one-way texts by Twilio only: the channel is for lines elsewhere.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, urlencode, urlsplit

import urllib3

from gateway.channels.contract import (
    BadAccount,
    Channel,
    ChannelConfig,
    NotSigned,
    Request,
    SendOutcome,
    SendResult,
)
from gateway.channels.http_client import HttpReply, parse_object, read_status
from gateway.channels.sms_text import SendPost, TextsOnly
from gateway.domain.events import OPTED_OUT, Event, Outgoing

ACCOUNT = ("account_sid", "auth_token", "public_url")
"""Options that make the account, each from the environment; without them the channel only receives."""
API = "https://api.twilio.com"
STATES: Mapping[str, str] = {
    **dict.fromkeys(("delivered", "read"), "delivered"),
    **dict.fromkeys(("undelivered", "failed", "canceled"), "failed"),
}
STOPPED = "21610"
"""Error code: the recipient has sent STOP."""

# Error codes of a send that is refused for good: numbers that are none, or that no text reaches.
REFUSED = {21610: OPTED_OUT, 21211: "number-not-valid", 21614: "number-not-valid", 21408: "no-route"}
PORTS = {"https": 443, "http": 80}


class TwilioChannel(TextsOnly):
    """A channel at Twilio; see the contract in ``gateway.channels.contract``."""

    account = ACCOUNT
    states = STATES
    received = ("<Response/>", "text/xml; charset=utf-8")  # as plain text it would be texted to the caller

    def __init__(self, config: ChannelConfig) -> None:
        super().__init__(config)
        options = config.options
        self._token, self._sid = options.get("auth_token", ""), options.get("account_sid", "")
        self._base = options.get("public_url", "").rstrip("/")
        if self.sends and not (config.sms_number or options.get("messaging_service_sid")):
            raise BadAccount(
                f"channel {config.name}: sms_number is empty, so there is no number to send from"
            )

    def verify(self, request: Request, *, now: datetime) -> None:  # noqa: ARG002 - the signature has no time
        """Verify ``X-Twilio-Signature`` over the public address; without a token nothing is signed yet."""
        if not self._token:
            return
        given = request.headers.get("x-twilio-signature", "")
        if not given:
            raise NotSigned("X-Twilio-Signature is missing", why="unsigned")
        rights = [
            sign_post(self._token, url, request.fields) for url in _list_urls(self._base + request.path)
        ]
        if not any(hmac.compare_digest(right.encode(), given.encode()) for right in rights):
            raise NotSigned("The signature is not that of this address and token", why="signature")

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a text or a status callback."""
        turn = request.need("MessageSid")
        if request.event == "delivery":
            code = request.fields.get("ErrorCode", "")
            reason = OPTED_OUT if code == STOPPED else code[:10]
            return (self.make_report(turn, request.need("MessageStatus"), reason=reason),)
        # A sender that is no number is a name, a short code, or another medium such as whatsapp:
        to = request.fields.get("To", "")
        return (self.make_text(request.need("From"), request.fields.get("Body", ""), turn, to=to),)

    def write_send(self, message: Outgoing, now: datetime) -> SendPost:  # noqa: ARG002 - it has no time limit
        """Write the post that sends one text."""
        options = self.config.options
        fields = {"To": message.number, "Body": message.text}
        if options.get("messaging_service_sid"):
            fields["MessagingServiceSid"] = options["messaging_service_sid"]
        else:
            fields["From"] = self.config.sms_number
        if options.get("delivery_url"):
            fields["StatusCallback"] = options["delivery_url"]
        headers = {
            **urllib3.make_headers(basic_auth=f"{self._sid}:{self._token}"),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        url = f"{options.get('api_url', API)}/2010-04-01/Accounts/{quote(self._sid)}/Messages.json"
        return SendPost(url=url, body=urlencode(fields).encode(), headers=headers)

    def read_answer(self, reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG002
        """Return the result of a send."""
        found = parse_object(reply)
        code = found.get("code") if found else None
        if reply.status >= 400 and isinstance(code, int) and code in REFUSED:  # noqa: PLR2004
            return SendResult(outcome=SendOutcome.REFUSED, reason=REFUSED[code])
        declined = read_status(reply, now)
        if declined is not None:
            return declined
        sid = found.get("sid") if found else None
        if not isinstance(sid, str) or not sid:
            return SendResult(outcome=SendOutcome.UNCLEAR, reason="unreadable")
        return SendResult(outcome=SendOutcome.SENT, provider_id=sid[:120])


def sign_post(token: str, url: str, fields: Mapping[str, str]) -> str:
    """Return the signature of a post: HMAC-SHA1 of the address and each field with its value, by name; base64."""
    signed = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()


def _list_urls(url: str) -> Iterator[str]:
    """Yield the address without and with its default port, either of which may have been signed."""
    yield url
    parts = urlsplit(url)
    if parts.port is None and parts.scheme in PORTS:
        yield url.replace(parts.netloc, f"{parts.netloc}:{PORTS[parts.scheme]}", 1)


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return TwilioChannel(config)
