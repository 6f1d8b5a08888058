"""The contract of a channel: what each provider's folder must offer, and how it is found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from importlib import import_module
from typing import Any, Protocol

from gateway.messages import SMS_LIMITS, USSD_LIMITS, Event, Limits, Outgoing

KEPT = "sim-"
"""What the provider id of a text begins with that no provider ever saw."""

FORM = frozenset({"application/x-www-form-urlencoded"})


class Outcome(StrEnum):
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
    """

    outcome: Outcome
    provider_id: str = ""
    retry_at: datetime | None = None
    reason: str = ""
    cost: int = 0
    alarm: bool = False


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelConfig:
    """One configured line: a block of ``config/gateway.toml`` plus the account from the environment."""

    name: str
    provider: str
    menu: str
    service_codes: tuple[str, ...] = ()
    sms_number: str = ""
    rate: int = 10
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
        ussd: limits of one screen.
        sms: limits of one text.
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
    ussd: Limits = USSD_LIMITS
    sms: Limits = SMS_LIMITS


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


def kept(message: Outgoing) -> SendResult:
    """Send to nobody: the row itself is what the simulator's thread shows, marked as such by the id it gets here."""
    return SendResult(outcome=Outcome.SENT, provider_id=KEPT + message.own_id)


class BadAccount(ValueError):
    """The account cannot be used as it stands; the words name the setting and say what to do, never a value."""


class UnknownProvider(LookupError):
    """No folder of this name lies under ``gateway/channels``."""


def find(config: ChannelConfig) -> Channel:
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
    channel: Channel = package.build(config)
    return channel
