"""Names and passwords of people: what is allowed, how a name is folded, and the slow hash of a password."""

from __future__ import annotations

import importlib
import threading
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.foundation.ip_addresses import find_subscriber
from gateway.helpdesk.errors import Rejected, Why
from gateway.storage import rate_limits

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

LEAST_PASSWORD = 8
MOST_PASSWORD = 200
LEAST_NAME, MOST_NAME, MOST_KEY = 2, 40, 80
_LOOKED_AT = 72
"""So many characters are judged: more costs time and none of it can make a password weaker."""

_SAFE_SCORE = 3
"""Of four: a hundred million guesses and more, which the brake and the slow hash make centuries."""

_HOUSE_WORDS = (
    "helpline", "gateway", "mrc", "lftu", "ilo", "migrant", "counsellor", "supervisor", "administrator",
    "vientiane", "champasak", "savannakhet", "xayabouly", "luangprabang", "laos", "lao", "thailand", "bangkok",
    "sabaidee", "sawatdee", "ສະບາຍດີ", "ສາຍດ່ວນ", "ວຽງຈັນ", "ປະເທດລາວ", "ຊ່ວຍເຫຼືອ", "ລະຫັດຜ່ານ",
    "สวัสดี", "สายด่วน", "รหัสผ่าน", "ประเทศไทย", "กรุงเทพ", "ช่วยเหลือ",
)  # fmt: skip
_JOINERS = "\u200c\u200d"  # letters of some scripts join by them

_hasher = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)
# A hash takes 46 MiB: two at once a process, so that a rush of sign-ins cannot eat a small server.
_room = threading.BoundedSemaphore(2)
NOBODY = "$argon2id$v=19$m=47104,t=2,p=1$C0jL+Rd4wL40bb5Ucq/RyA$L2L0Y6ssexFbKQeqJpwkfXBipH6kjTXl3UYWYr74Ce8"
"""A hash of chance for names that nobody bears; making one at each start took a tenth of a second."""


def tidy_name(written: str) -> str | None:
    """Return the name as it is shown, or None where it is no name: 2 to 40 characters of any script."""
    visible = (c for c in " ".join(written.split()) if c in _JOINERS or unicodedata.category(c)[0] != "C")
    name = unicodedata.normalize("NFC", " ".join("".join(visible).split()))
    if not LEAST_NAME <= len(name) <= MOST_NAME or not any(c.isalpha() for c in name):
        return None
    return name if 0 < len(name_key(name)) <= MOST_KEY else None


def name_key(name: str) -> str:
    """Return the name folded, so that two spellings of one name are one name."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(c for c in folded if unicodedata.category(c) != "Cf").split())


def is_weak(password: str, name: str) -> bool:
    """Say whether a password is too short, too long, or one that is guessed early.

    NIST SP 800-63B-4 (3.1.1.2) asks for length and for a list of what is common, and for no mix of signs. zxcvbn counts
    the guesses with the lists of leaked passwords, words, keyboard rows, dates and repeats, however they are joined
    and whatever digits stand for letters; the words of this house and the person's own name are guessed first.
    """
    plain = _normalise_password(password)
    if not LEAST_PASSWORD <= len(plain) <= MOST_PASSWORD:
        return True
    # Loaded when a password is set, and not into every process: its lists take 14 MB.
    zxcvbn = importlib.import_module("zxcvbn").zxcvbn
    known = [*_HOUSE_WORDS, name.casefold(), *name.casefold().split()]
    joined = "".join(c for c in plain if c.isalnum())  # a word twice is one word, whatever stands between
    return any(
        int(zxcvbn(one[:_LOOKED_AT], user_inputs=known, max_length=_LOOKED_AT)["score"]) < _SAFE_SCORE
        for one in (plain, joined or " ")
    )


def hash_password(password: str) -> str:
    """Return the slow hash of a password; never call it inside a write transaction."""
    with _room:
        return _hasher.hash(_normalise_password(password))


def matches_password(password: str, stored: str | None) -> bool:
    """Say whether the password is the one of this hash; without a hash it takes as long and says no."""
    with _room:
        try:
            _hasher.verify(stored or NOBODY, _normalise_password(password[:MOST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_dated(stored: str) -> bool:
    """Say whether this hash was made with other settings than today's."""
    return _hasher.check_needs_rehash(stored)


def _normalise_password(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


# Slows guessing of passwords by name and by address, and never locks out somebody who signed in from there
# before.

WINDOW = timedelta(hours=1)
REMEMBERED = timedelta(days=30)
LONGEST_WAIT = timedelta(minutes=2)
_NAME_FREE, _PAIR_FREE, _ADDRESS_FREE = 5, 5, 20


class _Scope(NamedTuple):
    key: bytes
    free: int


def take_a_try(parts: Services, name_key: str, address: str) -> None:
    """Count a try before the password is looked at, so that a thousand at once are a thousand.

    Raises:
        Rejected: it is too soon after the last wrong one; a declined try is not counted.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        scopes = _list_scopes(tx, name_key, find_subscriber(address), now)
        wait = max(
            _find_wait(rate_limits.find_tries(tx, scope.key, now=now, window=WINDOW), scope, now)
            for scope in scopes
        )
        if wait > timedelta():
            raise Rejected(Why.SLOW_DOWN, seconds=int(wait.total_seconds()) + 1)
        for scope in scopes:
            rate_limits.add_try(tx, scope.key, now, WINDOW)

    parts.store.run(work)


def secret_of(person_id: str) -> str:
    """Return the name under which all secrets of a person are counted: two doors would be twice the tries."""
    return f"secret {person_id}"


def forget_tries(parts: Services, name_key: str, address: str) -> None:
    """Forget the tries of somebody who got in, and those of their address: an office signs in from one; remember it."""
    now, place = parts.clock.now(), find_subscriber(address)

    def work(tx: Tx) -> None:
        for scope in ("name", name_key), ("pair", name_key, place), ("address", place):
            rate_limits.clear_tries(tx, tx.ring.lookup("tries", *scope))
        rate_limits.add_try(tx, tx.ring.lookup("tries", "was-here", name_key, place), now, REMEMBERED)

    parts.store.run(work)


def _list_scopes(tx: Tx, name_key: str, place: str, now: datetime) -> list[_Scope]:
    by_pair = _Scope(tx.ring.lookup("tries", "pair", name_key, place), _PAIR_FREE)
    by_address = _Scope(tx.ring.lookup("tries", "address", place), _ADDRESS_FREE)
    by_name = _Scope(tx.ring.lookup("tries", "name", name_key), _NAME_FREE)
    was_here = rate_limits.find_tries(
        tx, tx.ring.lookup("tries", "was-here", name_key, place), now=now, window=REMEMBERED
    )
    # A stranger who hammers at a name must not keep its owner out of the place where the owner works.
    return [by_pair, by_address] if was_here.n else [by_pair, by_address, by_name]


def _find_wait(found: rate_limits.Tries, scope: _Scope, now: datetime) -> timedelta:
    if found.n < scope.free or found.last_at is None:
        return timedelta()
    pause = min(timedelta(seconds=2 ** min(found.n - scope.free + 1, 10)), LONGEST_WAIT)
    return found.last_at + pause - now
