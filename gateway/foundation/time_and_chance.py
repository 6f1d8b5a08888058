"""Read the time and draw what is left to chance: the only module that does either, so that tests can set both.

Besides wall-clock instants the clock gives monotonic marks (time since boot), by which instants written under a wrong
wall clock are corrected later. Ids, codes, tokens, nonces, jitter and webhook secrets are made here; no other module
uses random numbers (``secrets``).
"""

import base64
import hashlib
import hmac
import os
import platform
import secrets
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from threading import Lock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's Base32, which leaves out letters that are easily confused."""
_TURN_BITS, _CHANCE_BITS = 10, 45
_LAST_TURN = (1 << _TURN_BITS) - 1
_CHANCE, _CHANCE_BYTES = (1 << _CHANCE_BITS) - 1, -(-_CHANCE_BITS // 8)
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_PAIR = len(_PAIRS) - 1
_SHIFTS = range(90, -1, -10)
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
    chance = int.from_bytes(os.urandom(_CHANCE_BYTES)) & _CHANCE
    number = (millis << _TURN_BITS | _turns.next(millis)) << _CHANCE_BITS | chance
    return "".join([_PAIRS[number >> shift & _PAIR] for shift in _SHIFTS])


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
    return os.urandom(size)  # what ``secrets`` asks too, through three layers that seal nothing better


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


# The secret in the address of a webhook, which is derived, and the valid serials of each channel.

FIRST_SERIAL = 1
_SECRET_BYTES = 20
PREFIX = "webhook-serial:"
"""Prefix of the setting's name; the channel's name follows."""

ENDED_PREFIX = "webhook-ended:"
"""The same, of the setting that holds the newest serial whose secret an administrator ended."""


def derive_secret(key: bytes, channel: str, serial: int) -> str:
    """Return the secret of a channel: 32 Base32 characters (160 bits) of an HMAC-SHA-256 (RFC 2104)."""
    digest = hmac.new(key, f"webhook/{channel}/{serial}".encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:_SECRET_BYTES]).decode().lower()


def derive_secrets(key: bytes, channel: str, serial: int, ended: int = 0) -> tuple[str, ...]:
    """Return the valid secrets, newest first: of this serial and, during a change of addresses, of the one before.

    Args:
        key: the key of the secrets.
        channel: the channel's name.
        serial: the serial in use; its secret is always valid.
        ended: the newest serial whose secret was ended before its time.
    """
    found = [derive_secret(key, channel, serial)]
    if has_old_secret(serial, ended):
        found.append(derive_secret(key, channel, serial - 1))
    return tuple(found)


def has_old_secret(serial: int, ended: int) -> bool:
    """Say whether the secret before the one in use is still valid."""
    return serial > FIRST_SERIAL and serial - 1 > ended


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
        self._serials = dict.fromkeys(channels, (FIRST_SERIAL, 0))
        self._derived: dict[tuple[str, int, int], tuple[bytes, tuple[str, ...]]] = {}

    def renew(self) -> None:
        """Reload the serials; an exception of the reading is passed on, and the known serials stay."""
        self._serials = {
            channel: (
                _read_serial(self._read(PREFIX + channel), FIRST_SERIAL),
                _read_serial(self._read(ENDED_PREFIX + channel), 0),
            )
            for channel in self._serials
        }

    def secrets(self, channel: str) -> tuple[str, ...]:
        """Return the valid secrets of a channel, newest first; none for an unknown one."""
        if channel not in self._serials:
            return ()
        serial, ended = self._serials[channel]
        key = self._key()
        made_with, secrets = self._derived.get((channel, serial, ended), (b"", ()))
        if made_with != key:  # not derived yet, or the key was rotated
            name = f"{channel} beside an account" if channel in self._guarded else channel
            secrets = derive_secrets(key, name, serial, ended)
            self._derived[channel, serial, ended] = (key, secrets)
        return secrets


def _read_serial(stored: object, least: int) -> int:
    if isinstance(stored, int) and not isinstance(stored, bool):
        return max(stored, least)
    return least


