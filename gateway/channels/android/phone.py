"""Call the API of the app on a phone: send texts, query their state and the phone's health, register webhooks.

The API is that of SMS Gateway for Android (docs.sms-gate.app, "API").
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import urllib3

from gateway.channels.android.posts import STATES, read_health
from gateway.channels.contract import BadAccount, SendOutcome, SendResult
from gateway.channels.http_client import CONNECT, READ, NoAnswer, OverHttp
from gateway.domain.events import ChannelSeen, Outgoing

HALVES = ("api_url", "username", "password")
SILENT_MINUTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneAccount:
    """Options of one phone.

    Attributes:
        signing_key: HMAC key of the phone's posts; while it is empty they are not signed.
        api_url: address of the app, on the phone or at a relay; empty where nothing can be sent.
        username: user name for the app (HTTP Basic, RFC 7617).
        password: password for it.
        sim: the SIM of this channel, from 1; 0 for the phone's default.
        silent_minutes: minutes without a post after which the channel counts as silent.
    """

    signing_key: str = field(default="", repr=False)
    api_url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    sim: int = 0
    silent_minutes: int = SILENT_MINUTES

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "PhoneAccount":
        """Read the options of a channel.

        Raises:
            BadAccount: an incomplete account, an invalid address or an invalid number.
        """
        missing = [name for name in HALVES if not options.get(name)]
        if 0 < len(missing) < len(HALVES):
            raise BadAccount(
                f"{_describe_missing(missing)} is not set, so the phone is only half there: set all or none"
            )
        if not missing and not options.get("signing_key"):
            raise BadAccount(
                "ANDROID_SIGNING_KEY is not set, so anybody could post as the phone: set it, here and in the app"
            )
        if not options.get("api_url", "http://").startswith(("http://", "https://")):
            raise BadAccount("ANDROID_API_URL must begin with http:// or https://")
        return cls(
            signing_key=options.get("signing_key", ""),
            api_url=options.get("api_url", "").rstrip("/"),
            username=options.get("username", ""),
            password=options.get("password", ""),
            sim=_read_whole(options, "sim", 0),
            silent_minutes=max(1, _read_whole(options, "silent_minutes", SILENT_MINUTES)),
        )

    @property
    def sends(self) -> bool:
        """Whether texts can be sent through the phone."""
        return bool(self.api_url)


def _describe_missing(missing: list[str]) -> str:
    return ", ".join(f"ANDROID_{name.upper()}" for name in missing)


def _read_whole(options: Mapping[str, str], name: str, otherwise: int) -> int:
    written = options.get(name, "")
    if not written:
        return otherwise
    if not (written.isascii() and written.isdigit() and len(written) < 6):  # noqa: PLR2004 - more is a slip
        raise BadAccount(f"options.{name} of an android line must be a whole number")
    return int(written)


# JSON over HTTP.


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneReply:
    """A response; ``found`` is its JSON object, or None where it is none or incomplete."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Any] | None = field(default=None, repr=False)


class Wire:
    """HTTP access to one phone."""

    def __init__(self, account: PhoneAccount) -> None:
        self._url = account.api_url
        self._headers = {
            **urllib3.make_headers(basic_auth=f"{account.username}:{account.password}"),
            "Accept": "application/json",
        }
        self._http = OverHttp()

    def ask(
        self, method: str, path: str, content: Mapping[str, Any] | None = None, *, read: float = READ
    ) -> PhoneReply:
        """Make one request.

        Raises:
            NoAnswer: no response.
        """
        written = b"" if content is None else json.dumps(content).encode()
        kind = {} if content is None else {"Content-Type": "application/json; charset=utf-8"}
        headers = {**self._headers, **kind}
        reply = self._http.ask(method, self._url + path, body=written, headers=headers, times=(CONNECT, read))
        found = None if reply.cut else _parse_object(reply.body)
        return PhoneReply(status=reply.status, headers=reply.headers, found=found)


def _parse_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# Interpretation of responses; pure.

SENT, NOT_SENT, REFUSED, UNCLEAR = (
    SendOutcome.SENT,
    SendOutcome.NOT_SENT,
    SendOutcome.REFUSED,
    SendOutcome.UNCLEAR,
)
LONGEST_WAIT = timedelta(minutes=30)

# States of a text in the app; one in its queue counts as sent.
ANSWER_STATES: Mapping[str, SendOutcome] = {
    "Pending": SENT,
    "Processed": SENT,
    "Sent": SENT,
    "Delivered": SENT,
    "Cancelling": REFUSED,
    "Cancelled": REFUSED,
    "Failed": REFUSED,
}
TAKEN_ALREADY = 409
NOT_THERE = 404

# A fault of the channel, not of this text, so an operator must look.
ALARMS = {401: "wrong-password", 403: "forbidden", 404: "wrong-address", 405: "wrong-address"}
REDIRECTS = (301, 302, 303, 307, 308)


