"""Two writers queue, readers never wait, a lost commit is run again, and what went wrong is said without values."""

import multiprocessing
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.store import engines
from gateway.store.engines import Lost, Store, Tx, Unavailable, WriteRefused
from gateway.store.tables import lines, notes, tries
from tests.clocks import SetClock
from tests.ledgers import MASTER, PostgresqlLedgers
from tests.servers import PostgreSQL

SCOPE = b"s" * 32
SECRET = "spoken to nobody"


def _count(tx: Tx) -> int:
    return int(tx.execute(sa.select(sa.func.coalesce(sa.func.sum(tries.c.n), 0))).scalar_one())


def _add_one(tx: Tx) -> None:
    """Read, then write: the shape in which updates get lost."""
    statement = sa.select(tries.c.n).where(tries.c.scope == SCOPE)
    seen = tx.execute(statement.with_for_update() if tx.dialect == "postgresql" else statement).scalar_one()
    tx.execute(sa.update(tries).where(tries.c.scope == SCOPE).values(n=seen + 1))


def _start(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        tx.execute(
            sa.insert(tries), [{"scope": SCOPE, "n": 0, "first_at": clock.now(), "last_at": clock.now()}]
        )


def _count_up(url: str, times: int, start: object) -> None:
    store = Store(url, master=MASTER)
    start.wait()  # type: ignore[attr-defined]
    for _ in range(times):
        with store.write() as tx:
            _add_one(tx)
    store.close()


def test_processes_that_count_lose_nothing(store: Store, clock: SetClock) -> None:
    _start(store, clock)
    context = multiprocessing.get_context("forkserver")
    barrier = context.Barrier(3)
    url = store._url.render_as_string(hide_password=False)
    counters = [context.Process(target=_count_up, args=(url, 40, barrier)) for _ in range(3)]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join(60)
        assert counter.exitcode == 0
    with store.read() as tx:
        assert _count(tx) == 120


def test_threads_that_count_lose_nothing(store: Store, clock: SetClock) -> None:
    _start(store, clock)

    def count_up() -> None:
        for _ in range(20):
            with store.write() as tx:
                _add_one(tx)

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert _count(tx) == 120


def test_readers_do_not_wait_for_a_writer(store: Store, clock: SetClock) -> None:
    with store.read() as tx:
        assert _count(tx) == 0
    with store.write() as writing:
        writing.execute(
            sa.insert(tries), [{"scope": SCOPE, "n": 7, "first_at": clock.now(), "last_at": clock.now()}]
        )
        began = time.monotonic()
        with store.read() as tx:
            assert _count(tx) == 0
        assert time.monotonic() - began < 0.2
    with store.read() as tx:
        assert _count(tx) == 7


def test_a_reader_sees_one_snapshot(store: Store, clock: SetClock) -> None:
    with store.read() as tx:
        before = _count(tx)
        _start(store, clock)
        with store.write() as writing:
            _add_one(writing)
        assert _count(tx) == before


def test_a_reader_cannot_write(store: Store, clock: SetClock) -> None:
    with pytest.raises(WriteRefused), store.read() as tx:
        tx.execute(sa.delete(tries))
    with store.read() as tx:
        assert _count(tx) == 0


def test_what_raises_is_undone(store: Store, clock: SetClock) -> None:
    _start(store, clock)

    def fail(tx: Tx) -> None:
        _add_one(tx)
        raise KeyError("after the write")

    with pytest.raises(KeyError), store.write() as tx:
        fail(tx)
    with store.read() as tx:
        assert _count(tx) == 0


def test_foreign_keys_are_kept(store: Store, clock: SetClock) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(sa.insert(notes), [{"id": "n", "callback_id": "nobody", "at": clock.now()}])


# --- what cannot be asked


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
        _start(store, clock)
    assert 1.5 < time.monotonic() - began < 3.5
    assert not isinstance(told.value, Lost)
    _start(store, clock)


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
            _count(tx)
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
    _start(sqlite_store, clock)

    def fill(tx: Tx) -> None:
        tx.execute(sa.text("PRAGMA max_page_count = 1"))
        rows = [
            {"scope": n.to_bytes(32), "n": 1, "first_at": clock.now(), "last_at": clock.now()}
            for n in range(10_000)
        ]
        tx.execute(sa.insert(tries), rows)

    with pytest.raises(Unavailable, match="FULL"), sqlite_store.write() as tx:
        fill(tx)
    with sqlite_store.read() as tx:
        assert tx.execute(sa.select(sa.func.count()).select_from(tries)).scalar_one() == 1


def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"something else entirely" * 500)
    with pytest.raises(Unavailable), Store(f"sqlite:///{tmp_path / 'x.db'}", master=MASTER).write() as tx:
        _count(tx)


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
    _start(postgresql_store, clock)
    with postgresql_store.read() as tx:
        assert _count(tx) == 0
    end_connections()
    with postgresql_store.read() as tx:
        assert _count(tx) == 0
    with postgresql_store.write() as tx:
        _add_one(tx)
    with postgresql_store.read() as tx:
        assert _count(tx) == 1


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
        assert _count(tx) == 1


