"""Opens the two engines of the ledger, and says in one word when it cannot be asked."""

import os
import select
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import (
    Connection,
    CursorResult,
    Engine,
    ExceptionContext,
    Executable,
    Table,
    create_engine,
    event,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from gateway.storage.encryption import Ring
from gateway.storage.value_limits import check_fitting

T = TypeVar("T")

LOCK_SECONDS = 2.0
"""How long a write waits for another; after that the request goes to the spool."""

_POSTGRESQL_BOTH = {
    "lock_timeout": "2000",
    "statement_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "timezone": "UTC",
}
# A reader sees one snapshot on both databases, so a page that asks twice cannot contradict itself.
_POSTGRESQL_READING = {
    "default_transaction_read_only": "on",
    "default_transaction_isolation": r"repeatable\ read",
}
_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA secure_delete=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA synchronous=FULL",
)
_READS_ONLY = "a reading transaction cannot write"
_TRY_AGAIN = frozenset({"40001", "40P01"})  # serialisation failure, deadlock: nothing was written


class Unavailable(Exception):
    """SQL cannot be asked: locked for too long, gone, or its disk is full. Nothing is said of the values."""


class Lost(Unavailable):
    """The connection broke, or the database undid the transaction by itself; at COMMIT nobody knows what is kept."""


class WriteRefused(RuntimeError):
    """A reading transaction tried to write: a fault of ours, not of the database."""


