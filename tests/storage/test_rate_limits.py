"""Tries: counted within a window from the first, begun anew after it, forgotten when cleared."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from gateway.storage import counts
from gateway.storage.counts import Tries
from gateway.storage.database import Store

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
DAY = timedelta(days=1)
SCOPE, OTHER = b"a" * 32, b"b" * 32


def test_tries_add_up_in_their_window_and_begin_anew_after_it(store: Store) -> None:
    with store.write() as tx:
        assert counts.find_tries(tx, SCOPE) == Tries()
        assert counts.add_try(tx, SCOPE, NOW, DAY) == Tries(n=1, first_at=NOW, last_at=NOW)
        later = NOW + timedelta(hours=23)
        assert counts.add_try(tx, SCOPE, later, DAY) == Tries(n=2, first_at=NOW, last_at=later)
        assert counts.find_tries(tx, SCOPE, now=later, window=DAY).n == 2
        assert counts.find_tries(tx, SCOPE, now=NOW + DAY, window=DAY) == Tries()
        assert counts.find_tries(tx, OTHER) == Tries()
        assert counts.add_try(tx, SCOPE, NOW + DAY, DAY) == Tries(n=1, first_at=NOW + DAY, last_at=NOW + DAY)


def test_clearing_and_purging(store: Store) -> None:
    with store.write() as tx:
        counts.add_try(tx, SCOPE, NOW, DAY)
        counts.add_try(tx, OTHER, NOW + DAY, DAY)
        counts.clear_tries(tx, SCOPE)
        assert counts.find_tries(tx, SCOPE) == Tries()
        counts.purge_tries(tx, NOW + DAY)
        assert counts.find_tries(tx, OTHER).n == 1
        counts.purge_tries(tx, NOW + 2 * DAY)
        assert counts.find_tries(tx, OTHER) == Tries()


def test_tries_at_once_are_all_counted(store: Store) -> None:
    gate = Barrier(4)

    def once() -> None:
        gate.wait()
        with store.write() as tx:
            counts.add_try(tx, SCOPE, NOW, DAY)

    threads = [Thread(target=once) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as tx:
        assert counts.find_tries(tx, SCOPE).n == 4