def read_send_result(reply: PhoneReply, own_id: str, now: datetime) -> SendResult:
    """Return the result of sending a text under our id."""
    if reply.status == TAKEN_ALREADY:
        return SendResult(outcome=SENT, provider_id=own_id, reason="taken-before")
    if 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
        return _read_taken(reply, own_id)
    if reply.status in ALARMS:
        return SendResult(outcome=NOT_SENT, reason=ALARMS[reply.status], alarm=True)
    if reply.status in REDIRECTS:
        return SendResult(outcome=NOT_SENT, reason="redirected", alarm=True)
    if reply.status == 429:  # noqa: PLR2004
        return SendResult(outcome=NOT_SENT, reason="throttled", retry_at=_retry_at(reply, now))
    if 400 <= reply.status < 500:  # noqa: PLR2004
        return SendResult(outcome=REFUSED, reason=f"http-{reply.status}")
    return SendResult(outcome=UNCLEAR, reason=f"http-{reply.status}")


def read_state(reply: PhoneReply, own_id: str) -> SendResult | None:
    """Return what the app knows of a text under our id; None where its response does not tell."""
    if reply.status == NOT_THERE and reply.found is not None:
        # A 404 page of another server would not be JSON.
        return SendResult(outcome=REFUSED, reason="never-came")
    if reply.status != 200 or reply.found is None:  # noqa: PLR2004
        return None
    outcome = ANSWER_STATES.get(_find_state(reply.found))
    return None if outcome is None else SendResult(outcome=outcome, provider_id=own_id, reason="asked")


def _read_taken(reply: PhoneReply, own_id: str) -> SendResult:
    if reply.found is None or not isinstance(reply.found.get("id"), str):
        # A captive portal answers 200 too; a second try under the same id will tell.
        return SendResult(outcome=UNCLEAR, reason="unreadable")
    if ANSWER_STATES.get(_find_state(reply.found)) is REFUSED:
        return SendResult(outcome=REFUSED, provider_id=own_id, reason="failed-there")
    return SendResult(outcome=SENT, provider_id=reply.found["id"][:120])


def _find_state(found: Mapping[str, Any]) -> str:
    state = found.get("state")
    return state if isinstance(state, str) else ""


def _retry_at(reply: PhoneReply, now: datetime) -> datetime | None:
    written = reply.headers.get("retry-after", "").strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return now + min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)


SHORT = 5.0
"""Time limit, in seconds, of queries on which no text depends."""

HOOKS = {
    "sms:received": "sms",
    **dict.fromkeys(STATES, "delivery"),
    "system:ping": "health",
    "app:started": "health",
}
"""Event of the app → our address; missed calls are posted by another app."""
LATER_HOOKS = {"mms:downloaded": "sms"}
"""The same for events that an older app does not know, and refuses."""


class Phone:
    """One phone."""

    def __init__(self, channel: str, account: PhoneAccount) -> None:
        self._channel = channel
        self._account = account
        self._wire = Wire(account)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send a text under our id; the app ignores a repeat of the same id."""
        try:
            # Numbers are validated by us; an old app does not know newer prefixes.
            reply = self._wire.ask(
                "POST", "/messages?skipPhoneValidation=true", self._write_message(message, now=now)
            )
        except NoAnswer as error:
            if error.begun:
                return SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")
            return SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection", down=True)
        return read_send_result(reply, message.own_id, now)

    def ask(self, own_id: str) -> SendResult | None:
        """Query the state of a text."""
        reply = self._ask_phone("GET", f"/messages/{own_id}")
        return read_state(reply, own_id) if reply else None

    def look(self) -> ChannelSeen | None:
        """Query the phone's health; a relay that only reports about itself does not count."""
        reply = self._ask_phone("GET", "/health")
        if reply is None or reply.status not in (200, 503) or reply.found is None:
            return None
        seen = read_health(self._channel, reply.found)
        return seen if seen.battery is not None or seen.failed is not None else None

    def register(self, addresses: Mapping[str, str]) -> SendResult:
        """Register our address for each event; the ids are ours, so that a repeat replaces the earlier one."""
        for event, address_name in (HOOKS | LATER_HOOKS).items():
            hook = {
                "id": f"{self._channel}-{event.replace(':', '-')}",
                "url": addresses[address_name],
                "event": event,
            }
            reply = self._ask_phone("POST", "/webhooks", hook)
            if reply is None:
                return SendResult(outcome=SendOutcome.NOT_SENT, reason="no-answer", down=True)
            if not 200 <= reply.status < 300 and event not in LATER_HOOKS:  # noqa: PLR2004 - every success counts alike
                return SendResult(outcome=SendOutcome.REFUSED, reason=f"http-{reply.status}")
        return SendResult(outcome=SendOutcome.SENT)

    def _write_message(self, message: Outgoing, *, now: datetime) -> dict[str, object]:
        written: dict[str, object] = {
            "id": message.own_id,
            "textMessage": {"text": message.text},
            "phoneNumbers": [message.number],
            "withDeliveryReport": True,
        }
        if message.valid_until is not None:
            # After this the phone drops a queued text, because the caller may no longer hold the phone.
            written["ttl"] = max(1, int((message.valid_until - now).total_seconds()))
        if self._account.sim:
            written["simNumber"] = self._account.sim
        return written

    def _ask_phone(
        self, method: str, path: str, content: Mapping[str, object] | None = None
    ) -> PhoneReply | None:
        try:
            return self._wire.ask(method, path, content, read=SHORT)
        except NoAnswer:
            return None
