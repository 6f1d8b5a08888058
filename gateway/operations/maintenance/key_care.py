"""The recovery sheet: the one key that is not on the machine, in letters that a person can write down."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.foundation import ids
from gateway.foundation.clock import Clock
from gateway.storage import resealing, settings
from gateway.storage.database import Store

if TYPE_CHECKING:
    from gateway.foundation.services import Services
    from gateway.storage.database import Tx

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
class SheetQuestion:
    """The question for one group of a sheet that was just shown: who can answer it has written the sheet down."""

    secret: bytes
    at: int

    @property
    def words(self) -> str:
        """The question itself."""
        return f"Type group {self.at + 1} of the sheet that you have written down"

    def is_answered_by(self, typed: str) -> bool:
        """Say whether this is that group; case, spaces and look-alike letters do not matter."""
        return typed.strip().upper().translate(_LOOK_ALIKE) == write_sheet(self.secret).split(" ")[self.at]


def draw_secret() -> bytes:
    """Return a new key by chance; it is kept nowhere. Show it first: what counts must have been seen."""
    return ids.random_bytes(_SECRET)


def draw_question(secret: bytes) -> SheetQuestion:
    """Return the question for one of its groups; never the first, which an eye remembers without paper."""
    return SheetQuestion(secret, 1 + ids.random_bytes(1)[0] % (_GROUPS - 1))


def put_in_force(parts: Services, secret: bytes, *, instead_of: bytes | None) -> bool:
    """Seal backups to this sheet from now on; False where another process has put one in force meanwhile.

    Args:
        parts: the ledger that notes it.
        secret: the key of a sheet that was shown.
        instead_of: the half of the key that was known when this one was drawn; None where there was none.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if find_public_key(tx) not in {instead_of, public_half(secret)}:
            return False
        settings.save_setting(tx, _SETTING, public_half(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def confirm_sheet(parts: Services, secret: bytes) -> bool:
    """Note that somebody has this sheet on paper; False where it is not the one that counts."""
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if find_public_key(tx) != public_half(secret):
            return False
        settings.save_setting(tx, _CONFIRMED, public_half(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def is_confirmed(tx: Tx) -> bool:
    """Say whether somebody has shown that the sheet that counts is on paper."""
    held = settings.get_setting(tx, _SETTING)
    return bool(held) and settings.get_setting(tx, _CONFIRMED) == held


def find_public_key(tx: Tx) -> bytes | None:
    """Return the half of the key that seals backups, or None before the sheet was made."""
    held = settings.get_setting(tx, _SETTING)
    return bytes.fromhex(held) if held else None


def public_half(secret: bytes) -> bytes:
    """Return the half of the key that may stay on the machine: it closes and does not open."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def write_sheet(secret: bytes) -> str:
    """Write the key as fourteen groups of four letters; the last group checks the others."""
    body = _spell_number(int.from_bytes(secret) << (_BODY * 5 - _SECRET * 8), _BODY)
    letters = body + _check_group(secret)
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def read_sheet(letters: str) -> bytes:
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
    if write_sheet(secret).replace(" ", "") != plain:
        raise NotTheSheet("one of the letters is wrong; please compare them once more")
    return secret


def _check_group(secret: bytes) -> str:
    return _spell_number(
        int.from_bytes(hashlib.sha256(b"recovery sheet" + secret).digest()[:4]) >> 12, _CHECK
    )


def _spell_number(number: int, width: int) -> str:
    return "".join(_LETTERS[(number >> (5 * at)) & 31] for at in reversed(range(width)))


# Gives the ledger a new key and seals every value again, while calls go on.

KNOWN_EVERYWHERE = 3.0
"""Seconds after which every process has seen a change of the ring; each looks once a second."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the number of the key in use, values sealed with it, and values that no key opens."""

    serial: int
    sealed: int
    unreadable: int


def rotate_keys(store: Store, clock: Clock) -> Rotated:
    """Make a new key, let every process learn it, seal with it, and seal again what older keys had sealed.

    Stopped half-way it loses nothing: old keys go on opening, and the next rotation goes over everything once more.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    with store.write() as tx:
        tx.ring.refresh(tx)
        serial = tx.ring.newest("seal") + 1
        tx.ring.add(tx, "seal", serial, clock.now(), in_use=False)
    clock.sleep(KNOWN_EVERYWHERE)
    with store.write() as tx:
        tx.ring.put_in_use(tx, "seal", serial, clock.now())
    with store.read() as tx:
        tx.ring.refresh(tx)
    clock.sleep(KNOWN_EVERYWHERE)  # whoever still sealed with the old key has stopped by now
    done = [_reseal_column(store, table, column) for table, column in resealing.SEALED_COLUMNS]
    return Rotated(serial, sum(sealed for sealed, _ in done), sum(unreadable for _, unreadable in done))


def _reseal_column(store: Store, table: str, column: str) -> tuple[int, int]:
    sealed = unreadable = 0
    after = None
    while True:
        with store.write() as tx:
            batch = resealing.reseal_batch(tx, table, column, after=after, limit=_BATCH)
        sealed += batch.sealed
        unreadable += batch.unreadable
        after = batch.last
        if after is None:
            return sealed, unreadable
