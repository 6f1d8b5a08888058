"""The audit chain: linked by a chore, it shows a row that was changed, taken out or put in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text, update

from gateway.storage import audit
from gateway.storage.database import Store
from gateway.storage.tables import audit as rows

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def write(store: Store, *acts: str, now: datetime = NOW) -> None:
    with store.write() as tx:
        for n, act in enumerate(acts):
            audit.add_entry(
                tx, now=now + timedelta(seconds=n), person_id=None, act=act, kind="callback", subject="c1"
            )


def link(store: Store, now: datetime = NOW + timedelta(hours=1)) -> int:
    with store.write() as tx:
        return audit.link_rows(tx, now)


def verify(store: Store) -> int | None:
    with store.read() as tx:
        return audit.verify_chain(tx)


def test_rows_are_linked_in_order_and_stay_linked(store: Store) -> None:
    write(store, "asked", "claimed")
    assert link(store) == 2
    assert link(store) == 0
    write(store, "reveal", now=NOW + timedelta(minutes=5))
    assert link(store) == 1
    assert verify(store) is None
    with store.read() as tx:
        assert [row.act for row in audit.list_about(tx, "callback", "c1")] == ["asked", "claimed", "reveal"]
        assert [row.act for row in audit.list_latest(tx, 2)] == ["reveal", "claimed"]
        assert audit.list_about(tx, "callback", "c2") == ()


@pytest.mark.parametrize(
    ("damage", "shown"),
    [
        ("UPDATE audit SET act = 'nothing' WHERE seq = 2", 2),
        ("UPDATE audit SET person_id = 'somebody' WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 2", 3),
        ("UPDATE audit SET prev = hash WHERE seq = 3", 3),
    ],
)
def test_a_change_shows(store: Store, damage: str, shown: int) -> None:
    write(store, "asked", "claimed", "reveal", "outcome")
    link(store)
    with store.write() as tx:
        tx.execute(text(damage))
    assert verify(store) == shown


def test_the_oldest_may_go_when_their_time_is_over(store: Store) -> None:
    write(store, "asked", "claimed", "reveal")
    link(store)
    with store.write() as tx:
        tx.execute(text("DELETE FROM audit WHERE seq = 1"))
    assert verify(store) is None


def test_a_row_from_the_future_waits(store: Store) -> None:
    write(store, "asked", now=NOW + timedelta(days=1))
    assert link(store, NOW) == 0
    assert link(store, NOW + timedelta(days=2)) == 1


# --- the check names the row


def found(store: Store, *, kept_since: datetime = NOW - timedelta(days=365)) -> audit.Break | None:
    with store.read() as tx:
        return audit.check_chain(tx, kept_since=kept_since)


def row_id(store: Store, seq: int) -> str:
    with store.read() as tx:
        return str(tx.execute(text(f"SELECT id FROM audit WHERE seq = {seq}")).scalar_one())


def damaged(store: Store, *statements: str) -> None:
    write(store, "asked", "claimed", "reveal", "outcome", "closed")
    link(store)
    with store.write() as tx:
        for statement in statements:
            tx.execute(text(statement))


def test_a_whole_chain_holds(store: Store) -> None:
    assert found(store) is None
    damaged(store)
    assert found(store) is None
    with store.read() as tx:
        assert audit.count_linked(tx) == 5


@pytest.mark.parametrize(
    "change",
    [
        "act = 'nothing'",
        "person_id = 'somebody'",
        "subject = 'c2'",
        "detail = 'x'",
        "hash = prev",
        "prev = hash",
    ],
)
@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_changed_row_is_named(sqlite_store: Store, change: str, seq: int) -> None:
    damaged(sqlite_store, f"UPDATE audit SET {change} WHERE seq = {seq}")
    came = found(sqlite_store)
    assert came is not None
    assert (came.what, came.seq, came.row_id) == ("changed", seq, row_id(sqlite_store, seq))


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_a_dropped_row_is_named(store: Store, seq: int) -> None:
    damaged(store, f"DELETE FROM audit WHERE seq = {seq}")
    came = found(store)
    assert came is not None
    assert (came.what, came.seq) == ("dropped", seq)


@pytest.mark.parametrize(("one", "other"), [(1, 2), (2, 3), (2, 5), (4, 5)])
def test_swapped_rows_are_named(store: Store, one: int, other: int) -> None:
    damaged(
        store,
        f"UPDATE audit SET seq = 99 WHERE seq = {one}",
        f"UPDATE audit SET seq = {one} WHERE seq = {other}",
        f"UPDATE audit SET seq = {other} WHERE seq = 99",
    )
    came = found(store)
    assert came is not None
    assert (came.what, came.seq, came.row_id) == ("swapped", one, row_id(store, one))


def test_a_row_written_anew_with_a_hash_to_match_is_named(store: Store) -> None:
    """Whoever knows how the chain is made still cannot change one row without changing all that follow."""
    damaged(store, "UPDATE audit SET act = 'nothing' WHERE seq = 3")
    with store.write() as tx:
        row = tx.execute(select(rows).where(rows.c.seq == 3)).one()
        tx.execute(update(rows).where(rows.c.seq == 3).values(hash=audit._hash_row(row, 3, row.prev)))
    came = found(store)
    assert came is not None
    assert (came.what, came.seq, came.row_id) == ("changed", 3, row_id(store, 3))


def test_the_oldest_may_be_gone_only_when_their_time_is_over(store: Store) -> None:
    damaged(store, "DELETE FROM audit WHERE seq <= 2")
    assert found(store, kept_since=NOW) is None
    came = found(store, kept_since=NOW - timedelta(days=3))
    assert came is not None
    assert (came.what, came.seq) == ("dropped", 1)


def test_an_emptied_audit_is_seen(store: Store) -> None:
    damaged(store, "DELETE FROM audit")
    came = found(store)
    assert came is not None
    assert (came.what, came.seq, came.row_id) == ("dropped", 1, "")
