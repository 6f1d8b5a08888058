"""textbee, as its server posts; numbers and ids are made up."""

import hashlib

from gateway.channels.textbee import sign_body
from gateway.domain.events import Delivery, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Dialect, Table, as_json

LINE = "textbee-1"
KEY = "a-secret-of-twenty-letters"
CAME = "2026-01-02T03:04:05.678Z"
TEXT = {
    "smsId": "692437f882033f160900ff70",
    "message": "help me",
    "deviceId": "680000000000000000000001",
    "webhookSubscriptionId": "680000000000000000000002",
    "webhookEvent": "MESSAGE_RECEIVED",
    "idempotencyKey": "0d0f6c5e-0000-4000-8000-000000000001",
    "sender": "+8562055500001",
    "receivedAt": CAME,
}
REPORT = {
    "smsId": "692437f882033f160900ff71",
    "deviceId": "680000000000000000000001",
    "webhookEvent": "MESSAGE_FAILED",
    "smsBatchId": "692437f882033f160900ff72",
    "status": "failed",
    "recipient": "+8562055500001",
    "errorCode": "1",
}
OPTIONAL = ("smsId", "deviceId", "webhookSubscriptionId", "idempotencyKey")


def turn(sender: str, words: str) -> str:
    """The id of a text that came at this instant."""
    return hashlib.sha256(f"{sender}\n{CAME[:19]}\n{words}".encode()).hexdigest()[:40]


def text(name: str, words: str, **changes: str) -> Case:
    """One text."""
    fields = TEXT | {"message": words} | changes
    gives = Inbound(
        channel=LINE, kind=Kind.SMS, number="+8562055500001", text=words, turn=turn(TEXT["sender"], words)
    )
    empty = ("message", "sender", "receivedAt", *OPTIONAL)
    return Case(name, "sms", fields, (gives,), (*OPTIONAL, "receivedAt"), ("sender", "message"), empty)


TABLE = Table(
    cases=(
        text("a text", "help me"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("the same text reported again under another id", "help me", smsId="692437f982033f160900ff90"),
        text(
            "the same instant written without its thousandths", "help me", receivedAt="2026-01-02T03:04:05Z"
        ),
        text("an empty text", ""),
        Case(
            "a text without its instant",
            "sms",
            {name: value for name, value in TEXT.items() if name != "receivedAt"},
            (
                Inbound(
                    channel=LINE,
                    kind=Kind.SMS,
                    number="+8562055500001",
                    text="help me",
                    turn=TEXT["smsId"],
                ),
            ),
        ),
        Case(
            "a sender that is a name",
            "sms",
            TEXT | {"sender": "Unitel"},
            (NotANumber(channel=LINE, turn=turn("Unitel", "help me"), sender="Unitel", text="help me"),),
        ),
        Case(
            "a withheld sender",
            "sms",
            TEXT | {"sender": ""},
            (NotANumber(channel=LINE, turn=turn("", "help me"), sender="", text="help me"),),
        ),
        Case(
            "what became of a text",
            "delivery",
            REPORT,
            (
                Delivery(
                    channel=LINE,
                    provider_id=REPORT["smsBatchId"],
                    state="failed",
                    status="MESSAGE_FAILED",
                    reason="1",
                ),
            ),
            ("smsId", "deviceId", "status", "recipient", "errorCode"),
            ("recipient",),
            ("smsId", "deviceId", "status", "recipient", "errorCode"),
        ),
        Case(
            "a report at the address of texts",
            "sms",
            REPORT | {"webhookEvent": "MESSAGE_DELIVERED"},
            (
                Delivery(
                    channel=LINE,
                    provider_id=REPORT["smsBatchId"],
                    state="delivered",
                    status="MESSAGE_DELIVERED",
                    reason="1",
                ),
            ),
        ),
    ),
    statuses={
        "MESSAGE_SENT": "moving",
        "MESSAGE_DELIVERED": "delivered",
        "MESSAGE_FAILED": "failed",
        "UNKNOWN_STATE": "moving",
        "SMS_STATUS_UPDATED": "moving",
    },
    status="webhookEvent",
    dialect=Dialect(
        content_type="application/json",
        write=as_json(),
        options={"webhook_secret": KEY, "api_key": "k", "device_id": "d"},
        sign=lambda body, _second, _address: {"X-Signature": sign_body(KEY, body)},
        is_timed=False,
        signs_address=False,
    ),
)
