"""What went wrong is said in one word and without values; a lost connection is run again, once."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.storage import sql_drivers
from gateway.storage.database import Lost, Store, Tx, Unavailable
from gateway.storage.tables import lines, tries
from tests.support.clocks import SetClock
from tests.support.counting import SCOPE, add_one, count, start
from tests.support.ledgers import MASTER, PostgresqlLedgers
from tests.support.servers import PostgreSQL

SECRET = "spoken to nobody"


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Somebody else holds what a write needs."""
    other = Store(store._url.render_as_string(hide_password=False), master=MASTER)
    try:
        with other.write() as tx:
            if tx.dialect == "postgresql":
                tx.execute(sa.text("LOCK TABLE tries IN ACCESS EXCLUSIVE MODE"))
            yield
    finally:
        other.close()


def test_a_lock_held_too_long_is_unavailable(store: Store, clock: SetClock) -> None:
    began = time.monotonic()
    with _locked(store), pytest.raises(Unavailable) as told:
        start(store, clock)
    assert 1.5 < time.monotonic() - began < 3.5
    assert not isinstance(told.value, Lost)
    start(store, clock)


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////nowhere/at/all.db",
        "postgresql://somebody:hidden@/gateway?host=/nowhere",
        "postgres://somebody:hidden@127.0.0.1:1/gateway",
    ],
)
def test_a_database_that_is_not_there_is_unavailable(url: str) -> None:
    store = Store(url, master=MASTER)
    for opened in (store.read, store.write):
        with pytest.raises(Unavailable) as told, opened() as tx:
            count(tx)
        assert "hidden" not in f"{told.value} {told.value.__cause__}"


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///relative.db", "mysql://x:hidden@y/z", "hidden", "", "sqlite+aiosqlite:////x.db"],
)
def test_another_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ValueError, match="database") as told:
        Store(url, master=MASTER)
    assert "hidden" not in str(told.value)


def test_a_full_disk_is_unavailable_and_keeps_what_was_there(sqlite_store: Store, clock: SetClock) -> None:
    start(sqlite_store, clock)

    def fill(tx: Tx) -> None:
        tx.execute(sa.text("PRAGMA max_page_count = 1"))
        rows = [
            {"scope": n.to_bytes(32), "n": 1, "first_at": clock.now(), "last_at": clock.now()}
            for n in range(10_000)
        ]
        tx.execute(sa.insert(tries), rows)

    with pytest.raises(Unavailable, match="disk of the database is full"), sqlite_store.write() as tx:
        fill(tx)
    with sqlite_store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tries)).scalar_one() == 1


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"something else entirely" * 500)
    with pytest.raises(Unavailable), Store(f"sqlite:///{tmp_path / 'x.db'}", master=MASTER).write() as tx:
        count(tx)


def test_a_wrong_statement_is_our_fault_and_stays_what_it_is(store: Store) -> None:
    with pytest.raises(sa.exc.DBAPIError) as told, store.read() as tx:
        tx.execute(sa.text("SELECT nothing FROM nowhere"))
    assert not isinstance(told.value, Unavailable)


def test_no_fault_repeats_a_value(store: Store, clock: SetClock) -> None:
    row = {"channel": SECRET, "tokens": 1, "filled_at": clock.now()}
    with store.write() as tx:
        tx.execute(sa.insert(lines), [row])
    with pytest.raises(IntegrityError) as twice, store.write() as tx:
        tx.execute(sa.insert(lines), [row])
    with pytest.raises(IntegrityError) as missing, store.write() as tx:
        tx.execute(sa.insert(lines).values(channel=SECRET, tokens=sa.null(), filled_at=clock.now()))
    for told in (twice, missing):
        assert SECRET not in f"{told.value} {told.value!r} {told.value.orig} {told.value.__cause__}"


# --- a connection that breaks


@pytest.fixture
def end_connections(postgresql_ledgers: PostgresqlLedgers) -> Callable[[], None]:
    """Ends every connection to the database of the tests, as a restart of the server does."""

    def end_all() -> None:
        with postgresql_ledgers.server.connect() as conn:
            conn.execute(
                "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                " WHERE datname = 'gateway' AND application_name = 'helpline gateway'"
            )

    return end_all


def test_an_idle_connection_that_died_is_replaced(
    postgresql_store: Store, end_connections: Callable[[], None], clock: SetClock
) -> None:
    start(postgresql_store, clock)
    with postgresql_store.read() as tx:
        assert count(tx) == 0
    end_connections()
    with postgresql_store.read() as tx:
        assert count(tx) == 0
    with postgresql_store.write() as tx:
        add_one(tx)
    with postgresql_store.read() as tx:
        assert count(tx) == 1


def test_a_connection_lost_at_commit_is_run_again(
    postgresql_store: Store, end_connections: Callable[[], None], clock: SetClock
) -> None:
    runs = []

    def work(tx: Tx) -> int:
        insert = sa.dialects.postgresql.insert(tries).values(
            scope=SCOPE, n=1, first_at=clock.now(), last_at=clock.now()
        )
        tx.execute(insert.on_conflict_do_nothing())
        runs.append(1)
        if len(runs) == 1:
            end_connections()
        return len(runs)

    assert postgresql_store.run(work) == 2
    with postgresql_store.read() as tx:
        assert count(tx) == 1


def test_a_connection_lost_twice_is_told(
    postgresql_store: Store, end_connections: Callable[[], None]
) -> None:
    runs = []

    def work(tx: Tx) -> None:
        count(tx)
        runs.append(1)
        end_connections()

    with pytest.raises(Lost):
        postgresql_store.run(work)
    assert len(runs) == 2


def test_other_faults_are_not_run_again(store: Store) -> None:
    runs = []

    def work(_: Tx) -> None:
        runs.append(1)
        raise KeyError("ours")

    with pytest.raises(KeyError):
        store.run(work)
    assert len(runs) == 1


def test_a_server_that_comes_back_is_used_again(clock: SetClock) -> None:
    server = PostgreSQL()
    try:
        server.start()
        store = Store(server.url(), master=MASTER)
        with store.read() as tx:
            assert tx.execute(sa.text("SELECT 1")).scalar_one() == 1
        server.stop()
        with pytest.raises(Unavailable), store.read() as tx:
            tx.execute(sa.text("SELECT 1"))
        server.start()
        with store.read() as tx:
            assert tx.execute(sa.text("SELECT 1")).scalar_one() == 1
        store.close()
    finally:
        server.close()


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB]
)
def test_the_faults_of_sqlite_that_are_not_ours(code: int) -> None:
    fault = sqlite3.OperationalError(SECRET)
    fault.sqlite_errorcode = code  # type: ignore[misc]
    named = sql_drivers._name_sqlite_fault(fault, writing=True)
    assert isinstance(named, Unavailable)
    assert SECRET not in str(named)


@pytest.mark.fault("K9")
@pytest.mark.parametrize("name", ["DIRECTORY", "CANTINIT", "RECOVERY", "CANTLOCK"])
@pytest.mark.parametrize("writing", [True, False])
def test_a_reader_in_a_folder_that_is_not_ours_to_write_is_no_fault_of_ours(name: str, writing: bool) -> None:
    fault = sqlite3.OperationalError("attempt to write a readonly database")
    fault.sqlite_errorcode = getattr(sqlite3, f"SQLITE_READONLY_{name}")  # type: ignore[misc]
    fault.sqlite_errorname = f"SQLITE_READONLY_{name}"  # type: ignore[misc]
    named = sql_drivers._name_sqlite_fault(fault, writing=writing)
    assert isinstance(named, Unavailable)
    assert name in str(named)
