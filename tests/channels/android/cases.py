"""The app on the phone, as its contract says it posts; numbers and ids are made up."""

import json
from collections.abc import Sequence
from hashlib import sha256

from gateway.channels.android.posts import sign_body
from gateway.domain.events import ChannelSeen, Delivery, Event, Inbound, Kind, MissedCall, NotANumber
from tests.support.channel_tables import Case, Dialect, Fields, Table

LINE = "android-1"
KEY = "a key that is long enough for a line"
NUMBERS = ("payload.simNumber", "payload.partsCount")

ENVELOPE = {"deviceId": "dev01", "id": "evt01", "webhookId": "wh01"}
TEXT = {
    **ENVELOPE,
    "event": "sms:received",
    "payload.messageId": "a1b2c3d4",
    "payload.message": "help me now",
    "payload.sender": "+8562055500001",
    "payload.phoneNumber": "+8562055500001",
    "payload.recipient": "+8562055500009",
    "payload.simNumber": "1",
    "payload.receivedAt": "2026-11-24T14:05:00.000+07:00",
}
REPORT = {
    **ENVELOPE,
    "event": "sms:failed",
    "payload.messageId": "01hzy2m4c9k3p7qrs5tv",
    "payload.phoneNumber": "+8562055500001",
    "payload.simNumber": "1",
    "payload.failedAt": "2026-11-24T14:05:00.000+07:00",
    "payload.reason": "RESULT_ERROR_NO_SERVICE",
}
RING = {
    **ENVELOPE,
    "event": "call:ringing",
    "payload.phoneNumber": "+8562055500001",
    "payload.sender": "+8562055500001",
}
PING = {
    **ENVELOPE,
    "event": "system:ping",
    "payload.health": json.dumps(
        {
            "status": "pass",
            "checks": {
                "battery:level": {"observedValue": 94},
                "battery:charging": {"observedValue": 4},
                "messages:failed": {"observedValue": 0},
            },
        }
    ),
}
SEEN = ChannelSeen(channel=LINE)
RECEIVED = "2026-11-24T07:05:00+00:00"
NICE = ("deviceId", "webhookId", "payload.simNumber")


def write(fields: Fields) -> bytes:
    """Write fields as the app does: dotted names lie in the payload, and a doubled one is written twice."""
    pairs = list(fields.items()) if hasattr(fields, "items") else list(fields)
    inner = [(name.partition(".")[2], value, name) for name, value in pairs if name.startswith("payload.")]
    outer = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in pairs if "." not in name]
    return ("{" + ",".join([*outer, f'"payload":{_payload(inner)}']) + "}").encode()


def _payload(fields: Sequence[tuple[str, str, str]]) -> str:
    written = [
        f"{json.dumps(short)}:{value if _is_raw(name, value) else json.dumps(value)}"
        for short, value, name in fields
    ]
    return "{" + ",".join(written) + "}"


def _is_raw(name: str, value: str) -> bool:
    return (name in NUMBERS and value.isdigit()) or (name == "payload.health" and value.startswith("{"))


def text(name: str, words: str, **changes: str) -> Case:
    """One text of hers; ``changes`` are fields of the payload."""
    fields = {**TEXT, "payload.message": words} | {f"payload.{key}": value for key, value in changes.items()}
    number = fields["payload.sender"] or fields["payload.phoneNumber"]
    gives = Inbound(
        channel=LINE,
        kind=Kind.SMS,
        number=number,
        text=words,
        turn=f"{RECEIVED} {number} {sha256(words.encode()).hexdigest()[:16]}",
        service=fields["payload.recipient"],
    )
    nice = (*NICE, "payload.messageId", "payload.recipient", "payload.receivedAt")
    private = ("payload.sender", "payload.message")
    either = ("payload.sender", "payload.phoneNumber")
    may_be_empty = ("payload.message", *nice, *either)
    return Case(name, "sms", fields, (SEEN, gives), (*nice, *either), private, may_be_empty)


def mms(name: str, words: str, **changes: str) -> Case:
    """The same text as an MMS that the phone has fetched."""
    plain = text(name, words)
    fields = {key: value for key, value in TEXT.items() if key != "payload.message"}
    fields |= {"event": "mms:downloaded"} | {f"payload.{key}": value for key, value in changes.items()}
    nice = (*NICE, "payload.messageId", "payload.recipient", "payload.receivedAt")
    either, private = ("payload.sender", "payload.phoneNumber"), ("payload.sender", "payload.body")
    return Case(name, "sms", fields, plain.gives, (*nice, *either), private, (*nice, *either))


