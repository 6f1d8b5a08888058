"""Reads what the provider posts about a session, and writes the one form of answer that it shows."""

from gateway.channel import Answer, Request
from gateway.channels.africastalking import fields
from gateway.messages import Ended, Inbound, Kind

STATUSES = {"success": "success", "incomplete": "incomplete", "failed": "failed"}


def dialled(channel: str, request: Request) -> Inbound:
    """Read one hop; ``text`` holds all inputs so far, so it is empty, or not posted at all, only on the first.

    Raises:
        BadRequest: a field is missing or holds no number.
    """
    text = request.fields.get("text", "")
    return Inbound(
        channel=channel,
        kind=Kind.USSD,
        number=fields.phone(request),
        session=request.need("sessionId"),
        text=text,
        first=not text,
        service=request.fields.get("serviceCode", ""),
        network=request.fields.get("networkCode", ""),
    )


def ended(channel: str, request: Request) -> Ended:
    """Read the end of a session, and nothing of what she typed or read, which the provider posts along with it.

    Raises:
        BadRequest: the session or the number is missing.
    """
    status = request.fields.get("status", "").casefold()
    return Ended(
        channel=channel,
        session=request.need("sessionId"),
        number=fields.phone(request),
        status=STATUSES.get(status, "incomplete"),
        millis=fields.count(request, "durationInMillis"),
        hops=fields.count(request, "hopsCount"),
    )


def told(text: str, *, ends: bool) -> Answer:
    """Write the answer; the provider ends a session whose answer does not begin with one of these words."""
    return Answer(body=("END " if ends else "CON ") + text)
