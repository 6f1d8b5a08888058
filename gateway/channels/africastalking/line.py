"""One line at Africa's Talking: its addresses, its answers and, with an account, its texts and calls."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from gateway.channel import (
    Answer,
    BadRequest,
    ChannelConfig,
    Contract,
    Outcome,
    Request,
    SendResult,
    kept,
)
from gateway.channels.africastalking import sms, ussd, voice
from gateway.channels.africastalking.account import Account, bridging_of
from gateway.channels.africastalking.call import VoiceCalls
from gateway.channels.africastalking.send import Texts
from gateway.messages import CallStep, Event, Outgoing, OutgoingCall

VOICE = "voice"
READERS: dict[str, Callable[[str, Request], Event | None]] = {
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
            events=frozenset(READERS) | {VOICE},
            accumulates=True,
            has_turn_id=False,
            takes_our_id=account is None,
            can_ask=False,
            real=account is not None and not account.is_trial,
            guide="docs/how-to/connect-africas-talking.md",
        )
        self.bridging = bridging_of(config.options, account)
        self._texts = Texts(account, short_code=config.sms_number) if account else None
        self._calls = VoiceCalls(account, self.bridging.number) if account else None

    def parse(self, request: Request) -> Sequence[Event]:
        """Read a post into its events: at most one, but for calls."""
        if request.event == VOICE:
            return voice.told(self.config.name, self.bridging.number, request)
        reader = READERS.get(request.event)
        if reader is None:
            raise BadRequest("this line has no such event")
        event = reader(self.config.name, request)
        return () if event is None else (event,)

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

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Ask for one call; without an account nobody can be rung."""
        if self._calls is None:
            return SendResult(outcome=Outcome.REFUSED, reason="no-account")
        return self._calls.place(call, now=now)

    def answer_call(self, step: CallStep) -> Answer:
        """Put what is to happen next with a call into the provider's form."""
        return voice.answer(step, own_number=self.bridging.number)
