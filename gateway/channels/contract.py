"""Define the contract of a channel: what each provider's folder must implement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Protocol, TypeGuard, runtime_checkable

from gateway.domain.events import (
    SMS_LIMITS,
    USSD_LIMITS,
    CallStep,
    ChannelSeen,
    Event,
    Inbound,
    Limits,
    Outgoing,
    OutgoingCall,
    OutgoingPush,
    Reply,
)
from gateway.foundation.phone_numbers import read_posted_number

KEPT = "sim-"
"""Prefix of the provider id of messages that never left this machine."""

FORM = frozenset({"application/x-www-form-urlencoded"})


class SendOutcome(StrEnum):
    """What is known after an attempt to send."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """The result of one send.

    Attributes:
        outcome: ``sent`` accepted; ``not_sent`` certainly not, may be retried; ``refused`` certainly not, and never
            will be; ``unclear`` unknown, not repeated automatically unless the channel takes our id.
        provider_id: the provider's id of the message, if it gave one.
        retry_at: for ``not_sent``, the earliest instant that the provider named.
        reason: a short fixed word for staff and metrics; never the provider's text, a number or a body.
        cost: in hundredths of a cent of the provider's currency; 0 where unknown.
        alarm: an operator must act (wrong key, no credit).
        down: the channel could not be reached at all: it pauses, and the message keeps its place.
    """

    outcome: SendOutcome
    provider_id: str = ""
    retry_at: datetime | None = None
    reason: str = ""
    cost: int = 0
    alarm: bool = False
    down: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A provider's post without its transport.

    Attributes:
        event: the event of the address that was posted to.
        fields: field → its single text; empty for a channel that reads the body.
        typed: field → JSON value of every other type, where the body is a JSON object; read it by ``post_fields``.
        headers: header in lower case → value.
        body: the raw body; of a GET, the raw query.
        path: the path and query that were posted to, for signatures over the address; the secret is in it.
    """

    event: str
    fields: Mapping[str, str] = field(repr=False)
    typed: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    path: str = field(default="", repr=False)

    def need(self, name: str, *, empty: bool = False) -> str:
        """Return a required field.

        Raises:
            BadRequest: it is missing or no text, or empty although ``empty`` is False.
        """
        value = self.fields.get(name)
        if value is None:
            raise BadRequest(f"field {name} is {'not text' if name in self.typed else 'missing'}")
        if not value and not empty:
            raise BadRequest(f"field {name} is empty")
        return value

    def need_phone(self, name: str) -> str:
        """Return the number in a required field, in E.164.

        Raises:
            BadRequest: there is none.
        """
        found = read_posted_number(self.need(name))
        if found is None:
            raise BadRequest(f"field {name} is not a phone number with its country code")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The HTTP response to a post."""

    body: str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(ValueError):
    """A post violates the provider's format; the message names the field, never a value."""


class NotSigned(ValueError):
    """The sender of a post cannot be verified; ``why`` is a fixed word for metrics, ``status`` the HTTP status."""

    def __init__(self, words: str, *, why: str, status: int = 401) -> None:
        super().__init__(words)
        self.why, self.status = why, status


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One configured channel: a block of ``config/gateway.toml`` with the account from the environment.

    Attributes:
        name: the name of the block.
        provider: the folder under ``gateway/channels``.
        menu: id of the menu that its callers use.
        service_codes: USSD codes that reach it.
        sms_number: the number that receives texts.
        rate: texts per second.
        part_price: price of one SMS part, as ``0.06 USD``; empty where unknown.
        day_spend: most money spent on texts in a day, in the same form; empty for any.
        prefixes: prefixes of staff numbers that are texted through this channel; empty for any.
        fallback: channels to use instead, in this order, while this one is down.
        caller_prefixes: prefixes of callers' numbers to which we start texts by this channel.
        caller_fallback: channels that stand in for those while this one has stopped.
        options: provider-specific options, name → text, the account included.
        run_dir: folder for what the processes of this machine share about it; empty where there are none.
    """

    name: str
    provider: str
    menu: str
    service_codes: tuple[str, ...] = ()
    sms_number: str = ""
    rate: int = 10
    part_price: str = ""
    day_spend: str = ""
    prefixes: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    caller_prefixes: tuple[str, ...] = ()
    caller_fallback: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)
    run_dir: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Facts about a provider that the other rooms may use.

    Attributes:
        events: the events that its addresses accept.
        accumulates: it posts all inputs of a session joined by ``*`` instead of the latest one.
        has_turn_id: each input has an id of its own.
        takes_our_id: a send repeated under the same id is delivered once, so an unclear one may be sent again.
        carries_texts: texts can leave by it; a provider of USSD alone carries none.
        reports_our_id: its delivery reports bear our id, so that one settles an unclear send.
        can_ask: the state of a message can be queried.
        refusal: the HTTP status for a wrong secret.
        received: the response body where no page is expected.
        received_type: its content type.
        types: accepted content types.
        methods: accepted HTTP methods; the fields of a GET are those of its query.
        real: it reaches phones of real people.
        shows_facts: its phones are simulators, which are shown size and position of a page too (``Simulated``).
        reads_body: it parses the body itself, because a post is more than a list of fields.
        silent_after: the time without a post after which it counts as silent; None where none is expected.
        ussd: limits of one page.
        sms: limits of one text.
        tail: what a provider adds to an address of ours, part by part: names of fields that begin with a slash.
        guide: the documentation page for problems of the channel.
    """

    events: frozenset[str]
    accumulates: bool
    has_turn_id: bool
    takes_our_id: bool
    can_ask: bool
    carries_texts: bool = True
    reports_our_id: bool = False
    refusal: int = 404
    received: str = "OK"
    received_type: str = "text/plain; charset=utf-8"
    types: frozenset[str] = FORM
    methods: frozenset[str] = frozenset({"POST"})
    real: bool = True
    shows_facts: bool = False
    reads_body: bool = False
    silent_after: timedelta | None = None
    ussd: Limits = USSD_LIMITS
    sms: Limits = SMS_LIMITS
    tail: tuple[str, ...] = ()
    guide: str = ""


