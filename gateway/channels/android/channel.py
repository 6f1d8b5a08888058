"""Implement the channel of one SIM in an Android phone: verify and parse posts, and send texts with an account."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from gateway.channels.android import envelope, events
from gateway.channels.android.account import PhoneAccount
from gateway.channels.android.envelope import open_envelope
from gateway.channels.android.phone import Phone
from gateway.channels.contract import (
    Answer,
    BadRequest,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.domain.events import ChannelSeen, Event, Inbound, Outgoing, Reply

EVENTS = frozenset({"sms", "delivery", "voice", "health"})
"""Names of addresses for people who configure the app; the envelope names its event, so each accepts all."""


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
            envelope.check_signature(self._account.signing_key, request.body, request.headers, now)

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its events, the heartbeat first."""
        if request.event not in EVENTS:
            raise BadRequest("this line has no such event")
        return events.read_events(self.config, self._account, open_envelope(request.body))

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
