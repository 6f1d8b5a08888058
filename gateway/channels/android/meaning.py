"""Says what an answer of the app means for one text: taken, surely not, never, or nobody knows. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.channel import Outcome, SendResult
from gateway.channels.android.wire import HttpReply

SENT, NOT_SENT, REFUSED, UNCLEAR = Outcome.SENT, Outcome.NOT_SENT, Outcome.REFUSED, Outcome.UNCLEAR
LONGEST_WAIT = timedelta(minutes=30)

# What the app says of a text that we ask about; those that lie in its queue are safe with it.
STATES: Mapping[str, Outcome] = {
    "Pending": SENT,
    "Processed": SENT,
    "Sent": SENT,
    "Delivered": SENT,
    "Cancelling": REFUSED,
    "Cancelled": REFUSED,
    "Failed": REFUSED,
}
TAKEN_ALREADY = 409
NOT_THERE = 404

# The whole line is wrong, not this text, so somebody must look.
ALARMS = {401: "wrong-password", 403: "forbidden", 404: "wrong-address", 405: "wrong-address"}
REDIRECTS = (301, 302, 303, 307, 308)


def understand(reply: HttpReply, own_id: str, now: datetime) -> SendResult:
    """Say what became of a text that was given to the app under our id."""
    if reply.status == TAKEN_ALREADY:
        return SendResult(outcome=SENT, provider_id=own_id, reason="taken-before")
    if 200 <= reply.status < 300:  # noqa: PLR2004 - every success counts alike
        return _taken(reply, own_id)
    if reply.status in ALARMS:
        return SendResult(outcome=NOT_SENT, reason=ALARMS[reply.status], alarm=True)
    if reply.status in REDIRECTS:
        return SendResult(outcome=NOT_SENT, reason="redirected", alarm=True)
    if reply.status == 429:  # noqa: PLR2004
        return SendResult(outcome=NOT_SENT, reason="throttled", retry_at=_retry_at(reply, now))
    if 400 <= reply.status < 500:  # noqa: PLR2004
        return SendResult(outcome=REFUSED, reason=f"http-{reply.status}")
    return SendResult(outcome=UNCLEAR, reason=f"http-{reply.status}")


def became(reply: HttpReply, own_id: str) -> SendResult | None:
    """Say what the app knows of a text under our id; None where its answer says nothing."""
    if reply.status == NOT_THERE and reply.found is not None:
        # A page of somebody else's, with the same status, would not be JSON.
        return SendResult(outcome=REFUSED, reason="never-came")
    if reply.status != 200 or reply.found is None:  # noqa: PLR2004
        return None
    outcome = STATES.get(_state(reply.found))
    return None if outcome is None else SendResult(outcome=outcome, provider_id=own_id, reason="asked")


def _taken(reply: HttpReply, own_id: str) -> SendResult:
    if reply.found is None or not isinstance(reply.found.get("id"), str):
        # A login page of a hotel says 200 too; a second try under our id tells.
        return SendResult(outcome=UNCLEAR, reason="unreadable")
    if STATES.get(_state(reply.found)) is REFUSED:
        return SendResult(outcome=REFUSED, provider_id=own_id, reason="failed-there")
    return SendResult(outcome=SENT, provider_id=reply.found["id"][:120])


def _state(found: Mapping[str, Any]) -> str:
    state = found.get("state")
    return state if isinstance(state, str) else ""


def _retry_at(reply: HttpReply, now: datetime) -> datetime | None:
    written = reply.headers.get("retry-after", "").strip()
    if not (written.isascii() and written.isdigit()):
        return None
    return now + min(timedelta(seconds=int(written[:9])), LONGEST_WAIT)
