"""Interpret the provider's response to a send (accepted, not sent, refused, or unclear), and the fields of posts; pure.

Codes and words are those of the provider's documentation of SMS sending. *Unclear* is anything that does not prove
the text was refused, so that no text is sent twice.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

from gateway.channels.contract import Request, SendOutcome, SendResult
from gateway.channels.http_client import HttpReply

LATER_IN_THE_DAY = timedelta(hours=1)
LONGEST_WAIT = timedelta(hours=12)
HUNDREDTHS_OF_A_CENT = 10_000
NO_ID = ("", "None")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code of the provider means; ``later`` marks a temporary refusal that lasts longer than minutes."""

    outcome: SendOutcome
    reason: str = ""
    alarm: bool = False
    later: bool = False


SENT, NOT_SENT, REFUSED, UNCLEAR = (
    SendOutcome.SENT,
    SendOutcome.NOT_SENT,
    SendOutcome.REFUSED,
    SendOutcome.UNCLEAR,
)

# Status code of a recipient: it is about this very text, so all but the first three prove that it was not sent.
CODES: dict[int, Meaning] = {
    100: Meaning(SENT),
    101: Meaning(SENT),
    102: Meaning(SENT),
    401: Meaning(REFUSED, "risk-hold", alarm=True),
    402: Meaning(NOT_SENT, "sender-not-valid", alarm=True),
    403: Meaning(REFUSED, "number-not-valid"),
    404: Meaning(REFUSED, "number-not-supported"),
    405: Meaning(NOT_SENT, "no-money", alarm=True),
    406: Meaning(REFUSED, "opted-out"),
    407: Meaning(REFUSED, "no-route"),
    409: Meaning(NOT_SENT, "do-not-disturb", later=True),
    500: Meaning(NOT_SENT, "provider-fault"),
    501: Meaning(NOT_SENT, "operator-fault"),
    502: Meaning(NOT_SENT, "operator-refused"),
}

# The whole request failed; the reason replaces the summary.
WORDS: dict[str, Meaning] = {
    "RiskHold": CODES[401],
    "InvalidSenderId": CODES[402],
    "InvalidPhoneNumber": CODES[403],
    "UnsupportedNumberType": CODES[404],
    "InsufficientBalance": CODES[405],
    "UserInBlacklist": CODES[406],
    "CouldNotRoute": CODES[407],
    "DoNotDisturbRejection": CODES[409],
    "InternalServerError": CODES[500],
    "GatewayError": CODES[501],
    "RejectedByGateway": CODES[502],
}

# HTTP status. 301, 307, 308 ask for the same request elsewhere (RFC 9110, 15.4), so this one was not accepted.
HTTP: dict[int, Meaning] = {
    301: Meaning(NOT_SENT, "redirected", alarm=True),
    307: Meaning(NOT_SENT, "redirected", alarm=True),
    308: Meaning(NOT_SENT, "redirected", alarm=True),
    401: Meaning(NOT_SENT, "wrong-key", alarm=True),
    402: Meaning(NOT_SENT, "no-money", alarm=True),
    403: Meaning(NOT_SENT, "forbidden", alarm=True),
    404: Meaning(NOT_SENT, "wrong-address", alarm=True),
    408: Meaning(NOT_SENT, "timed-out"),  # RFC 9110, 15.5.9: the server did not get the complete request
    409: CODES[409],
    429: Meaning(NOT_SENT, "throttled"),
}
OTHER_4XX = Meaning(NOT_SENT, "bad-request", alarm=True)
UNREADABLE = Meaning(UNCLEAR, "unreadable")
NOT_JSON = Meaning(UNCLEAR, "not-json", alarm=True)
"""A server that answers in another format does so for every text: unclear, and an operator must look."""

STATUS_WORDS: dict[str, Meaning] = {
    **dict.fromkeys(("success", "sent", "queued", "processed"), CODES[100]),
    **{word.casefold(): meaning for word, meaning in WORDS.items()},
    **dict.fromkeys(("failed", "couldnotsend", "rejected", "notsent", "error"), Meaning(NOT_SENT, "refused")),
}
"""Meaning of a recipient's status word without a code; letters and digits only, case-folded."""


def read_send_result(reply: HttpReply, *, number: str, now: datetime) -> SendResult:
    """Return the result of the text to this number."""
    return read_declined(reply, now) or _read_accepted(reply, number, now)


def read_declined(reply: HttpReply, now: datetime) -> SendResult | None:
    """Return the result of a response that is not 2xx; None where it is."""
    if 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
        return None
    if reply.status in HTTP:
        return make_result(HTTP[reply.status], now, retry_at=retry_after(reply.headers, now))
    if 400 <= reply.status < 500:  # noqa: PLR2004
        return make_result(OTHER_4XX, now, retry_at=retry_after(reply.headers, now))
    return make_result(Meaning(UNCLEAR, f"http-{reply.status}"), now)