class Sender(Protocol):
    """What outbox rows leave through: it has rate limits and rules about repeats."""

    config: ChannelConfig
    contract: Contract


class Pushes(Sender, Protocol):
    """Sends push messages to browsers; it is no channel, since no caller reaches us through it."""

    allows_private: bool

    def push(self, message: OutgoingPush, *, now: datetime) -> SendResult:
        """Send one message, within the time limits of ``Channel.send``."""
        ...


class Channel(Protocol):
    """One configured channel of one provider. Parsing and answering are pure; only ``send`` does I/O."""

    config: ChannelConfig
    contract: Contract

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into events.

        Raises:
            BadRequest: a field is missing or unreadable.
        """
        ...

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page in the provider's form; ``reply.text`` is its text.

        ``inbound`` is what it answers, so that ids can be echoed; None where the post could not be read, so that an
        apology is all that can be said.
        """
        ...

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text; 3 s to connect, 20 s to read. Faults of network or provider are results, never exceptions."""
        ...


@runtime_checkable
class Signed(Protocol):
    """A channel whose posts are signed."""

    def verify(self, request: Request, *, now: datetime) -> None:
        """Verify the signature before anything else of the post is read.

        Raises:
            NotSigned: it is missing, wrong or too old.
        """
        ...


def is_signed(channel: Channel) -> TypeGuard[Signed]:
    """Say whether the channel's posts are signed; asked on every post, and looked up once a class."""
    return _has_verify(type(channel))


@cache
def _has_verify(kind: type) -> bool:
    return issubclass(kind, Signed)


@runtime_checkable
class Simulated(Protocol):
    """A channel whose phones are simulators; its contract has ``shows_facts``."""

    def add_facts(self, answer: Answer, facts: Mapping[str, Any]) -> Answer:
        """Add plain data about the page (see ``conversations.simulator_facts``) to its answer."""
        ...


@runtime_checkable
class Watched(Protocol):
    """A channel whose health can be queried."""

    def look(self, *, now: datetime) -> ChannelSeen | None:
        """Query it, within seconds; None where it does not respond, or reports nothing about itself."""
        ...


@runtime_checkable
class StatusQueryable(Protocol):
    """A channel that knows the state of a text under our id; its contract has ``can_ask``."""

    def ask(self, own_id: str, *, now: datetime) -> SendResult | None:
        """Query a text: sent, or refused where it never arrived there; None where it is not known yet."""
        ...


@runtime_checkable
class Registers(Protocol):
    """A channel at which our addresses can be registered."""

    def register(self, addresses: Mapping[str, str]) -> SendResult:
        """Register the addresses, event → URL; a repeat changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridging:
    """Settings for bridged calls.

    Attributes:
        on: enabled in the settings, and an account exists.
        number: the neutral number that both phones see (E.164); empty where there is none.
        minutes: longest duration of a call.
        a_day: most calls begun in a day.
    """

    on: bool = False
    number: str = ""
    minutes: int = 30
    a_day: int = 200


@runtime_checkable
class Calls(Protocol):
    """A channel that can dial a staff member, then the caller, and connect both."""

    bridging: Bridging

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Request one call to a staff member, within the time limits of ``send``; ``provider_id`` is the call's id."""
        ...

    def answer_call(self, step: CallStep) -> Answer:
        """Write the next step of a call in the provider's form."""
        ...


def keep_message(message: Outgoing) -> SendResult:
    """Send nothing: the outbox row itself is what the simulator shows, recognised by this provider id."""
    return SendResult(outcome=SendOutcome.SENT, provider_id=KEPT + message.own_id)


class BadAccount(ValueError):
    """The account cannot be used as configured; the message names the setting and the remedy, never a value."""


class NoGateway(Exception):
    """A simulated phone gets no response from the address."""


class NotTaken(Exception):
    """The gateway refused the post of a simulated phone; the message is the gateway's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDoors:
    """What a process hands to a channel that keeps a link.

    Attributes:
        post: posts the fields of an event to the channel's own webhook as JSON, and returns status and body; status 0
            where nobody answers. It blocks, and is called from several threads.
        stopping: says whether the link must end.
    """

    post: Callable[[str, Mapping[str, str]], tuple[int, str]]
    stopping: Callable[[], bool]


@runtime_checkable
class Linked(Protocol):
    """A channel with a connection of its own to the provider, which a process beside web and worker keeps up."""

    @property
    def has_link(self) -> bool:
        """Whether it has an account to connect with."""
        ...

    def keep_link(self, doors: LinkDoors) -> None:
        """Keep it connected until it must stop; faults of network and provider never end it."""
        ...
