"""Seal personal values with AES-256-GCM and make keyed hashes, so that a stolen database copy reveals nothing.

The wrapping key is derived from the master key by HKDF-SHA-256 (RFC 5869). A sealed value is
``format (1) | key serial (2) | nonce (12) | ciphertext and tag``; table, column and row are its associated data, so a
value copied to another row does not open. Nonces are 96 random bits (NIST SP 800-38D, sections 8.2.2 and 8.3: at
most 2**32 values a key). Keyed hashes are HMAC-SHA-256 (RFC 2104). Old values are sealed again with the key in use in
batches, while the product runs.
"""

import json
import logging
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import Row, Table, select, tuple_, update

from gateway.foundation import time_and_chance
from gateway.storage import atomic_files
from gateway.storage.tables import keys, metadata
from gateway.storage.value_limits import Sealed, build_insert

if TYPE_CHECKING:
    from gateway.storage.database import Tx


PURPOSES = (
    "seal",
    "caller",
    "turn",
    "session",
    "sign_in",
    "invitation",
    "budget",
    "tries",
    "text",
    "visitor",
    "code",
    "webhook",
    "web",
    "push",
)
"""Purposes of keys; each key serves one purpose only (NIST SP 800-57 part 1, section 5.2)."""

SEALED_COLUMNS: tuple[tuple[str, str], ...] = tuple(
    (table.name, column.name)
    for table in metadata.sorted_tables
    for column in table.columns
    if isinstance(column.type, Sealed)
)
"""Every sealed (table, column), derived from the schema."""

_log = logging.getLogger(__name__)
_FORMAT = b"\x01"
_NONCE = 12
_SERIAL = 2
_HEAD = len(_FORMAT) + _SERIAL + _NONCE
_COPY_FORMAT = 1
_write_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class NotUnsealed(Exception):
    """A sealed value cannot be opened: of another row, of an unknown key, or damaged. The message holds no data."""


class RingMissing(Exception):
    """The key ring is not loaded, or the master key does not open it."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key as stored: wrapped by the master key."""

    id: str
    purpose: str
    wrapped: bytes
    retired: bool


@dataclass(frozen=True, slots=True)
class _Keys:
    """The keys at one moment; replaced as a whole, so that threads always see a consistent set."""

    by_purpose: Mapping[str, Mapping[int, bytes]] = field(default_factory=dict)
    current: Mapping[str, int] = field(default_factory=dict)
    rows: tuple[KeyRow, ...] = ()
    pads: Mapping[str, tuple[bytes, bytes]] = field(default_factory=dict)


def prepare_cipher() -> None:
    """Use the cipher once, so that OpenSSL sets itself up before processes are forked: 4 MiB in each of them."""
    AESGCM(bytes(32)).encrypt(bytes(_NONCE), b"", None)


