"""Store USSD sessions in SQL or in shared memory, with the rule for which of two saves wins, also of those in Redis.

Retries and delayed posts of providers arrive out of order, so a save must not overwrite a session that is further, or
of a newer call: ``does_replace`` states the rule, the SQL statement and the script of Redis implement it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, or_, select

from gateway.foundation import time_and_chance
from gateway.storage.database import Store, Unavailable, insert_into
from gateway.storage.encryption import NotUnsealed, Ring, name_row
from gateway.storage.tables import sessions

MARK = 8
"""Length of a mark, which tells one provider session from the next."""
_HOP = 3
_LAST_HOP = 10**_HOP - 1
HEAD = MARK + _HOP
"""Bytes in clear before the sealed state: the mark, and the hop in three digits."""


def write_head(mark: str, hop: int) -> bytes:
    """Return the bytes in clear before a sealed state.

    Raises:
        ValueError: a mark has another length, or there were more inputs than a session can have.
    """
    head = b"%b%0*d" % (mark.encode("ascii"), _HOP, hop)
    if len(head) != HEAD:
        raise ValueError(f"a mark is {MARK} plain characters, and a session has at most {_LAST_HOP} inputs")
    return head


def read_head(raw: bytes) -> tuple[str, int]:
    """Return mark and hop; raises ValueError where the bytes are no stored session."""
    return raw[:MARK].decode("ascii"), int(raw[MARK:HEAD])


class Stored(NamedTuple):
    """A stored session: mark of the provider session, number of inputs, and its state as text."""

    mark: str
    hop: int
    state: str


class Address(NamedTuple):
    """The key of a session; ``row`` is the key as the name of its row."""

    channel: str
    key: bytes
    row: str

    @classmethod
    def of(cls, ring: Ring, channel: str, number: str) -> "Address":
        """Return the address of this number's session on this channel; a keyed hash, not the number."""
        key = ring.lookup("session", channel, number)
        return cls(channel, key, name_row(key))


class LastSaved(NamedTuple):
    """What stands in Redis for an address as far as this process knows, without having asked.

    Attributes:
        address: whose session it is.
        raw: the value as stored; empty where it is taken that there is none.
        place: what was noted beside the value when it was saved.
    """

    address: Address
    raw: bytes
    place: Any = None

    @property
    def hop(self) -> int:
        """The number of its inputs."""
        return int(self.raw[MARK:HEAD])


@dataclass(frozen=True, slots=True)
class Saving:
    """A session to save, and the mark of the session that the request had read."""

    stored: Stored
    read_mark: str

    def __post_init__(self) -> None:
        if len(self.stored.mark) != MARK or not self.stored.mark.isascii():
            raise ValueError(f"a mark is {MARK} plain characters")
        if not 0 <= self.stored.hop <= _LAST_HOP:
            raise ValueError(f"a session has at most {_LAST_HOP} inputs")


def does_replace(saving: Saving, *, over: Stored | None) -> bool:
    """Say whether this save replaces the stored session; the script and the SQL statement implement the same rule."""
    mine = saving.stored
    if over is None:
        return True
    if mine.mark == over.mark:
        return mine.hop > over.hop
    return mine.hop == 0 or over.mark == saving.read_mark


class Seal:
    """Seals a state for its address; the same bytes are valid in Redis and SQL."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def close(self, address: Address, state: str) -> bytes:
        """Seal a state for this address."""
        return self._ring.seal(state.encode(), table="sessions", column="state", row=address.row)

    def open(self, address: Address, sealed: bytes) -> str:
        """Open a state; raises NotUnsealed where it is another address's, or damaged."""
        return self._ring.open(sealed, table="sessions", column="state", row=address.row).decode()


