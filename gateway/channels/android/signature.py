"""Tells whether a post is the phone's: the signature over the raw body and the time, and how old that time is. Pure."""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.channel import NotSigned

FRESH = timedelta(minutes=5)
"""Each attempt of the phone is signed afresh, so only a wrong clock or somebody's copy is older."""

LONGEST = 12  # digits of a second


def sign(key: str, body: bytes, timestamp: str) -> str:
    """Return the signature of a body at this second."""
    return hmac.new(key.encode(), body + timestamp.encode(), hashlib.sha256).hexdigest()


def check(key: str, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    """Look at the two headers of a post.

    Raises:
        NotSigned: one is missing, the signature is another, or its time is not ours.
    """
    timestamp, given = headers.get("x-timestamp", ""), headers.get("x-signature", "")
    if not timestamp or not given:
        raise NotSigned("X-Signature and X-Timestamp are missing", why="unsigned")
    # Compared before the time is looked at, so that a stranger does not learn how our clock stands.
    right = sign(key, body, timestamp)
    if not hmac.compare_digest(right.encode(), given.strip().lower().encode()):
        raise NotSigned("The signature is not that of this line's key", why="signature")
    if not _is_fresh(timestamp, now):
        raise NotSigned("The time of the signature is not now: is the phone's clock right?", why="stale")


def _is_fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= LONGEST):
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH.total_seconds()
