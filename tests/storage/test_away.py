"""The door of the ledger while an outage is tried: closed as if SQL were gone, and otherwise not there at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.storage.database import Store, Unavailable
from tests.support.ledgers import MASTER, SqliteLedgers


class Switch:
    """What the bootstrap hands in; it counts how often it is asked."""

    def __init__(self) -> None:
        self.on, self.asked = False, 0

    def __call__(self) -> bool:
        self.asked += 1
        return self.on


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def switched(sqlite_ledgers: SqliteLedgers, tmp_path: Path, switch: Switch) -> Iterator[Store]:
    with sqlite_ledgers.fresh(tmp_path):
        store = Store(f"sqlite:///{tmp_path / 'gateway.db'}", master=MASTER, away=switch)
        with store.read() as tx:
            store.ring.refresh(tx)
        yield store
        store.close()


def test_closed_it_refuses_to_look_to_change_and_to_try_twice(switched: Store, switch: Switch) -> None:
    switch.on = True
    with pytest.raises(Unavailable), switched.read():
        pytest.fail("a look came through")
    with pytest.raises(Unavailable), switched.write():
        pytest.fail("a change came through")
    with pytest.raises(Unavailable):
        switched.run(lambda _tx: pytest.fail("a deed came through"))


def test_it_is_asked_anew_at_each_transaction(switched: Store, switch: Switch) -> None:
    before = switch.asked
    for on in (False, True, False, True, False):
        switch.on = on
        if on:
            with pytest.raises(Unavailable), switched.read():
                pass
        else:
            with switched.read() as tx:
                assert tx.execute(text("SELECT 1")).scalar() == 1
    assert switch.asked == before + 5


def test_a_transaction_that_is_open_goes_on_to_its_end(switched: Store, switch: Switch) -> None:
    with switched.write() as tx:
        switch.on = True
        tx.execute(text("UPDATE settings SET name = name"))


def test_without_one_nobody_is_asked(sqlite_store: Store) -> None:
    assert sqlite_store._away is None
    with sqlite_store.read() as tx:
        assert tx.execute(text("SELECT 1")).scalar() == 1
