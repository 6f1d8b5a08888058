"""Parse the app's posts: incoming texts, states of sent ones, missed calls and the phone's health; pure."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from gateway.channels.android.account import PhoneAccount
from gateway.channels.android.envelope import Envelope, clean_text
from gateway.channels.contract import ChannelConfig
from gateway.domain.events import ChannelSeen, Delivery, Event, Inbound, Kind, MissedCall, NotANumber
from gateway.foundation.phone_numbers import find_region, to_e164

# Event names of the app; all four are about a text that was sent under our id.
STATES = {
    "sms:sent": "moving",
    "sms:delivered": "delivered",
    "sms:failed": "failed",
    "sms:cancelled": "failed",
}
RINGS = ("call:ringing", "call:missed")
"""Events by which a second app reports a ring; it may post both for one ring."""

FEWEST_DIGITS = 7
STATUS_SIZE = 40
REASON_SIZE = 60


def read_events(config: ChannelConfig, account: PhoneAccount, envelope: Envelope) -> tuple[Event, ...]:
    """Read one envelope; every post is a heartbeat, and an unknown event is nothing more.

    Raises:
        BadRequest: a field is missing or is no text.
    """
    life = _read_heartbeat(config.name, envelope)
    reader = _READERS.get(envelope.event)
    if reader is None or not _is_own_text(account, envelope):
        return (life,)
    event = reader(config, envelope)
    return (life,) if event is None else (life, event)


def _is_own_text(account: PhoneAccount, envelope: Envelope) -> bool:
    """Say whether it is about this channel's SIM; another channel of the same phone reads the others."""
    if not account.sim or envelope.event in STATES:
        return True
    sim = envelope.whole("simNumber")
    return sim is None or sim == account.sim


def _read_received(config: ChannelConfig, envelope: Envelope) -> Event:
    return _make_inbound(config, envelope, _words(envelope))


def _read_mms(config: ChannelConfig, envelope: Envelope) -> Event | None:
    """Read an MMS by its words: long texts, and texts to several people, travel so. A picture alone is none.

    The app posts the words as ``body`` once the network gave them, and the subject beside them (docs.sms-gate.app).
    """
    words = "\n".join(filter(None, (envelope.said("subject").strip(), envelope.said("body").strip())))
    return _make_inbound(config, envelope, words) if words else None


def _make_inbound(config: ChannelConfig, envelope: Envelope, words: str) -> Event:
    sender = _read_sender(envelope)
    number = _read_number(config, sender)
    if not number:
        return NotANumber(channel=config.name, turn=envelope.id, sender=sender, text=words)
    return Inbound(
        channel=config.name,
        kind=Kind.SMS,
        number=number,
        text=words,
        turn=_name_text(envelope, number, words),
        service=envelope.said("recipient") or config.sms_number,
    )


def _read_sender(envelope: Envelope) -> str:
    """Return the sender or caller; empty where network or phone withholds it."""
    return envelope.said("sender") or envelope.said("phoneNumber")


def _words(envelope: Envelope) -> str:
    """Return the text; some versions of the app put it in ``textMessage``, as its API once defined.

    Raises:
        BadRequest: neither place has a text.
    """
    nested = envelope.payload.get("textMessage")
    written = nested.get("text") if isinstance(nested, dict) and "message" not in envelope.payload else None
    return clean_text(written) if isinstance(written, str) else envelope.need("message", empty=True)


def _name_text(envelope: Envelope, number: str, words: str) -> str:
    """Return an id of a text that is the same in every envelope: the app may post one text under several.

    It consists of time to the second, number and a hash of the text. The phone's message id is used only where the
    time is missing, because it is a short hash that two texts can share and that a second copy can lack; then only
    the envelope separates two equal texts.
    """
    phone_id, received = envelope.said("messageId"), _read_instant(envelope.said("receivedAt"))
    known = received or f"{envelope.id} {phone_id}"
    return f"{known} {number} {sha256(words.encode()).hexdigest()[:16]}"


def _read_instant(written: str) -> str:
    """Return an instant in UTC to the second, whatever zone it was written in; unreadable ones unchanged."""
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
    """Return the sender's number, in E.164 where this channel's country decides it; empty for a name or short code.

    Networks write their own numbers in national form, also to a roaming SIM; what this country does not decide stays
    as written, for the regions of the settings. The channel's own number is dropped, since a reply to itself would
    loop.
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
    """Read the app's health object: ``checks`` → name → ``observedValue``."""
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


_READERS: Mapping[str, Callable[[ChannelConfig, Envelope], Event | None]] = {
    "sms:received": _read_received,
    "mms:downloaded": _read_mms,
    **dict.fromkeys(STATES, _read_delivered),
    **dict.fromkeys(RINGS, _read_ring),
}
