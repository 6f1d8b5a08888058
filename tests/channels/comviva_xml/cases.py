"""Comviva by XML, as several repositories show it; numbers and ids are made up."""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from gateway.domain.events import Ended, Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_xml

LINE = "comviva_xml-1"
HOP = {
    "@type": "pull",
    "sessionId": "c1",
    "transactionId": "t1",
    "msisdn": "256770000001",
    "newRequest": "0",
    "subscriberInput": "1",
}
OPTIONAL = ("@type", "transactionId")
NAMES = {name.casefold(): name for name in HOP}


def hop(name: str, text: str, fields: Mapping[str, str], *, first: bool = False) -> Case:
    """One input."""
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+256770000001",
        session="c1",
        text=text,
        first=first,
        echo=(("msisdn", "256770000001"), ("sessionId", "c1"), ("transactionId", "t1")),
    )
    return Case(
        name,
        "ussd",
        fields,
        (gives,),
        OPTIONAL,
        ("msisdn", "subscriberInput"),
        ("subscriberInput", *OPTIONAL),
    )


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page beside the ids, with all of it escaped."""
    known = {NAMES.get(name.casefold(), name): value for name, value in fields.items()}
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<response><msisdn>{known.get('msisdn', '')}</msisdn><sessionid>{known.get('sessionId', '')}</sessionid>"
        f"<transactionid>{known.get('transactionId', '')}</transactionid>"
        f"<applicationResponse>{escape(text)}</applicationResponse>"
        f"<freeflow><freeflowState>{'FB' if ends else 'FC'}</freeflowState>"
        "<freeflowCharging>N</freeflowCharging><freeflowChargingAmount>0</freeflowChargingAmount></freeflow></response>"
    )
    return ShownPage(body, "text/xml; charset=utf-8")


DIAL = HOP | {"newRequest": "true", "subscriberInput": "165"}
TABLE = Table(
    cases=(
        hop("an input", "1", {name: value for name, value in HOP.items() if name != "@type"}),
        hop("an input of type pull", "1", HOP),
        hop("an input with elements that say nothing", "1", HOP | {"dateFormat": "20260102030405000"}),
        hop("a dial", "", DIAL, first=True),
        hop("a dial that says 1", "", DIAL | {"newRequest": "1"}, first=True),
        hop("digits dialled with the code", "4", DIAL | {"subscriberInput": "*165*4#"}, first=True),
        hop("names in small letters", "1", {name.casefold(): value for name, value in HOP.items()}),
        hop("names in capitals", "1", {name.upper(): value for name, value in HOP.items() if name[0] != "@"}),
        hop("an input to be escaped", "a<&>ນ", HOP | {"subscriberInput": "a<&>ນ"}),
        hop("an empty input", "", HOP | {"subscriberInput": ""}),
        Case(
            "the clean-up after a session",
            "ussd",
            {"@type": "cleanup", "sessionId": "c1", "msisdn": "256770000001"},
            (Ended(channel=LINE, session="c1", number="+256770000001", status="incomplete"),),
            private=("msisdn",),
        ),
    ),
    refused=(("a flag that is none", "ussd", HOP | {"newRequest": "new"}, "field newRequest is neither"),),
    dialect=Dialect(content_type="text/xml", write=as_xml("request"), page=page, codes=("*165#",)),
)
