"""What depends on the driver of a database: how its address is written, and its faults by our names.

Whatever makes SQL unusable becomes ``Unavailable``, on which callers are answered from memory and turns are spooled.
Error codes: PostgreSQL manual, appendix A; SQLite, "Result and Error Codes".
"""

import re
import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import PoolProxiedConnection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError

_READS_ONLY = "a reading transaction cannot write"
_TRY_AGAIN = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected: nothing was written


class Unavailable(Exception):
    """SQL cannot be used: locked too long, unreachable, or its disk is full. The message holds no values."""


class DiskFull(Unavailable):
    """The disk of the database has no room for a write."""


class Lost(Unavailable):
    """The connection broke, or the database aborted the transaction; at COMMIT the result is unknown."""


class WriteRefused(RuntimeError):
    """A reading transaction tried to write: an error in the code, not in the database."""


def name_fault(error: DBAPIError, *, writing: bool) -> Exception | None:
    """Return our exception for a driver error; None for a wrong statement or a violated constraint."""
    if isinstance(error.orig, sqlite3.Error):
        return _name_sqlite_fault(error.orig, writing=writing)
    state = getattr(error.orig, "sqlstate", None)
    if state == "25006":  # read_only_sql_transaction: our reading engine, or a standby server
        return Unavailable("the database takes no writes") if writing else WriteRefused(_READS_ONLY)
    if state == "53100":  # disk_full
        return DiskFull("the disk of the database is full")
    if error.connection_invalidated or state in _TRY_AGAIN:
        return Lost(f"the database ended the work ({state or 'connection lost'})")
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(f"the database cannot be asked ({state or 'no connection'})")
    return None


def _name_sqlite_fault(fault: sqlite3.Error, *, writing: bool) -> Exception | None:
    extended_code = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if extended_code == sqlite3.SQLITE_READONLY and not writing:
        return WriteRefused(_READS_ONLY)
    code = extended_code & 0xFF
    wrong_statement = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH}
    if code in wrong_statement:
        return None
    if code == sqlite3.SQLITE_FULL:
        return DiskFull("the disk of the database is full")
    return Unavailable(f"the database cannot be asked ({getattr(fault, 'sqlite_errorname', 'unknown')})")


def read_url(url: str) -> URL:
    """Return the address of a database with its driver; raises ValueError for one that cannot be read."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The address may contain a password, so it is not repeated.
        raise ValueError("the database address cannot be read") from None
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database and Path(parsed.database).is_absolute():
        return parsed
    raise ValueError("the database is sqlite:////absolute/path or postgresql://…")


def import_driver(url: str) -> None:
    """Import the driver of a database without connecting to it, as a process does that is going to fork."""
    read_url(url).get_dialect().import_dbapi()


# PostgreSQL's own places, $1 to $n: the driver reads named ones anew for each run of a statement with more than fifty.

_NAMED = re.compile(r"%\((\w+)\)s|%%")
_NUMBERED = re.compile(r"\$(\d+)")


def open_cursor(link: PoolProxiedConnection) -> Any:
    """Return a cursor that takes values by place; with PostgreSQL's driver, by the places of ``write_places``."""
    plain: Any = link.dbapi_connection
    if isinstance(plain, sqlite3.Connection):
        return plain.cursor()
    from psycopg import RawCursor  # here, since a gateway on SQLite does not import it

    return RawCursor(plain)


def write_places(text: str, names: Sequence[str]) -> str:
    """Return a statement whose places have the driver's names with PostgreSQL's numbers, in the order of ``names``."""
    numbers = {name: f"${nth}" for nth, name in enumerate(names, 1)}
    return _NAMED.sub(lambda found: numbers[found[1]] if found[1] else "%", text)


@lru_cache(maxsize=64)
def merge_texts(texts: tuple[str, ...], counts: tuple[int, ...]) -> str:
    """Return statements of PostgreSQL as one, which takes all their values; ``counts`` says how many each takes."""
    places = [_add_to_places(text, sum(counts[:nth])) for nth, text in enumerate(texts)]
    *first, last = places
    return (
        f"WITH {', '.join(f'w{nth} AS ({text})' for nth, text in enumerate(first))} {last}" if first else last
    )


def _add_to_places(text: str, before: int) -> str:
    return _NUMBERED.sub(lambda found: f"${int(found[1]) + before}", text)
