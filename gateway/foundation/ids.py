"""Make ids, codes, tokens, nonces, jitter and webhook secrets; no other module uses random numbers (``secrets``)."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from threading import Lock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32, which leaves out letters that are easily confused."""
_TIME_CHARACTERS = 9
_TURN_CHARACTERS = 2
_CHANCE_CHARACTERS = 9
_LAST_TURN: int = len(_ALPHABET) ** _TURN_CHARACTERS - 1
_CANDIDATES = 16
_CANDIDATE_BYTES = 4


class _Turns:
    """Counts the ids of one millisecond, so that those of one process sort in order of creation."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._millis = self._turn = 0

    def next(self, millis: int) -> int:
        """Return the number of earlier ids in this millisecond, at most the last one that fits."""
        with self._lock:
            self._turn = self._turn + 1 if millis == self._millis else 0
            self._millis = millis
            return min(self._turn, _LAST_TURN)


_turns = _Turns()


def new_id(now: datetime) -> str:
    """Return a 20-character id that sorts by time and cannot be guessed: usable in addresses and job arguments.

    Layout, after the model of ULID: 9 characters of Unix milliseconds, 2 of a counter, 9 random ones (45 bits).
    """
    millis = int(now.timestamp() * 1_000)
    turn = _write_base32(_turns.next(millis), _TURN_CHARACTERS)
    chance = _write_base32(secrets.randbits(5 * _CHANCE_CHARACTERS), _CHANCE_CHARACTERS)
    return _write_base32(millis, _TIME_CHARACTERS) + turn + chance


def new_token(size: int = 32) -> str:
    """Return an unguessable URL-safe token of ``size`` random bytes."""
    return secrets.token_urlsafe(size)


_READABLE = "acdefhjkmnprtwxy3479"
"""Signs that nobody takes for one another on paper: without o and 0, l, i and 1, b, 6 and 8, g and q, s and 5, z and 2,
u and v."""


def new_readable_code(length: int = 12) -> str:
    """Return an unguessable code for paper, in groups of four; each sign holds 4.3 bits."""
    signs = "".join(secrets.choice(_READABLE) for _ in range(length))
    return "-".join(signs[at : at + 4] for at in range(0, length, 4))


def make_random_bytes(size: int) -> bytes:
    """Return ``size`` random bytes, for nonces and keys."""
    return secrets.token_bytes(size)


def add_jitter(seconds: float) -> float:
    """Return between one and one and a quarter times ``seconds``, so that retries do not run in step."""
    return seconds * (1 + secrets.randbelow(1_000) / 4_000)


def list_code_candidates(key: bytes, turn_key: str, digits: int = 4) -> list[str]:
    """Return candidate codes of a request in order of preference, the same for every repeat of this turn.

    The digits come from HMAC-SHA-512 (RFC 2104) over the turn key, so they reveal nothing about it.
    """
    seed = turn_key if digits == 4 else f"{turn_key}:{digits}"  # noqa: PLR2004 - four digits keep the form of the first release
    stream = b""
    while len(stream) < _CANDIDATES * _CANDIDATE_BYTES:
        nth = len(stream) // hashlib.sha512().digest_size
        stream += hmac.new(key, (f"{seed}:{nth}" if nth else seed).encode(), hashlib.sha512).digest()
    return [
        f"{int.from_bytes(stream[at : at + _CANDIDATE_BYTES]) % 10**digits:0{digits}d}"
        for at in range(0, len(stream), _CANDIDATE_BYTES)
    ]


def _write_base32(number: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        number, rest = divmod(number, 32)
        digits = _ALPHABET[rest] + digits
    return digits


# The secret in the address of a webhook, which is derived, and the valid serials of each channel.

FIRST_SERIAL = 1
_SECRET_BYTES = 20
PREFIX = "webhook-serial:"
"""Prefix of the setting's name; the channel's name follows."""


def derive_secret(key: bytes, channel: str, serial: int) -> str:
    """Return the secret of a channel: 32 Base32 characters (160 bits) of an HMAC-SHA-256 (RFC 2104)."""
    digest = hmac.new(key, f"webhook/{channel}/{serial}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_SECRET_BYTES]).decode().lower()


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
