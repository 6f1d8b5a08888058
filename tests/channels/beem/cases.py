"""Beem, as its USSD package says it posts; numbers and ids are made up."""

from collections.abc import Mapping

from gateway.domain.events import Ended, Inbound, Kind
from tests.support.channel_tables import Case, Dialect, ShownPage, Table, as_json

LINE = "beem-1"
HOP = {
    "command": "continue",
    "msisdn": "255700000001",
    "session_id": "b1",
    "operator": "vodacom",
    "payload.request_id": "r2",
    "payload.response": "1",
}
OPTIONAL = ("operator", "payload.request_id", "payload.response")


def hop(name: str, text: str, **changes: str) -> Case:
    """One input."""
    fields = HOP | {key.replace("payload_", "payload."): value for key, value in changes.items()}
    gives = Inbound(
        channel=LINE,
        kind=Kind.USSD,
        number="+255700000001",
        session=fields["session_id"],
        text=text,
        first=fields["command"] == "initiate",
        network="vodacom",
        echo=(
            ("msisdn", "255700000001"),
            ("operator", "vodacom"),
            ("session_id", fields["session_id"]),
            ("request_id", fields["payload.request_id"]),
        ),
    )
    return Case(name, "ussd", fields, (gives,), OPTIONAL, ("msisdn", "payload.response"), OPTIONAL)


def page(text: str, ends: bool, fields: Mapping[str, str]) -> ShownPage:
    """The page in ``payload.request``, beside the ids."""
    echoed = {name: fields.get(name, "") for name in ("msisdn", "operator", "session_id")}
    payload = {"request_id": fields.get("payload.request_id", ""), "request": text}
    return ShownPage(
        {**echoed, "command": "terminate" if ends else "continue", "payload": payload}, "application/json"
    )


TABLE = Table(
    cases=(
        hop("an input", "1"),
        hop("a dial", "", command="initiate", payload_response="*149*46#"),
        hop("a dial without what was dialled", "", command="initiate", payload_response=""),
        hop("digits dialled with the code", "4", command="initiate", payload_response="*149*46*4#"),
        hop("free text", "a & b*ນ", payload_response="a & b*ນ"),
        Case(
            "she left",
            "ussd",
            HOP | {"command": "terminate"},
            (Ended(channel=LINE, session="b1", number="+255700000001", status="incomplete"),),
            OPTIONAL,
            ("msisdn",),
            OPTIONAL,
        ),
    ),
    refused=(
        ("a command that is none", "ussd", HOP | {"command": "pause"}, "field command is none"),
        (
            "a post without its payload",
            "ussd",
            {name: value for name, value in HOP.items() if "." not in name},
            "field payload is missing",
        ),
    ),
    dialect=Dialect(
        content_type="application/json",
        write=as_json(),
        page=page,
        codes=("*149*46#",),
    ),
)
