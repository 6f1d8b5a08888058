"""The contract of a channel: what each provider's folder must offer, and how it is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

from gateway.domain.events import (
    SMS_LIMITS,
    USSD_LIMITS,
    CallStep,
    ChannelSeen,
    Event,
    Limits,
    Outgoing,
    OutgoingCall,
)

KEPT = "sim-"
"""What the provider id of a text begins with that no provider ever saw."""

FORM = frozenset({"application/x-www-form-urlencoded"})


class SendOutcome(StrEnum):
    """What is known after a send was tried."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    REFUSED = "refused"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendResult:
    """What a channel says of one send.

    Attributes:
        outcome: ``sent`` accepted; ``not_sent`` surely not, may be tried again; ``refused`` surely not and
            never will be; ``unclear`` nobody knows, so it is never repeated by itself unless the channel takes our id.
        provider_id: the provider's id of the message, where it gave one.
        retry_at: for ``not_sent``, the earliest instant that the provider named.
        reason: a short word of ours for people and figures; never the provider's text, a number or a body.
        cost: in hundredths of a cent of the provider's currency; 0 where it said nothing.
        alarm: somebody must look (wrong key, no money).
        down: the line itself could not be reached, whatever the text: it pauses, and the text keeps its place.
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
    """A provider's post with the transport stripped off: the event of its address, one value a field, its headers."""

    event: str
    fields: Mapping[str, str] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)

    def need(self, name: str, *, empty: bool = False) -> str:
        """Return the field of this name.

        Raises:
            BadRequest: it is not there, or it is empty where it must not be.
        """
        value = self.fields.get(name)
        if value is None:
            raise BadRequest(f"field {name} is missing")
        if not value and not empty:
            raise BadRequest(f"field {name} is empty")
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What goes back over HTTP."""

    body: str
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(ValueError):
    """The provider's post does not keep its contract; the words name the field, never a value."""


class NotSigned(ValueError):
    """Nobody can tell who posted this; ``why`` is a word for the figures."""

    def __init__(self, words: str, *, why: str) -> None:
        super().__init__(words)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One configured line: a block of ``config/gateway.toml`` plus the account from the environment.

    Attributes:
        name: the name of the block.
        provider: the folder under ``gateway/channels``.
        menu: the menu that its callers walk.
        service_codes: the codes that are dialled to reach it.
        sms_number: the number that texts to it go to.
        rate: texts a second.
        part_price: what one part of a text costs, as a number and a currency; empty where nobody said.
        prefixes: how the numbers begin that a text of ours to a person takes this line for; none means any.
        fallback: the lines to take instead, in this order, while this one is down.
        options: what only this provider understands, its account included.
    """

    name: str
    provider: str
    menu: str
    service_codes: tuple[str, ...] = ()
    sms_number: str = ""
    rate: int = 10
    part_price: str = ""
    prefixes: tuple[str, ...] = ()
    fallback: tuple[str, ...] = ()
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What a provider promises, as facts that the rest of the house may ask for.

    Attributes:
        events: the events its addresses take.
        accumulates: it posts all inputs of a session joined by ``*`` instead of the latest one.
        has_turn_id: it gives each input an id of its own.
        takes_our_id: a send repeated under the same id reaches her once, so an unclear one may be sent again.
        can_ask: it can be asked what became of a message.
        refusal: the HTTP status for a wrong secret.
        received: the body that says "taken" where no screen is asked for.
        types: the content types in which its posts may come.
        real: it reaches phones of real people.
        shows_facts: its phones are trial phones that show what is true of a page beside its words.
        reads_body: it reads the body by itself, because what it posts is more than a list of fields.
        silent_after: how long it may say nothing before it counts as silent; None where no word is expected.
        ussd: limits of one screen.
        sms: limits of one text.
        guide: the page of the documents that says what to look at when the line gives trouble.
    """

    events: frozenset[str]
    accumulates: bool
    has_turn_id: bool
    takes_our_id: bool
    can_ask: bool
    refusal: int = 404
    received: str = "OK"
    types: frozenset[str] = FORM
    real: bool = True
    shows_facts: bool = False
    reads_body: bool = False
    silent_after: timedelta | None = None
    ussd: Limits = USSD_LIMITS
    sms: Limits = SMS_LIMITS
    guide: str = ""


