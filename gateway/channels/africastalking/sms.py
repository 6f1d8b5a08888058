"""Reads what the provider posts about texts: hers, what became of ours, and who wants none."""

from gateway.channel import Request
from gateway.channels.africastalking import fields
from gateway.messages import OPTED_OUT, Delivery, Inbound, Kind, NotANumber, OptOut

# The provider marks Rejected, Success and Failed as final; Expired says that the operator dropped the text.
STATES = {
    **dict.fromkeys(("success", "delivered", "deliveredtoterminal"), "delivered"),
    **dict.fromkeys(
        ("failed", "rejected", "expired", "undelivered", "undeliverable", "deliveryfailure"), "failed"
    ),
}
STATUS_SIZE = 40
REASON_SIZE = 60
WANTS_NONE = ("blacklist", "optedout", "optout", "donotdisturb", "unsubscribe")
"""What a reason holds that is her own word, to provider or operator: ``UserInBlackList``, ``User opted out``."""

ENDS = ("delet", "remov", "unsub", "optout", "optedout", "deactivat", "cancel", "terminat", "stop", "end")
"""How the words begin that end a subscription or texts. An empty word comes with an opt-out, which has none."""


def received(channel: str, request: Request) -> Inbound | NotANumber:
    """Read a text; its date is left alone, for ours counts, and a sender that is no number is never answered.

    A sender that is withheld counts as such: refused, the text would be posted again for hours (the provider's help
    article 742510: until it is answered 200, or about twelve hours).

    Raises:
        BadRequest: a field is missing.
    """
    sender, turn = request.need("from", empty=True), request.need("id")
    text, service = request.fields.get("text", ""), request.fields.get("to", "")
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
        state=STATES.get(fields.letters(status), "moving"),
        status=status[:STATUS_SIZE],
        reason=_reason(request.fields.get("failureReason", "")),
    )


def _reason(said: str) -> str:
    word = fields.letters(said)
    return OPTED_OUT if any(each in word for each in WANTS_NONE) else said[:REASON_SIZE]


def opted_out(channel: str, request: Request) -> OptOut | None:
    """Read an opt-out, or the end of a subscription, which is posted in the same form.

    A subscription that begins, or goes on, is no wish for silence. What names no number that can be read comes to
    nothing too: refused, it would only be posted again.
    """
    update = fields.letters(request.fields.get("updateType", ""))
    number = fields.number(request.fields.get("phoneNumber", ""))
    if number is None or not (not update or update.startswith(ENDS)):
        return None
    return OptOut(channel=channel, number=number)
