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
    Answer,
    BadAccount,
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
from gateway.domain.events import OPTED_OUT, Delivery, Event, Inbound, Kind, NotANumber, Outgoing, Reply
from gateway.foundation.phone_numbers import find_sender

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


class TwilioChannel:
    """A channel at Twilio; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig) -> None:
        options = config.options
        self.config = config
        self._sends = check_account(config, ACCOUNT)
        self._token, self._sid = options.get("auth_token", ""), options.get("account_sid", "")
        self._base = options.get("public_url", "").rstrip("/")
        if self._sends and not (config.sms_number or options.get("messaging_service_sid")):
            raise BadAccount(
                f"channel {config.name}: sms_number is empty, so there is no number to send from"
            )
        self.contract = Contract(
            events=frozenset({"sms", "delivery"}),
            accumulates=False,
            has_turn_id=True,
            takes_our_id=not self._sends,
            can_ask=False,
            real=self._sends,
            received="<Response/>",
            received_type="text/xml; charset=utf-8",  # as plain text it would be texted to the caller
            guide="docs/how-to/connect-a-text-provider.md",
        )
        self._http = OverHttp()

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
            status = request.need("MessageStatus")
            code = request.fields.get("ErrorCode", "")
            return (
                Delivery(
                    channel=self.config.name,
                    provider_id=turn,
                    state=STATES.get(status, "moving"),
                    status=status[:40],
                    reason=OPTED_OUT if code == STOPPED else code[:10],
                ),
            )
        sender = find_sender(self.config.sms_number, request.need("From"))
        if not sender:  # a name, a short code, or another medium such as whatsapp:
            return (
                NotANumber(
                    channel=self.config.name,
                    turn=turn,
                    sender=request.fields["From"],
                    text=request.fields.get("Body", ""),
                ),
            )
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.SMS,
                number=sender,
                text=request.fields.get("Body", ""),
                turn=turn,
                service=request.fields.get("To", ""),
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
        reply, failed = send_post(self._http, url, urlencode(fields).encode(), headers)
        return failed or read_answer(reply or HttpReply(status=0), message.own_id, now)


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


def read_answer(reply: HttpReply, own_id: str, now: datetime) -> SendResult:  # noqa: ARG001 - as every dialect has it
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


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return TwilioChannel(config)
