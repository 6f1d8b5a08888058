"""The last place for a session by USSD: memory that the processes of this machine share, while nothing else takes it.

A menu is read by people in need; that the disk is full, or the database away together with Redis, is no reason to show
them nothing but an apology. What lies here is sealed like everywhere else, and lost with the machine's power.
"""

import os
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from gateway import ids
from gateway.store.engines import Unavailable
from gateway.store.places import MARK, Address, Saving, Stored, wins
from gateway.store.sealed import NotOpened, Ring, row_name

_HOP = 3
_HEAD = MARK + _HOP
_MOST = 5_000
"""Sessions; some kilobytes each. Past that the oldest go."""

_LOOK_EVERY = 64


class InMemory:
    """Sessions in a folder that lies in memory: one file each.

    Args:
        folder: ours alone; made when it is first needed.
        ring: seals what lies there.
        lifetime: how long a session is kept.
        now: seconds since the epoch, as files are dated.
    """

    def __init__(self, folder: Path, ring: Ring, lifetime: timedelta) -> None:
        self._folder = folder
        self._ring = ring
        self._seconds = lifetime.total_seconds()
        self._saved = 0

    def load(self, address: Address, now: float) -> Stored | None:
        """Return what lies there; ``now`` in seconds since the epoch, as files are dated."""
        path = self._path(address)
        try:
            if now - path.stat().st_mtime > self._seconds:
                return None
            held = path.read_bytes()
            return Stored(
                held[:MARK].decode("ascii"), int(held[MARK:_HEAD]), self._opened(address, held[_HEAD:])
            )
        except (OSError, ValueError, NotOpened):
            return None

    def save(self, address: Address, saving: Saving, now: float) -> Stored | None:
        """Keep it and return None; or return what had won.

        Raises:
            Unavailable: not even memory takes it.
        """
        there, mine = self.load(address, now), saving.stored
        if there is not None and not wins(saving, over=there):
            return there
        sealed = self._ring.seal(
            mine.state.encode(), table="sessions", column="state", row=row_name(address.key)
        )
        try:
            self._make_room(now)
            self._put(self._path(address), f"{mine.mark}{mine.hop:0{_HOP}d}".encode() + sealed)
        except OSError as error:
            raise Unavailable(f"memory takes no session ({error.strerror})") from error
        return None

    def drop(self, address: Address) -> None:
        """Forget what lies there."""
        with suppress(OSError):
            self._path(address).unlink(missing_ok=True)

    def _path(self, address: Address) -> Path:
        return self._folder / f"{address.channel}.{address.key.hex()}"

    def _opened(self, address: Address, sealed: bytes) -> str:
        return self._ring.open(sealed, table="sessions", column="state", row=row_name(address.key)).decode()

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
