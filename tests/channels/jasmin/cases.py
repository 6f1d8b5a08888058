"""Jasmin, as its pages say it posts; numbers and ids are made up."""

from gateway.domain.events import Delivery, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Table

LINE = "jasmin-1"
TEXT = {
    "id": "b3f8d0a4-6c1e-4f8e-9b77-0c6f0e4f1a01",
    "from": "8562055500001",
    "to": "1444",
    "origin-connector": "lao",
    "priority": "1",
    "coding": "8",
    "validity": "",
    "content": "",
    "binary": "0e840ec8",
}
REPORT = {
    "id": "b3f8d0a4-6c1e-4f8e-9b77-0c6f0e4f1a02",
    "message_status": "UNDELIV",
    "level": "2",
    "connector": "lao",
}
OPTIONAL = ("to", "origin-connector", "priority", "validity", "coding", "content", "binary")


def text(name: str, words: str, **changes: str) -> Case:
    """One text."""
    fields = TEXT | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.SMS,
        number="+8562055500001",
        text=words,
        turn=TEXT["id"],
        service="1444",
        network="lao",
    )
    return Case(name, "sms", fields, (gives,), OPTIONAL, ("from",), ("from", *OPTIONAL))


TABLE = Table(
    cases=(
        text("a Lao text", "ຄ່າແຮງ", binary="ຄ່າແຮງ".encode("utf-16-be").hex()),
        text(
            "a text in the default alphabet",
            "pay @ £5 [x]",
            coding="0",
            binary=b"pay \x00 \x015 \x1b<x\x1b>".hex(),
        ),
        text("a text in Latin 1", "café", coding="3", binary="café".encode("latin-1").hex()),
        text("a text as it is", "pay", binary="", content="pay", coding="0"),
        text("an empty text", "", binary="", content=""),
        Case(
            "a sender that is a name",
            "sms",
            TEXT | {"from": "LTC"},
            (NotANumber(channel=LINE, turn=TEXT["id"]),),
        ),
        Case(
            "a delivery report",
            "delivery",
            REPORT,
            (Delivery(channel=LINE, provider_id=REPORT["id"], state="failed", status="UNDELIV"),),
            ("level", "connector"),
            (),
            ("level", "connector"),
        ),
    ),
    refused=(("octets that are none", "sms", TEXT | {"binary": "0g"}, "field binary is not hexadecimal"),),
    statuses={
        "ESME_ROK": "moving",
        "ESME_RTHROTTLED": "failed",
        "DELIVRD": "delivered",
        "UNDELIV": "failed",
        "REJECTD": "failed",
        "EXPIRED": "failed",
        "DELETED": "failed",
        "ACCEPTD": "moving",
        "UNKNOWN": "moving",
        "SOMETHING": "moving",
    },
    status="message_status",
)
