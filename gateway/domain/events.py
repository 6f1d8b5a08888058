"""Define the messages between channels and use cases, so that neither depends on the other's format.

Inbound events, steps of a call, outgoing texts and calls, and the rendered reply with the limits of a page.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """The medium of an inbound message: a USSD session or SMS."""

    USSD = "ussd"
    SMS = "sms"


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPart:
    """Which part of a long text a message is: the same ``reference`` for all, its ``number`` from 1, the ``total``."""

    reference: str
    number: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """One input of a caller, as the channel parsed it.

    Attributes:
        channel: name of the configured channel.
        kind: USSD or SMS.
        number: the caller's, in E.164.
        session: the provider's session id; empty for SMS.
        text: for an accumulating channel all inputs of the session joined by ``*``, else the latest input; for SMS
            the text.
        turn: the provider's id of this input (message id, sequence); empty where there is none.
        first: the provider says that this input begins the session.
        service: the code dialled or the number texted, as the provider writes it.
        network: the provider's code of the mobile network.
        link: id that a reply must carry for billing; empty where none is needed.
        echo: (name, value) of fields of the post that the provider wants back with the answer.
        part: which part of a long text it is, where the provider does not join them; None for a whole one.
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
    echo: tuple[tuple[str, str], ...] = ()
    part: TextPart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A provider's report that a session ended, without its inputs and pages.

    ``status`` is ``success``, ``incomplete`` or ``failed``; ``millis`` and ``hops`` are the provider's counts.
    """

    channel: str
    session: str
    number: str
    status: str
    millis: int = 0
    hops: int = 0


OPTED_OUT = "opted-out"
"""Fixed reason of a text that provider or operator refused because the recipient opted out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A provider's delivery report.

    ``state`` is ``delivered``, ``failed`` or ``moving`` (not final); ``status`` is the provider's own word.
    """

    channel: str
    provider_id: str
    state: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOut:
    """A number that opted out of our texts at the provider."""

    channel: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotANumber:
    """A text from a name or a short code; it is never answered.

    ``sender`` and ``text`` are as they were written; an operator's notices come so.
    """

    channel: str
    turn: str
    sender: str = field(default="", repr=False, compare=False)
    text: str = field(default="", repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadAsked:
    """A simulator phone requests the texts sent to it since an instant."""

    channel: str
    number: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedCall:
    """An unanswered call to the channel; ``turn`` is the provider's id of it."""

    channel: str
    number: str
    turn: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSeen:
    """A heartbeat of a channel.

    Attributes:
        channel: name of the configured channel.
        battery: in percent; None where not reported.
        charging: whether a charger is connected; None where not reported.
        failed: texts that failed there in the last hour; None where not reported.
    """

    channel: str
    battery: int | None = None
    charging: bool | None = None
    failed: int | None = None


class CallKind(StrEnum):
    """The kinds of call events.

    ``RANG`` is an inbound call; the others are about a call that we requested. ``OTHER`` needs no action.
    """

    RANG = "rang"
    ANSWERED = "answered"
    KEY = "key"
    CONNECTED = "connected"
    DIAL_OVER = "dial_over"
    OVER = "over"
    OTHER = "other"


class Cause(StrEnum):
    """Why one side of a call ended; empty where the provider's cause is missing or unknown."""

    UNKNOWN = ""
    CLEARED = "cleared"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    SWITCHED_OFF = "switched_off"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """A provider's post about a call, which asks for the next step.

    Attributes:
        channel: name of the configured channel.
        session: the provider's id of the call.
        kind: what happened.
        own_id: our id of the call, where the provider repeats it.
        number: the other side: the staff member dialled first (E.164); empty where it is no number.
        digits: the keys pressed.
        seconds: duration of the caller's leg; 0 where unknown.
        cause: why that leg, or the call, ended.
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
    """Say code and language to the staff member who answered, and ask for key 1."""

    code: str
    language: str


@dataclass(frozen=True, slots=True)
class DialCaller:
    """Dial the caller's number and connect it to the call."""

    number: str
    max_seconds: int


@dataclass(frozen=True, slots=True)
class Silence:
    """Do nothing: the call continues, or ends if it is over."""


@dataclass(frozen=True, slots=True)
class Reject:
    """Reject the call, which costs the caller nothing."""


@dataclass(frozen=True, slots=True)
class SayGone:
    """Say that the call is no longer wanted, and end it."""


CallStep = AskOne | DialCaller | Silence | Reject | SayGone


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingCall:
    """One call to a staff member. ``own_id`` is our id of the bridge, which the provider repeats."""

    own_id: str
    number: str


class PieceKind(StrEnum):
    """The role of a line of a page."""

    HEADING = "heading"
    TEXT = "text"
    OPTION = "option"
    NAVIGATION = "navigation"


@dataclass(frozen=True, slots=True)
class Piece:
    """One line of a page with its role; ``key`` is the key of an option or navigation line."""

    kind: PieceKind
    text: str
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """The reply to a caller: the pieces of one page, in order.

    ``ends`` closes the session; ``facts`` are the ids of facts shown; ``alone`` says that a notice has a page of its
    own, because it does not fit on the page it belongs to.
    """

    pieces: tuple[Piece, ...]
    ends: bool = False
    screen: str = ""
    page: int = 1
    pages: int = 1
    language: str = "en"
    facts: tuple[str, ...] = ()
    alone: bool = False

    @property
    def text(self) -> str:
        """The pieces as the text of a phone screen, one a line."""
        return "\n".join([piece.text for piece in self.pieces])


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much text one page may contain.

    Attributes:
        name: key of stored pages.
        gsm7: septets of a page in the GSM 7-bit alphabet (3GPP TS 23.038).
        ucs2: UTF-16 units of a page in UCS-2.
        gsm7_stop: septets that no page may exceed.
        ucs2_stop: units that no page may exceed.
        parts: most parts of a text; 1 for a page.
    """

    name: str
    gsm7: int
    ucs2: int
    gsm7_stop: int
    ucs2_stop: int
    parts: int = 1


USSD_LIMITS = Limits(name="ussd", gsm7=160, ucs2=70, gsm7_stop=182, ucs2_stop=80)
"""Hard stop: a USSD string has at most 160 octets (3GPP TS 29.002), which are 182 septets or 80 UCS-2 units."""
SMS_LIMITS = Limits(name="sms", gsm7=459, ucs2=201, gsm7_stop=459, ucs2_stop=201, parts=3)
"""Three parts of 153 septets or 67 UCS-2 units (3GPP TS 23.040, concatenation)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One text to one number. ``own_id`` is our id of the outbox row, for channels that accept it."""

    own_id: str
    number: str
    text: str
    link: str = ""
    valid_until: datetime | None = None


PUSH = "push"
"""Name under which push messages stand in the outbox: their kind, and the channel that has their rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingPush:
    """One Web Push message to one browser of a staff member.

    Attributes:
        endpoint: the address that the browser got from its push service.
        public_key: the browser's public key, an uncompressed point of P-256.
        auth: the secret shared with the browser, 16 bytes.
        signing_key: our VAPID private key.
        contact: an https or mailto address of the operator; empty where there is none.
        text: the message, at most 100 bytes of UTF-8; it names nobody and nothing.
        valid_until: until when the push service may keep it.
    """

    endpoint: str = field(repr=False)
    public_key: bytes = field(repr=False)
    auth: bytes = field(repr=False)
    signing_key: bytes = field(repr=False)
    contact: str
    text: str
    valid_until: datetime
