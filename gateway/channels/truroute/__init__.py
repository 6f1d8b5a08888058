"""TruRoute (South Africa, Namibia): USSD sessions as XML, the latest input alone, and a number for each type of post.

Elements and types are those of the specification that SMS.COM.NA publishes: 1 begins, 2 answers, 3 releases, 4 timed
out; an answer is of type 2, the last one of type 3.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, BadRequest, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_xml_post
from gateway.channels.post_fields import XML, format_text, open_xml
from gateway.channels.ussd_only import UssdOnly
from gateway.domain.events import Event, Inbound, Reply

FIRST, NEXT, RELEASE, TIMEOUT = "1", "2", "3", "4"
ENDS = {RELEASE: "incomplete", TIMEOUT: "failed"}

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"TruRoute": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class TruRouteChannel(UssdOnly):
    """A service code at TruRoute; see the contract in ``gateway.channels.contract``."""

    types = XML
    reads_body = True

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input, or the end of a session."""
        posted = open_xml(request, ("msisdn", "sessionid", "type", "msg"))
        kind = posted.need("type").strip()
        number, session = posted.need_phone("msisdn"), posted.need("sessionid")
        if kind in ENDS:
            return (self.make_end(number, session, ENDS[kind]),)
        if kind not in (FIRST, NEXT):
            raise BadRequest("field type is none of 1, 2, 3, 4")
        written, first = posted.need("msg", empty=True), kind == FIRST
        return (self.make_input(number, session, written, first=first),)

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as TruRoute posts it."""
        kind = NEXT if turn.inputs else FIRST
        return write_xml_post(
            f"<ussd><msisdn>{turn.digits}</msisdn><sessionid>{format_text(turn.session)}</sessionid>"
            f"<type>{kind}</type><msg>{format_text(turn.latest)}</msg></ussd>"
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Write one page."""
        kind = RELEASE if reply.ends else NEXT
        return Answer(
            body=f"<ussd><type>{kind}</type><msg>{format_text(reply.text)}</msg></ussd>",
            content_type="text/xml; charset=utf-8",
        )


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return TruRouteChannel(config)
