"""Open the app's JSON envelope (id, event, payload), and verify its signature; pure.

The format is that of the webhooks of SMS Gateway for Android (docs.sms-gate.app, "Webhooks").
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from gateway.channels.contract import BadRequest, ChannelConfig, NotSigned
from gateway.domain.events import ChannelSeen, Delivery, Event, Inbound, Kind, MissedCall, NotANumber
from gateway.foundation.phone_numbers import find_region, to_e164

if TYPE_CHECKING:
    from gateway.channels.android.phone import PhoneAccount

PAYLOAD = "payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One post of the app: its id, the same in each retry, the event, and field → JSON value."""

    id: str
    event: str
    payload: Mapping[str, Any] = field(repr=False)

    def need(self, name: str, *, empty: bool = False) -> str:
        """Return a required text of the payload.

        Raises:
            BadRequest: it is missing, is no text, or is empty although ``empty`` is False.
        """
        return _read_text(self.payload, name, empty=empty, shown=f"{PAYLOAD}.{name}")

    def said(self, name: str) -> str:
        """Return an optional text; empty where it is missing."""
        found = self.payload.get(name)
        return clean_text(found) if isinstance(found, str) else ""

    def whole(self, name: str) -> int | None:
        """Return an optional whole number; None where it is missing."""
        found = self.payload.get(name)
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10:  # noqa: PLR2004 - no number of a phone is longer
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def open_envelope(body: bytes) -> Envelope:
    """Parse a body.

    Raises:
        BadRequest: it is no envelope; the message contains no value.
    """
    try:
        whole = json.loads(body.decode(), object_pairs_hook=_refuse_repeats)
    except UnicodeDecodeError:
        raise BadRequest("the body is not UTF-8") from None
    except BadRequest:
        raise
    except (ValueError, RecursionError):
        raise BadRequest("the body is not JSON") from None
    if not isinstance(whole, dict):
        raise BadRequest("the body is not a JSON object")
    payload = whole.get(PAYLOAD, {})
    if not isinstance(payload, dict):
        raise BadRequest(f"field {PAYLOAD} is not an object")
    return Envelope(id=_read_text(whole, "id"), event=_read_text(whole, "event"), payload=payload)


def clean_text(text: str) -> str:
    """Return a text that a database can store: JSON can encode lone surrogates (RFC 8259, section 8.2) and NUL."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "")


def _read_text(fields: Mapping[str, Any], name: str, *, empty: bool = False, shown: str = "") -> str:
    found = fields.get(name)
    if found is None:
        raise BadRequest(f"field {shown or name} is missing")
    if not isinstance(found, str):
        raise BadRequest(f"field {shown or name} is not text")
    if not found and not empty:
        raise BadRequest(f"field {shown or name} is empty")
    return clean_text(found)


def _refuse_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object from its pairs; a repeated name is ambiguous (RFC 8259, section 4) and refused."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = name if name.isascii() and name.isidentifier() and len(name) <= 30 else "?"  # noqa: PLR2004 - a field's name is a short word
            raise BadRequest(f"field {shown} has more than one value")
        found[name] = value
    return found


# The signature: HMAC-SHA-256 (RFC 2104) over the raw body and the timestamp.

FRESH = timedelta(minutes=5)
"""Largest age of a signature. The phone signs each retry anew, so only a wrong clock or a replayed copy is older."""

LONGEST = 12  # digits of a second


def sign_body(key: str, body: bytes, timestamp: str) -> str:
    """Return the signature, in hexadecimal, of a body with this Unix time in seconds."""
    return hmac.new(key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()


def check_signature(key: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Verify the headers ``X-Signature`` and ``X-Timestamp`` of a post.

    Raises:
        NotSigned: one is missing, the signature is wrong, or the time is off by more than five minutes.
    """
    timestamp, given = headers.get("x-timestamp", ""), headers.get("x-signature", "")
    if not timestamp or not given:
        raise NotSigned("X-Signature and X-Timestamp are missing", why="unsigned")
    # The signature is checked before the time, so that a stranger does not learn the server's clock.
    right = sign_body(key, body, timestamp)
    if not hmac.compare_digest(right.encode(), given.strip().lower().encode()):
        raise NotSigned("The signature is not that of this line's key", why="signature")
    if not _is_fresh(timestamp, now):
        raise NotSigned("The time of the signature is not now: is the phone's clock right?", why="stale")


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST):
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()


# What a post says: an incoming text, the state of a sent one, a missed call, or the phone's health.

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
