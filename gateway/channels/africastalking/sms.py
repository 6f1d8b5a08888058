"""Reads what the provider posts about texts: hers, what became of ours, and who wants none."""

from gateway.channel import Request
from gateway.channels.africastalking import fields
from gateway.messages import Delivery, Inbound, Kind, NotANumber, OptOut

# The provider marks Rejected, Success and Failed as final; Expired says that the operator dropped the text.
STATES = {"Success": "delivered", "Failed": "failed", "Rejected": "failed", "Expired": "failed"}
STATUS_SIZE = 40
REASON_SIZE = 60


def received(channel: str, request: Request) -> Inbound | NotANumber:
    """Read a text; its date is left alone, for ours counts, and a sender that is no number is never answered.

    Raises:
        BadRequest: a field is missing.
    """
    sender, turn, text = request.need("from"), request.need("id"), request.need("text", empty=True)
    service = request.need("to")
    number = fields.number(sender)
    if number is None:
        return NotANumber(channel=channel, turn=turn)
    return Inbound(
        channel=channel,
        kind=Kind.SMS,
        number=number,
        text=text,
        turn=turn,
        service=service,
        network=request.fields.get("networkCode", ""),
        link=request.fields.get("linkId", ""),
    )


def delivered(channel: str, request: Request) -> Delivery:
    """Read a delivery report; a status nobody has seen before, or none, is kept and counts as not final.

    Raises:
        BadRequest: there is no message id.
    """
    status = request.fields.get("status", "")
    return Delivery(
        channel=channel,
        provider_id=request.need("id"),
        state=STATES.get(status, "moving"),
        status=status[:STATUS_SIZE],
        reason=request.fields.get("failureReason", "")[:REASON_SIZE],
    )


def opted_out(channel: str, request: Request) -> OptOut:
    """Read an opt-out.

    Raises:
        BadRequest: it names no number.
    """
    return OptOut(channel=channel, number=fields.phone(request))