def stranger(sender: str) -> Case:
    """A text whose sender cannot be answered."""
    fields = {**TEXT, "payload.sender": sender, "payload.phoneNumber": sender}
    gives = (SEEN, NotANumber(channel=LINE, turn="evt01"))
    return Case(f"a sender called {sender!r}", "sms", fields, gives, private=("payload.message",))


def report(name: str, event: str, state: str, **changes: str) -> Case:
    """What became of one of ours."""
    fields = {**REPORT, "event": event} | changes
    delivery = Delivery(
        channel=LINE,
        provider_id=REPORT["payload.messageId"],
        state=state,
        status=event,
        reason=fields.get("payload.reason", ""),
    )
    nice = tuple(field for field in fields if field not in ("id", "event", "payload.messageId"))
    private = ("payload.phoneNumber",)
    return Case(name, "delivery", fields, (SEEN, delivery), nice, private, may_be_empty=nice)


def alive(name: str, event: str, *gives: Event, **changes: str) -> Case:
    """A sign of life, and nothing else that we know of."""
    fields = {**ENVELOPE, "event": event} | {f"payload.{key}": value for key, value in changes.items()}
    nice = ("deviceId", "webhookId", *(f"payload.{key}" for key in changes))
    return Case(name, "health", fields, gives or (SEEN,), nice, may_be_empty=nice)


TABLE = Table(
    cases=(
        text("a text", "help me now"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("a text in parts is one text", "ສະບາຍດີ " * 40),
        text("an empty text", ""),
        text("a text of an old app", "pay", sender=""),
        text("a national number is left to the house", "pay", sender="02055500001"),
        text("a Thai number", "pay", sender="+66800000001"),
        text("another SIM, on a line that has no SIM of its own", "pay", simNumber="2"),
        stranger("Unitel"),
        stranger("22384"),
        stranger("+22"),
        stranger("ສະບາຍດີ"),
        stranger(""),
        stranger("-1"),
        text("a copy in another zone", "pay", receivedAt="2026-11-24T07:05:00.000Z"),
        report("it left", "sms:sent", "moving"),
        report("it arrived", "sms:delivered", "delivered"),
        report("it failed", "sms:failed", "failed"),
        report("it was too late", "sms:cancelled", "failed"),
        Case(
            "a ring",
            "voice",
            RING,
            (SEEN, MissedCall(channel=LINE, number="+8562055500001", turn="evt01")),
            optional=(*NICE, "payload.sender", "payload.phoneNumber"),
            private=("payload.sender",),
            may_be_empty=NICE,
        ),
        Case(
            "a ring that nobody took",
            "voice",
            {**RING, "event": "call:missed"},
            (SEEN, MissedCall(channel=LINE, number="+8562055500001", turn="evt01")),
        ),
        Case(
            "a ring without a number",
            "voice",
            {**RING, "payload.sender": "anonymous", "payload.phoneNumber": "anonymous"},
            (SEEN, NotANumber(channel=LINE, turn="evt01")),
        ),
        Case(
            "a ring that keeps its number back",
            "voice",
            {**RING, "payload.sender": "", "payload.phoneNumber": ""},
            (SEEN, NotANumber(channel=LINE, turn="evt01")),
        ),
        Case(
            "how the phone is",
            "health",
            PING,
            (ChannelSeen(channel=LINE, battery=94, charging=True, failed=0),),
            optional=("deviceId", "webhookId", "payload.health"),
            may_be_empty=("deviceId", "webhookId", "payload.health"),
        ),
        alive("a ping that says nothing", "system:ping"),
        alive("the app begins", "app:started"),
        alive("a picture, which cannot be read", "mms:received", sender="+8562055500001"),
        mms("a long text, sent as MMS", "help me now", body="help me now"),
        mms("a picture with words", "help\nme now", subject="help", body="me now"),
        alive("a picture without words", "mms:downloaded", sender="+8562055500001"),
        alive("a call that somebody took", "call:started", phoneNumber="+8562055500001"),
        alive("an event nobody has heard of", "sms:somethingnew", message="x"),
        Case(
            "a text at the address for reports",
            "delivery",
            TEXT,
            (SEEN, text("", TEXT["payload.message"]).gives[1]),
        ),
    ),
    refused=(
        (
            "a report without our id",
            "delivery",
            {**REPORT, "payload.messageId": ""},
            "field payload.messageId",
        ),
        ("no event", "sms", {**TEXT, "event": ""}, "field event"),
    ),
    statuses={
        "sms:sent": "moving",
        "sms:delivered": "delivered",
        "sms:failed": "failed",
        "sms:cancelled": "failed",
    },
    status="event",
    dialect=Dialect(
        content_type="application/json",
        write=write,
        options={"signing_key": KEY},
        sign=lambda body, second, _address: {
            "X-Signature": sign_body(KEY, body, str(second)),
            "X-Timestamp": str(second),
        },
    ),
)