def test_a_connection_lost_twice_is_told(
    postgresql_store: Store, end_connections: Callable[[], None]
) -> None:
    runs = []

    def work(tx: Tx) -> None:
        _count(tx)
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


# --- processes and files


def test_a_forked_child_opens_its_own_connections(sqlite_store: Store, clock: SetClock) -> None:
    _start(sqlite_store, clock)
    child = os.fork()
    if child == 0:
        with sqlite_store.write() as tx:
            _add_one(tx)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with sqlite_store.write() as tx:
        _add_one(tx)
    with sqlite_store.read() as tx:
        assert _count(tx) == 2


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.db'}", master=MASTER)
    with store.write() as tx:
        tx.execute(sa.text("CREATE TABLE t (id INTEGER)"))
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    store.close()


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("synchronous", 2),
        ("foreign_keys", 1),
        ("secure_delete", 1),
        ("trusted_schema", 0),
        ("busy_timeout", 2000),
    ],
)
def test_sqlite_is_set_up_to_keep_what_it_said_and_forget_what_it_should(
    sqlite_store: Store, pragma: str, value: object
) -> None:
    for opened in (sqlite_store.write, sqlite_store.read):
        with opened() as tx:
            assert tx.execute(sa.text(f"PRAGMA {pragma}")).scalar_one() == value


def test_postgresql_gives_up_in_time(postgresql_store: Store) -> None:
    for opened in (postgresql_store.write, postgresql_store.read):
        with opened() as tx:
            for name, value in {"lock_timeout": "2s", "statement_timeout": "5s", "TimeZone": "UTC"}.items():
                assert tx.execute(sa.text(f"SHOW {name}")).scalar_one() == value


def test_a_closed_store_opens_again(store: Store) -> None:
    store.close()
    with store.read() as tx:
        assert _count(tx) == 0


def test_more_threads_than_connections_wait_their_turn(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.close()
    monkeypatch.setattr(engines, "LOCK_SECONDS", 0.3)
    inside = threading.Event()
    go = threading.Event()

    def hold() -> None:
        with sqlite_store.write():
            inside.set()
            go.wait(10)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(10)
    with pytest.raises(Unavailable, match="no connection"), sqlite_store.write():
        pass
    go.set()
    holder.join()
    with sqlite_store.write() as tx:
        assert _count(tx) == 0


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB]
)
def test_the_faults_of_sqlite_that_are_not_ours(code: int) -> None:
    fault = sqlite3.OperationalError(SECRET)
    fault.sqlite_errorcode = code  # type: ignore[misc]
    named = engines._named_sqlite(fault)
    assert isinstance(named, Unavailable)
    assert SECRET not in str(named)
