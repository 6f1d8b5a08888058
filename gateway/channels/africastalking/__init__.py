"""Africa's Talking: USSD sessions, texts both ways, delivery reports, opt-outs and calls.

Field names and values are those of the provider's documentation: "USSD", "SMS" (incoming messages, delivery reports,
bulk SMS opt-outs) and "Voice" at developers.africastalking.com.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.channels.africastalking import codes, voice
from gateway.channels.contract import (
    Answer,
    BadAccount,
    BadRequest,
    Bridging,
    Channel,
    ChannelConfig,
    Contract,
    Request,
    SendOutcome,
    SendResult,
    keep_message,
)
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_form_post
from gateway.domain.events import (
    OPTED_OUT,
    CallStep,
    Delivery,
    Ended,
    Event,
    Inbound,
    Kind,
    NotANumber,
    OptOut,
    Outgoing,
    OutgoingCall,
    Reply,
)
from gateway.foundation.phone_numbers import read_posted_number, to_e164

if TYPE_CHECKING:
    from gateway.channels.africastalking.send import Texts, VoiceCalls


ACCOUNT = ("username", "api_key")
"""Options that make the account, each from the environment; without them the channel only receives."""
SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Africa's Talking": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""

SANDBOX = "sandbox"
"""Any other spelling would send trials to real phones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AfricasTalkingAccount:
    """Credentials at the provider.

    Attributes:
        username: exactly ``sandbox`` for the provider's test hosts; any other spelling uses the live ones.
        api_key: the API key of that username.
        sender_id: alphanumeric sender or short code of texts; empty for the provider's default.
        api_url: replaces the provider's hosts, for a test server or a proxy; empty for the real ones.
    """

    username: str
    api_key: str = field(repr=False)
    sender_id: str = ""
    api_url: str = ""

    @classmethod
    def of(cls, options: Mapping[str, str]) -> "AfricasTalkingAccount | None":
        """Read the account from a channel's options, which are named as its attributes; None without one.

        Raises:
            BadAccount: username or key is missing, or the username only resembles the sandbox.
        """
        username, key = options.get("username", ""), options.get("api_key", "")
        if not username and not key:
            return None
        if not username or not key:
            missing = "AFRICASTALKING_API_KEY" if username else "AFRICASTALKING_USERNAME"
            raise BadAccount(
                f"{missing} is not set, so the account is only half there: set it, or unset the other"
            )
        if username != SANDBOX and username.strip().casefold() == SANDBOX:
            raise BadAccount(
                "AFRICASTALKING_USERNAME looks like the sandbox but is not: write exactly sandbox"
            )
        if username != username.strip() or key != key.strip():
            raise BadAccount(
                "AFRICASTALKING_USERNAME and AFRICASTALKING_API_KEY must not begin or end with a space"
            )
        return cls(
            username=username,
            api_key=key,
            sender_id=options.get("sender_id", ""),
            api_url=options.get("api_url", "").rstrip("/"),
        )

    @property
    def is_trial(self) -> bool:
        """Whether texts reach only the provider's simulator."""
        return self.username == SANDBOX


def find_bridging(options: Mapping[str, str], account: AfricasTalkingAccount | None) -> Bridging:
    """Read ``bridge``, ``voice_number``, ``call_minutes`` and ``calls_a_day``; off without an account.

    Raises:
        BadAccount: an option has an invalid value.
    """
    written = options.get("bridge", "no")
    if written not in ("yes", "no"):
        raise BadAccount('bridge must be "yes" or "no"')
    number = options.get("voice_number", "")
    if number and to_e164(number) is None:
        raise BadAccount("AFRICASTALKING_VOICE_NUMBER must be a number with its country code, like +254…")
    plain = Bridging()
    return Bridging(
        on=written == "yes" and account is not None,
        number=number,
        minutes=_read_whole(options, "call_minutes", plain.minutes, most=240),
        a_day=_read_whole(options, "calls_a_day", plain.a_day, most=100_000),
    )


