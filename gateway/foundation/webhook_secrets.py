"""Derive and compare the secret in a webhook's address, and hold the valid serials of each channel."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Collection, Iterable, Sequence

FIRST_SERIAL = 1
_BYTES = 20
PREFIX = "webhook-serial:"
"""Prefix of the setting's name; the channel's name follows."""


def derive_secret(key: bytes, channel: str, serial: int) -> str:
    """Return the secret of a channel: 32 Base32 characters (160 bits) of an HMAC-SHA-256 (RFC 2104)."""
    digest = hmac.new(key, f"webhook/{channel}/{serial}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_BYTES]).decode().lower()


def derive_secrets(key: bytes, channel: str, serial: int) -> tuple[str, ...]:
    """Return the valid secrets, newest first: of this serial and, during a change of addresses, of the one before."""
    return tuple(derive_secret(key, channel, each) for each in (serial, serial - 1) if each >= FIRST_SERIAL)


def matches_secret(given: str, live: Sequence[str]) -> bool:
    """Say whether a secret is valid; all are compared in constant time, so that timing reveals nothing."""
    offered = given.encode()
    found = [hmac.compare_digest(offered, secret.encode()) for secret in live]
    return any(found)


class Serials:
    """The valid secrets of the configured channels; renewed at the start and at each refresh."""

    def __init__(
        self,
        channels: Iterable[str],
        *,
        key: Callable[[], bytes],
        read: Callable[[str], object],
        guarded: Collection[str] = (),
    ) -> None:
        """Start with serial 1 for every channel.

        Args:
            channels: names of the channels.
            key: returns the key of the secrets.
            read: returns the value of a setting.
            guarded: simulator channels beside a real one. Their addresses were public on the simulator's page before
                there was an account, so they get different secrets now.
        """
        self._key = key
        self._guarded = frozenset(guarded)
        self._read = read
        self._serials = dict.fromkeys(channels, FIRST_SERIAL)
        self._derived: dict[tuple[str, int], tuple[bytes, tuple[str, ...]]] = {}

    def renew(self) -> None:
        """Reload the serials; an exception of the reading is passed on, and the known serials stay."""
        self._serials = {channel: _read_serial(self._read(PREFIX + channel)) for channel in self._serials}

    def secrets(self, channel: str) -> tuple[str, ...]:
        """Return the valid secrets of a channel, newest first; none for an unknown one."""
        serial = self._serials.get(channel)
        if serial is None:
            return ()
        key = self._key()
        made_with, secrets = self._derived.get((channel, serial), (b"", ()))
        if made_with != key:  # not derived yet, or the key was rotated
            name = f"{channel} beside an account" if channel in self._guarded else channel
            secrets = derive_secrets(key, name, serial)
            self._derived[channel, serial] = (key, secrets)
        return secrets


def _read_serial(stored: object) -> int:
    if isinstance(stored, int) and not isinstance(stored, bool):
        return max(stored, FIRST_SERIAL)
    return FIRST_SERIAL
