"""Telerivet, as its pages say it posts; numbers and ids are made up."""

from dataclasses import replace

from gateway.domain.events import Delivery, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Table

LINE = "telerivet-1"
TEXT = {
    "event": "incoming_message",
    "id": "SM1a2b3c4d5e6f7a8b",
    "message_type": "sms",
    "content": "help me",
    "from_number": "020 55 500 001",
    "from_number_e164": "+8562055500001",
    "to_number": "+8562055500009",
    "time_created": "1767322800",
    "phone_id": "PN1",
    "secret": "",
}
REPORT = {"event": "send_status", "id": "SM9", "status": "not_delivered", "secret": ""}
INBOUND = Inbound(
    channel=LINE,
    kind=Kind.SMS,
    number="+8562055500001",
    text="",
    turn=TEXT["id"],
    service="+8562055500009",
    network="PN1",
)
OPTIONAL = ("message_type", "content", "from_number", "to_number", "time_created", "phone_id", "secret")
EITHER = ("from_number_e164",)


def text(name: str, words: str, **changes: str) -> Case:
    """One text; its sender stands in two fields, of which one is enough."""
    gives = replace(INBOUND, text=words)
    fields = TEXT | {"content": words} | changes
    return Case(name, "sms", fields, (gives,), (*OPTIONAL, *EITHER), ("from_number", "content"), OPTIONAL)


TABLE = Table(
    cases=(
        text("a text", "help me"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("an MMS that carries words", "ຄ່າແຮງ", message_type="mms"),
        text("a picture without words", "", message_type="mms"),
        Case("a call", "sms", TEXT | {"message_type": "call"}, ()),
        Case("USSD of their own", "sms", TEXT | {"message_type": "ussd"}, ()),
        Case(
            "a sender that is a name",
            "sms",
            TEXT | {"from_number": "LTC", "from_number_e164": ""},
            (NotANumber(channel=LINE, turn=TEXT["id"]),),
        ),
        Case(
            "what became of a text",
            "delivery",
            REPORT,
            (Delivery(channel=LINE, provider_id="SM9", state="failed", status="not_delivered"),),
            ("secret",),
            (),
            ("secret",),
        ),
    ),
    refused=(
        ("a status at the address of texts", "sms", REPORT, "field event is not incoming_message"),
        ("a text at the address of statuses", "delivery", TEXT, "field event is not send_status"),
    ),
    statuses={
        "queued": "moving",
        "sent": "moving",
        "failed_queued": "moving",
        "delivered": "delivered",
        "failed": "failed",
        "not_delivered": "failed",
        "cancelled": "failed",
        "brand-new": "moving",
    },
)