def _read_whole(options: Mapping[str, str], name: str, otherwise: int, *, most: int) -> int:
    written = options.get(name, str(otherwise))
    if not (written.isascii() and written.isdigit()) or not 1 <= int(written[:9]) <= most:
        raise BadAccount(f"{name} must be a whole number from 1 to {most}")
    return int(written)


# Posts about SMS: incoming texts, delivery reports, opt-outs.

# Of the provider's statuses Rejected, Success and Failed are final; Expired means dropped by the operator.
STATES = {
    **dict.fromkeys(("success", "delivered", "deliveredtoterminal"), "delivered"),
    **dict.fromkeys(
        ("failed", "rejected", "expired", "undelivered", "undeliverable", "deliveryfailure"), "failed"
    ),
}
STATUS_SIZE = 40
REASON_SIZE = 60
WANTS_NONE = ("blacklist", "optedout", "optout", "donotdisturb", "unsubscribe")
"""Parts of failure reasons that mean an opt-out at provider or operator: ``UserInBlackList``, ``User opted out``."""

ENDS = ("delet", "remov", "unsub", "optout", "optedout", "deactivat", "cancel", "terminat", "stop", "end")
"""Prefixes of the update types that end a subscription or texts. An opt-out post has no update type."""


def read_text(channel: str, request: Request) -> Inbound | NotANumber:
    """Read a text; its date is ignored (arrival counts), and a sender that is no phone number becomes ``NotANumber``.

    A withheld sender is accepted too: if refused, the provider would post the text again for about twelve hours,
    until it gets a 200 (the provider's help article 742510).

    Raises:
        BadRequest: a field is missing.
    """
    sender, turn = request.need("from", empty=True), request.need("id")
    text, service = request.fields.get("text", ""), request.fields.get("to", "")
    number = read_posted_number(sender)
    if number is None:
        return NotANumber(channel=channel, turn=turn, sender=sender, text=text)
    return Inbound(
        channel=channel,
        kind=Kind.SMS,
        number=number,
        text=text,
        turn=turn,
        service=service,
        network=request.fields.get("networkCode", ""),
        link=request.fields.get("linkId", ""),
    )


def read_delivery(channel: str, request: Request) -> Delivery:
    """Read a delivery report; an unknown or missing status is kept and counts as not final.

    Raises:
        BadRequest: the message id is missing.
    """
    status = request.fields.get("status", "")
    return Delivery(
        channel=channel,
        provider_id=request.need("id"),
        state=STATES.get(codes.keep_letters(status), "moving"),
        status=status[:STATUS_SIZE],
        reason=_read_reason(request.fields.get("failureReason", "")),
    )


def _read_reason(written: str) -> str:
    word = codes.keep_letters(written)
    return OPTED_OUT if any(each in word for each in WANTS_NONE) else written[:REASON_SIZE]


def read_opt_out(channel: str, request: Request) -> OptOut | None:
    """Read an opt-out, or the end of a subscription, which is posted in the same form; None for anything else.

    The start or renewal of a subscription is no opt-out. A post without a readable number is ignored too, as a
    refusal would only make the provider repeat it.
    """
    update = codes.keep_letters(request.fields.get("updateType", ""))
    number = read_posted_number(request.fields.get("phoneNumber", ""))
    if number is None or not (not update or update.startswith(ENDS)):
        return None
    return OptOut(channel=channel, number=number)


# Posts about USSD sessions, and the form of a reply.

STATUSES = {"success": "success", "incomplete": "incomplete", "failed": "failed"}


def read_hop(channel: str, request: Request) -> Inbound:
    """Read one post of a session; ``text`` has all inputs joined by ``*``, so it is empty or missing only in the first.

    Raises:
        BadRequest: a field is missing or is no phone number.
    """
    text = request.fields.get("text", "")
    return Inbound(
        channel=channel,
        kind=Kind.USSD,
        number=request.need_phone("phoneNumber"),
        session=request.need("sessionId"),
        text=text,
        first=not text,
        service=request.fields.get("serviceCode", ""),
        network=request.fields.get("networkCode", ""),
    )