class Channel(Protocol):
    """One configured line at one provider. Parsing and answering are pure; only ``send`` touches the world."""

    config: ChannelConfig
    contract: Contract

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into events.

        Raises:
            BadRequest: a field is missing or unreadable.
        """
        ...

    def answer(
        self, text: str, *, ends: bool, screen: str = "", facts: Mapping[str, Any] | None = None
    ) -> Answer:
        """Put one rendered page into the provider's form.

        ``screen`` is its id and ``facts`` what else is true of it, as plain data, for lines that only trials use.
        """
        ...

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text, within connect 3 s and read 20 s. Raises nothing for what a network or a provider can do."""
        ...


@runtime_checkable
class Signed(Protocol):
    """A channel whose posts prove who made them."""

    def verify(self, request: Request, *, now: datetime) -> None:
        """Look at the proof, before anything of the post is read.

        Raises:
            NotSigned: it is missing, wrong or too old.
        """
        ...


@runtime_checkable
class Watched(Protocol):
    """A channel that can be asked how it is."""

    def look(self, *, now: datetime) -> ChannelSeen | None:
        """Ask it, within seconds; None where it does not answer, or cannot say anything about itself."""
        ...


@runtime_checkable
class StatusQueryable(Protocol):
    """A channel that knows what became of a text under our id; its contract says ``can_ask``."""

    def ask(self, own_id: str, *, now: datetime) -> SendResult | None:
        """Ask what became of a text: sent, or refused where it never came there; None where nobody knows yet."""
        ...


@runtime_checkable
class Registers(Protocol):
    """A channel that can be told where to post."""

    def register(self, addresses: Mapping[str, str]) -> SendResult:
        """Tell it the addresses of its line, event → address; a repeat changes nothing."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridging:
    """What a line may do with calls.

    Attributes:
        on: whoever runs the server switched the bridge on, and there is an account to call by.
        number: the neutral number that both phones see; empty while there is none.
        minutes: how long one call may last.
        a_day: how many calls may be begun in a day.
    """

    on: bool = False
    number: str = ""
    minutes: int = 30
    a_day: int = 200


@runtime_checkable
class Calls(Protocol):
    """A channel that can ring a person of ours, and then her, and join the two."""

    bridging: Bridging

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Ask for one call to one of us, within the times of ``send``. Its ``provider_id`` is that of the call."""
        ...

    def answer_call(self, step: CallStep) -> Answer:
        """Put what is to happen next with a call into the provider's form."""
        ...


def keep_message(message: Outgoing) -> SendResult:
    """Send to nobody: the row itself is what the simulator's thread shows, marked as such by the id it gets here."""
    return SendResult(outcome=SendOutcome.SENT, provider_id=KEPT + message.own_id)


class BadAccount(ValueError):
    """The account cannot be used as it stands; the words name the setting and say what to do, never a value."""


class NoGateway(Exception):
    """A trial phone meets nobody at the address."""


class NotTaken(Exception):
    """The gateway answered a trial phone, but not as it answers a phone; the words are its own."""


class UnknownProvider(LookupError):
    """No folder of this name lies under ``gateway/channels``."""


def find_channel(config: ChannelConfig) -> Channel:
    """Build the channel of a configured line from the folder that bears its provider's name.

    Each folder's package offers ``build(config: ChannelConfig) -> Channel``; there is no list of providers anywhere.

    Raises:
        UnknownProvider: there is no such folder.
        BadAccount: its account cannot be used.
    """
    if not config.provider.isidentifier():
        raise UnknownProvider(f"channel {config.name}: provider {config.provider!r} is not a name")
    path = f"gateway.channels.{config.provider}"
    try:
        package = import_module(path)
    except ModuleNotFoundError as error:
        if error.name != path:
            raise
        raise UnknownProvider(f"channel {config.name}: there is no provider {config.provider!r}") from None
    if not hasattr(package, "build"):
        raise UnknownProvider(f"channel {config.name}: there is no provider {config.provider!r}")
    channel: Channel = package.build(config)
    return channel