@dataclass(frozen=True, slots=True)
class Tx:
    """One open transaction, and the key ring that seals what it writes.

    ``mark`` says when it began by this machine's own count, which nobody sets: see ``Clock.mark``.
    """

    conn: Connection
    ring: Ring
    dialect: str
    mark: str = ""

    def marked(self, mark: str) -> "Tx":
        """Return the same transaction for what was asked for earlier, with the mark of then."""
        return replace(self, mark=mark) if mark else self

    def execute(
        self,
        statement: Executable,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> CursorResult[Any]:
        """Run one statement inside this transaction."""
        return self.conn.execute(statement, parameters)


@dataclass(frozen=True, slots=True)
class _Pair:
    read: Engine
    write: Engine
    process: int


class Store:
    """The ledger on one database: `read` to look, `write` to change, `run` to change and survive a lost commit.

    ``away`` is asked at the door of each transaction whether somebody tries an outage at the phone's page, so that
    all that then happens is what happens when SQL is gone. Bootstrap gives it only where no real phone can be
    reached; elsewhere it is None, and the door costs one comparison. ``mark`` is the clock's.
    """

    def __init__(
        self,
        url: str,
        *,
        master: bytes,
        ring_copy: Path | None = None,
        away: Callable[[], bool] | None = None,
        mark: Callable[[], str] = str,
    ) -> None:
        self._url = _normal_url(url)
        self._away = away
        self.mark = mark
        self._pair: _Pair | None = None
        self._lock = threading.Lock()
        self._is_shut = False
        self.dialect = self._url.get_backend_name()
        self.ring = Ring(master, copy=ring_copy)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a transaction that sees one snapshot and cannot write.

        Raises:
            Unavailable: SQL cannot be asked.
            WriteRefused: the work tried to write.
        """
        with _say_plainly(writing=False), self._engines().read.begin() as conn:
            yield Tx(conn, self.ring, self.dialect)

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a transaction that may write; it commits when the block ends, and rolls back when it raises.

        Raises:
            Unavailable: SQL cannot be asked; `Lost` when the connection broke.
        """
        with _say_plainly(writing=True), self._engines().write.begin() as conn:
            yield Tx(conn, self.ring, self.dialect, self.mark())

    def run(self, work: Callable[[Tx], T]) -> T:
        """Do the work in a writing transaction, and once more when the connection was lost.

        Lost at COMMIT means that nobody knows whether it is kept, so the work must carry a unique key that
        answers this when it is run again.
        """
        try:
            with self.write() as tx:
                return work(tx)
        except Lost:
            with self.write() as tx:
                return work(tx)

    @property
    def is_shut(self) -> bool:
        """Whether nobody is let in, because the tables may not be those of this release yet."""
        return self._is_shut

    def shut(self) -> None:
        """Let nobody in until ``reopen``: to everybody SQL is away, so calls are answered and requests are spooled."""
        self._is_shut = True

    def reopen(self) -> None:
        """Let everybody in again."""
        self._is_shut = False

    def close(self) -> None:
        """Give all idle connections back to the database."""
        with self._lock:
            pair, self._pair = self._pair, None
        if pair is not None and pair.process == os.getpid():
            pair.read.dispose()
            pair.write.dispose()

    def _engines(self) -> _Pair:
        if self._away is not None and self._away():
            raise Unavailable("an outage is tried")
        if self._is_shut:
            raise Unavailable("its tables are not those of this release yet")
        pair = self._pair
        if pair is not None and pair.process == os.getpid():
            return pair
        with self._lock:
            if self._pair is None or self._pair.process != os.getpid():
                # A forked child must not speak on its parent's connections: it forgets them and opens its own.
                self._pair = _open_pair(self._url)
            return self._pair


def _normal_url(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text may hold a password, so it is not repeated.
        raise ValueError("the database address cannot be read") from None
    if parsed.drivername in {"postgres", "postgresql", "postgresql+psycopg"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername == "sqlite" and parsed.database and Path(parsed.database).is_absolute():
        return parsed
    raise ValueError("the database is sqlite:////absolute/path or postgresql://…")


def _open_pair(url: URL) -> _Pair:
    make = _open_sqlite if url.get_backend_name() == "sqlite" else _open_postgresql
    pair = _Pair(read=make(url, reading=True), write=make(url, reading=False), process=os.getpid())
    check_fitting(pair.read)
    check_fitting(pair.write)
    return pair


def _open_sqlite(url: URL, *, reading: bool) -> Engine:
    # One writer a process: threads queue for it in turn, which is fairer than SQLite's own sleeping and asking.
    engine = create_engine(
        url,
        pool_size=10 if reading else 1,
        max_overflow=10 if reading else 0,
        pool_timeout=LOCK_SECONDS,
        connect_args={"timeout": LOCK_SECONDS},
        hide_parameters=True,
    )
    path = Path(url.database or "")

    @event.listens_for(engine, "do_connect")
    def _owner_only(*_: object) -> None:
        # Only a file that is not there yet: to close any descriptor of one that is would drop every lock that this
        # process holds on it, and the next process to leave would delete the log under our hands.
        # Where it cannot be made, SQLite says so itself, in its own words.
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        # The driver's own idea of when a transaction begins loses updates in silence; BEGIN is said below.
        connection.isolation_level = None
        pragmas = (*_PRAGMAS, "PRAGMA query_only=ON") if reading else ("PRAGMA journal_mode=WAL", *_PRAGMAS)
        for pragma in pragmas:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _open_postgresql(url: URL, *, reading: bool) -> Engine:
    options = _POSTGRESQL_BOTH | (_POSTGRESQL_READING if reading else {})
    engine = create_engine(
        url,
        pool_size=5,
        max_overflow=10,
        pool_timeout=LOCK_SECONDS,
        connect_args={
            "connect_timeout": 3,
            "application_name": "helpline gateway",
            "options": " ".join(f"-c {name}={value}" for name, value in options.items()),
        },
        use_native_hstore=False,
        hide_parameters=True,
    )

    @event.listens_for(engine, "handle_error")
    def _without_the_row(context: ExceptionContext) -> None:
        # "DETAIL: Failing row contains (…)" would carry values into logs; the constraint's name says enough.
        fault, told = context.original_exception, context.sqlalchemy_exception
        if isinstance(fault, psycopg.Error) and fault.diag.message_detail and told is not None:
            fault.args = (fault.diag.message_primary,)
            told.args = (f"({type(fault).__name__}) {fault.diag.message_primary}",)

    @event.listens_for(engine, "checkout")
    def _still_there(connection: Any, *_: object) -> None:
        # An idle connection has nothing to say unless the server has ended it: a look at the socket costs no trip.
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        if connection.closed or poll.poll(0):
            raise DisconnectionError("the database ended this connection")

    return engine


@contextmanager
def _say_plainly(*, writing: bool) -> Iterator[None]:
    try:
        yield
    except NoConnectionFree as error:
        raise Unavailable("no connection is free") from error
    except DBAPIError as error:
        named = _name_fault(error, writing=writing)
        if named is None:
            raise
        raise named from error


def _name_fault(error: DBAPIError, *, writing: bool) -> Exception | None:
    """Return what a driver's fault means to us; None leaves it as it is: a wrong statement, a broken key."""
    if isinstance(error.orig, sqlite3.Error):
        return _name_sqlite_fault(error.orig, writing=writing)
    state = getattr(error.orig, "sqlstate", None)
    if state == "25006":  # read-only transaction: ours, or all of them, on a stand-by
        return Unavailable("the database takes no writes") if writing else WriteRefused(_READS_ONLY)
    if error.connection_invalidated or state in _TRY_AGAIN:
        return Lost(f"the database ended the work ({state or 'connection lost'})")
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable(f"the database cannot be asked ({state or 'no connection'})")
    return None


def _name_sqlite_fault(fault: sqlite3.Error, *, writing: bool) -> Exception | None:
    told = getattr(fault, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    # Its longer forms say that a reader could not make what it needs itself, in a folder that is not ours to write.
    if told == sqlite3.SQLITE_READONLY and not writing:
        return WriteRefused(_READS_ONLY)
    code = told & 0xFF
    wrong_statement = {sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH}
    if code in wrong_statement:
        return None
    return Unavailable(f"the database cannot be asked ({getattr(fault, 'sqlite_errorname', 'unknown')})")


# The one statement that both databases spell alike but SQLAlchemy keeps apart: INSERT … ON CONFLICT.


def insert_into(tx: Tx, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT of this transaction's database; ask what it did by ``RETURNING``, never by ``rowcount``."""
    return postgresql.insert(table) if tx.dialect == "postgresql" else sqlite.insert(table)
