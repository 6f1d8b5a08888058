"""Infobip's USSD, as its interface to third-party applications has it; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "infobip_ussd-1"
HOP = {
    "/session": "9f3c-01",
    "/step": "response",
    "msisdn": "385910000001",
    "text": "1",
    "shortCode": "*123#",
    "ussdGwId": "live2",
}
OPTIONAL = ("shortCode", "ussdGwId")


def hop(name: str, gives_text: str, **changes: str) -> Case:
    """One input."""
    fields = HOP | {key.replace("at_", "/"): value for key, value in changes.items()}
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+385910000001",
        session=fields["/session"],
        text=gives_text,
        first=fields["/step"] == "start",
        service=fields["shortCode"],
        network=fields["ussdGwId"],
    )
    return Case(name, "ussd", fields, (gives,), OPTIONAL, ("msisdn", "text"), ("text", *OPTIONAL))


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page as an object; whether it is the last one is a flag."""
    return ShownPage(
        {"ussdMenu": text, "shouldClose": ends, "responseExitCode": 200, "responseMessage": ""},
        "application/json",
    )


TABLE = Table(
    cases=(
        hop("an input", "1"),
        hop("a dial", "", at_step="start", text="*123#"),
        hop("digits dialled with the code", "4*1", at_step="start", text="*123*4*1#"),
        hop("a dial whose text is no code", "", at_step="start", text="hello there"),
        hop("no short code", "1", shortCode=""),
        hop("an empty input", "", text=""),
        hop("free text", "a & b*ນ", text="a & b*ນ"),
        hop("a session id with letters of an address", "1", at_session="a b%2?#é"),
        Case(
            "the end of a session",
            "ussd",
            {"/session": "s", "/step": "end", "exitCode": "1", "reason": "x"},
            (),
        ),
        Case("a question about a session", "ussd", {"/session": "s", "/step": "status"}, ()),
    ),
    refused=(
        ("a step that is none", "ussd", HOP | {"/step": "restart"}, "the address ends in none of start"),
        ("a number that is a word", "ussd", HOP | {"msisdn": "unknown"}, "field msisdn"),
    ),
    dialect=Dialect(content_type="application/json", write=as_json(), page=page, codes=("*123#",)),
)
