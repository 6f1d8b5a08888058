"""Hubtel (Ghana): programmable USSD. JSON both ways, the latest input alone, ids echoed.

Field names and values are those of Hubtel's "Programmable Services API", and of its .NET SDK.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, BadRequest, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, find_id, write_json
from gateway.channels.ussd_only import UssdOnly
from gateway.domain.events import Event, Inbound, PieceKind, Reply

FIRST, NEXT = "initiation", "response"
ENDS = {"release": "incomplete", "timeout": "failed"}
"""``release``: the caller left; ``timeout``: our answer came too late, and was not shown."""

LABEL_SIZE = 60

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Hubtel": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class HubtelChannel(UssdOnly):
    """A service code at Hubtel; see the contract in ``gateway.channels.contract``."""

    has_turn_id = True  # ``Sequence`` counts the posts of a session
    types = JSON

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post; its ``Type`` is written in any case."""
        kind = request.need("Type").casefold()
        number, session = request.need_phone("Mobile"), request.need("SessionId")
        if kind in ENDS:
            return (self.make_end(number, session, ENDS[kind]),)
        if kind not in (FIRST, NEXT):
            # Query, Favorite and AddToCart come from the provider's shop app, which has no USSD phone behind it.
            raise BadRequest("field Type is none of Initiation, Response, Release, Timeout")
        written, code = request.need("Message", empty=True), request.fields.get("ServiceCode", "")
        return (
            self.make_input(
                number,
                session,
                written,
                first=kind == FIRST,
                turn=find_id(request, "Sequence"),
                service=code,
                network=request.fields.get("Operator", ""),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Hubtel posts it."""
        return write_json_post(
            {
                "Type": "Response" if turn.inputs else "Initiation",
                "Mobile": turn.digits,
                "SessionId": turn.session,
                "ServiceCode": turn.code.strip("*#"),
                "Message": turn.latest,
                "Operator": "mtn",
                "Sequence": len(turn.inputs) + 1,
                "ClientState": "",
                "Platform": "USSD",
            }
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page; ``Label`` heads it in the provider's app, on a phone only ``Message`` is shown."""
        headings = (piece.text for piece in reply.pieces if piece.kind is PieceKind.HEADING)
        return write_json(
            {
                "SessionId": inbound.session if inbound else "",
                "Type": "release" if reply.ends else "response",
                "Message": reply.text,
                "Label": next(headings, "")[:LABEL_SIZE],
                "ClientState": "",
                "DataType": "display" if reply.ends else "input",
                "FieldType": "text",
            }
        )


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return HubtelChannel(config)
