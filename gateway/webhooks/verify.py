"""Makes and compares the secret in a webhook's address; pure, so that what is accepted can be proved."""

import base64
import hashlib
import hmac
from collections.abc import Sequence

FIRST_SERIAL = 1
_BYTES = 20


def secret_for(key: bytes, channel: str, serial: int) -> str:
    """Return the secret of one line: 32 letters and digits that only the key can make."""
    digest = hmac.new(key, f"webhook/{channel}/{serial}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_BYTES]).decode().lower()


def secrets_for(key: bytes, channel: str, serial: int) -> tuple[str, ...]:
    """Return the live secrets, newest first: this serial's and, while addresses are changed, the one before."""
    return tuple(secret_for(key, channel, each) for each in (serial, serial - 1) if each >= FIRST_SERIAL)


def matches(given: str, live: Sequence[str]) -> bool:
    """Say whether a secret is live; every one is compared to its end, so that time tells nothing."""
    offered = given.encode()
    found = [hmac.compare_digest(offered, secret.encode()) for secret in live]
    return any(found)
