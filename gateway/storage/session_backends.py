"""Store USSD sessions in Redis, in SQL or in shared memory, with one rule for which of two saves wins.

Retries and delayed posts of providers arrive out of order, so a save must not overwrite a session that is further, or
of a newer call: ``does_replace`` states the rule, the Lua script and the SQL statement implement it.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import redis
from sqlalchemy import and_, delete, or_, select

from gateway.foundation import ids
from gateway.storage.database import Store, Unavailable, insert_into
from gateway.storage.encryption import NotUnsealed, Ring, name_row
from gateway.storage.tables import sessions

MARK = 8
"""Length of a mark, which tells one provider session from the next."""
_HOP = 3
_LAST_HOP = 10**_HOP - 1
_HEAD = MARK + _HOP

_SAVE = """
local held = redis.call('GET', KEYS[1])
if held then
  local mark, hop = string.sub(held, 1, 8), tonumber(string.sub(held, 9, 11))
  if mark == ARGV[1] then
    -- A repeat, or a hop that was overtaken: what is further stays.
    if hop and hop >= tonumber(ARGV[2]) then return held end
  elseif mark ~= ARGV[5] and ARGV[2] ~= '000' then
    -- A late hop of an older call, which never saw this one: the newer call stays.
    return held
  end
end
redis.call('SET', KEYS[1], ARGV[1] .. ARGV[2] .. ARGV[3], 'EX', ARGV[4])
return 1
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A stored session: mark of the provider session, number of inputs, and its state as text."""

    mark: str
    hop: int
    state: str


@dataclass(frozen=True, slots=True)
class Address:
    """The key of a session."""

    channel: str
    key: bytes

    @classmethod
    def of(cls, ring: Ring, channel: str, number: str) -> "Address":
        """Return the address of this number's session on this channel; a keyed hash, not the number."""
        return cls(channel, ring.lookup("session", channel, number))


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


def does_replace(saving: Saving, *, over: Stored) -> bool:
    """Say whether this save replaces the stored session; the script and the SQL statement implement the same rule."""
    mine = saving.stored
    if mine.mark == over.mark:
        return mine.hop > over.hop
    return mine.hop == 0 or over.mark == saving.read_mark


class _Seal:
    """Seals a state for its address; the same bytes are valid in Redis and SQL."""

    def __init__(self, ring: Ring) -> None:
        self._ring = ring

    def close(self, address: Address, state: str) -> bytes:
        return self._ring.seal(state.encode(), table="sessions", column="state", row=name_row(address.key))

    def open(self, address: Address, sealed: bytes) -> str:
        return self._ring.open(sealed, table="sessions", column="state", row=name_row(address.key)).decode()


class InRedis:
    """Sessions in Redis: one key each, read by GET and saved by one script, which Redis runs atomically (Redis, EVAL).

    Errors of the client are raised unchanged.
    """

    def __init__(self, client: redis.Redis, ring: Ring, lifetime: timedelta) -> None:
        self._client = client
        self._script = client.register_script(_SAVE)
        self._seal = _Seal(ring)
        self._seconds = int(lifetime.total_seconds())

    def load(self, address: Address) -> Stored | None:
        """Return the session, if any. One that cannot be read is deleted, as it would refuse every later save."""
        raw = self._client.get(self._name(address))
        if not isinstance(raw, bytes):
            return None
        stored = self._read(address, raw)
        if stored is None:
            self._client.delete(self._name(address))
        return stored

    def answers(self) -> bool:
        """Say whether Redis responds to a PING."""
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False

    def left(self, address: Address) -> timedelta:
        """Return the remaining lifetime of the key."""
        milliseconds = self._client.pttl(self._name(address))
        return timedelta(milliseconds=max(0, int(str(milliseconds))))

    def save(self, address: Address, saving: Saving) -> Stored | None:
        """Save and return None; or return the stored session that won."""
        wanted = saving.stored
        raw = self._script(
            keys=[self._name(address)],
            args=[
                wanted.mark,
                f"{wanted.hop:0{_HOP}d}",
                self._seal.close(address, wanted.state),
                self._seconds,
                saving.read_mark,
            ],
        )
        return self._read(address, raw) if isinstance(raw, bytes) else None

    def drop(self, address: Address) -> None:
        """Delete the session."""
        self._client.delete(self._name(address))

    def _name(self, address: Address) -> str:
        return f"u:{address.channel}:{address.key.hex()}"

    def _read(self, address: Address, raw: bytes) -> Stored | None:
        try:
            mark, hop = raw[:MARK].decode("ascii"), int(raw[MARK:_HEAD])
            return Stored(mark, hop, self._seal.open(address, raw[_HEAD:]))
        except (NotUnsealed, ValueError):
            return None


class InSql:
    """Sessions in the ledger; every method may raise ``Unavailable``."""

    def __init__(self, store: Store, lifetime: timedelta) -> None:
        self._store = store
        self._seal = _Seal(store.ring)
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

_HEAD_BYTES = MARK + _HOP
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
        self._ring = ring
        self._seconds = lifetime.total_seconds()
        self._saved = 0

    def load(self, address: Address, now: float) -> Stored | None:
        """Return the session, if any; ``now`` in seconds since the epoch, as file times are."""
        path = self._path(address)
        try:
            if now - path.stat().st_mtime > self._seconds:
                return None
            raw = path.read_bytes()
            return Stored(
                raw[:MARK].decode("ascii"),
                int(raw[MARK:_HEAD_BYTES]),
                self._open_state(address, raw[_HEAD_BYTES:]),
            )
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
        sealed = self._ring.seal(
            wanted.state.encode(), table="sessions", column="state", row=name_row(address.key)
        )
        try:
            self._make_room(now)
            self._put(self._path(address), f"{wanted.mark}{wanted.hop:0{_HOP}d}".encode() + sealed)
        except OSError as error:
            raise Unavailable(f"memory takes no session ({error.strerror})") from error
        return None

    def drop(self, address: Address) -> None:
        """Delete the session."""
        with suppress(OSError):
            self._path(address).unlink(missing_ok=True)

    def _path(self, address: Address) -> Path:
        return self._folder / f"{address.channel}.{address.key.hex()}"

    def _open_state(self, address: Address, sealed: bytes) -> str:
        return self._ring.open(sealed, table="sessions", column="state", row=name_row(address.key)).decode()

    def _put(self, path: Path, content: bytes) -> None:
        part = path.with_name(f".{ids.new_token(6)}")
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
