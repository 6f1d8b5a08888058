"""Reads what the phone posts: her texts, what became of ours, rings, and how it is. Pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gateway.channels.android.account import PhoneAccount
from gateway.channels.android.envelope import Envelope, clean_text
from gateway.channels.contract import ChannelConfig
from gateway.domain.events import ChannelSeen, Delivery, Event, Inbound, Kind, MissedCall, NotANumber
from gateway.foundation.phone_numbers import find_region, to_e164

# The app's own word is the event; all four are about a text that we gave it under our id.
STATES = {
    "sms:sent": "moving",
    "sms:delivered": "delivered",
    "sms:failed": "failed",
    "sms:cancelled": "failed",
}
RINGS = ("call:ringing", "call:missed")
"""What an app beside the first one tells of a ring; it may tell of one ring in both words."""

FEWEST_DIGITS = 7
STATUS_SIZE = 40
REASON_SIZE = 60


def read_events(config: ChannelConfig, account: PhoneAccount, envelope: Envelope) -> tuple[Event, ...]:
    """Read one envelope; whatever it is, it is a sign of life, and what we do not know is no more than that.

    Raises:
        BadRequest: a field is missing or is no text.
    """
    life = _read_heartbeat(config.name, envelope)
    reader = _READERS.get(envelope.event)
    if reader is None or not _is_ours(account, envelope):
        return (life,)
    return (life, reader(config, envelope))


def _is_ours(account: PhoneAccount, envelope: Envelope) -> bool:
    """Say whether it is about the SIM of this line; another line of the same phone reads the rest."""
    if not account.sim or envelope.event in STATES:
        return True
    sim = envelope.whole("simNumber")
    return sim is None or sim == account.sim


def _read_received(config: ChannelConfig, envelope: Envelope) -> Event:
    sender, words = _read_sender(envelope), _words(envelope)
    number = _read_number(config, sender)
    if not number:
        return NotANumber(channel=config.name, turn=envelope.id)
    return Inbound(
        channel=config.name,
        kind=Kind.SMS,
        number=number,
        text=words,
        turn=_name_text(envelope, number, words),
        service=envelope.said("recipient") or config.sms_number,
    )


def _read_sender(envelope: Envelope) -> str:
    """Return who sent it or rang; nothing where the network or the phone keeps that back."""
    return envelope.said("sender") or envelope.said("phoneNumber")


def _words(envelope: Envelope) -> str:
    """Return what she wrote; some versions put it where the contract of the app once had it, in ``textMessage``.

    Raises:
        BadRequest: there is no text in either place.
    """
    nested = envelope.payload.get("textMessage")
    written = nested.get("text") if isinstance(nested, dict) and "message" not in envelope.payload else None
    return clean_text(written) if isinstance(written, str) else envelope.need("message", empty=True)


def _name_text(envelope: Envelope, number: str, words: str) -> str:
    """Return by what a text is known, whatever envelope it comes in: apps post one text under several.

    The phone's own id of a text is left out where the instant is known: it is a short hash that two texts can share,
    and a copy that the phone found a second time can bear another. Nobody sends the same words twice in one second.
    Without an instant only the envelope tells two equal texts apart.
    """
    phone_id, received = envelope.said("messageId"), _read_instant(envelope.said("receivedAt"))
    known = received or f"{envelope.id} {phone_id}"
    return f"{known} {number} {sha256(words.encode()).hexdigest()[:16]}"


def _read_instant(written: str) -> str:
    """Return an instant in one form for every zone that a copy may be written in, by the second."""
    try:
        return datetime.fromisoformat(written).astimezone(UTC).isoformat(timespec="seconds")
    except ValueError:
        return written


def _read_delivered(config: ChannelConfig, envelope: Envelope) -> Event:
    return Delivery(
        channel=config.name,
        provider_id=envelope.need("messageId"),
        state=STATES[envelope.event],
        status=envelope.event[:STATUS_SIZE],
        reason=envelope.said("reason")[:REASON_SIZE],
    )


def _read_ring(config: ChannelConfig, envelope: Envelope) -> Event:
    number = _read_number(config, _read_sender(envelope))
    if not number:
        return NotANumber(channel=config.name, turn=envelope.id)
    return MissedCall(channel=config.name, number=number, turn=envelope.id)


def _read_number(config: ChannelConfig, sender: str) -> str:
    """Return the sender's number, in E.164 where this line's country says how; empty for a name and a short code.

    A network writes a number of its own without the country, also to a SIM that roams in it; what this line's
    country does not settle is left as it is written, for the countries of the whole house. Our own number is nobody:
    a line that answers itself would never end.
    """
    digits = sender.strip().lstrip("+").replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) >= FEWEST_DIGITS):
        return ""
    here = find_region(config.sms_number) if config.sms_number.startswith("+") else ""
    number = to_e164(sender, (here,) if here else ()) or sender.strip()
    return "" if number == config.sms_number else number


def _read_heartbeat(channel: str, envelope: Envelope) -> ChannelSeen:
    health = envelope.payload.get("health") if envelope.event == "system:ping" else None
    return read_health(channel, health if isinstance(health, dict) else {})


def read_health(channel: str, health: Mapping[str, Any]) -> ChannelSeen:
    """Read how the phone says that it is."""
    checks = health.get("checks")
    values = checks if isinstance(checks, dict) else {}
    charging = _read_observed(values, "battery:charging")
    return ChannelSeen(
        channel=channel,
        battery=_read_observed(values, "battery:level"),
        charging=None if charging is None else charging > 0,
        failed=_read_observed(values, "messages:failed"),
    )


def _read_observed(checks: Mapping[str, Any], name: str) -> int | None:
    check = checks.get(name)
    value = check.get("observedValue") if isinstance(check, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if abs(value) < 1_000_000 else None  # noqa: PLR2004 - also no infinity and no nonsense


_READERS: Mapping[str, Callable[[ChannelConfig, Envelope], Event]] = {
    "sms:received": _read_received,
    **dict.fromkeys(STATES, _read_delivered),
    **dict.fromkeys(RINGS, _read_ring),
}
