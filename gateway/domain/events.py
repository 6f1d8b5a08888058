"""What crosses between channels and use cases, so that neither knows the other's dialect."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The medium of an inbound: a session on the screen, or a text."""

    USSD = "ussd"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One input of hers as a channel parsed it.

    Attributes:
        channel: name of the configured line.
        kind: by session or by text.
        number: hers, in E.164.
        session: the provider's session id; empty for a text.
        text: for an accumulating channel all inputs of the session joined by ``*``, else the latest input;
            for a text its words.
        turn: the provider's id of this very input (message id, sequence); empty where it has none.
        first: the provider says that this input begins the session.
        service: the code dialled or the number texted, as the provider writes it.
        network: the provider's code of her network.
        link: what a reply must carry so that the provider can bill it; empty where nothing must.
    """

    channel: str
    kind: Kind
    number: str
    session: str = ""
    text: str = ""
    turn: str = ""
    first: bool = False
    service: str = ""
    network: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The provider's word that a session is over; it carries nothing that she typed or read.

    ``status`` is ``success``, ``incomplete`` or ``failed``; ``millis`` and ``hops`` are the provider's counts.
    """

    channel: str
    session: str
    number: str
    status: str
    millis: int = 0
    hops: int = 0


OPTED_OUT = "opted-out"
"""The reason, in a word of ours, of a text that a provider or an operator did not take: she wants none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """The provider's word on what became of a message that we sent.

    ``state`` is ``delivered``, ``failed`` or ``moving`` (not final); ``status`` is the provider's own word.
    """

    channel: str
    provider_id: str
    state: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A number that asked the provider to receive no more texts from us."""

    channel: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber:
    """A text whose sender is a name or a short code: it is never answered."""

    channel: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAsked:
    """A trial phone asks which texts it was sent since an instant."""

    channel: str
    number: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCall:
    """A ring to the line that nobody took; ``turn`` is the provider's id of it."""

    channel: str
    number: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSeen:
    """A sign of life of a line, with what it told of itself.

    Attributes:
        channel: name of the configured line.
        battery: in percent; None where it told nothing.
        charging: whether it hangs on a charger; None where it told nothing.
        failed: texts that failed there in the last hour; None where it told nothing.
    """

    channel: str
    battery: int | None = None
    charging: bool | None = None
    failed: int | None = None


class CallKind(StrEnum):
    """What a provider tells of a call.

    ``RANG`` is a ring to the line; the others are about a call that we asked for. ``OTHER`` asks for nothing.
    """

    RANG = "rang"
    ANSWERED = "answered"
    KEY = "key"
    CONNECTED = "connected"
    DIAL_OVER = "dial_over"
    OVER = "over"
    OTHER = "other"


class Cause(StrEnum):
    """Why one side of a call ended, in a word of ours; empty where the provider says nothing that helps."""

    UNKNOWN = ""
    CLEARED = "cleared"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    SWITCHED_OFF = "switched_off"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """What a provider tells of a call, and asks what to do next.

    Attributes:
        channel: name of the configured line.
        session: the provider's id of the call.
        kind: what happened.
        own_id: our id of the call, where the provider repeats it.
        number: the other side: the person of ours whom it rings first; empty where it is no number.
        digits: the keys that were pressed.
        seconds: how long the second side lasted; 0 where it said nothing.
        cause: why that side ended, or the call.
    """

    channel: str
    session: str
    kind: CallKind
    own_id: str = ""
    number: str = ""
    digits: str = ""
    seconds: int = 0
    cause: Cause = Cause.UNKNOWN


Event = Inbound | Ended | Delivery | OptOut | NotANumber | ThreadAsked | MissedCall | ChannelSeen | CallEvent


@dataclass(frozen=True, slots=True)
class AskOne:
    """Say the code and the language to the one of us who answered, and ask for the key 1."""

    code: str
    language: str


@dataclass(frozen=True, slots=True)
class DialHer:
    """Ring this number and join it to the call."""

    number: str
    max_seconds: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Do nothing: whatever goes on goes on, and what is over ends."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Do not take the call; it costs nobody anything."""


@dataclass(frozen=True, slots=True)
class SayGone:
    """Say that the call is no longer wanted, and end it."""


CallStep = AskOne | DialHer | Silence | Reject | SayGone


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """One call to a person of ours. ``own_id`` is our id of the bridge, which the provider repeats."""

    own_id: str
    number: str


class PieceKind(StrEnum):
    """What a line of a screen is for."""

    HEADING = "heading"
    TEXT = "text"
    OPTION = "option"
    NAVIGATION = "navigation"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of a screen with its meaning; ``key`` is the key that an option or a navigation line offers."""

    kind: PieceKind
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What she is told: the pieces of one page, in order.

    ``ends`` closes the session; ``facts`` are the names of the facts whose values she reads; ``alone`` says that a
    notice stands on a page of its own, because the page that it belongs to has no room for it.
    """

    pieces: tuple[Piece, ...]
    ends: bool = False
    screen: str = ""
    page: int = 1
    pages: int = 1
    language: str = "en"
    facts: tuple[str, ...] = ()
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much text one page may hold.

    Attributes:
        name: what stored pages are filed under.
        gsm7: septets of a page in the basic alphabet.
        ucs2: UTF-16 units of a page in any other alphabet.
        gsm7_stop: septets that no page may ever pass.
        ucs2_stop: units that no page may ever pass.
        parts: how many parts a text may have; 1 for a screen.
    """

    name: str
    gsm7: int
    ucs2: int
    gsm7_stop: int
    ucs2_stop: int
    parts: int = 1


USSD_LIMITS = Limits(name="ussd", gsm7=160, ucs2=70, gsm7_stop=182, ucs2_stop=80)
SMS_LIMITS = Limits(name="sms", gsm7=459, ucs2=201, gsm7_stop=459, ucs2_stop=201, parts=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One text on its way to one number. ``own_id`` is our id of the row, for channels that take it."""

    own_id: str
    number: str
    text: str
    link: str = ""
    valid_until: datetime | None = None
