"""A rotation seals everything anew while others read and write, and nobody meets a value that does not open."""

import pytest
import sqlalchemy as sa

from gateway.operations.maintenance import key_care
from gateway.storage import encryption
from gateway.storage.database import Store, Tx
from gateway.storage.encryption import SEALED_COLUMNS, find_serial
from gateway.storage.tables import callers, metadata, texts
from tests.support.clocks import SetClock
from tests.support.filled import CALLER, SAID, fill, opened, row
from tests.support.ledgers import MASTER


def _serials(tx: Tx) -> set[int]:
    return {
        find_serial(value)
        for table, column in SEALED_COLUMNS
        for value in tx.execute(sa.select(metadata.tables[table].c[column])).scalars()
    }


def test_everything_is_sealed_with_the_new_key(store: Store, clock: SetClock) -> None:
    fill(store, clock.now())
    done = key_care.rotate_keys(store, clock)
    assert done == key_care.Rotated(serial=2, sealed=len(SEALED_COLUMNS), unreadable=0)
    with store.read() as tx:
        assert _serials(tx) == {2}
        for table, column in SEALED_COLUMNS:
            assert opened(tx, table, column) == [SAID]


def test_other_keys_stay_what_they_were(store: Store, clock: SetClock) -> None:
    before = store.ring.lookup("caller", "x"), store.ring.key("code")
    key_care.rotate_keys(store, clock)
    assert (store.ring.lookup("caller", "x"), store.ring.key("code")) == before


def test_a_second_rotation_goes_on(store: Store, clock: SetClock) -> None:
    fill(store, clock.now())
    key_care.rotate_keys(store, clock)
    assert key_care.rotate_keys(store, clock).serial == 3
    with store.read() as tx:
        assert _serials(tx) == {3}
    fresh = Store(store._url.render_as_string(hide_password=False), master=MASTER)
    with fresh.read() as tx:
        fresh.ring.refresh(tx)
        assert opened(tx, "callers", "number") == [SAID]
    fresh.close()


class _Neighbour(SetClock):
    """While the rotation waits, another process looks at the ring, reads, and writes."""

    def __init__(self, store: Store, here: Store) -> None:
        super().__init__()
        self._store = store
        self._here = here
        self.sealed_with: list[int] = []

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        with self._store.write() as tx:
            before = row(tx, texts, self.now(), id=f"old-{len(self.sealed_with)}", caller_id=None)
            tx.execute(sa.insert(texts), [before])
            tx.ring.refresh(tx)
            self.sealed_with.append(tx.ring.serial("seal"))
        with self._here.read() as tx:
            # What this process sealed a moment ago opens there, and the other way round.
            number = tx.execute(sa.select(callers.c.number)).scalar_one()
            assert self._store.ring.open_json(number, table="callers", column="number", row=CALLER) == SAID
            mine = self._store.ring.seal(b"x", table="t", column="c", row="r")
            assert self._here.ring.open(mine, table="t", column="c", row="r") == b"x"


def test_processes_that_look_once_a_second_open_everything(store: Store, clock: SetClock) -> None:
    fill(store, clock.now())
    neighbour = Store(store._url.render_as_string(hide_password=False), master=MASTER)
    with neighbour.read() as tx:
        neighbour.ring.refresh(tx)
    watching = _Neighbour(neighbour, store)
    key_care.rotate_keys(store, watching)
    assert watching.sealed_with == [1, 2]
    with store.read() as tx:
        assert _serials(tx) == {2}
    neighbour.close()


def test_rows_in_many_batches(store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_care, "_BATCH", 2)
    threads = metadata.tables["threads"]
    with store.write() as tx:
        tx.execute(sa.insert(callers), [row(tx, callers, clock.now())])
        tx.execute(sa.insert(texts), [row(tx, texts, clock.now(), id=f"text-{n}") for n in range(5)])
        tx.execute(
            sa.insert(threads), [row(tx, threads, clock.now(), channel=f"channel-{n}") for n in range(5)]
        )
    assert key_care.rotate_keys(store, clock).sealed == 12
    with store.read() as tx:
        assert _serials(tx) == {2}


def test_a_damaged_value_is_counted_and_left(store: Store, clock: SetClock) -> None:
    fill(store, clock.now())
    with store.write() as tx:
        damaged = tx.ring.seal(b"x", table="elsewhere", column="text", row="r")
        tx.execute(sa.update(texts).values(text=damaged))
    done = key_care.rotate_keys(store, clock)
    assert done.unreadable == 1
    with store.read() as tx:
        assert tx.execute(sa.select(texts.c.text)).scalar_one() == damaged


def test_a_value_that_somebody_wrote_meanwhile_is_not_overwritten(
    store: Store, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, clock.now())
    with store.write() as tx:
        tx.ring.add(tx, "seal", 2, clock.now())
        tx.ring.refresh(tx)
        newer = tx.ring.seal_json("newer", table="texts", column="text", row="id")
        real = encryption._find_next

        def late(tx: Tx, *arguments: object) -> object:
            found = real(tx, *arguments)
            tx.execute(sa.update(texts).values(text=newer))
            return found

        monkeypatch.setattr(encryption, "_find_next", late)
        assert encryption.reseal_batch(tx, "texts", "text", after=None, limit=10).sealed == 0
        assert opened(tx, "texts", "text") == ["newer"]
