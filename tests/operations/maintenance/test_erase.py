"""Whoever asks to be erased is: every sealed column is either emptied with her or belongs to somebody else."""

from pathlib import Path

import sqlalchemy as sa

from gateway.helpdesk.requests import refuse
from gateway.storage.database import Store
from gateway.storage.encryption import SEALED_COLUMNS
from gateway.storage.sessions import Sessions
from gateway.storage.tables import callers, metadata
from tests.support.clocks import SetClock
from tests.support.filled import CALLER, SAID, fill, opened
from tests.support.house import made_parts

NUMBER = "+8562055500001"
NOT_HERS = {
    ("people", "number"),
    ("people", "totp"),
    ("kept_forms", "fields"),
    ("operator_notices", "sender"),
    ("operator_notices", "text"),
    ("push_keys", "secret"),
    ("push_subscriptions", "address"),
}
"""What is of the staff (phone, second factor, browsers for alerts) goes with the person; a form does not name her."""


def test_nothing_of_hers_is_left(store: Store, clock: SetClock, tmp_path: Path) -> None:
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
    parts = made_parts(store, clock, tmp_path, sessions=sessions)
    parts.spool.keep(b"k" * 32, {"kind": "turn", "number": NUMBER})
    parts.spool.keep(b"o" * 32, {"kind": "turn", "number": "+8562055598765"})
    assert refuse.forget_number(parts, NUMBER)
    with store.read() as tx:
        left = {
            (table, column) for table, column in SEALED_COLUMNS if set(opened(tx, table, column)) - {None}
        }
    assert left == NOT_HERS
    assert sessions.ask().load("simulator", NUMBER) is None
    assert parts.spool.list() == [b"o" * 32]
