"""Send texts and request calls through the provider's SDK, with its HTTP request method replaced.

The SDK's own method hides status and headers, which decide whether a text may be sent again.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from africastalking.SMS import SMSService
from africastalking.Voice import VoiceService

from gateway.channels.africastalking import AfricasTalkingAccount
from gateway.channels.africastalking.codes import (
    NO_ID,
    NOT_SENT,
    REFUSED,
    SENT,
    UNCLEAR,
    UNREADABLE,
    Meaning,
    make_result,
    read_declined,
    read_send_result,
)
from gateway.channels.contract import SendOutcome, SendResult
from gateway.channels.http_client import CONNECT, READ, HttpReply, NoAnswer, OverHttp
from gateway.domain.events import Outgoing, OutgoingCall

# The replaced request method.

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
TIMES: tuple[float, float] = (CONNECT, READ)
E164 = re.compile(r"\+[1-9][0-9]{6,14}")


class Posting:
    """Mixin that replaces the request method of an SDK service; a test pins it to the SDK's version."""

    def _open(self) -> None:
        self._http = OverHttp()

    def _make_request(
        self,
        url: str,
        method: str,
        headers: Mapping[str, str],
        data: Mapping[str, object],
        params: Mapping[str, str] | None,
        callback: object = None,
        timeout: tuple[float, float] = TIMES,
    ) -> HttpReply:
        if callback is not None or params:
            raise TypeError("this service takes neither a callback nor a query")
        form = urlencode({name: value for name, value in data.items() if value is not None}).encode()
        return self._http.ask(method, url, body=form, headers={**headers, **FORM}, times=timeout)


class Texts:
    """Sends texts from one account."""

    def __init__(self, account: AfricasTalkingAccount, *, short_code: str = "") -> None:
        self._account = account
        self._short_code = short_code
        self._service = SmsService(account)

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:
        """Send one text to one number, and return what is known about it."""
        if not E164.fullmatch(message.number):  # E.164: at most 15 digits; the SDK's own check is weaker
            return SendResult(outcome=SendOutcome.REFUSED, reason="number-not-valid")
        try:
            reply = self._post(message)
        except NoAnswer as error:
            outcome = SendOutcome.UNCLEAR if error.begun else SendOutcome.NOT_SENT
            return SendResult(outcome=outcome, reason="no-answer" if error.begun else "no-connection")
        return read_send_result(reply, number=message.number, now=now)

    def _post(self, message: Outgoing) -> HttpReply:
        reply: HttpReply
        if message.link and self._short_code:
            # Only the premium API carries the link id by which the provider bills a reply to an on-demand text.
            reply = self._service.send_premium(
                message.text, self._short_code, [message.number], link_id=message.link, timeout=TIMES
            )
        else:
            reply = self._service.send(
                message.text,
                [message.number],
                sender_id=self._account.sender_id or None,  # the SDK would send an empty string as the sender
                enqueue=True,
                timeout=TIMES,
            )
        return reply


class SmsService(Posting, SMSService):  # type: ignore[misc]  # the SDK carries no types
    """The SDK's SMS service with our request method."""

    def __init__(self, account: AfricasTalkingAccount) -> None:
        super().__init__(account.username, account.api_key)
        if account.api_url:
            self._baseUrl = self._contentUrl = account.api_url + "/version1"
        self._open()


# Calls: the SDK's own method would omit our request id.

# Status of the called number (the provider's voice page); all but the first prove that it will not ring.
STATUSES: Mapping[str, Meaning] = {
    "Queued": Meaning(SENT),
    "InvalidPhoneNumber": Meaning(REFUSED, "number-not-valid"),
    "DestinationNotSupported": Meaning(REFUSED, "number-not-supported"),
    "InsufficientCredit": Meaning(NOT_SENT, "no-money", alarm=True),
}


class VoiceCalls(Posting, VoiceService):  # type: ignore[misc]  # the SDK carries no types
    """Requests calls from one account and number."""

    def __init__(self, account: AfricasTalkingAccount, number: str) -> None:
        VoiceService.__init__(self, account.username, account.api_key)
        if account.api_url:
            self._baseUrl = account.api_url
        self._open()
        self._number = number

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Request one call, and return what is known about it."""
        if not E164.fullmatch(call.number):
            return SendResult(outcome=SendOutcome.REFUSED, reason="number-not-valid")
        form = {
            "username": self._username,
            "from": self._number,
            "to": call.number,
            "clientRequestId": call.own_id,
        }
        try:
            reply = self._make_request(
                self._make_url("/call"), "POST", self._headers, form, None, timeout=TIMES
            )
        except NoAnswer as error:
            outcome = SendOutcome.UNCLEAR if error.begun else SendOutcome.NOT_SENT
            return SendResult(outcome=outcome, reason="no-answer" if error.begun else "no-connection")
        meaning, session = _read_accepted(reply)
        return read_declined(reply, now) or make_result(meaning, now, provider_id=session)


def _read_accepted(reply: HttpReply) -> tuple[Meaning, str]:
    """Return the meaning of a 2xx response for the one number, and the provider's call id."""
    entry = None if reply.cut else _find_entry(reply.body)
    if entry is None:
        return UNREADABLE, ""
    if "status" not in entry:
        return _read_refused(str(entry.get("errorMessage", ""))), ""
    meaning = STATUSES.get(str(entry["status"]), Meaning(UNCLEAR, "code-unknown"))
    session = str(entry.get("sessionId", ""))
    return meaning, "" if session in NO_ID or meaning.outcome is not SENT else session[:120]


def _find_entry(body: bytes) -> dict[str, Any] | None:
    """Return the single entry, or the error message that replaces it."""
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    entries = whole.get("entries") if isinstance(whole, dict) else None
    if entries == [] and whole.get("errorMessage") not in (None, *NO_ID):
        return {"errorMessage": whole["errorMessage"]}
    if (
        isinstance(entries, list)
        and len(entries) == 1
        and isinstance(entries[0], dict)
        and "status" in entries[0]
    ):
        return dict(entries[0])
    return None


def _read_refused(words: str) -> Meaning:
    """Return the meaning of a response without entries: the provider gives the reason, and nothing rings."""
    return STATUSES.get(words.strip(), Meaning(NOT_SENT, "refused-unknown", alarm=True))
