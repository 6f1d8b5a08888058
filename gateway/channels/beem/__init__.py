"""Beem (Tanzania): USSD sessions as JSON, the latest input alone, in an object ``payload``.

As its USSD package has it, the input comes in ``payload.response`` and the page goes out in ``payload.request``.
``request_id`` is echoed and is no id of a turn: the first post has a zero there, and who counts it on is not said.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, BadRequest, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, find_id, open_object, read_id, write_json
from gateway.channels.ussd_only import UssdOnly
from gateway.domain.events import Event, Inbound, Reply

FIRST, NEXT, END = "initiate", "continue", "terminate"
ECHOED = ("msisdn", "operator", "session_id")
ID = "request_id"

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Beem": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class BeemChannel(UssdOnly):
    """A service code at Beem; see the contract in ``gateway.channels.contract``."""

    types = JSON

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input, or the end of a session."""
        command = request.need("command").casefold()
        number, session = request.need_phone("msisdn"), read_id(request, "session_id")
        if command == END:
            return (self.make_end(number, session, "incomplete"),)
        if command not in (FIRST, NEXT):
            raise BadRequest("field command is none of initiate, continue, terminate")
        payload = open_object(request, "payload")
        written, first = find_id(payload, "response"), command == FIRST
        return (
            self.make_input(
                number,
                session,
                written,
                first=first,
                network=request.fields.get("operator", ""),
                echo=(
                    *((name, find_id(request, name)) for name in ECHOED),
                    (ID, find_id(payload, ID)),
                ),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Beem posts it."""
        return write_json_post(
            {
                "command": NEXT if turn.inputs else FIRST,
                "msisdn": turn.digits,
                "session_id": turn.session,
                "operator": "vodacom",
                "payload": {ID: len(turn.inputs), "response": turn.latest},
            }
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page beside the ids of the post."""
        echoed = dict(inbound.echo) if inbound else dict.fromkeys((*ECHOED, ID), "")
        request_id = echoed.pop(ID)
        return write_json(
            {
                **echoed,
                "command": END if reply.ends else NEXT,
                "payload": {ID: request_id, "request": reply.text},
            }
        )


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return BeemChannel(config)
