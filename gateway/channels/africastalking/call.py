"""Asks the provider for one call to one of us, by the service of its SDK, which by itself would leave our id out."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from africastalking.Voice import VoiceService

from gateway.channel import Outcome, SendResult
from gateway.channels.africastalking.account import Account
from gateway.channels.africastalking.codes import (
    NO_ID,
    NOT_SENT,
    REFUSED,
    SENT,
    UNCLEAR,
    UNREADABLE,
    Meaning,
    declined,
    result,
)
from gateway.channels.africastalking.posting import E164, TIMES, Posting
from gateway.messages import OutgoingCall
from gateway.over_http import HttpReply, NoAnswer

# Of one number that was to be rung. Each but the first is the provider's word that it will not ring.
STATUSES: Mapping[str, Meaning] = {
    "Queued": Meaning(SENT),
    "InvalidPhoneNumber": Meaning(REFUSED, "number-not-valid"),
    "DestinationNotSupported": Meaning(REFUSED, "number-not-supported"),
    "InsufficientCredit": Meaning(NOT_SENT, "no-money", alarm=True),
}


class VoiceCalls(Posting, VoiceService):  # type: ignore[misc]  # the SDK carries no types
    """Places calls from one account and one number."""

    def __init__(self, account: Account, number: str) -> None:
        VoiceService.__init__(self, account.username, account.api_key)
        if account.api_url:
            self._baseUrl = account.api_url
        self._open()
        self._number = number

    def place(self, call: OutgoingCall, *, now: datetime) -> SendResult:
        """Ask for one call and say what is known of it."""
        if not E164.fullmatch(call.number):
            return SendResult(outcome=Outcome.REFUSED, reason="number-not-valid")
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
            outcome = Outcome.UNCLEAR if error.begun else Outcome.NOT_SENT
            return SendResult(outcome=outcome, reason="no-answer" if error.begun else "no-connection")
        meaning, session = _accepted(reply)
        return declined(reply, now) or result(meaning, now, provider_id=session)


def _accepted(reply: HttpReply) -> tuple[Meaning, str]:
    """Return what a 2xx means for the one number, and the provider's id of the call."""
    entry = None if reply.cut else _entry(reply.body)
    if entry is None:
        return UNREADABLE, ""
    if "status" not in entry:
        return _refused(str(entry.get("errorMessage", ""))), ""
    meaning = STATUSES.get(str(entry["status"]), Meaning(UNCLEAR, "code-unknown"))
    session = str(entry.get("sessionId", ""))
    return meaning, "" if session in NO_ID or meaning.outcome is not SENT else session[:120]


def _entry(body: bytes) -> dict[str, Any] | None:
    """Return the one entry, or what stands in its place where there is none."""
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


def _refused(words: str) -> Meaning:
    """Return what an answer without any entry means: the provider says why, and nothing rings."""
    return STATUSES.get(words.strip(), Meaning(NOT_SENT, "refused-unknown", alarm=True))
