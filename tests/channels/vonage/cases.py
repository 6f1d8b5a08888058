"""Vonage, as its pages say it posts; numbers, ids and the secret are made up."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from gateway.channels.vonage import sign_fields
from gateway.domain.events import Delivery, Inbound, Kind, NotANumber, TextPart
from tests.support.channel_tables import Case, Dialect, Table

LINE, SECRET = "vonage-1", "sigsecret"
TEXT = {
    "msisdn": "8562055500001",
    "to": "447700900000",
    "messageId": "0A0000000123ABCD1",
    "text": "help me",
    "type": "text",
    "keyword": "HELP",
    "message-timestamp": "2026-01-02 03:00:00",
}
REPORT = {
    "msisdn": "8562055500001",
    "to": "447700900000",
    "messageId": "0A0000000123ABCD2",
    "status": "failed",
    "err-code": "6",
    "scts": "2601020300",
}
INBOUND = Inbound(
    channel=LINE,
    kind=Kind.SMS,
    number="+8562055500001",
    text="",
    turn=TEXT["messageId"],
    service="447700900000",
)
OPTIONAL = ("to", "text", "type", "keyword", "message-timestamp")
PART = {"concat": "true", "concat-ref": "108", "concat-total": "3", "concat-part": "2"}


def text(name: str, words: str, **changes: str) -> Case:
    """One text."""
    fields = TEXT | {"text": words} | changes
    return Case(name, "sms", fields, (replace(INBOUND, text=words),), OPTIONAL, ("msisdn", "text"), OPTIONAL)


def sign(body: bytes, second: int, _address: str) -> Mapping[str, str]:
    """The fields that a signed post has beside its own."""
    fields = dict(parse_qsl(body.decode(), keep_blank_values=True)) | {"timestamp": str(second)}
    return {"timestamp": str(second), "sig": sign_fields(fields, SECRET, "sha256")}


TABLE = Table(
    cases=(
        text("a text", "help me"),
        text("a Lao text", "ຄ່າແຮງ", type="unicode"),
        text("an empty text", ""),
        Case(
            "a part of a long text",
            "sms",
            TEXT | PART,
            (replace(INBOUND, text="help me", part=TextPart(reference="108", number=2, total=3)),),
            (*OPTIONAL, "concat"),
            ("msisdn", "text"),
            (*OPTIONAL, "concat"),
        ),
        Case(
            "a sender that is a name",
            "sms",
            TEXT | {"msisdn": "UNITEL"},
            (NotANumber(channel=LINE, turn=TEXT["messageId"]),),
        ),
        Case(
            "a delivery receipt",
            "delivery",
            REPORT,
            (
                Delivery(
                    channel=LINE,
                    provider_id=REPORT["messageId"],
                    state="failed",
                    status="failed",
                    reason="6",
                ),
            ),
            ("msisdn", "to", "err-code", "scts"),
            ("msisdn",),
            ("msisdn", "to", "err-code", "scts"),
        ),
    ),
    refused=(
        ("the fourth part of three", "sms", TEXT | PART | {"concat-part": "4"}, "field concat-part"),
        ("a part that is no number", "sms", TEXT | PART | {"concat-total": "x"}, "field concat-part"),
    ),
    statuses={
        "delivered": "delivered",
        "expired": "failed",
        "failed": "failed",
        "rejected": "failed",
        "accepted": "moving",
        "buffered": "moving",
        "unknown": "moving",
        "brand-new": "moving",
    },
    dialect=Dialect(
        options={"signature_secret": SECRET, "signature_method": "sha256"}, sign=sign, signs_in_body=True
    ),
)
