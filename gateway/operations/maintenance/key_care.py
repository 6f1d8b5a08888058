"""Makes and checks the recovery sheet, the private key of backups on paper.

Rotates the database's encryption keys.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gateway.foundation import time_and_chance
from gateway.foundation.time_and_chance import Clock
from gateway.storage import encryption, settings
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
    """The letters are not those of a recovery sheet; the message does not repeat them."""


@dataclass(frozen=True, slots=True)
class SheetQuestion:
    """A question for one group of letters of a sheet just shown: only a person who wrote it down can answer."""

    secret: bytes
    at: int

    @property
    def words(self) -> str:
        """The question as a sentence."""
        return f"Type group {self.at + 1} of the sheet that you have written down"

    def is_answered_by(self, typed: str) -> bool:
        """Return whether this is the group; case, spaces and look-alike letters do not matter."""
        return typed.strip().upper().translate(_LOOK_ALIKE) == write_sheet(self.secret).split(" ")[self.at]


def draw_secret() -> bytes:
    """Return a new random key, stored nowhere. Show it before putting it in force, so that it cannot be lost unseen."""
    return time_and_chance.make_random_bytes(_SECRET)


def draw_question(secret: bytes) -> SheetQuestion:
    """Return a question for a random group, never the first one, which is easy to remember without paper."""
    return SheetQuestion(secret, 1 + time_and_chance.make_random_bytes(1)[0] % (_GROUPS - 1))


def put_in_force(parts: Services, secret: bytes, *, instead_of: bytes | None) -> bool:
    """Encrypt backups to this sheet from now on; False if another process has put a sheet in force meanwhile.

    Args:
        parts: the services of this process.
        secret: the private key (32 bytes) of a sheet that was shown.
        instead_of: the public key in force when this one was drawn; None if there was none.
    """
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if find_public_key(tx) not in {instead_of, derive_public_half(secret)}:
            return False
        settings.save_setting(tx, _SETTING, derive_public_half(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def confirm_sheet(parts: Services, secret: bytes) -> bool:
    """Record that this sheet is on paper; False if it is not the one in force."""
    now = parts.clock.now()

    def work(tx: Tx) -> bool:
        if find_public_key(tx) != derive_public_half(secret):
            return False
        settings.save_setting(tx, _CONFIRMED, derive_public_half(secret).hex(), by="", now=now)
        return True

    return parts.store.run(work)


def is_confirmed(tx: Tx) -> bool:
    """Return whether somebody has shown that the sheet in force is on paper."""
    held = settings.get_setting(tx, _SETTING)
    return bool(held) and settings.get_setting(tx, _CONFIRMED) == held


def find_public_key(tx: Tx) -> bytes | None:
    """Return the public key that encrypts backups; None before the first sheet."""
    held = settings.get_setting(tx, _SETTING)
    return bytes.fromhex(held) if held else None


def derive_public_half(secret: bytes) -> bytes:
    """Return the X25519 public key (RFC 7748), which stays on the machine: it encrypts but cannot decrypt."""
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def write_sheet(secret: bytes) -> str:
    """Return the key as 14 groups of four letters in Crockford's Base32 alphabet; the last group is a checksum."""
    body = _spell_number(int.from_bytes(secret) << (_BODY * 5 - _SECRET * 8), _BODY)
    letters = body + _check_group(secret)
    return " ".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def read_sheet(letters: str) -> bytes:
    """Return the key from typed letters.

    Case and spaces are ignored, and look-alikes are read as in Crockford's Base32.

    Raises:
        NotTheSheet: letters are missing or the checksum is wrong.
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


# Key rotation: re-encrypts every value with a new key while the gateway runs.

KNOWN_EVERYWHERE = 3.0
"""Seconds after which every process has loaded a change of the key ring; each reloads it once a second."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """Result of a rotation: serial of the new key, number of values re-encrypted, number that no key could decrypt."""

    serial: int
    sealed: int
    unreadable: int


def rotate_keys(store: Store, clock: Clock) -> Rotated:
    """Add a new key, wait until every process has it, switch to it, and re-encrypt what older keys encrypted.

    An interrupted rotation loses nothing: old keys still decrypt, and the next rotation covers everything again
    (NIST SP 800-57 part 1 on cryptoperiods; OWASP Cryptographic Storage Cheat Sheet on key rotation).

    Raises:
        Unavailable: the database cannot be reached.
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
    clock.sleep(KNOWN_EVERYWHERE)  # by now no process encrypts with the old key
    done = [_reseal_column(store, table, column) for table, column in encryption.SEALED_COLUMNS]
    return Rotated(serial, sum(sealed for sealed, _ in done), sum(unreadable for _, unreadable in done))


def _reseal_column(store: Store, table: str, column: str) -> tuple[int, int]:
    sealed = unreadable = 0
    after = None
    while True:
        with store.write() as tx:
            batch = encryption.reseal_batch(tx, table, column, after=after, limit=_BATCH)
        sealed += batch.sealed
        unreadable += batch.unreadable
        after = batch.last
        if after is None:
            return sealed, unreadable