class Ring:
    """The keys by purpose, unwrapped with the master key: seals, opens, and makes keyed hashes."""

    def __init__(self, master: bytes, *, copy: Path | None = None) -> None:
        self._wrapping = AESGCM(_derive_key(master, b"helpline gateway: key ring"))
        self._copy = copy
        self._keys = _Keys()
        self._copied: tuple[KeyRow, ...] = ()
        self._copy_failed = False
        self._ciphers: dict[bytes, AESGCM] = {}

    def load(self, tx: "Tx", now: datetime) -> None:
        """Load the ring in a writing transaction, and create missing keys.

        Concurrent starts agree, because a key's id is its purpose and serial and the first insert wins.
        """
        have = {row.purpose for row in list_stored_keys(tx)}
        missing = [purpose for purpose in PURPOSES if purpose not in have]
        for purpose in missing:
            self.add(tx, purpose, 1, now)
        if missing:
            # New keys may be rolled back, so the copy is written by the next refresh, after the commit.
            self._keys = self._open_keys(list_stored_keys(tx))
        else:
            self.refresh(tx)

    def refresh(self, tx: "Tx") -> bool:
        """Reload the ring and its file copy; return whether a key was added or retired."""
        rows = list_stored_keys(tx)
        changed = tuple(rows) != self._keys.rows
        if changed:
            self._keys = self._open_keys(rows)
        if self._copied != tuple(rows):
            self._write_copy(rows)
        return changed

    def load_copy(self) -> bool:
        """Load the ring from its file, for a start without SQL; return whether there was one.

        An unreadable copy counts as missing, because SQL has the ring.

        Raises:
            RingMissing: the master key does not open it.
        """
        rows = None if self._copy is None else _read_copy(self._copy)
        # A key that is not in SQL must not seal anything, so without a copy the ring stays empty.
        self._keys = self._open_keys(rows or [])
        return bool(rows)

    def add(self, tx: "Tx", purpose: str, serial: int, now: datetime, *, in_use: bool = True) -> None:
        """Insert a new key unless that serial exists; the calling code refreshes the ring afterwards.

        A key that is not in use yet can already open, so that every process knows it before another one seals with
        it.
        """
        name = f"{purpose}-{serial}"
        row = build_insert(tx.dialect, keys).values(
            id=name,
            purpose=purpose,
            wrapped=self.wrap(name, time_and_chance.make_random_bytes(32)),
            starts_at=now,
            retired_at=None if in_use else now,
        )
        tx.execute(row.on_conflict_do_nothing(index_elements=["id"]))

    def put_in_use(self, tx: "Tx", purpose: str, serial: int, now: datetime) -> None:
        """Seal with this key from now on; the other keys of its purpose only open."""
        is_this = keys.c.id == f"{purpose}-{serial}"
        tx.execute(update(keys).where(is_this).values(retired_at=None, starts_at=now))
        tx.execute(update(keys).where(keys.c.purpose == purpose, ~is_this).values(retired_at=now))

    def wrap(self, name: str, key: bytes) -> bytes:
        """Encrypt a key with the master key, its id as associated data."""
        nonce = time_and_chance.make_random_bytes(_NONCE)
        return nonce + self._wrapping.encrypt(nonce, key, name.encode())

    def unwrap(self, name: str, wrapped: bytes) -> bytes:
        """Decrypt a key with the master key.

        Raises:
            RingMissing: it was wrapped with another master key.
        """
        try:
            return self._wrapping.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], name.encode())
        except (InvalidTag, ValueError):
            raise RingMissing("the master key does not open the key ring") from None

    @property
    def loaded(self) -> bool:
        """Whether the ring has keys."""
        return bool(self._keys.current)

    def serial(self, purpose: str) -> int:
        """Return the serial of the key in use for this purpose."""
        try:
            return self._keys.current[purpose]
        except KeyError:
            raise RingMissing("the key ring is not loaded") from None

    def newest(self, purpose: str) -> int:
        """Return the highest serial of this purpose, in use or not."""
        return max(self._keys.by_purpose.get(purpose, ()), default=0)

    def key_id(self, purpose: str) -> str:
        """Return the id of the key in use, to be stored beside a hash made with it."""
        return f"{purpose}-{self.serial(purpose)}"

    def key(self, purpose: str) -> bytes:
        """Return the raw 32-byte key in use for this purpose."""
        serial = self.serial(purpose)
        return self._keys.by_purpose[purpose][serial]

    def lookup(self, purpose: str, *parts: str) -> bytes:
        """Return the 32-byte HMAC-SHA-256 of these parts, by which a row is found (RFC 2104)."""
        if purpose not in self._keys.pads:
            raise RingMissing("the key ring is not loaded")
        # Each with its length, else ("ab", "c") equals ("a", "bc").
        message = b"".join([len(raw := part.encode()).to_bytes(4) + raw for part in parts])
        return _hash_keyed(self._keys.pads[purpose], message)

    def seal(self, plain: bytes, *, table: str, column: str, row: str) -> bytes:
        """Encrypt a value, with its table, column and row as associated data."""
        serial = self.serial("seal")
        head = _FORMAT + serial.to_bytes(_SERIAL)
        nonce = time_and_chance.make_random_bytes(_NONCE)
        cipher = self._cipher(self._keys.by_purpose["seal"][serial])
        return head + nonce + cipher.encrypt(nonce, plain, _bind_place(head, table, column, row))

    def open(self, sealed: bytes, *, table: str, column: str, row: str) -> bytes:
        """Decrypt a value that was sealed for this table, column and row.

        Raises:
            NotUnsealed: sealed for another place, its key is gone, or it is damaged.
        """
        head, nonce = sealed[: len(_FORMAT) + _SERIAL], sealed[len(_FORMAT) + _SERIAL : _HEAD]
        key = self._keys.by_purpose.get("seal", {}).get(find_serial(sealed))
        if key is None or sealed[: len(_FORMAT)] != _FORMAT:
            raise NotUnsealed(f"{table}.{column} was sealed with a key that is not on the ring")
        try:
            return self._cipher(key).decrypt(nonce, sealed[_HEAD:], _bind_place(head, table, column, row))
        except (InvalidTag, ValueError):
            raise NotUnsealed(f"{table}.{column} does not belong to this row, or is damaged") from None

    def seal_text(self, text: str | None, *, table: str, column: str, row: str) -> bytes | None:
        """Seal a text; None stays None."""
        return None if text is None else self.seal(text.encode(), table=table, column=column, row=row)

    def open_text(self, sealed: bytes | None, *, table: str, column: str, row: str) -> str | None:
        """Open a sealed text; None stays None."""
        return None if sealed is None else self.open(sealed, table=table, column=column, row=row).decode()

    def seal_json(self, value: Any, *, table: str, column: str, row: str) -> bytes | None:
        """Seal a JSON value; None stays None."""
        if value is None:
            return None
        return self.seal(_write_json(value).encode(), table=table, column=column, row=row)

    def open_json(self, sealed: bytes | None, *, table: str, column: str, row: str) -> Any:
        """Open a sealed JSON value; None stays None."""
        return None if sealed is None else json.loads(self.open(sealed, table=table, column=column, row=row))

    def _cipher(self, key: bytes) -> AESGCM:
        cipher = self._ciphers.get(key)
        if cipher is None:
            cipher = self._ciphers[key] = AESGCM(key)
        return cipher

    def _open_keys(self, rows: list[KeyRow]) -> _Keys:
        found: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        current: dict[str, int] = {}
        for row in rows:
            serial = int(row.id.rpartition("-")[2])
            found[row.purpose][serial] = self.unwrap(row.id, row.wrapped)
            if not row.retired:
                current[row.purpose] = max(serial, current.get(row.purpose, 0))
        pads = {purpose: _pad_key(found[purpose][serial]) for purpose, serial in current.items()}
        return _Keys(found, current, tuple(rows), pads)

    def _write_copy(self, rows: list[KeyRow]) -> None:
        if self._copy is None:
            return
        self._copied = tuple(rows)
        stored = [
            {"id": r.id, "purpose": r.purpose, "wrapped": r.wrapped.hex(), "retired": r.retired} for r in rows
        ]
        try:
            self._copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            atomic_files.write_file(self._copy, json.dumps({"format": _COPY_FORMAT, "keys": stored}).encode())
        except OSError as error:
            # SQL has the ring, so a full disk must not fail a request. The next refresh tries again.
            self._copied = ()
            if not self._copy_failed:
                _log.warning("the copy of the key ring could not be written (%s)", error.strerror)
            self._copy_failed = True
        else:
            self._copy_failed = False


