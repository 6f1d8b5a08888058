"""Open the app's JSON envelope (id, event, payload), and verify its signature; pure.

The format is that of the webhooks of SMS Gateway for Android (docs.sms-gate.app, "Webhooks").
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gateway.channels.contract import BadRequest, NotSigned

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
