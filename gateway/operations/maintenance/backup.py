"""Writes and restores encrypted backups: one compressed file of all rows, readable by the recovery sheet only.

A backup of SQLite can be restored into PostgreSQL and the other way round.
"""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.domain.permissions import AuditAct
from gateway.foundation import time_and_chance
from gateway.storage import atomic_files, audit, migrate, reports
from gateway.storage.database import Store, Tx, Unavailable

# The encrypted file. An ephemeral X25519 key (RFC 7748) and HKDF-SHA256 (RFC 5869) give one AES-256-GCM key per file.
# Pieces are numbered and the last is flagged, as in the STREAM construction, so a truncated file does not open.

MAGIC = b"helpline gateway backup 1\n"
_KEY = 32
_PIECE = 65_536
_TAG = 16
_LENGTH = 4


class NotOpened(Exception):
    """The file is no backup, belongs to another sheet, is damaged, or is truncated."""


class Writer:
    """Encrypts content into the file; ``close`` writes the flagged last piece, without which the file does not open."""

    def __init__(self, file: BinaryIO, recipient: bytes) -> None:
        # Each file has its own key, so counted nonces are unique (NIST SP 800-38D, 8.2.1).
        private_key = X25519PrivateKey.from_private_bytes(time_and_chance.make_random_bytes(_KEY))
        public_key = private_key.public_key().public_bytes_raw()
        shared = private_key.exchange(X25519PublicKey.from_public_bytes(recipient))
        self._cipher = _make_cipher(shared, public_key, recipient)
        self._file = file
        self._waiting = bytearray()
        self._count = 0
        file.write(MAGIC + public_key)

    def write(self, content: bytes) -> None:
        """Append content."""
        self._waiting += content
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]

    def close(self) -> None:
        """Write the last piece; the underlying file stays open."""
        self._put(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _put(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_make_nonce(self._count, last=last), piece, None)
        self._file.write(len(sealed).to_bytes(_LENGTH) + sealed)
        self._count += 1


def read_sealed(file: BinaryIO, secret: bytes) -> Iterator[bytes]:
    """Yield the content piece by piece; it is complete only if the iterator ends without an exception.

    Raises:
        NotOpened: the file cannot be decrypted or is incomplete.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise NotOpened("this is not a backup of this release or an older one")
    sender = file.read(_KEY)
    try:
        private_key = X25519PrivateKey.from_private_bytes(secret)
        shared = private_key.exchange(X25519PublicKey.from_public_bytes(sender))
    except ValueError:
        raise NotOpened("the file is damaged") from None
    cipher = _make_cipher(shared, sender, private_key.public_key().public_bytes_raw())
    last, count = False, 0
    while not last:
        piece, last = _open_piece(cipher, file, count)
        count += 1
        yield piece
    if file.read(1):
        raise NotOpened("something was added to the file")


def _open_piece(cipher: AESGCM, file: BinaryIO, count: int) -> tuple[bytes, bool]:
    length = int.from_bytes(file.read(_LENGTH))
    sealed = file.read(length) if _TAG <= length <= _PIECE + _TAG else b""
    if len(sealed) != length:
        sealed = b""
    for last in (False, True):
        try:
            return cipher.decrypt(_make_nonce(count, last=last), sealed, None), last
        except (InvalidTag, ValueError):
            continue
    if count == 0:
        raise NotOpened("this sheet does not open the file, or its beginning is damaged")
    raise NotOpened("the file is damaged or its end is missing")


def _make_nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11) + bytes([last])


def _make_cipher(shared: bytes, sender: bytes, recipient: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), length=32, salt=sender + recipient, info=MAGIC).derive(shared))


FORMAT = 1
_BATCH = 500


class LedgerNotEmpty(Exception):
    """The database has rows already; a restore never mixes two data sets."""


@dataclass(frozen=True, slots=True)
class Summary:
    """When a backup was made, and how many rows it holds."""

    made_at: datetime
    rows: int


def write_backup(store: Store, file: Path, recovery_key: bytes, now: datetime) -> Summary:
    """Write a consistent snapshot of the database into the file, encrypted to the sheet's public key.

    Raises:
        Unavailable: the database cannot be reached; an existing file of that name is unchanged.
        OSError: the file cannot be written.
    """
    count = 0
    with atomic_files.replace_file(file) as out, store.read() as tx:
        migrate.take_time(tx)
        sealed = Writer(out, recovery_key)
        packed = zlib.compressobj()
        for line in _list_lines(tx, now):
            sealed.write(packed.compress(json.dumps(line, ensure_ascii=False).encode() + b"\n"))
            count += "row" in line
        sealed.write(packed.flush())
        sealed.close()
    return Summary(now, count)


def restore_backup(store: Store, file: Path, sheet_key: bytes, now: datetime) -> Summary:
    """Restore the file into an empty database in one transaction.

    After any exception but ``Lost`` nothing was restored.

    Raises:
        LedgerNotEmpty: the database has rows already.
        NotOpened: the sheet does not open the file, or it is damaged or of a newer release.
        OSError: the file cannot be read.
        Unavailable: the database cannot be reached; ``Lost``, its subclass: whether the commit worked is unknown.
    """
    migrate.upgrade(store)
    with file.open("rb") as sealed, store.write() as tx:
        migrate.take_time(tx)
        held = migrate.find_filled_table(tx)
        if held is not None:
            raise LedgerNotEmpty(f"the database holds rows in {held}; restore into an empty one")
        migrate.clear_tables(tx)
        summary = _bring_back(tx, _unpack_lines(read_sealed(sealed, sheet_key)))
        audit.add_entry(tx, now=now, person_id=None, act=AuditAct.RESTORED, kind="ledger", subject="")
    with (
        suppress(Unavailable),
        store.read() as tx,
    ):  # the data is restored already, and every start reads the ring again
        tx.ring.refresh(tx)
    return summary


def _list_lines(tx: Tx, now: datetime) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "revision": migrate.read_revision(tx), "made_at": now.isoformat()}
    for name in migrate.list_tables():
        yield {"table": name}
        for row in migrate.list_rows(tx, name):
            yield {"row": row}


def _unpack_lines(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    unpacked, rest = zlib.decompressobj(), b""
    for piece in pieces:
        *complete, rest = (rest + unpacked.decompress(piece)).split(b"\n")
        yield from map(json.loads, complete)


def _bring_back(tx: Tx, lines: Iterator[dict[str, Any]]) -> Summary:
    head = next(lines, {})
    if head.get("format") != FORMAT or not migrate.knows_revision(str(head.get("revision"))):
        raise NotOpened("the backup is of a newer release than this one")
    rows: list[dict[str, Any]] = []
    table, count = "", 0
    for line in lines:
        if "table" in line:
            migrate.fill_table(tx, table, rows)
            table, rows = line["table"], []
            continue
        rows.append(line["row"])
        count += 1
        if len(rows) == _BATCH:
            migrate.fill_table(tx, table, rows)
            rows = []
    migrate.fill_table(tx, table, rows)
    reports.fill_months(tx)
    return Summary(datetime.fromisoformat(head["made_at"]), count)
