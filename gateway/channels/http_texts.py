"""Send one text over HTTP, and say what the status alone proves: sent, surely not sent, refused, or unclear.

What a body proves is the dialect of a provider. A body, even an empty one, is always sent by POST: of a GET it would
not be known whether its line had left, and with it the text.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.channels.contract import BadAccount, ChannelConfig, SendOutcome, SendResult
from gateway.channels.http_client import HttpReply, NoAnswer, OverHttp

LONGEST_WAIT = timedelta(hours=1)
REFUSED_FOR_GOOD = (400, 422)

# A fault of the account or its address, not of this text, so an operator must look (RFC 9110, section 15.5).
ALARMS = {
    401: "wrong-key",
    402: "no-money",
    403: "forbidden",
    404: "wrong-address",
    405: "wrong-address",
    **dict.fromkeys((301, 302, 303, 307, 308), "redirected"),
}


def send_post(
    http: OverHttp, url: str, body: bytes, headers: Mapping[str, str]
) -> tuple[HttpReply | None, SendResult | None]:
    """Post once; return the response, or what follows from there being none."""
    try:
        return http.ask("POST", url, body=body, headers=headers), None
    except NoAnswer as error:
        if error.begun:
            return None, SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")
        return None, SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection", down=True)


def read_status(reply: HttpReply, now: datetime) -> SendResult | None:
    """Return what the status proves; None for a success, whose body decides."""
    if 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
        return None
    if reply.status in ALARMS:
        return SendResult(outcome=SendOutcome.NOT_SENT, reason=ALARMS[reply.status], alarm=True)
    if reply.status in (408, 425, 429):
        return SendResult(
            outcome=SendOutcome.NOT_SENT, reason="throttled", retry_at=find_retry(reply.headers, now)
        )
    if reply.status in REFUSED_FOR_GOOD:
        return SendResult(outcome=SendOutcome.REFUSED, reason=f"http-{reply.status}", alarm=True)
    if reply.status < 500:  # noqa: PLR2004 - the client's fault, whatever it is
        return SendResult(outcome=SendOutcome.NOT_SENT, reason=f"http-{reply.status}", alarm=True)
    return SendResult(outcome=SendOutcome.UNCLEAR, reason=f"http-{reply.status}")


def find_retry(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """Return the instant of a Retry-After in seconds (RFC 9110, section 10.2.3), an hour from now at most."""
    written = headers.get("retry-after", "").strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return now + min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)


def check_account(config: ChannelConfig, names: Sequence[str]) -> bool:
    """Say whether the channel has an account: all of these options, or none.

    Raises:
        BadAccount: it is only half there.
    """
    missing = [name for name in names if not config.options.get(name)]
    if missing and len(missing) < len(names):
        written = ", ".join(f"{config.name.upper()}_{name.upper()}" for name in missing)
        raise BadAccount(f"{written} is not set, so the account is only half there: set all or none")
    return not missing


def parse_object(reply: HttpReply) -> Mapping[str, Any] | None:
    """Return the JSON object of a response; None where it is none or was cut off."""
    try:
        found = None if reply.cut else json.loads(reply.body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
