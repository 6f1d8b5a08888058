"""Backs everything up into one file sealed to the recovery sheet, and brings it back on either database."""

import json
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.store import audit, dumping, files, migrate
from gateway.store.engines import Store, Tx, Unavailable
from gateway.upkeep import envelope
from gateway.upkeep.envelope import NotOpened

__all__ = ["NotEmpty", "NotOpened", "Summary", "backup", "restore"]

FORMAT = 1
_BATCH = 500


class NotEmpty(Exception):
    """The ledger holds rows already; a restore never mixes two."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a backup holds."""

    made_at: datetime
    rows: int


def backup(store: Store, file: Path, recovery_key: bytes, now: datetime) -> Summary:
    """Write everything that the ledger holds at this moment into the file, sealed to the sheet's public half.

    Raises:
        Unavailable: SQL cannot be asked; a file of that name stays what it was.
        OSError: the file cannot be written.
    """
    count = 0
    with files.replacing(file) as out, store.read() as tx:
        dumping.take_time(tx)
        sealed = envelope.Writer(out, recovery_key)
        packed = zlib.compressobj()
        for line in _lines(tx, now):
            sealed.write(packed.compress(json.dumps(line, ensure_ascii=False).encode() + b"\n"))
            count += "row" in line
        sealed.write(packed.flush())
        sealed.close()
    return Summary(now, count)


def restore(store: Store, file: Path, sheet_key: bytes, now: datetime) -> Summary:
    """Bring back what the file holds into an empty ledger, all of it or nothing.

    Whatever it raises but ``Lost``, nothing came back; once it returns, all of it did.

    Raises:
        NotEmpty: the ledger holds something.
        NotOpened: the sheet does not open the file, or it is damaged or of a newer release.
        OSError: the file cannot be read.
        Unavailable: SQL cannot be asked; as ``Lost`` nobody knows whether it came back.
    """
    migrate.upgrade(store)
    with file.open("rb") as sealed, store.write() as tx:
        dumping.take_time(tx)
        held = dumping.not_empty(tx)
        if held is not None:
            raise NotEmpty(f"the database holds rows in {held}; restore into an empty one")
        dumping.clear(tx)
        summary = _bring_back(tx, _unpacked(envelope.read(sealed, sheet_key)))
        audit.add(tx, now=now, person_id=None, act="restored", kind="ledger", subject="")
    with suppress(Unavailable), store.read() as tx:  # it is back already, and each start reads the ring again
        tx.ring.refresh(tx)
    return summary


def _lines(tx: Tx, now: datetime) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "revision": migrate.revision_in(tx), "made_at": now.isoformat()}
    for name in dumping.names():
        yield {"table": name}
        for row in dumping.rows(tx, name):
            yield {"row": row}


def _unpacked(pieces: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    unpacked, rest = zlib.decompressobj(), b""
    for piece in pieces:
        *whole, rest = (rest + unpacked.decompress(piece)).split(b"\n")
        yield from map(json.loads, whole)


def _bring_back(tx: Tx, lines: Iterator[dict[str, Any]]) -> Summary:
    head = next(lines, {})
    if head.get("format") != FORMAT or not migrate.knows(str(head.get("revision"))):
        raise NotOpened("the backup is of a newer release than this one")
    rows: list[dict[str, Any]] = []
    table, count = "", 0
    for line in lines:
        if "table" in line:
            dumping.fill(tx, table, rows)
            table, rows = line["table"], []
            continue
        rows.append(line["row"])
        count += 1
        if len(rows) == _BATCH:
            dumping.fill(tx, table, rows)
            rows = []
    dumping.fill(tx, table, rows)
    return Summary(datetime.fromisoformat(head["made_at"]), count)
