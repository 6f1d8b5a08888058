"""The app on the phone, as we use it: gives it texts, asks it about them, asks how it is, tells it where to post."""

from collections.abc import Mapping
from datetime import datetime

from gateway.channel import Outcome, SendResult
from gateway.channels.android.account import Account
from gateway.channels.android.events import RINGS, STATES, alive
from gateway.channels.android.meaning import became, understand
from gateway.channels.android.wire import HttpReply, Wire
from gateway.messages import Outgoing, Seen
from gateway.over_http import NoAnswer

SHORT = 5.0
"""Seconds for an answer to a question that nothing hangs on."""

HOOKS = {
    "sms:received": "sms",
    **dict.fromkeys(STATES, "delivery"),
    "system:ping": "health",
    "app:started": "health",
}
"""What the app is told to post, and to which of our addresses; rings come from another app."""

__all__ = ["HOOKS", "RINGS", "Phone"]


class Phone:
    """One phone."""

    def __init__(self, channel: str, account: Account) -> None:
        self._channel = channel
        self._account = account
        self._wire = Wire(account)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Give it one text under our id; given again, it says so and sends nothing."""
        try:
            # Whether a number can be is decided by us; an old app knows fewer prefixes than there are.
            reply = self._wire.ask(
                "POST", "/messages?skipPhoneValidation=true", self._written(message, now=now)
            )
        except NoAnswer as error:
            if error.begun:
                return SendResult(outcome=Outcome.UNCLEAR, reason="no-answer")
            return SendResult(outcome=Outcome.NOT_SENT, reason="no-connection", down=True)
        return understand(reply, message.own_id, now)

    def ask(self, own_id: str) -> SendResult | None:
        """Ask what became of a text."""
        reply = self._asked("GET", f"/messages/{own_id}")
        return became(reply, own_id) if reply else None

    def look(self) -> Seen | None:
        """Ask how it is; a relay that only speaks of itself is not the phone."""
        reply = self._asked("GET", "/health")
        if reply is None or reply.status not in (200, 503) or reply.found is None:
            return None
        seen = alive(self._channel, reply.found)
        return seen if seen.battery is not None or seen.failed is not None else None

    def register(self, addresses: Mapping[str, str]) -> SendResult:
        """Tell it where to post each event; the ids are ours, so that a repeat replaces what is there."""
        for event, ours in HOOKS.items():
            hook = {
                "id": f"{self._channel}-{event.replace(':', '-')}",
                "url": addresses[ours],
                "event": event,
            }
            reply = self._asked("POST", "/webhooks", hook)
            if reply is None:
                return SendResult(outcome=Outcome.NOT_SENT, reason="no-answer", down=True)
            if not 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
                return SendResult(outcome=Outcome.REFUSED, reason=f"http-{reply.status}")
        return SendResult(outcome=Outcome.SENT)

    def _written(self, message: Outgoing, *, now: datetime) -> dict[str, object]:
        written: dict[str, object] = {
            "id": message.own_id,
            "textMessage": {"text": message.text},
            "phoneNumbers": [message.number],
            "withDeliveryReport": True,
        }
        if message.valid_until is not None:
            # What lies in the phone's queue longer than this is not sent: she may not hold her phone any more.
            written["ttl"] = max(1, int((message.valid_until - now).total_seconds()))
        if self._account.sim:
            written["simNumber"] = self._account.sim
        return written

    def _asked(self, method: str, path: str, content: Mapping[str, object] | None = None) -> HttpReply | None:
        try:
            return self._wire.ask(method, path, content, read=SHORT)
        except NoAnswer:
            return None
