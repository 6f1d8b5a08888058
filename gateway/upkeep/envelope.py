"""A sealed file: anyone with the public half of a key can write one, only the sheet opens it, cut ends are noticed."""

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway import ids

MAGIC = b"helpline gateway backup 1\n"
_KEY = 32
_PIECE = 65_536
_TAG = 16
_LENGTH = 4


class NotOpened(Exception):
    """The file is no backup, is sealed to another sheet, is damaged, or its end is missing."""


class Writer:
    """Seals what it is given into the file; `close` marks the end, without which the file does not open."""

    def __init__(self, file: BinaryIO, recipient: bytes) -> None:
        # A key of its own for each file, so the pieces may be counted instead of drawing nonces.
        ours = X25519PrivateKey.from_private_bytes(ids.random_bytes(_KEY))
        mine = ours.public_key().public_bytes_raw()
        shared = ours.exchange(X25519PublicKey.from_public_bytes(recipient))
        self._cipher = _cipher(shared, mine, recipient)
        self._file = file
        self._waiting = bytearray()
        self._count = 0
        file.write(MAGIC + mine)

    def write(self, content: bytes) -> None:
        """Add content."""
        self._waiting += content
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]

    def close(self) -> None:
        """Write the last piece; the file itself stays open."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._count, last=last), piece, None)
        self._file.write(len(sealed).to_bytes(_LENGTH) + sealed)
        self._count += 1


def read(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    """Return the content piece by piece; what was yielded counts only when the end was reached.

    Raises:
        NotOpened: see there.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise NotOpened("this is not a backup of this release or an older one")
    theirs = file.read(_KEY)
    try:
        mine = X25519PrivateKey.from_private_bytes(secret)
        shared = mine.exchange(X25519PublicKey.from_public_bytes(theirs))
    except ValueError:
        raise NotOpened("the file is damaged") from None
    cipher = _cipher(shared, theirs, mine.public_key().public_bytes_raw())
    last, count = False, 0
    while not last:
        piece, last = _open(cipher, file, count)
        count += 1
        yield piece
    if file.read(1):
        raise NotOpened("something was added to the file")


def _open(cipher: AESGCM, file: BinaryIO, count: int) -> tuple[bytes, bool]:
    length = int.from_bytes(file.read(_LENGTH))
    sealed = file.read(length) if _TAG <= length <= _PIECE + _TAG else b""
    if len(sealed) != length:
        sealed = b""
    for last in (False, True):
        try:
            return cipher.decrypt(_nonce(count, last=last), sealed, None), last
        except (InvalidTag, ValueError):
            continue
    if count == 0:
        raise NotOpened("this sheet does not open the file, or its beginning is damaged")
    raise NotOpened("the file is damaged or its end is missing")


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11) + bytes([last])


def _cipher(shared: bytes, sender: bytes, recipient: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=sender + recipient, info=MAGIC).derive(shared))