class InSql:
    """Sessions in the ledger; every method may raise ``Unavailable``."""

    def __init__(self, store: Store, lifetime: timedelta) -> None:
        self._store = store
        self._seal = Seal(store.ring)
        self._lifetime = lifetime

    def load(self, address: Address, now: datetime) -> tuple[Stored, timedelta] | None:
        """Return the session and its remaining lifetime, if any."""
        query = select(sessions).where(sessions.c.key == address.key, sessions.c.expires_at > now)
        with self._store.read() as tx:
            row = tx.execute(query).first()
        if row is None:
            return None
        try:
            return Stored(row.mark, row.hop, self._seal.open(address, row.state)), row.expires_at - now
        except NotUnsealed:
            return None

    def save(self, address: Address, saving: Saving, now: datetime) -> Stored | None:
        """Save and return None; or return the stored session that won."""
        wanted = saving.stored
        sealed = self._seal.close(address, wanted.state)
        with self._store.write() as tx:
            insert = insert_into(tx, sessions).values(
                key=address.key,
                mark=wanted.mark,
                hop=wanted.hop,
                state=sealed,
                expires_at=now + self._lifetime,
            )
            new = insert.excluded
            further = and_(sessions.c.mark == new.mark, sessions.c.hop < new.hop)
            newer = and_(sessions.c.mark != new.mark, or_(new.hop == 0, sessions.c.mark == saving.read_mark))
            statement = insert.on_conflict_do_update(
                index_elements=["key"],
                set_={"mark": new.mark, "hop": new.hop, "state": new.state, "expires_at": new.expires_at},
                where=or_(further, newer, sessions.c.expires_at <= now),
            ).returning(sessions.c.key)
            if tx.execute(statement).first() is not None:
                return None
            row = tx.execute(select(sessions).where(sessions.c.key == address.key)).one()
            return Stored(row.mark, row.hop, self._seal.open(address, row.state))

    def drop(self, address: Address) -> None:
        """Delete the session; reads first, because as a rule there is none and a read is cheaper."""
        with self._store.read() as tx:
            if tx.execute(select(sessions.c.key).where(sessions.c.key == address.key)).first() is None:
                return
        with self._store.write() as tx:
            tx.execute(delete(sessions).where(sessions.c.key == address.key))

    def find_latest_expiry(self) -> datetime | None:
        """Return the latest expiry of the sessions here, if any."""
        newest = select(sessions.c.expires_at).order_by(sessions.c.expires_at.desc()).limit(1)
        with self._store.read() as tx:
            found: datetime | None = tx.execute(newest).scalar()
        return found


# Last resort while Redis and SQL are both down or the disk is full: a memory file system that the processes of
# this machine share, so that menus can still be read. Sealed like elsewhere; lost at a reboot.

_MOST = 5_000
"""Most sessions kept, of a few kilobytes each; beyond that the oldest are deleted."""

_LOOK_EVERY = 64


class InMemory:
    """Sessions in a folder of a memory file system: one file each.

    Args:
        folder: owned by this user; created when first needed.
        ring: seals the states.
        lifetime: how long a session is kept.
    """

    def __init__(self, folder: Path, ring: Ring, lifetime: timedelta) -> None:
        self._folder = folder
        self._seal = Seal(ring)
        self._seconds = lifetime.total_seconds()
        self._saved = 0

    def has(self, address: Address) -> bool:
        """Say whether there is a file; asked on every hop, and there is one in an outage of both stores only."""
        return os.access(f"{self._folder}/{address.channel}.{address.row}", os.F_OK)

    def load(self, address: Address, now: float) -> Stored | None:
        """Return the session, if any; ``now`` in seconds since the epoch, as file times are."""
        path = self._path(address)
        try:
            if now - path.stat().st_mtime > self._seconds:
                return None
            raw = path.read_bytes()
            return Stored(*read_head(raw), self._seal.open(address, raw[HEAD:]))
        except (OSError, ValueError, NotUnsealed):
            return None

    def save(self, address: Address, saving: Saving, now: float) -> Stored | None:
        """Save and return None; or return the stored session that won.

        Raises:
            Unavailable: the folder cannot be written.
        """
        there, wanted = self.load(address, now), saving.stored
        if there is not None and not does_replace(saving, over=there):
            return there
        sealed = self._seal.close(address, wanted.state)
        try:
            self._make_room(now)
            self._put(self._path(address), write_head(wanted.mark, wanted.hop) + sealed)
        except OSError as error:
            raise Unavailable(f"memory takes no session ({error.strerror})") from error
        return None

    def drop(self, address: Address) -> None:
        """Delete the session."""
        with suppress(OSError):
            self._path(address).unlink(missing_ok=True)

    def _path(self, address: Address) -> Path:
        return self._folder / _name_file(address)

    def _put(self, path: Path, content: bytes) -> None:
        part = path.with_name(f".{time_and_chance.new_token(6)}")
        try:
            with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _make_room(self, now: float) -> None:
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.stat().st_uid != os.getuid():
            raise PermissionError(1, "the folder in memory is somebody else's")
        self._saved += 1
        if self._saved % _LOOK_EVERY != 1:
            return
        dated = sorted((path.stat().st_mtime, path) for path in self._folder.iterdir())
        over = [path for at, path in dated if now - at > self._seconds]
        for path in {*over, *(path for _, path in dated[: max(0, len(dated) - _MOST)])}:
            path.unlink(missing_ok=True)


def _name_file(address: Address) -> str:
    return f"{address.channel}.{address.row}"
