"""An Android phone with a local SIM: SMS in both directions through an app, and missed calls where posted."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import urllib3
from urllib3.exceptions import HTTPError

from gateway.channels.android.phone import Phone, PhoneAccount
from gateway.channels.android.posts import check_signature, open_envelope, read_events, sign_body
from gateway.channels.contract import (
    Answer,
    BadRequest,
    Channel,
    ChannelConfig,
    Contract,
    NoGateway,
    NotTaken,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.domain.events import ChannelSeen, Event, Inbound, Outgoing, Reply
from gateway.foundation.time_and_chance import Clock, new_token

EVENTS = frozenset({"sms", "delivery", "voice", "health"})
"""Names of addresses for people who configure the app; the envelope names its event, so each accepts all."""

ACCOUNT = ("api_url", "username", "password", "signing_key")
"""Options that make the account, each from the environment; without them the channel only receives."""


class AndroidChannel:
    """A channel through a phone; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig, account: PhoneAccount) -> None:
        self.config = config
        self.contract = Contract(
            events=EVENTS,
            accumulates=False,
            has_turn_id=True,
            takes_our_id=True,
            can_ask=account.sends,
            types=frozenset({"application/json"}),
            real=account.sends,
            reads_body=True,
            guide="docs/how-to/android-phone.md",
            silent_after=timedelta(minutes=account.silent_minutes) if account.sends else None,
        )
        self._account = account
        self._phone = Phone(config.name, account) if account.sends else None

    def verify(self, request: Request, *, now: datetime) -> None:
        """Verify the signature; without a key no phone is set up yet, and only the secret address protects it."""
        if self._account.signing_key:
            check_signature(self._account.signing_key, request.body, request.headers, now)

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its events, the heartbeat first."""
        if request.event not in EVENTS:
            raise BadRequest("this line has no such event")
        return read_events(self.config, self._account, open_envelope(request.body))

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Return the text as the response body; never shown, because a phone channel has no sessions."""
        return Answer(body=reply.text)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text through the phone; without an account it is kept for the simulator."""
        return self._phone.send(message, now=now) if self._phone else keep_message(message)

    def ask(self, own_id: str, *, now: datetime) -> SendResult | None:  # noqa: ARG002 - not needed here
        """Query the state of a text."""
        return self._phone.ask(own_id) if self._phone else None

    def look(self, *, now: datetime) -> ChannelSeen | None:  # noqa: ARG002 - not needed here
        """Query the state of the phone."""
        return self._phone.look() if self._phone else None

    def register(self, addresses: Mapping[str, str]) -> SendResult:
        """Register the addresses to which the app posts."""
        if self._phone is None:
            return SendResult(outcome=SendOutcome.REFUSED, reason="no-account")
        return self._phone.register(addresses)


# A caller's phone for trials: it texts the channel as the app on its phone would.

SECONDS = 15


def make_texter(
    config: ChannelConfig, addresses: Mapping[str, str], number: str
) -> Callable[[str, str], None]:
    """Return a function (to, text) that sends a text from this number; replies are read from the simulator."""
    key = config.options.get("signing_key", "")
    clock = Clock()

    def text(to: str, words: str) -> None:
        now = clock.now()
        body = json.dumps(_make_envelope(number, to, words, now), ensure_ascii=False).encode()
        stamp = str(int(now.timestamp()))
        headers = {"Content-Type": "application/json", "X-Timestamp": stamp}
        if key:
            headers["X-Signature"] = sign_body(key, body, stamp)
        _post_body(addresses["sms"], body, headers)

    return text


def _make_envelope(number: str, to: str, words: str, now: datetime) -> dict[str, object]:
    return {
        "deviceId": "trial",
        "event": "sms:received",
        "id": f"trial-{new_token(12)}",
        "payload": {
            "messageId": new_token(4),
            "message": words,
            "sender": number,
            "recipient": to,
            "receivedAt": now.isoformat(timespec="milliseconds"),
        },
        "webhookId": "trial",
    }


def _post_body(address: str, body: bytes, headers: Mapping[str, str]) -> None:
    with urllib3.PoolManager(retries=False) as pool:
        try:
            answer = pool.request(
                "POST", address, body=body, headers=headers, timeout=SECONDS, redirect=False
            )
        except HTTPError as error:
            raise NoGateway("no gateway answers") from error
    if answer.status != 200:  # noqa: PLR2004
        raise NotTaken(f"{answer.status}: {answer.data[:200].decode(errors='replace')}")


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return AndroidChannel(config, PhoneAccount.of(config.options))
