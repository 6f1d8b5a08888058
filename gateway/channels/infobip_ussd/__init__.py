"""Infobip: USSD sessions as JSON, the latest input alone; session and step stand behind our address, not in the body.

Steps and fields are those of Infobip's "USSD Gateway to third-party application" interface, as Vumi's transport for it
quotes them. ``shortCode`` may be missing. Whatever we say, the first page of a session is shown as a menu there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gateway.channels.contract import Answer, BadRequest, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, find_id, write_json
from gateway.channels.ussd_only import UssdOnly
from gateway.domain.events import Event, Inbound, Reply

START, NEXT, END, STATUS = "start", "response", "end", "status"
SESSION, STEP = "/session", "/step"
TAKEN = {"responseExitCode": 200, "responseMessage": ""}

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Infobip": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class InfobipUssdChannel(UssdOnly):
    """A service code at Infobip; see the contract in ``gateway.channels.contract``."""

    types = JSON
    methods = frozenset({"GET", "POST"})  # a question about the session has no body

    def __init__(self, config: ChannelConfig) -> None:
        super().__init__(config)
        self.contract = replace(
            self.contract,
            tail=(SESSION, STEP),
            # A session that is lost here begins anew with the next input, so it is active whenever that is asked.
            received=json.dumps({"sessionActive": True, **TAKEN}),
            received_type="application/json",
        )

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input; an end and a question about the session need no number, and there is none in them."""
        session, step = request.need(SESSION), request.need(STEP)
        if step in (END, STATUS):
            return ()  # without a number no session can be found; it ends by itself
        if step not in (START, NEXT):
            raise BadRequest("the address ends in none of start, response, end, status")
        return (
            self.make_input(
                request.need_phone("msisdn"),
                session,
                request.need("text", empty=True),
                first=step == START,
                service=find_id(request, "shortCode"),
                network=find_id(request, "ussdGwId"),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Infobip posts it."""
        step = NEXT if turn.inputs else START
        post = write_json_post(
            {"msisdn": turn.digits, "text": turn.latest, "shortCode": turn.code, "ussdGwId": "live"}
        )
        fields = {**post.request.fields, SESSION: turn.session, STEP: step}
        return replace(
            post,
            request=replace(post.request, fields=fields),
            shown=post.shown.replace("…/ussd", f"…/ussd/{turn.session}/{step}", 1),
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Write one page."""
        return write_json({"ussdMenu": reply.text, "shouldClose": reply.ends, **TAKEN})


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return InfobipUssdChannel(config)
