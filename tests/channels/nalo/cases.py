"""Nalo, as its USSD page says it posts; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "nalo-1"
HOP = {
    "USERID": "NALOTEST",
    "MSISDN": "233200000001",
    "USERDATA": "1",
    "MSGTYPE": "false",
    "NETWORK": "MTN",
    "SESSIONID": "n1",
}
OPTIONAL = ("USERID", "NETWORK")


def hop(name: str, text: str, **changes: str) -> Case:
    """One input."""
    fields = HOP | changes
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+233200000001",
        session="n1",
        text=text,
        first=fields["MSGTYPE"].casefold() == "true",
        network="MTN",
        echo=(("USERID", "NALOTEST"), ("MSISDN", fields["MSISDN"])),
    )
    return Case(name, "ussd", fields, (gives,), OPTIONAL, ("MSISDN", "USERDATA"), ("USERDATA", *OPTIONAL))


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page as an object; its MSGTYPE says whether the session goes on, not whether it is the first."""
    echoed = {name: fields.get(name, "") for name in ("USERID", "MSISDN")}
    return ShownPage({**echoed, "MSG": text, "MSGTYPE": not ends}, "application/json")


TABLE = Table(
    cases=(
        hop("an input", "1"),
        hop("a dial", "", MSGTYPE="true", USERDATA="*920*180#"),
        hop("a flag that is a word", "", MSGTYPE="True", USERDATA="*920*180#"),
        hop("digits dialled with the code", "4", MSGTYPE="true", USERDATA="*920*180*4#"),
        hop("an empty input", "", USERDATA=""),
    ),
    refused=(("a flag that is none", "ussd", HOP | {"MSGTYPE": "1st"}, "field MSGTYPE is neither"),),
    dialect=Dialect(
        content_type="application/json",
        write=as_json(),
        page=page,
        codes=("*920*180#",),
    ),
)
