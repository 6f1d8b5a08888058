"""The recovery sheet: the one key that is not on the machine, in letters that a person can write down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway import ids
from gateway.store import settings

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.store.engines import Tx

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKE = str.maketrans(
    {"O": "0", "I": "1", "L": "1", "U": "V", "-": "", " ": "", "\t": "", "\n": "", "\r": ""}
)
_SECRET = 32
_BODY = 52
_CHECK = 4
_GROUP = 4
_GROUPS = (_BODY + _CHECK) // _GROUP
_SETTING = "recovery"
_CONFIRMED = "recovery_confirmed"


class NotTheSheet(ValueError):
    """The letters are not those of a recovery sheet; nothing of them is repeated."""


@dataclass(frozen=True, slots=True)
class Question:
    """The question for one group of a sheet that was just shown: who can answer it has written the sheet down."""

    secret: bytes
    at: int

    @property
    def words(self) -> str:
        """The question itself."""
        return f"Type group {self.at + 1} of the sheet that you have written down"

    def is_answered_by(self, typed: str) -> bool:
        """Say whether this is that group; case, spaces and look-alike letters do not matter."""
        return typed.strip().upper().translate(_LOOK_ALIKE) == written(self.secret).split(" ")[self.at]


def draw_secret() -> bytes:
    """Return a new key by chance; it is kept nowhere. Show it first: what counts must have been seen."""
    return ids.random_bytes(_SECRET)


def draw_question(secret: bytes) -> Question:
    """Return the question for one of its groups; never the first, which an eye remembers without paper."""
    return Question(secret, 1 + ids.random_bytes(1)[0] % (_GROUPS - 1))


def put_in_force(parts: Parts, secret: bytes, *, instead_of: bytes | None) -> bool:
    """Seal backups to this sheet from now on; False where another process has put one in force meanwhile.

    Args:
        parts: the ledger that notes it.
        secret: the key of a sheet that was shown.
        instead_of: the half of the key that was known when this one was drawn; None where there was none.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if known(tx) not in {instead_of, public(secret)}:
            return False
        settings.put(tx, _SETTING, public(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def confirm(parts: Parts, secret: bytes) -> bool:
    """Note that somebody has this sheet on paper; False where it is not the one that counts."""
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if known(tx) != public(secret):
            return False
        settings.put(tx, _CONFIRMED, public(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def is_confirmed(tx: Tx) -> bool:
    """Say whether somebody has shown that the sheet that counts is on paper."""
    held = settings.get(tx, _SETTING)
    return bool(held) and settings.get(tx, _CONFIRMED) == held


def known(tx: Tx) -> bytes | None:
    """Return the half of the key that seals backups, or None before the sheet was made."""
    held = settings.get(tx, _SETTING)
    return bytes.fromhex(held) if held else None


def public(secret: bytes) -> bytes:
    """Return the half of the key that may stay on the machine: it closes and does not open."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def written(secret: bytes) -> str:
    """Write the key as fourteen groups of four letters; the last group checks the others."""
    body = _spelled(int.from_bytes(secret) << (_BODY * 5 - _SECRET * 8), _BODY)
    letters = body + _check(secret)
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def read(letters: str) -> bytes:
    """Return the key that a person typed; case, spaces and look-alike letters do not matter.

    Raises:
        NotTheSheet: letters are missing or wrong.
    """
    plain = letters.upper().translate(_LOOK_ALIKE)
    if len(plain) != _BODY + _CHECK:
        raise NotTheSheet(f"the sheet has {_BODY + _CHECK} letters, these are {len(plain)}")
    number = 0
    for letter in plain[:_BODY]:
        place = _LETTERS.find(letter)
        if place < 0:
            raise NotTheSheet("a letter stands there that no sheet has")
        number = number * 32 + place
    secret = (number >> (_BODY * 5 - _SECRET * 8)).to_bytes(_SECRET)
    if written(secret).replace(" ", "") != plain:
        raise NotTheSheet("one of the letters is wrong; please compare them once more")
    return secret


def _check(secret: bytes) -> str:
    return _spelled(int.from_bytes(hashlib.sha256(b"recovery sheet" + secret).digest()[:4]) >> 12, _CHECK)


def _spelled(number: int, width: int) -> str:
    return "".join(_LETTERS[(number >> (5 * at)) & 31] for at in reversed(range(width)))
