"""Arkesel, as its USSD page says it posts; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "arkesel-1"
HOP = {
    "sessionID": "a1",
    "userID": "U1",
    "newSession": "false",
    "msisdn": "233200000001",
    "userData": "2",
    "network": "MTN",
}
OPTIONAL = ("userID", "network")


def hop(name: str, text: str, **changes: str) -> Case:
    """One input."""
    fields = HOP | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+233200000001",
        session="a1",
        text=text,
        first=fields["newSession"].casefold() in ("true", "1"),
        network="MTN",
        echo=(("sessionID", "a1"), ("userID", "U1"), ("msisdn", fields["msisdn"])),
    )
    return Case(name, "ussd", fields, (gives,), OPTIONAL, ("msisdn", "userData"), ("userData", *OPTIONAL))


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page as an object that echoes the ids."""
    echoed = {name: fields.get(name, "") for name in ("sessionID", "userID", "msisdn")}
    return ShownPage({**echoed, "message": text, "continueSession": not ends}, "application/json")


TABLE = Table(
    cases=(
        hop("an input", "2"),
        hop("a dial", "", newSession="true", userData="*920*1#"),
        hop("digits dialled with the code", "4*1", newSession="true", userData="*920*1*4*1#"),
        hop("a flag in capitals", "2", newSession="False"),
        hop("a flag that is a digit", "", newSession="1", userData="*920*1#"),
        hop("an empty input", "", userData=""),
        hop("free text", "a & b*ນ", userData="a & b*ນ"),
        hop("a number with its plus", "2", msisdn="+233200000001"),
    ),
    refused=(
        ("a flag that is none", "ussd", HOP | {"newSession": "maybe"}, "field newSession is neither"),
        ("a number that is a word", "ussd", HOP | {"msisdn": "unknown"}, "field msisdn"),
    ),
    dialect=Dialect(
        content_type="application/json",
        write=as_json(),
        page=page,
        codes=("*920*1#",),
    ),
)
