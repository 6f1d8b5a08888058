"""The secret in a webhook's address: how it is made and compared, and which serial of it is live on each line."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Sequence

FIRST_SERIAL = 1
_BYTES = 20
PREFIX = "webhook-serial:"
"""What the name of the setting begins with; the line's name follows."""


def derive_secret(key: bytes, channel: str, serial: int) -> str:
    """Return the secret of one line: 32 letters and digits that only the key can make."""
    digest = hmac.new(key, f"webhook/{channel}/{serial}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_BYTES]).decode().lower()


def derive_secrets(key: bytes, channel: str, serial: int) -> tuple[str, ...]:
    """Return the live secrets, newest first: this serial's and, while addresses are changed, the one before."""
    return tuple(derive_secret(key, channel, each) for each in (serial, serial - 1) if each >= FIRST_SERIAL)


def matches_secret(given: str, live: Sequence[str]) -> bool:
    """Say whether a secret is live; every one is compared to its end, so that time tells nothing."""
    offered = given.encode()
    found = [hmac.compare_digest(offered, secret.encode()) for secret in live]
    return any(found)


class Serials:
    """The live secrets of the configured lines; a process renews them when it starts and as it refreshes."""

    def __init__(
        self,
        channels: Iterable[str],
        *,
        key: Callable[[], bytes],
        read: Callable[[str], object],
        guarded: Collection[str] = (),
    ) -> None:
        """Take the lines' names.

        Args:
            channels: the names.
            key: returns the key that secrets are made with.
            read: returns a setting.
            guarded: lines of trial phones beside one of real phones. Before there was an account anybody could read
                their addresses at the phone's page, so they get others then.
        """
        self._key = key
        self._guarded = frozenset(guarded)
        self._read = read
        self._serials = dict.fromkeys(channels, FIRST_SERIAL)

    def renew(self) -> None:
        """Read the serials again; whatever the reading raises goes on up, and the known ones stay."""
        self._serials = {channel: _read_serial(self._read(PREFIX + channel)) for channel in self._serials}

    def secrets(self, channel: str) -> tuple[str, ...]:
        """Return the live secrets of a line, newest first; none for a line that is not configured."""
        serial = self._serials.get(channel)
        name = f"{channel} beside an account" if channel in self._guarded else channel
        return () if serial is None else derive_secrets(self._key(), name, serial)


def _read_serial(stored: object) -> int:
    if isinstance(stored, int) and not isinstance(stored, bool):
        return max(stored, FIRST_SERIAL)
    return FIRST_SERIAL
