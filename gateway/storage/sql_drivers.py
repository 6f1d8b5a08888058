"""What depends on the driver of a database: how its address is written, and its faults by our names.

Whatever makes SQL unusable becomes ``Unavailable``, on which callers are answered from memory and turns are spooled.
Error codes: PostgreSQL manual, appendix A; SQLite, "Result and Error Codes".
"""

import sqlite3
from pathlib import Path

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
