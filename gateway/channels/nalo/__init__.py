"""Nalo Solutions (Ghana): USSD sessions as JSON, the latest input alone.

``MSGTYPE`` means two things, as Nalo's USSD page has it: true is *first* in a post, and *go on* in an answer.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OUR_NAME, OperatorPost, PhoneTurn, write_json_post
from gateway.channels.post_fields import JSON, read_flag, write_json
from gateway.channels.ussd_only import UssdOnly, find_digits_behind
from gateway.domain.events import Event, Inbound, Kind, Limits, Reply

ECHOED = ("USERID", "MSISDN")
SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Nalo": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""
PAGE = Limits(name="ussd-120", gsm7=120, ucs2=70, gsm7_stop=120, ucs2_stop=80)
"""A page has at most 120 characters, whatever their alphabet."""


class NaloChannel(UssdOnly):
    """A service code at Nalo; see the contract in ``gateway.channels.contract``."""

    types = JSON
    page = PAGE

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input; the first one is the dialled code."""
        first, written = read_flag(request, "MSGTYPE"), request.need("USERDATA", empty=True)
        return (
            Inbound(
                channel=self.config.name,
                kind=Kind.USSD,
                number=request.need_phone("MSISDN"),
                session=request.need("SESSIONID"),
                text=find_digits_behind(written, self.config.service_codes) if first else written,
                first=first,
                network=request.fields.get("NETWORK", ""),
                echo=tuple((name, request.fields.get(name, "")) for name in ECHOED),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Nalo posts it."""
        return write_json_post(
            {
                "USERID": OUR_NAME,
                "MSISDN": turn.digits,
                "USERDATA": turn.latest,
                "MSGTYPE": not turn.inputs,
                "NETWORK": "MTN",
                "SESSIONID": turn.session,
            }
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page beside the ids of the post."""
        echoed = dict(inbound.echo) if inbound else dict.fromkeys(ECHOED, "")
        return write_json({**echoed, "MSG": reply.text, "MSGTYPE": not reply.ends})


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return NaloChannel(config)
