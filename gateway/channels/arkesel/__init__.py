"""Arkesel (Ghana): USSD sessions as JSON, the latest input alone, ids echoed.

Field names are those of its USSD page. A header that some callers describe as a signature is documented nowhere, so
the secret address alone protects the channel.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OUR_NAME, OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, read_flag, write_json
from gateway.channels.ussd_only import UssdOnly, find_digits_behind
from gateway.domain.events import Event, Inbound, Kind, Reply

ECHOED = ("sessionID", "userID", "msisdn")

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Arkesel": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class ArkeselChannel(UssdOnly):
    """A service code at Arkesel; see the contract in ``gateway.channels.contract``."""

    types = JSON

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input; the first one is the dialled code."""
        first, written = read_flag(request, "newSession"), request.need("userData", empty=True)
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.USSD,
                number=request.need_phone("msisdn"),
                session=request.need("sessionID"),
                text=find_digits_behind(written, self.config.service_codes) if first else written,
                first=first,
                network=request.fields.get("network", ""),
                echo=tuple((name, request.fields.get(name, "")) for name in ECHOED),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Arkesel posts it."""
        return write_json_post(
            {
                "sessionID": turn.session,
                "userID": OUR_NAME,
                "newSession": not turn.inputs,
                "msisdn": turn.digits,
                "userData": turn.latest,
                "network": "MTN",
            }
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page beside the ids of the post."""
        echoed = dict(inbound.echo) if inbound else dict.fromkeys(ECHOED, "")
        return write_json({**echoed, "message": reply.text, "continueSession": not reply.ends})


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return ArkeselChannel(config)