def retry_after(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the instant of a Retry-After header, seconds or date (RFC 9110, 10.2.3), capped at 12 hours; or None."""
    written = headers.get("retry-after", "").strip()
    if written.isascii() and written.isdigit():
        return now + min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)
    try:
        named = parsedate_to_datetime(written)
    except ValueError:
        return None
    named = named if named.tzinfo else named.replace(tzinfo=UTC)
    return max(now, min(named.astimezone(UTC), now + LONGEST_WAIT))


def parse_cost(written: object) -> int:
    """Return a cost such as ``KES 0.8000`` in hundredths of a cent; 0 where it cannot be read."""
    if not isinstance(written, str):
        return 0
    match = re.fullmatch(r"(?:[A-Z]{3}\s*)?([0-9]{1,9}(?:\.[0-9]{1,9})?)", written.strip())
    return int(Decimal(match.group(1)) * HUNDREDTHS_OF_A_CENT) if match else 0


def _read_accepted(reply: HttpReply, number: str, now: datetime) -> SendResult:
    report = None if reply.cut else _find_report(reply.body)
    if report is None:
        return make_result(NOT_JSON if _is_markup(reply) else UNREADABLE, now)
    recipients, summary = report.get("Recipients"), report.get("Message")
    if recipients == [] and isinstance(summary, str):
        return make_result(_read_empty(summary), now)
    recipient = _find_recipient(recipients, number)
    return make_result(UNREADABLE, now) if recipient is None else _read_recipient(recipient, now)


def _is_markup(reply: HttpReply) -> bool:
    return not reply.cut and reply.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _find_report(body: bytes) -> dict[str, Any] | None:
    # The content type is ignored: the same JSON arrives with varying ones, also as text.
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        return None
    report = whole.get("SMSMessageData") if isinstance(whole, dict) else None
    return report if isinstance(report, dict) else None


def _read_empty(summary: str) -> Meaning:
    words = summary.strip()
    if words in WORDS:
        return WORDS[words]
    if words.startswith("Sent to 0/"):
        return Meaning(NOT_SENT, "no-recipient")
    if not words or words.startswith("Sent to "):
        return Meaning(UNCLEAR, "empty")
    return Meaning(NOT_SENT, "refused-unknown", alarm=True)


def _find_recipient(recipients: object, number: str) -> dict[str, Any] | None:
    if not isinstance(recipients, list):
        return None
    found = [each for each in recipients if isinstance(each, dict) and each.get("number") == number]
    if not found and len(recipients) == 1 and isinstance(recipients[0], dict):
        found = recipients  # one number was sent to, however the response writes it
    return found[0] if len(found) == 1 else None


def _read_recipient(recipient: Mapping[str, Any], now: datetime) -> SendResult:
    provider_id = str(recipient.get("messageId", ""))
    provider_id = "" if provider_id in NO_ID else provider_id[:120]
    meaning = CODES.get(_read_code(recipient.get("statusCode")))
    if meaning is None:
        meaning = _by_status(recipient.get("status"))
    return make_result(meaning, now, provider_id=provider_id, cost=parse_cost(recipient.get("cost")))


def _read_code(written: object) -> int:
    if isinstance(written, int):
        return written
    return int(written) if isinstance(written, str) and re.fullmatch(r"[0-9]{3}", written) else 0


def _by_status(status: object) -> Meaning:
    if not isinstance(status, str):
        return UNREADABLE
    word = "".join(letter for letter in status.casefold() if letter.isalnum())
    return STATUS_WORDS.get(word, Meaning(UNCLEAR, "code-unknown"))


def make_result(
    meaning: Meaning, now: datetime, *, retry_at: datetime | None = None, provider_id: str = "", cost: int = 0
) -> SendResult:
    """Return the contract's result for a meaning."""
    if meaning.later and retry_at is None:
        retry_at = now + LATER_IN_THE_DAY
    return SendResult(
        outcome=meaning.outcome,
        provider_id=provider_id,
        retry_at=retry_at if meaning.outcome is NOT_SENT else None,
        reason=meaning.reason,
        cost=cost if meaning.outcome is SENT else 0,
        alarm=meaning.alarm,
    )


# Fields that several of the provider's posts share.


def keep_letters(written: str) -> str:
    """Return the letters of a provider's word, case-folded: its documentation and its posts differ in spelling."""
    return "".join(each for each in written.casefold() if each.isalpha())


def read_count(request: Request, name: str) -> int:
    """Return an optional whole number; 0 where it is missing or unreadable."""
    written = request.fields.get(name, "")
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 0  # noqa: PLR2004 - fits any store
