"""Hubtel, as its page on programmable services says it posts; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Ended, Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "hubtel-1"
HOP = {
    "Type": "Response",
    "Mobile": "233200000001",
    "SessionId": "s1",
    "ServiceCode": "711*2",
    "Message": "1",
    "Operator": "mtn",
    "Sequence": "2",
    "ClientState": "",
    "Platform": "USSD",
}
OPTIONAL = ("ServiceCode", "Operator", "Sequence", "ClientState", "Platform")
PRIVATE = ("Mobile", "Message")


def hop(name: str, text: str, **changes: str) -> Case:
    """One input."""
    fields = HOP | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+233200000001",
        session="s1",
        text=text,
        turn=fields["Sequence"],
        first=fields["Type"].casefold() == "initiation",
        service=fields["ServiceCode"],
        network="mtn",
    )
    return Case(name, "ussd", fields, (gives,), OPTIONAL, PRIVATE, ("Message", *OPTIONAL))


def dial(name: str, dialled: str, text: str, **changes: str) -> Case:
    """The first post of a session."""
    return hop(name, text, **({"Type": "Initiation", "Message": dialled, "Sequence": "1"} | changes))


def end(name: str, kind: str, status: str) -> Case:
    """The end of a session."""
    gives = Ended(channel=LINE, session="s1", number="+233200000001", status=status)
    return Case(
        name, "ussd", HOP | {"Type": kind}, (gives,), ("Message", *OPTIONAL), PRIVATE, ("Message", *OPTIONAL)
    )


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page as an object that echoes the session."""
    body = {
        "SessionId": fields.get("SessionId", ""),
        "Type": "release" if ends else "response",
        "Message": text,
        "Label": "",
        "ClientState": "",
        "DataType": "display" if ends else "input",
        "FieldType": "text",
    }
    return ShownPage(body, "application/json")


TABLE = Table(
    cases=(
        hop("an input", "1", Message="1"),
        dial("a dial", "*711*2#", ""),
        dial("a dial whose type is written small", "*711*2#", "", Type="initiation"),
        dial("a dial in capitals", "*711*2#", "", Type="INITIATION"),
        dial("a dial without its marks", "711*2", ""),
        dial("digits dialled with the code", "*711*2*1*4#", "1*4"),
        dial("digits behind the longest code of the line", "*711*2*9*1#", "1"),
        dial("a shared code at its root", "*711#", "", ServiceCode="711"),
        dial("a code of somebody else's", "*920*5*1#", "", ServiceCode="service-7"),
        hop("free text", "a+b & c*é ນ", Message="a+b & c*é ນ"),
        hop("an empty input", "", Message=""),
        hop("a later post without its number in the row", "1", Sequence=""),
        hop("a number with its plus", "1", Mobile="+233200000001"),
        end("she left", "Release", "incomplete"),
        end("an answer that came too late", "Timeout", "failed"),
        end("the same, as others write it", "timeOut", "failed"),
    ),
    refused=(
        ("a post of the shop", "ussd", HOP | {"Type": "AddToCart"}, "field Type is none of"),
        ("a number that is a word", "ussd", HOP | {"Mobile": "unknown"}, "field Mobile"),
        ("a sequence that is an answer", "ussd", HOP | {"Sequence": "true"}, "field Sequence is not text"),
    ),
    dialect=Dialect(
        content_type="application/json",
        write=as_json("Sequence"),
        page=page,
        codes=("*711*2#", "*711*2*9#"),
    ),
)
