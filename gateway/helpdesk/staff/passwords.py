"""Normalises names, checks and hashes passwords, and limits failed tries by name and address."""

from __future__ import annotations

import importlib
import threading
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.foundation.network_addresses import find_subscriber
from gateway.helpdesk.errors import Rejected, Why
from gateway.storage import counts

if TYPE_CHECKING:
    from datetime import datetime

    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

LEAST_PASSWORD = 8
MOST_PASSWORD = 200
LEAST_NAME, MOST_NAME, MOST_KEY = 2, 40, 80
_LOOKED_AT = 72
"""Only this many characters are rated: more costs time and cannot make a password weaker."""

_SAFE_SCORE = 3
"""Lowest accepted zxcvbn score, of 0 to 4: at least 10^8 guesses by its documentation."""

_HOUSE_WORDS = (
    "helpline", "gateway", "mrc", "lftu", "ilo", "migrant", "counsellor", "supervisor", "administrator",
    "vientiane", "champasak", "savannakhet", "xayabouly", "luangprabang", "laos", "lao", "thailand", "bangkok",
    "sabaidee", "sawatdee", "ສະບາຍດີ", "ສາຍດ່ວນ", "ວຽງຈັນ", "ປະເທດລາວ", "ຊ່ວຍເຫຼືອ", "ລະຫັດຜ່ານ",
    "สวัสดี", "สายด่วน", "รหัสผ่าน", "ประเทศไทย", "กรุงเทพ", "ช่วยเหลือ",
)  # fmt: skip
_JOINERS = "\u200c\u200d"  # zero-width (non-)joiner, which some scripts need inside words

_hasher = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)
# OWASP Password Storage Cheat Sheet: Argon2id with 46 MiB and one pass at least; two passes are made here. Two hashes
# at a time per process, so that many sign-ins at once cannot use up the memory of a small server.
_room = threading.BoundedSemaphore(2)
NOBODY = "$argon2id$v=19$m=47104,t=2,p=1$C0jL+Rd4wL40bb5Ucq/RyA$L2L0Y6ssexFbKQeqJpwkfXBipH6kjTXl3UYWYr74Ce8"
"""Hash of a random password, verified for unknown names so that they take as long as known ones.

It is a constant because making one at each start took 0.1 s (OWASP Authentication Cheat Sheet on uniform timing)."""


def tidy_name(written: str) -> str | None:
    """Return the name as displayed, in Unicode NFC; None unless it has 2 to 40 characters, one of them a letter."""
    visible = (c for c in " ".join(written.split()) if c in _JOINERS or unicodedata.category(c)[0] != "C")
    name = unicodedata.normalize("NFC", " ".join("".join(visible).split()))
    if not LEAST_NAME <= len(name) <= MOST_NAME or not any(c.isalpha() for c in name):
        return None
    return name if 0 < len(name_key(name)) <= MOST_KEY else None


def name_key(name: str) -> str:
    """Return the key of a name: two spellings with the same Unicode NFKC casefolding are one name."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(c for c in folded if unicodedata.category(c) != "Cf").split())


def is_weak(password: str, name: str) -> bool:
    """Return whether a password is too short, too long, or easily guessed.

    NIST SP 800-63B-4 (3.1.1.2) asks for a minimum length and a blocklist, and against rules of composition. zxcvbn
    estimates guesses by leaked passwords, words, keyboard rows, dates and repeats; the words of this product and the
    person's own name are added to its lists.
    """
    plain = _normalise_password(password)
    if not LEAST_PASSWORD <= len(plain) <= MOST_PASSWORD:
        return True
    # Imported only when a password is set, as its lists take 14 MB.
    zxcvbn = importlib.import_module("zxcvbn").zxcvbn
    known = [*_HOUSE_WORDS, name.casefold(), *name.casefold().split()]
    joined = "".join(c for c in plain if c.isalnum())  # a repeated word counts once, with any separator
    return any(
        int(zxcvbn(one[:_LOOKED_AT], user_inputs=known, max_length=_LOOKED_AT)["score"]) < _SAFE_SCORE
        for one in (plain, joined or " ")
    )


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password in PHC string format.

    Slow, so never call it inside a write transaction.
    """
    with _room:
        return _hasher.hash(_normalise_password(password))


