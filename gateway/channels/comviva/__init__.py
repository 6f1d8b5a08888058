"""Comviva Flares by HTTP, as the operators of the Airtel group pull pages: GET, the latest input alone.

A page is the body, and the headers ``Freeflow``, ``charge`` and ``amount`` say whether the session goes on and what it
costs, as in Vumi's transport for it. No field says that a session begins: the first input is the dialled code.
"""

from collections.abc import Mapping, Sequence

from gateway.channels.contract import Answer, Channel, ChannelConfig, Request
from gateway.channels.operator_posts import OperatorPost, PhoneTurn, write_query_post
from gateway.channels.ussd_only import UssdOnly, check_codes, is_dialled
from gateway.domain.events import Event, Inbound, Reply

GOES_ON, IS_OVER = "FC", "FB"

SPOKEN_AS: Mapping[str, Mapping[str, str]] = {"Comviva (GET)": {}}
"""Under these names the phone page offers it; see ``gateway.channels.operator_posts``."""


class ComvivaChannel(UssdOnly):
    """A service code behind Flares; see the contract in ``gateway.channels.contract``."""

    methods = frozenset({"GET"})

    def parse(self, request: Request) -> Sequence[Event]:
        """Read one input, or the call that cleans up after a session."""
        session = request.need("SessionID")
        if "clean" in request.fields:
            number = request.need_phone("msisdn")
            status = "failed" if request.fields.get("error") else "incomplete"
            return (self.make_end(number, session, status),)
        written = request.need("input", empty=True)
        return (
            self.make_input(
                request.need_phone("MSISDN"),
                session,
                written,
                first=is_dialled(written, self.config.service_codes),
                network=request.fields.get("MSC", ""),
            ),
        )

    def write_post(self, turn: PhoneTurn) -> OperatorPost:
        """Write one input as Flares posts it; a dialled code comes without its marks."""
        written = turn.latest if turn.inputs else turn.code.removeprefix("*").removesuffix("#")
        return write_query_post(
            {"SessionID": turn.session, "MSISDN": turn.digits, "MSC": "MSC", "input": written}
        )

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:  # noqa: ARG002 - nothing is echoed
        """Write one page, which costs nothing."""
        state = IS_OVER if reply.ends else GOES_ON
        return Answer(body=reply.text, headers={"Freeflow": state, "charge": "N", "amount": "0"})


def build(config: ChannelConfig) -> Channel:
    """Build the channel of one service code.

    Raises:
        BadAccount: without a service code the first input of a session cannot be known.
    """
    check_codes(config)
    return ComvivaChannel(config)
