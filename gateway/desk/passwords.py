"""Names and passwords of people: what is allowed, how a name is folded, and the slow hash of a password."""

import importlib
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

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
    plain = _plain(password)
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


def hashed(password: str) -> str:
    """Return the slow hash of a password; never call it inside a write transaction."""
    with _room:
        return _hasher.hash(_plain(password))


def fits(password: str, stored: str | None) -> bool:
    """Say whether the password is the one of this hash; without a hash it takes as long and says no."""
    with _room:
        try:
            _hasher.verify(stored or NOBODY, _plain(password[:MOST_PASSWORD]))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def is_dated(stored: str) -> bool:
    """Say whether this hash was made with other settings than today's."""
    return _hasher.check_needs_rehash(stored)


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
