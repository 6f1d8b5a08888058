"""Whoever asks to be erased is: every sealed column is either emptied with her or belongs to somebody else."""

from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa

from gateway.desk import erasing
from gateway.store.engines import Store
from gateway.store.sealed import SEALED_COLUMNS
from gateway.store.sessions import Sessions
from gateway.store.tables import callers, metadata
from tests.clocks import SetClock
from tests.filled import CALLER, SAID, fill, opened

NUMBER = "+8562055500001"
NOT_HERS = {("people", "number"), ("people", "totp")}
"""A counsellor's own phone and second factor, which go with the person."""


def test_nothing_of_hers_is_left(store: Store, clock: SetClock) -> None:
    fill(store, clock.now())
    sessions = Sessions(None, store, clock)
    with store.write() as tx:
        tx.execute(sa.delete(metadata.tables["sessions"]))
        number = tx.ring.seal_text(NUMBER, table="callers", column="number", row=CALLER)
        contact = None  # what it holds is the desk's to read
        tx.execute(
            sa.update(callers).values(number=number, contact=contact, lookup=tx.ring.lookup("caller", NUMBER))
        )
    sessions.ask().save("simulator", NUMBER, mark="aaaaaaaa", hop=1, state=SAID, read_mark="")
    parts: Any = SimpleNamespace(
        store=store,
        clock=clock,
        sessions=sessions,
        channels={"simulator": None},
        line=SimpleNamespace(regions=("LA", "TH")),
        count=SimpleNamespace(add=lambda *_, **__: None),
    )
    assert erasing.forget(parts, NUMBER)
    with store.read() as tx:
        left = {
            (table, column) for table, column in SEALED_COLUMNS if set(opened(tx, table, column)) - {None}
        }
    assert left == NOT_HERS
    assert sessions.ask().load("simulator", NUMBER) is None
