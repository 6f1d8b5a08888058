"""What the link of SMPP posts to its own webhook: texts, parts, receipts and inputs; numbers and ids are made up."""

from dataclasses import replace

from gateway.domain.events import Delivery, Inbound, Kind, NotANumber, TextPart
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "smpp-1"
TEXT = {"id": "tRn1", "from": "8562055500001", "to": "1444", "coding": "8", "octets": "0e840ec8"}
INPUT = TEXT | {"session": "07", "kind": "go-on"}
SMS = Inbound(channel=LINE, kind=Kind.SMS, number="+8562055500001", text="", turn="tRn1", service="1444")


def text(name: str, words: str, *, part: TextPart | None = None, **changes: str) -> Case:
    """One text."""
    optional = ("to", "reference", "total", "part") if part is None else ("to",)
    empty = ("from", "octets", *(() if part is None else ("to",)))
    fields = TEXT | {name.rstrip("_"): value for name, value in changes.items()}
    return Case(
        name, "sms", fields, (replace(SMS, text=words, part=part),), optional, ("from", "octets"), empty
    )


def entry(name: str, words: str, *, first: bool = False, **changes: str) -> Case:
    """One input of a session."""
    gives = replace(SMS, kind=Kind.USSD, text=words, session="07", first=first)
    return Case(name, "ussd", INPUT | changes, (gives,), ("to",), ("from", "octets"), ("octets",))


def page(text: str, ends: bool, fields: object) -> ShownPage:
    return ShownPage({"text": text, "ends": ends}, "application/json")


TABLE = Table(
    cases=(
        text("a Lao text", "ຄ່າແຮງ", octets="ຄ່າແຮງ".encode("utf-16-be").hex()),
        text("the default alphabet", "pay @ £5 [x]", coding="0", octets=b"pay \x00 \x015 \x1b<x\x1b>".hex()),
        text("Latin 1", "café", coding="3", octets="café".encode("latin-1").hex()),
        text("a text without words", "", octets=""),
        text("a message class", "pay", coding="241", octets=b"pay".hex()),
        text("UCS-2 by the general group", "ຄ່າ", coding="24", octets="ຄ່າ".encode("utf-16-be").hex()),
        text(
            "a part of a long text",
            "ຄ່",
            part=TextPart(reference="300", number=2, total=3),
            reference="300",
            total="3",
            part_="2",
        ),
        Case(
            "a sender that is a name", "sms", TEXT | {"from": "LTC"}, (NotANumber(channel=LINE, turn="tRn1"),)
        ),
        Case(
            "a receipt",
            "delivery",
            {"id": "163", "stat": "DELIVRD"},
            (Delivery(channel=LINE, provider_id="163", state="delivered", status="DELIVRD"),),
        ),
        entry("a dialled code", "", first=True, kind="begin", coding="15", octets=b"*144#".hex()),
        entry(
            "digits behind the code", "1*7", first=True, kind="begin", coding="15", octets=b"*144*1*7#".hex()
        ),
        entry("an answer", "2", coding="15", octets=b"2".hex()),
        entry("an answer in Lao", "ຄ່າ", coding="72", octets="ຄ່າ".encode("utf-16-be").hex()),
    ),
    refused=(
        ("octets that are none", "sms", TEXT | {"octets": "0g"}, "field octets is not hexadecimal"),
        ("no data coding", "sms", TEXT | {"coding": "256"}, "field coding is no data coding"),
        (
            "the fourth part of three",
            "sms",
            TEXT | {"reference": "1", "total": "3", "part": "4"},
            "field part is no part of a text",
        ),
        (
            "a part without its total",
            "sms",
            TEXT | {"reference": "1", "part": "1"},
            "field part is no part of a text",
        ),
    ),
    statuses={
        "DELIVRD": "delivered",
        "EXPIRED": "failed",
        "DELETED": "failed",
        "UNDELIV": "failed",
        "REJECTD": "failed",
        "ACCEPTD": "moving",
        "ENROUTE": "moving",
        "UNKNOWN": "moving",
        "SKIPPED": "moving",
    },
    status="stat",
    dialect=Dialect(content_type="application/json", write=as_json(), page=page, codes=("*144#",)),
)
