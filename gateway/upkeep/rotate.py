"""Gives the ledger a new key and seals every value again, while calls go on."""

from dataclasses import dataclass

from gateway.clock import Clock
from gateway.store import resealing
from gateway.store.engines import Store

KNOWN_EVERYWHERE = 3.0
"""Seconds after which every process has seen a change of the ring; each looks once a second."""

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: the number of the key in use, values sealed with it, and values that no key opens."""

    serial: int
    sealed: int
    unreadable: int


def rotate(store: Store, clock: Clock) -> Rotated:
    """Make a new key, let every process learn it, seal with it, and seal again what older keys had sealed.

    Stopped half-way it loses nothing: old keys go on opening, and the next rotation goes over everything once more.

    Raises:
        Unavailable: SQL cannot be asked.
    """
    with store.write() as tx:
        tx.ring.refresh(tx)
        serial = tx.ring.newest("seal") + 1
        tx.ring.add(tx, "seal", serial, clock.now(), in_use=False)
    clock.sleep(KNOWN_EVERYWHERE)
    with store.write() as tx:
        tx.ring.put_in_use(tx, "seal", serial, clock.now())
    with store.read() as tx:
        tx.ring.refresh(tx)
    clock.sleep(KNOWN_EVERYWHERE)  # whoever still sealed with the old key has stopped by now
    done = [_column(store, table, column) for table, column in resealing.SEALED_COLUMNS]
    return Rotated(serial, sum(sealed for sealed, _ in done), sum(unreadable for _, unreadable in done))


def _column(store: Store, table: str, column: str) -> tuple[int, int]:
    sealed = unreadable = 0
    after = None
    while True:
        with store.write() as tx:
            batch = resealing.batch(tx, table, column, after=after, limit=_BATCH)
        sealed += batch.sealed
        unreadable += batch.unreadable
        after = batch.last
        if after is None:
            return sealed, unreadable