def _pad_key(key: bytes) -> tuple[bytes, bytes]:
    """Return the inner and the outer pad of a key of at most one block (RFC 2104, section 2)."""
    block = key.ljust(_BLOCK, b"\0")
    return block.translate(_INNER), block.translate(_OUTER)


_BLOCK = 64
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))


def _hash_keyed(pads: tuple[bytes, bytes], message: bytes) -> bytes:
    """Return the HMAC-SHA-256 of a message; ``hmac.digest`` finds its algorithm anew each time, for twice the cost."""
    return sha256(pads[1] + sha256(pads[0] + message).digest()).digest()


def name_row(*primary_key: str | bytes | int) -> str:
    """Return the row part of the associated data: the primary key as text."""
    return "/".join(part.hex() if isinstance(part, bytes) else str(part) for part in primary_key)


def list_stored_keys(tx: "Tx") -> list[KeyRow]:
    """Return every key as stored."""
    return [
        KeyRow(row.id, row.purpose, row.wrapped, row.retired_at is not None)
        for row in tx.execute(select(keys).order_by(keys.c.id))
    ]


def _read_copy(copy: Path) -> list[KeyRow] | None:
    try:
        stored = json.loads(copy.read_text(encoding="ascii"))
        return [
            KeyRow(row["id"], row["purpose"], bytes.fromhex(row["wrapped"]), row["retired"])
            for row in stored["keys"]
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def find_serial(sealed: bytes) -> int:
    """Return the serial of the key that sealed this value; it is not encrypted."""
    return int.from_bytes(sealed[len(_FORMAT) : len(_FORMAT) + _SERIAL])


def _bind_place(head: bytes, table: str, column: str, row: str) -> bytes:
    return head + f"{table}\x00{column}\x00{row}".encode()


def _derive_key(secret: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


@dataclass(frozen=True, slots=True)
class Batch:
    """The result of a batch: primary key of its last row (None at the end), and numbers sealed and unreadable."""

    last: tuple[Any, ...] | None
    sealed: int
    unreadable: int


def reseal_batch(
    tx: "Tx", table_name: str, column: str, *, after: tuple[Any, ...] | None, limit: int
) -> Batch:
    """Seal again the values of this column's next rows that another key had sealed."""
    table = metadata.tables[table_name]
    rows = _find_next(tx, table, column, after, limit)
    current = tx.ring.serial("seal")
    sealed = unreadable = 0
    for row in rows:
        key: list[Any] = list(row[:-1])
        value: bytes = row[-1]
        if find_serial(value) == current:
            continue
        try:
            sealed += _seal_again(tx, table, column, key, value)
        except NotUnsealed:
            unreadable += 1
    return Batch(tuple(rows[-1][:-1]) if len(rows) == limit else None, sealed, unreadable)


def _find_next(
    tx: "Tx", table: Table, column: str, after: tuple[Any, ...] | None, limit: int
) -> list[Row[Any]]:
    key = list(table.primary_key.columns)
    query = select(*key, table.c[column]).where(table.c[column].is_not(None)).order_by(*key).limit(limit)
    if after is not None:
        query = query.where(tuple_(*key) > after if len(key) > 1 else key[0] > after[0])
    return list(tx.execute(query))


def _seal_again(tx: "Tx", table: Table, column: str, key: list[Any], value: bytes) -> int:
    place = {"table": table.name, "column": column, "row": name_row(*key)}
    fresh = tx.ring.seal(tx.ring.open(value, **place), **place)
    here = [part == part_value for part, part_value in zip(table.primary_key.columns, key, strict=True)]
    # A concurrent write is newer; its key is checked in the next pass.
    statement = update(table).where(*here, table.c[column] == value).values({column: fresh})
    return len(tx.execute(statement.returning(*table.primary_key.columns)).all())
