"""The recovery sheet: the one key that is not on the machine, in letters that a person can write down."""

from __future__ import annotations

import hashlib
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
_SETTING = "recovery"


class NotTheSheet(ValueError):
    """The letters are not those of a recovery sheet; nothing of them is repeated."""


def first(parts: Parts) -> str | None:
    """Make the sheet where there is none yet and return its letters; they are shown once and kept nowhere."""
    secret = ids.random_bytes(_SECRET)
    now = parts.clock.now()
    made = parts.store.run(
        lambda tx: settings.put_if_new(tx, _SETTING, public(secret).hex(), by="", now=now),
    )
    return written(secret) if made else None


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
