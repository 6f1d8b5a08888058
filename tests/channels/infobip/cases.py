"""Infobip, as its pages say it posts: batches; numbers and ids are made up."""

import json
from collections.abc import Callable, Mapping

from gateway.domain.events import Delivery, Event, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Dialect, Fields, Table

LINE = "infobip-1"
TEXT = {
    "messageId": "817",
    "from": "8562055500001",
    "to": "447700900000",
    "text": "help me",
    "cleanText": "me",
    "receivedAt": "2026-01-02T03:04:05.000+0000",
}
REPORT = {"messageId": "01hzy2m4c9k3p7qrs5tv", "to": "8562055500001", "groupName": "EXPIRED"}
OPTIONAL = ("to", "cleanText", "receivedAt")


def write_with(*numbers: str) -> Callable[[Fields], bytes]:
    """Return how a text or report is written as a batch of one, the named fields as numbers."""

    def write(fields: Fields) -> bytes:
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        quoted = [(name, value if name in numbers else json.dumps(value)) for name, value in pairs]
        groups = ", ".join(f'"groupName": {value}' for name, value in quoted if name == "groupName")
        members = [f'"{name}": {value}' for name, value in quoted if name != "groupName"]
        members += [f'"status": {{{groups}}}'] if groups else []
        return (
            f'{{"results": [{{{", ".join(members)}}}], "messageCount": 1, "pendingMessageCount": 0}}'.encode()
        )

    return write


def text(name: str, words: str, *, sender: str = "8562055500001") -> Case:
    """One text."""
    gives: Event = Inbound(
        channel=LINE, kind=Kind.SMS, number="+8562055500001", text=words, turn="817", service="447700900000"
    )
    if not sender.lstrip("+").isdigit() or len(sender) < 7:
        gives = NotANumber(channel=LINE, turn="817")
    fields = TEXT | {"text": words, "from": sender}
    return Case(name, "sms", fields, (gives,), OPTIONAL, ("from", "text"), ("from", "text", *OPTIONAL))


TABLE = Table(
    cases=(
        text("a text", "help me"),
        text("a Lao text", "ຄ່າແຮງ"),
        text("an empty text", ""),
        text("a sender that is a name", "x", sender="Unitel"),
        text("a sender that is a short code", "x", sender="1444"),
        Case(
            "a delivery report",
            "delivery",
            REPORT,
            (Delivery(channel=LINE, provider_id=REPORT["messageId"], state="failed", status="EXPIRED"),),
            ("to", "groupName"),
            ("to",),
            ("to", "groupName"),
        ),
    ),
    statuses={
        "PENDING": "moving",
        "DELIVERED": "delivered",
        "EXPIRED": "failed",
        "REJECTED": "failed",
        "UNDELIVERABLE": "failed",
        "NEW": "moving",
    },
    status="groupName",
    dialect=Dialect(content_type="application/json", write=write_with(), write_with=write_with),
)
