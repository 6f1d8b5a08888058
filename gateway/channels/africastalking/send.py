"""Sends one text through the provider's SDK, whose own request method hides the status and the headers."""

from datetime import datetime

from africastalking.SMS import SMSService

from gateway.channel import Outcome, SendResult
from gateway.channels.africastalking.account import Account
from gateway.channels.africastalking.codes import understand
from gateway.channels.africastalking.posting import E164, TIMES, Posting
from gateway.messages import Outgoing
from gateway.over_http import HttpReply, NoAnswer


class Texts:
    """Sends texts from one account."""

    def __init__(self, account: Account, *, short_code: str = "") -> None:
        self._account = account
        self._short_code = short_code
        self._service = SmsService(account)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text to one number and say what is known of it."""
        if not E164.fullmatch(message.number):  # the SDK's own look lets far more pass
            return SendResult(outcome=Outcome.REFUSED, reason="number-not-valid")
        try:
            reply = self._post(message)
        except NoAnswer as error:
            outcome = Outcome.UNCLEAR if error.begun else Outcome.NOT_SENT
            return SendResult(outcome=outcome, reason="no-answer" if error.begun else "no-connection")
        return understand(reply, number=message.number, now=now)

    def _post(self, message: Outgoing) -> HttpReply:
        reply: HttpReply
        if message.link and self._short_code:
            # Only the premium call carries the link by which the provider bills the answer to a text of hers.
            reply = self._service.send_premium(
                message.text, self._short_code, [message.number], link_id=message.link, timeout=TIMES
            )
        else:
            reply = self._service.send(
                message.text,
                [message.number],
                sender_id=self._account.sender_id or None,  # an empty one would be sent as an empty sender
                enqueue=True,
                timeout=TIMES,
            )
        return reply


class SmsService(Posting, SMSService):  # type: ignore[misc]  # the SDK carries no types
    """The SDK's service for texts, posting in our way."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.username, account.api_key)
        if account.api_url:
            self._baseUrl = self._contentUrl = account.api_url + "/version1"
        self._open()