def write_hop(turn: PhoneTurn) -> OperatorPost:
    """Write one post of a session, with the network code of the provider's sandbox."""
    return write_form_post(
        {
            "sessionId": turn.session,
            "phoneNumber": turn.number,
            "networkCode": "99999",
            "serviceCode": turn.code,
            "text": "*".join(turn.inputs),
        }
    )


def read_session_end(channel: str, request: Request) -> Ended:
    """Read the end of a session; inputs and last page, which the provider includes, are ignored.

    Raises:
        BadRequest: session id or number is missing.
    """
    status = request.fields.get("status", "").casefold()
    return Ended(
        channel=channel,
        session=request.need("sessionId"),
        number=request.need_phone("phoneNumber"),
        status=STATUSES.get(status, "incomplete"),
        millis=codes.read_count(request, "durationInMillis"),
        hops=codes.read_count(request, "hopsCount"),
    )


def write_page(reply: Reply) -> Answer:
    """Write a page; the provider ends a session whose reply does not begin with ``CON`` or ``END`` (its USSD page)."""
    return Answer(body=("END " if reply.ends else "CON ") + reply.text)


VOICE = "voice"
READERS: dict[str, Callable[[str, Request], Event | None]] = {
    "ussd": read_hop,
    "ussd-end": read_session_end,
    "sms": read_text,
    "delivery": read_delivery,
    "optout": read_opt_out,
}


class AfricasTalkingChannel:
    """A channel at Africa's Talking; see the contract in ``gateway.channels.contract``."""

    def __init__(self, config: ChannelConfig, account: AfricasTalkingAccount | None) -> None:
        self.config = config
        self.contract = Contract(
            events=frozenset(READERS) | {VOICE},
            accumulates=True,
            has_turn_id=False,
            takes_our_id=account is None,
            can_ask=False,
            real=account is not None and not account.is_trial,
            guide="docs/how-to/connect-africas-talking.md",
        )
        self.bridging = find_bridging(config.options, account)
        self._account = account

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its events: at most one, except for voice."""
        if request.event == VOICE:
            return voice.read_call_events(self.config.name, self.bridging.number, request)
        reader = READERS.get(request.event)
        if reader is None:
            raise BadRequest("this line has no such event")
        event = reader(self.config.name, request)
        return () if event is None else (event,)

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as the provider posts it."""
        return write_hop(turn)

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Write one page in the provider's form."""
        return write_page(reply)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text; without an account it is kept for the simulator."""
        return keep_message(message) if self._account is None else self._texts.send(message, now=now)

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Request one call; refused without an account."""
        if self._account is None:
            return SendResult(outcome=SendOutcome.REFUSED, reason="no-account")
        return self._calls.place(call, now=now)

    def answer_call(self, step: CallStep) -> Answer:
        """Write the next step of a call in the provider's XML."""
        return voice.write_call_step(step, own_number=self.bridging.number)

    # The senders are made at the first use: the provider's SDK and requests, which it brings, are needed by the
    # process that sends alone, not by those that answer callers.

    @cached_property
    def _texts(self) -> "Texts":
        from gateway.channels.africastalking.send import Texts

        return Texts(self._need_account(), short_code=self.config.sms_number)

    @cached_property
    def _calls(self) -> "VoiceCalls":
        from gateway.channels.africastalking.send import VoiceCalls

        return VoiceCalls(self._need_account(), self.bridging.number)

    def _need_account(self) -> AfricasTalkingAccount:
        if self._account is None:
            raise ValueError("this channel has no account")
        return self._account


def build(config: ChannelConfig) -> Channel:
    """Build the channel; without an account it receives, and what it sends is kept for the simulator."""
    return AfricasTalkingChannel(config, AfricasTalkingAccount.of(config.options))
