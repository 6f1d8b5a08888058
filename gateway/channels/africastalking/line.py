"""One line at Africa's Talking: its addresses, its answers and, with an account, its texts."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.channel import Answer, BadRequest, ChannelConfig, Contract, Request, SendResult, kept
from gateway.channels.africastalking import sms, ussd
from gateway.channels.africastalking.account import Account
from gateway.channels.africastalking.send import Texts
from gateway.messages import Event, Outgoing

READERS: dict[str, Callable[[str, Request], Event]] = {
    "ussd": ussd.dialled,
    "ussd-end": ussd.ended,
    "sms": sms.received,
    "delivery": sms.delivered,
    "optout": sms.opted_out,
}


class Line:
    """A channel at Africa's Talking; see the contract in ``gateway.channel``."""

    def __init__(self, config: ChannelConfig, account: Account | None) -> None:
        self.config = config
        self.contract = Contract(
            events=frozenset(READERS),
            accumulates=True,
            has_turn_id=False,
            takes_our_id=account is None,
            can_ask=False,
            real=account is not None and not account.is_trial,
        )
        self._texts = Texts(account, short_code=config.sms_number) if account else None

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its one event."""
        reader = READERS.get(request.event)
        if reader is None:
            raise BadRequest("this line has no such event")
        return (reader(self.config.name, request),)

    def answer(
        self,
        text: str,
        *,
        ends: bool,
        screen: str = "",  # noqa: ARG002 - real phones show no ids
        facts: Mapping[str, Any] | None = None,  # noqa: ARG002 - nor anything else but the page
    ) -> Answer:
        """Put one page into the provider's form."""
        return ussd.told(text, ends=ends)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text, or keep it where there is no account."""
        return self._texts.send(message, now=now) if self._texts else kept(message)
