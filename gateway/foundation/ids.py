"""Make ids, codes, tokens, nonces and jitter: the only module that uses random numbers (``secrets``)."""

import hashlib
import hmac
import secrets
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
    chance = "".join(secrets.choice(_ALPHABET) for _ in range(_CHANCE_CHARACTERS))
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
