"""Open the ledger's engines (one to read, one to write) on SQLite or PostgreSQL, and run transactions on them."""

import os
import select
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    ExceptionContext,
    Executable,
    Result,
    Table,
    create_engine,
    event,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from gateway.foundation.loop_turns import NeedsThread, refuse_loop
from gateway.storage.encryption import Ring
from gateway.storage.sql_drivers import (
    DiskFull,
    Lost,
    Unavailable,
    WriteRefused,
    merge_texts,
    name_fault,
    read_url,
)
from gateway.storage.value_limits import CompiledStatement, build_insert, check_fitting, run_form

__all__ = ["DiskFull", "Lost", "Unavailable", "WriteRefused"]

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

LOCK_SECONDS = 2.0
"""How long a write waits for another one; after that it fails as unavailable, and turns go to the spool."""

_POSTGRESQL_BOTH = {
    "lock_timeout": "2000",
    "statement_timeout": "5000",
    "idle_in_transaction_session_timeout": "30000",
    "timezone": "UTC",
}
# A reader sees one snapshot on both databases, so a page with two queries is consistent.
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


_Write = tuple[CompiledStatement, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Tx:
    """One open transaction, with the key ring that seals what it writes.

    ``mark`` is the monotonic time of its start, which a wrong wall clock does not change: see ``Clock.mark``.
    ``posted`` holds the writes that were not sent yet; None where nothing may be written. ``foreseen`` holds what
    ``callbacks.find_taken`` would return for the first codes of this turn, where it was read with its beginning.
    """

    conn: Connection
    ring: Ring
    dialect: str
    mark: str = ""
    posted: list[_Write] | None = None
    foreseen: dict[tuple[str, ...], frozenset[str]] = field(default_factory=dict)

    def mark_as(self, mark: str) -> "Tx":
        """Return the same transaction with an earlier mark, to write what was asked for then."""
        return replace(self, mark=mark) if mark else self

    def execute(
        self,
        statement: Executable | CompiledStatement,
        parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None,
    ) -> Result[Any]:
        """Run one statement inside this transaction; one that keeps its text is given a mapping, if anything."""
        if self.posted:
            self.write_posted()
        if isinstance(statement, CompiledStatement):
            given = parameters or {}
            if isinstance(given, Mapping):
                return statement.run(self.conn, given)
            return self.conn.execute(statement.statement, given)
        return self.conn.execute(statement, parameters)

    def post(self, statement: CompiledStatement, given: Mapping[str, Any]) -> None:
        """Write one row by a statement whose result nobody asks: before the next statement, or at the end.

        It must be an INSERT, or an UPDATE by the key, that looks at no other table. On PostgreSQL several go in one
        trip, which costs more than the row does; SQLite has no trips, so there it is run at once.
        """
        if self.posted is None or self.dialect != "postgresql":
            self.execute(statement, given)
            return
        if any(earlier.statement.table is statement.statement.table for earlier, _ in self.posted):
            self.write_posted()  # else neither of two changes of a row would see the other
        self.posted.append((statement, given))

    def write_posted(self) -> None:
        """Send what was posted."""
        if self.posted:
            writes = [*self.posted]
            self.posted.clear()
            _run_together(self.conn, writes)


def _run_together(conn: Connection, writes: Sequence[_Write]) -> None:
    """Run writes of different tables as one statement of PostgreSQL (its manual, "Data-Modifying Statements in WITH").

    None of them sees what another does, and none may return rows; what is raised is what ``CompiledStatement.run``
    raises.
    """
    forms = [statement.find_form(conn.dialect, tuple(given)) for statement, given in writes]
    values = [form.bind_values(given) for form, (_, given) in zip(forms, writes, strict=True)]
    merged = merge_texts(tuple(form.text for form in forms), tuple(map(len, values)))
    run_form(conn, forms[-1], merged, tuple(chain.from_iterable(values)))


@dataclass(frozen=True, slots=True)
class _Pair:
    read: Engine
    write: Engine
    process: int


class Store:
    """The ledger on one database.

    ``away`` is called before each transaction and says whether the simulator's page plays an outage of SQL; None
    where real channels exist. ``mark`` returns the clock's mark.
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
        self._url = read_url(url)
        self._away = away
        self.mark = mark
        self._pair: _Pair | None = None
        self._lock = threading.Lock()
        self._joined = threading.local()
        self._is_shut = False
        self._glance: tuple[int, sqlite3.Connection] | None = None
        self.dialect = self._url.get_backend_name()
        self.ring = Ring(master, copy=ring_copy)

    @contextmanager
    def read(self) -> Iterator[Tx]:
        """Open a read-only transaction on one snapshot, or join the one that ``read_once`` opened.

        Raises:
            Unavailable: SQL cannot be used.
            WriteRefused: the block tried to write.
        """
        joined: Tx | None = getattr(self._joined, "tx", None)
        if joined is not None:
            try:
                with _say_plainly(writing=False):
                    yield joined
            except Unavailable:
                self._joined.tx = None  # the page of the error reads on a connection of its own
                raise
            return
        with _say_plainly(writing=False), self._engines().read.connect() as conn, conn.begin():
            yield Tx(conn, self.ring, self.dialect)

    @contextmanager
    def read_once(self) -> Iterator[None]:
        """Open one read-only transaction that every ``read`` of this thread joins until the block ends.

        A page whose parts are read by several use cases so shows one moment; raises ``Unavailable``.
        """
        with self.read() as tx:
            self._joined.tx = tx
            try:
                yield
            finally:
                self._joined.tx = None

    def has_row(self, column: Column[Any], value: bytes) -> bool:
        """Say at once whether a row has this value; raises NeedsThread where it must be waited for."""
        if self.dialect != "sqlite" or self._is_shut or (self._away is not None and self._away()):
            raise NeedsThread
        try:
            if self._glance is None or self._glance[0] != os.getpid():
                self._glance = os.getpid(), _open_glance(self._url)
            query = f"SELECT 1 FROM {column.table.name} WHERE {column.name} = ?"  # noqa: S608 - names of ours
            return self._glance[1].execute(query, (value,)).fetchone() is not None
        except sqlite3.Error:
            raise NeedsThread from None

    @contextmanager
    def write(self) -> Iterator[Tx]:
        """Open a writing transaction; it commits when the block ends, and rolls back when it raises.

        Raises:
            Unavailable: SQL cannot be used; ``Lost`` when the connection broke.
        """
        with _say_plainly(writing=True), self._engines().write.connect() as conn, conn.begin():
            tx = Tx(conn, self.ring, self.dialect, self.mark(), [])
            yield tx
            tx.write_posted()

    def run(self, work: Callable[[Tx], T]) -> T:
        """Run the work in a writing transaction, again after a loss: a unique key must tell whether it was saved."""
        try:
            with self.write() as tx:
                return work(tx)
        except Lost:
            with self.write() as tx:
                return work(tx)

    @property
    def is_shut(self) -> bool:
        """Whether all transactions are refused, because the tables may not have this release's shape yet."""
        return self._is_shut

    def shut(self) -> None:
        """Refuse all transactions until ``reopen``: as in an outage of SQL, turns are spooled."""
        self._is_shut = True

    def reopen(self) -> None:
        """Accept transactions again."""
        self._is_shut = False

    def close(self) -> None:
        """Close all idle connections."""
        with self._lock:
            pair, self._pair = self._pair, None
            glance, self._glance = self._glance, None
        if pair is not None and pair.process == os.getpid():
            pair.read.dispose()
            pair.write.dispose()
        if glance is not None and glance[0] == os.getpid():
            glance[1].close()

    def _engines(self) -> _Pair:
        refuse_loop()  # a transaction may wait for a lock, a disk or a server
        if self._away is not None and self._away():
            raise Unavailable("an outage is tried")
        if self._is_shut:
            raise Unavailable("its tables are not those of this release yet")
        if (pair := self._pair) is not None and pair.process == os.getpid():
            return pair
        with self._lock:
            if self._pair is None or self._pair.process != os.getpid():
                # A forked child must not use its parent's connections (SQLAlchemy, pools and multiprocessing).
                self._pair = _open_pair(self._url)
            return self._pair


def _open_pair(url: URL) -> _Pair:
    make = _open_sqlite if url.get_backend_name() == "sqlite" else _open_postgresql
    pair = _Pair(read=make(url, reading=True), write=make(url, reading=False), process=os.getpid())
    check_fitting(pair.read)
    check_fitting(pair.write)
    return pair


def _open_glance(url: URL) -> sqlite3.Connection:
    """Open a connection that never waits for a lock, for the one thread of an event loop."""
    address = f"{Path(url.database or '').as_uri()}?mode=rw"
    found = sqlite3.connect(address, uri=True, timeout=0, isolation_level=None, check_same_thread=False)
    found.execute("PRAGMA query_only=ON").close()
    return found


def _open_sqlite(url: URL, *, reading: bool) -> Engine:
    # One writing connection a process: threads queue for it in order, which is fairer than SQLite's busy handler.
    engine = create_engine(
        url,
        pool_size=10 if reading else 1,
        max_overflow=10 if reading else 0,
        pool_timeout=LOCK_SECONDS,
        connect_args={"timeout": LOCK_SECONDS},
        hide_parameters=True,
    )
    path, start = Path(url.database or ""), "BEGIN" if reading else "BEGIN IMMEDIATE"

    @event.listens_for(engine, "do_connect")
    def _owner_only(*_: object) -> None:
        # Only for a new file: closing any descriptor of an existing one drops all POSIX locks that this process holds
        # on it ("How To Corrupt An SQLite Database File", section 2.2). If it cannot be created, SQLite reports that.
        with suppress(OSError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _: object) -> None:
        # The driver's implicit BEGIN comes too late and loses updates (SQLAlchemy, pysqlite); explicit BEGIN below.
        connection.isolation_level = None
        pragmas = (*_PRAGMAS, "PRAGMA query_only=ON") if reading else ("PRAGMA journal_mode=WAL", *_PRAGMAS)
        for pragma in pragmas:
            connection.execute(pragma).close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        raw: Any = connection.connection.dbapi_connection  # SQLAlchemy's execution costs five times as much
        try:
            raw.execute(start).close()
        except sqlite3.Error as fault:
            connection._handle_dbapi_exception(fault, start, None, None, None)  # noqa: SLF001 - it always raises

    return engine


def _open_postgresql(url: URL, *, reading: bool) -> Engine:
    import psycopg  # here, since a gateway on SQLite needs neither the driver nor the library behind it

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
        # "DETAIL: Failing row contains (…)" would put values into logs; the constraint's name is enough.
        fault, wrapped = context.original_exception, context.sqlalchemy_exception
        if isinstance(fault, psycopg.Error) and fault.diag.message_detail and wrapped is not None:
            fault.args = (fault.diag.message_primary,)
            wrapped.args = (f"({type(fault).__name__}) {fault.diag.message_primary}",)

    @event.listens_for(engine, "checkout")
    def _still_there(connection: Any, *_: object) -> None:
        # An idle connection is readable only if the server closed it; polling the socket needs no round trip.
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
        named = name_fault(error, writing=writing)
        if named is None:
            raise
        raise named from error


def insert_into(tx: Tx, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return this database's INSERT; use ``RETURNING`` to learn what it did, ``rowcount`` is not reliable for it."""
    return build_insert(tx.dialect, table)
