"""Opens the envelope in which the app posts everything: its id, the event, and a payload of its own for each."""

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
    """One post of the app; ``id`` is the same in each of its attempts."""

    id: str
    event: str
    payload: Mapping[str, Any] = field(repr=False)

    def need(self, name: str, *, empty: bool = False) -> str:
        """Return a text of the payload.

        Raises:
            BadRequest: it is not there, is no text, or is empty where it must not be.
        """
        return _read_text(self.payload, name, empty=empty, shown=f"{PAYLOAD}.{name}")

    def said(self, name: str) -> str:
        """Return a text that is nice to have; empty where it is not there."""
        found = self.payload.get(name)
        return clean_text(found) if isinstance(found, str) else ""

    def whole(self, name: str) -> int | None:
        """Return a whole number that is nice to have; None where it is not there."""
        found = self.payload.get(name)
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 10:  # noqa: PLR2004 - no number of a phone is longer
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else None


def open_envelope(body: bytes) -> Envelope:
    """Read a body.

    Raises:
        BadRequest: it is no envelope; the words hold no value.
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
    """Return a text as a database can take it: JSON can spell half a character, and a NUL."""
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
    """Make an object of its pairs; a name that stands there twice could be read either way."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            shown = name if name.isascii() and name.isidentifier() and len(name) <= 30 else "?"  # noqa: PLR2004 - a field's name is a short word
            raise BadRequest(f"field {shown} has more than one value")
        found[name] = value
    return found


# Tells whether a post is the phone's: the signature over the raw body and the time, and how old that time
# is. Pure.

FRESH = timedelta(minutes=5)
"""Each attempt of the phone is signed afresh, so only a wrong clock or somebody's copy is older."""

LONGEST = 12  # digits of a second


def sign_body(key: str, body: bytes, timestamp: str) -> str:
    """Return the signature of a body at this second."""
    return hmac.new(key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()


def check_signature(key: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Look at the two headers of a post.

    Raises:
        NotSigned: one is missing, the signature is another, or its time is not ours.
    """
    timestamp, given = headers.get("x-timestamp", ""), headers.get("x-signature", "")
    if not timestamp or not given:
        raise NotSigned("X-Signature and X-Timestamp are missing", why="unsigned")
    # Compared before the time is looked at, so that a stranger does not learn how our clock stands.
    right = sign_body(key, body, timestamp)
    if not hmac.compare_digest(right.encode(), given.strip().lower().encode()):
        raise NotSigned("The signature is not that of this line's key", why="signature")
    if not _is_fresh(timestamp, now):
        raise NotSigned("The time of the signature is not now: is the phone's clock right?", why="stale")


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST):
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()
