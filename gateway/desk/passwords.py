"""Names and passwords of people: what is allowed, how a name is folded, and the slow hash of a password."""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST_PASSWORD = 8
MOST_PASSWORD = 200
LEAST_NAME, MOST_NAME, MOST_KEY = 2, 40, 80
_JOINERS = "\u200c\u200d"  # letters of some scripts join by them

_hasher = PasswordHasher(time_cost=2, memory_cost=47_104, parallelism=1)
# A hash takes 46 MiB: two at once a process, so that a rush of sign-ins cannot eat a small server.
_room = threading.BoundedSemaphore(2)
_NOBODY = _hasher.hash("nobody has this password")


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
    """Say whether a password is too short, too long, one character over and over, or the name itself."""
    plain = _plain(password)
    return (
        not LEAST_PASSWORD <= len(plain) <= MOST_PASSWORD
        or len(set(plain)) == 1
        or plain.casefold() == name.casefold()
    )


def hashed(password: str) -> str:
    """Return the slow hash of a password; never call it inside a write transaction."""
    with _room:
        return _hasher.hash(_plain(password))


def fits(password: str, stored: str | None) -> bool:
    """Say whether the password is the one of this hash; without a hash it takes as long and says no."""
    with _room:
        try:
            _hasher.verify(stored or _NOBODY, _plain(password[:MOST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_dated(stored: str) -> bool:
    """Say whether this hash was made with other settings than today's."""
    return _hasher.check_needs_rehash(stored)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