_BOOT = Path("/proc/sys/kernel/random/boot_id")
_SINCE_BOOT = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""CLOCK_BOOTTIME counts time in suspend too (clock_gettime(2)); without it a suspend looks like a jump of the clock."""


TOLERANCE = timedelta(minutes=3)
"""Largest deviation of a wall clock that does not count as wrong."""


class NotMovable(RuntimeError):
    """The test clock is off, so the time cannot be moved."""


class Clock:
    """The clock in UTC; under test it adds the seconds from a file that all processes share."""

    def __init__(self, offset_file: Path | None = None) -> None:
        self._offset_file = offset_file

    @property
    def is_moved_by_tests(self) -> bool:
        """Whether a test may move the time; a jump then says nothing about the machine."""
        return self._offset_file is not None

    @property
    def moved_by(self) -> timedelta:
        """The offset set by a test."""
        return self._offset()

    def move(self, to: datetime | None) -> None:
        """Move the time of every process to an instant, from which it continues; None restores the real time.

        Raises:
            NotMovable: this clock has no offset file.
        """
        if self._offset_file is None:
            raise NotMovable("this clock tells the real time only")
        seconds = (to - datetime.now(UTC)).total_seconds() if to else 0.0
        # Renamed into place, so that no process reads an incomplete number.
        new = self._offset_file.with_name(f"{self._offset_file.name}.new")
        new.write_text(f"{seconds:.3f}\n", encoding="ascii")
        new.replace(self._offset_file)

    def now(self) -> datetime:
        """Return the current instant, aware, in UTC."""
        now = datetime.now(UTC)
        return now if self._offset_file is None else now + self._offset()

    def monotonic(self) -> float:
        """Return seconds that never go backwards, to measure durations inside one process."""
        return time.monotonic()

    def boot(self) -> str:
        """Return an id of this boot of the machine, the same in all its processes."""
        return _boot()

    def steady(self) -> float:
        """Return the seconds since boot, which setting the wall clock does not change."""
        return time.clock_gettime(_SINCE_BOOT)

    def mark(self) -> str:
        """Return ``BOOT:SECONDS``, the monotonic time, by which an instant of a wrong clock can be corrected."""
        return f"{self.boot()}:{int(self.steady())}"

    def instant_of(self, mark: str) -> datetime | None:
        """Return the instant of a mark by the current wall clock; None for a mark of another boot."""
        boot, _, seconds = mark.partition(":")
        if boot != self.boot() or not seconds.isdigit():
            return None
        return self.now() - timedelta(seconds=self.steady() - int(seconds))

    def set_right(self, instant: datetime, mark: str) -> datetime:
        """Correct an instant by its mark where the wall clock was set since; never later than now."""
        true = self.instant_of(mark)
        if true is not None and abs(true - instant) > TOLERANCE:
            return true
        return min(instant, self.now())

    def has_jumped(self, _now: datetime) -> bool:
        """Say whether the wall clock jumped; always False here, see ``WatchedClock``."""
        return False

    def rebase(self) -> None:
        """Accept the current wall clock as the reference for later jumps."""

    def sleep(self, seconds: float) -> None:
        """Sleep for real seconds, regardless of the test offset."""
        time.sleep(seconds)

    def _offset(self) -> timedelta:
        if self._offset_file is None:
            return timedelta()
        try:
            return timedelta(seconds=float(self._offset_file.read_text(encoding="ascii").strip() or 0))
        except (FileNotFoundError, ValueError):
            return timedelta()


class WatchedClock(Clock):
    """A clock that detects jumps of the wall clock, for processes that expire things."""

    def __init__(self, offset_file: Path | None = None) -> None:
        super().__init__(offset_file)
        self._base: datetime | None = None

    def has_jumped(self, now: datetime) -> bool:
        """Say whether the wall clock jumped since the first call, or since ``rebase``."""
        base = now - timedelta(seconds=self.steady())
        if self._base is None:
            self._base = base
        return not self.is_moved_by_tests and abs(base - self._base) > TOLERANCE

    def rebase(self) -> None:
        """Accept the current wall clock as the reference for later jumps."""
        self._base = None


@cache
def _boot() -> str:
    try:
        return _BOOT.read_text(encoding="ascii")[:8]
    except OSError:
        return platform.node()[:8] or "machine"
