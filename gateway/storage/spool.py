"""Store turns on disk while SQL is down, so that a confirmed request is not lost."""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from gateway.foundation import time_and_chance
from gateway.storage import atomic_files
from gateway.storage.encryption import NotUnsealed, Ring

_FORMAT = 1
_NAME_LENGTH = 64
_UNREADABLE = ".unreadable"
_FAILED = ".failed"
_AS_LONG_AS_ONE = 4096
"""Bytes of the probe: an entry has a few hundred, and file systems allocate whole blocks."""


class Spool:
    """One sealed file per turn, named by the turn's key, so that the first writer wins.

    An entry is a JSON object with ``kind`` and what that kind's replay needs.
    """

    def __init__(self, folder: Path, ring: Ring) -> None:
        self._folder = folder
        self._ring = ring
        with suppress(OSError):  # a full or read-only disk; `keep` reports it
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.chmod(0o700)

    def keep(self, key: bytes, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Store the entry and return the stored one: this one, or an earlier one of the same key.

        Raises:
            OSError: it could not be stored; nothing may be promised.
        """
        path = self._path(key)
        if not atomic_files.put_first(path, self._seal_entry(key, entry)):
            there = self.load(key)
            if there is not None:
                return there
            atomic_files.write_file(path, self._seal_entry(key, entry))
        return dict(entry)

    def is_empty(self) -> bool:
        """Say whether nothing lies here, as on every day without an outage: one look instead of one for each question.

        A folder that cannot be read holds nothing that anybody could read.
        """
        try:
            with os.scandir(self._folder) as found:
                return next(found, None) is None
        except OSError:
            return True

    def load(self, key: bytes) -> dict[str, Any] | None:
        """Return the entry of this key, also one put aside. An unreadable one is renamed, and None returned."""
        for path in (self._path(key), self._aside(key)):
            try:
                return self._open_entry(key, path.read_bytes())
            except FileNotFoundError:
                continue
            except (NotUnsealed, ValueError):
                with suppress(FileNotFoundError):
                    path.replace(path.with_name(key.hex() + _UNREADABLE))
        return None

    def drop(self, key: bytes) -> None:
        """Delete the entry: its turn is in SQL."""
        self._path(key).unlink(missing_ok=True)
        self._aside(key).unlink(missing_ok=True)

    def put_aside(self, key: bytes) -> None:
        """Rename an entry whose replay failed, so that it is not tried every second; it is never deleted."""
        with suppress(FileNotFoundError):
            self._path(key).replace(self._aside(key))

    def take_up(self) -> int:
        """Release entries that were put aside for another try, as after an upgrade; return how many."""
        found = [path for suffix in (_FAILED, _UNREADABLE) for path in self._folder.glob("*" + suffix)]
        for path in found:
            with suppress(FileNotFoundError):
                path.replace(path.with_suffix(""))
        return len(found)

    def unreadable(self) -> int:
        """Return how many files cannot be read; staff must look at them."""
        return sum(1 for _ in self._folder.glob("*" + _UNREADABLE))

    def failed(self) -> Sequence[bytes]:
        """Return the keys of entries whose replay failed: a caller has a confirmation, so staff must look at them."""
        return [bytes.fromhex(path.stem) for path in self._folder.glob("*" + _FAILED)]

    def try_writing(self) -> None:
        """Write and delete a file of the size of an entry.

        Raises:
            OSError: an entry could not be stored now.
            RingMissing: an entry could not be sealed.
        """
        probe = self._folder / f"probe-{time_and_chance.new_token(6)}"
        content = self._ring.seal(
            time_and_chance.make_random_bytes(_AS_LONG_AS_ONE), table="spool", column="probe", row=""
        )
        try:
            atomic_files.write_file(probe, content)
        finally:
            probe.unlink(missing_ok=True)

    def list(self) -> Sequence[bytes]:
        """Return the keys of the waiting entries, oldest first."""
        found = []
        for path in self._folder.iterdir():
            with suppress(ValueError, FileNotFoundError):
                if len(path.name) == _NAME_LENGTH:
                    found.append((path.stat().st_mtime_ns, bytes.fromhex(path.name)))
        return [key for _, key in sorted(found)]

    def _aside(self, key: bytes) -> Path:
        return self._folder / (key.hex() + _FAILED)

    def _path(self, key: bytes) -> Path:
        return self._folder / key.hex()

    def _seal_entry(self, key: bytes, entry: Mapping[str, Any]) -> bytes:
        text = json.dumps({"format": _FORMAT, "entry": dict(entry)}, ensure_ascii=False)
        return self._ring.seal(text.encode(), table="spool", column="entry", row=key.hex())

    def _open_entry(self, key: bytes, sealed: bytes) -> dict[str, Any]:
        content = json.loads(self._ring.open(sealed, table="spool", column="entry", row=key.hex()))
        if content.get("format") != _FORMAT:
            raise ValueError("a spool file of another release")
        entry: dict[str, Any] = content["entry"]
        return entry
