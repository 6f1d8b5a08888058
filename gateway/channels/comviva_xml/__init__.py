"""Comviva by XML, as several operators of the MTN group post: the latest input alone, ids echoed.

Element names vary in case from one operator to the next. ``transactionId`` is echoed and is no id of a turn, because
some installations keep it through a session. A request of type ``cleanup`` is the end of a session.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_xml_post
from gateway.channels.post_fields import XML, format_text, open_xml, read_flag
from gateway.channels.ussd_only import UssdOnly
from gateway.domain.events import Event, Inbound, Reply

NAMES = ("@type", "sessionId", "transactionId", "msisdn", "newRequest", "subscriberInput")
ECHOED = ("msisdn", "sessionId", "transactionId")
POST = (
    '<?xml version="1.0" encoding="UTF-8"?><request type="pull"><sessionId>{session}</sessionId>'
    "<transactionId>{transaction}</transactionId><msisdn>{number}</msisdn><newRequest>{first}</newRequest>"
    "<subscriberInput>{text}</subscriberInput><parameters/><freeflow><mode>FE</mode></freeflow></request>"
)
PAGE = (
    '<?xml version="1.0" encoding="UTF-8"?><response><msisdn>{msisdn}</msisdn><sessionid>{sessionId}</sessionid>'
    "<transactionid>{transactionId}</transactionid><applicationResponse>{text}</applicationResponse>"
    "<freeflow><freeflowState>{state}</freeflowState><freeflowCharging>N</freeflowCharging>"
    "<freeflowChargingAmount>0</freeflowChargingAmount></freeflow></response>"
)

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Comviva (XML)": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class ComvivaXmlChannel(UssdOnly):
    """A service code behind Comviva's XML; see the contract in ``gateway.channels.contract``."""

    types = XML
    reads_body = True

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input, or the end of a session."""
        posted = open_xml(request, NAMES)
        number, session = posted.need_phone("msisdn"), posted.need("sessionId")
        if posted.fields.get("@type", "").casefold() == "cleanup":
            return (self.make_end(number, session, "incomplete"),)
        first, written = read_flag(posted, "newRequest"), posted.need("subscriberInput", empty=True)
        return (
            self.make_input(
                number,
                session,
                written,
                first=first,
                echo=tuple((name, posted.fields.get(name, "")) for name in ECHOED),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Comviva posts it; a dialled code comes without its marks."""
        written = turn.latest if turn.inputs else turn.code.removeprefix("*").removesuffix("#")
        return write_xml_post(
            POST.format(
                session=format_text(turn.session),
                transaction=len(turn.inputs) + 1,
                number=turn.digits,
                first="false" if turn.inputs else "true",
                text=format_text(written),
            )
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Write one page beside the ids of the post; it costs nothing."""
        echoed = dict(inbound.echo) if inbound else dict.fromkeys(ECHOED, "")
        values = {name: format_text(value) for name, value in echoed.items()}
        state = "FB" if reply.ends else "FC"
        return Answer(
            body=PAGE.format(**values, text=format_text(reply.text), state=state),
            content_type="text/xml; charset=utf-8",
        )


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code."""
    return ComvivaXmlChannel(config)