def matches_password(password: str, stored: str | None) -> bool:
    """Return whether the password matches the hash; without a hash it takes as long and returns False."""
    with _room:
        try:
            _hasher.verify(stored or NOBODY, _normalise_password(password[:MOST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_dated(stored: str) -> bool:
    """Return whether this hash was made with other Argon2 parameters than the current ones."""
    return _hasher.check_needs_rehash(stored)


def _normalise_password(password: str) -> str:
    """Normalise to Unicode NFKC, as NIST SP 800-63B-4 (3.1.1.2) advises, so that every keyboard gives the same hash."""
    return unicodedata.normalize("NFKC", password)


# Throttling of failed tries by name and address (OWASP Authentication Cheat Sheet, NIST SP 800-63B-4 3.2.2); a person
# who signed in from an address before is not locked out there.

WINDOW = timedelta(hours=1)
REMEMBERED = timedelta(days=30)
LONGEST_WAIT = timedelta(minutes=2)
_NAME_FREE, _PAIR_FREE, _ADDRESS_FREE = 5, 5, 20


class _Scope(NamedTuple):
    key: bytes
    free: int


def take_a_try(parts: Services, name_key: str, address: str) -> None:
    """Count a try before the password is checked, so that parallel tries all count.

    Raises:
        Rejected: it is too soon after the last failed one; a rejected try is not counted.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> None:
        scopes = _list_scopes(tx, name_key, find_subscriber(address), now)
        wait = max(
            _find_wait(counts.find_tries(tx, scope.key, now=now, window=WINDOW), scope, now)
            for scope in scopes
        )
        if wait > timedelta():
            raise Rejected(Why.SLOW_DOWN, seconds=int(wait.total_seconds()) + 1)
        for scope in scopes:
            counts.add_try(tx, scope.key, now, WINDOW)

    parts.store.run(work)


def name_counter(person_id: str) -> str:
    """Return the throttling key for all secrets of a person, so that two forms do not double the number of tries."""
    return f"secret {person_id}"


def forget_tries(parts: Services, name_key: str, address: str) -> None:
    """Clear the tries of a person who signed in, and those of their address, and remember the address for this person.

    The address is cleared because a whole office may sign in from one.
    """
    now, place = parts.clock.now(), find_subscriber(address)

    def work(tx: Tx) -> None:
        for scope in ("name", name_key), ("pair", name_key, place), ("address", place):
            counts.clear_tries(tx, tx.ring.lookup("tries", *scope))
        counts.add_try(tx, tx.ring.lookup("tries", "was-here", name_key, place), now, REMEMBERED)

    parts.store.run(work)


def _list_scopes(tx: Tx, name_key: str, place: str, now: datetime) -> list[_Scope]:
    by_pair = _Scope(tx.ring.lookup("tries", "pair", name_key, place), _PAIR_FREE)
    by_address = _Scope(tx.ring.lookup("tries", "address", place), _ADDRESS_FREE)
    by_name = _Scope(tx.ring.lookup("tries", "name", name_key), _NAME_FREE)
    was_here = counts.find_tries(
        tx, tx.ring.lookup("tries", "was-here", name_key, place), now=now, window=REMEMBERED
    )
    # Tries by others must not lock a person out at the address where they usually sign in.
    return [by_pair, by_address] if was_here.n else [by_pair, by_address, by_name]


def _find_wait(found: counts.Tries, scope: _Scope, now: datetime) -> timedelta:
    if found.n < scope.free or found.last_at is None:
        return timedelta()
    pause = min(timedelta(seconds=2 ** min(found.n - scope.free + 1, 10)), LONGEST_WAIT)
    return found.last_at + pause - now
