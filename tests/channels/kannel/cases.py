"""Kannel, as the get-url of the how-to has it called; numbers and ids are made up."""

from gateway.domain.events import Delivery, Inbound, Kind, NotANumber
from tests.support.channel_tables import Case, Dialect, Table

LINE = "kannel-1"
TEXT = {
    "id": "27559eb7-b23b-4530-9abb-29a623c6199f",
    "from": "+8562055500001",
    "to": "1234",
    "text": "pay",
    "coding": "0",
    "charset": "UTF-8",
    "ts": "1795801870",
    "smsc": "lao",
}
REPORT = {"id": "01hzy2m4c9k3p7qrs5tv", "status": "2"}
OPTIONAL = ("to", "coding", "charset", "ts", "smsc")


def text(name: str, words: str, **changes: str) -> Case:
    """One text."""
    fields = TEXT | {"text": words} | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.SMS,
        number="+8562055500001" if fields["from"][0] in "+8" else fields["from"],
        text=words,
        turn=TEXT["id"],
        service="1234",
        network="lao",
    )
    return Case(name, "sms", fields, (gives,), OPTIONAL, ("from", "text"), ("from", "text", *OPTIONAL))


def stranger(sender: str) -> Case:
    """A text whose sender cannot be phoned."""
    gives = NotANumber(channel=LINE, turn=TEXT["id"])
    fields = TEXT | {"from": sender}
    return Case(f"a sender called {sender!r}", "sms", fields, (gives,), OPTIONAL, ("text",), ("from", "text"))


TABLE = Table(
    cases=(
        text("a text", "pay"),
        text("a Lao text that Kannel recoded", "ຄ່າແຮງ", coding="2"),
        text("an empty text", ""),
        text("a text with signs", "a+b & c=d%"),
        text("a number without its plus", "pay", **{"from": "8562055500001"}),
        text("a number in its national form", "pay", **{"from": "02055500001"}),
        stranger("LTC"),
        stranger("1444"),
        stranger(""),
        Case(
            "a delivery report",
            "delivery",
            REPORT,
            (Delivery(channel=LINE, provider_id=REPORT["id"], state="failed", status="2"),),
        ),
    ),
    statuses={
        "1": "delivered",
        "2": "failed",
        "4": "moving",
        "8": "moving",
        "16": "failed",
        "32": "moving",
        "64": "moving",
    },
    dialect=Dialect(method="GET"),
)
