"""Two writers queue, readers never wait, a lost commit is run again, and what went wrong is said without values."""

import os
import stat
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from gateway.storage import database
from gateway.storage.database import Store, Tx, Unavailable, WriteRefused
from gateway.storage.tables import notes, tries
from tests.support.clocks import SetClock
from tests.support.counting import SCOPE, add_one, count, start
from tests.support.ledgers import MASTER
from tests.support.processes import CONTEXT


def _count_up(url: str, times: int, start: object) -> None:
    store = Store(url, master=MASTER)
    start.wait()  # type: ignore[attr-defined]
    for _ in range(times):
        with store.write() as tx:
            add_one(tx)
    store.close()


def test_processes_that_count_lose_nothing(store: Store, clock: SetClock) -> None:
    start(store, clock)
    barrier = CONTEXT.Barrier(3)
    url = store._url.render_as_string(hide_password=False)
    counters = [CONTEXT.Process(target=_count_up, args=(url, 40, barrier)) for _ in range(3)]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join(60)
        assert counter.exitcode == 0
    with store.read() as tx:
        assert count(tx) == 120


def test_threads_that_count_lose_nothing(store: Store, clock: SetClock) -> None:
    start(store, clock)

    def count_up() -> None:
        for _ in range(20):
            with store.write() as tx:
                add_one(tx)

    threads = [threading.Thread(target=count_up) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert count(tx) == 120


def test_readers_do_not_wait_for_a_writer(store: Store, clock: SetClock) -> None:
    with store.read() as tx:
        assert count(tx) == 0
    with store.write() as writing:
        writing.execute(
            sa.insert(tries), [{"scope": SCOPE, "n": 7, "first_at": clock.now(), "last_at": clock.now()}]
        )
        began = time.monotonic()
        with store.read() as tx:
            assert count(tx) == 0
        assert time.monotonic() - began < 0.2
    with store.read() as tx:
        assert count(tx) == 7


def test_a_reader_sees_one_snapshot(store: Store, clock: SetClock) -> None:
    with store.read() as tx:
        before = count(tx)
        start(store, clock)
        with store.write() as writing:
            add_one(writing)
        assert count(tx) == before


def test_a_reader_cannot_write(store: Store, clock: SetClock) -> None:
    with pytest.raises(WriteRefused), store.read() as tx:
        tx.execute(sa.delete(tries))
    with store.read() as tx:
        assert count(tx) == 0


def test_what_raises_is_undone(store: Store, clock: SetClock) -> None:
    start(store, clock)

    def fail(tx: Tx) -> None:
        add_one(tx)
        raise KeyError("after the write")

    with pytest.raises(KeyError), store.write() as tx:
        fail(tx)
    with store.read() as tx:
        assert count(tx) == 0


def test_foreign_keys_are_kept(store: Store, clock: SetClock) -> None:
    with pytest.raises(IntegrityError), store.write() as tx:
        tx.execute(sa.insert(notes), [{"id": "n", "callback_id": "nobody", "at": clock.now()}])


# --- processes and files


def test_a_forked_child_opens_its_own_connections(sqlite_store: Store, clock: SetClock) -> None:
    start(sqlite_store, clock)
    child = os.fork()
    if child == 0:
        with sqlite_store.write() as tx:
            add_one(tx)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    with sqlite_store.write() as tx:
        add_one(tx)
    with sqlite_store.read() as tx:
        assert count(tx) == 2


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
        assert count(tx) == 0


def test_more_threads_than_connections_wait_their_turn(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqlite_store.close()
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.3)
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
        assert count(tx) == 0
