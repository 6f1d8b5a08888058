"""The audit chain: linked by a chore, it shows a row that was changed, taken out or put in."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from gateway.store import audit
from gateway.store.engines import Store

NOW = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)


def write(store: Store, *acts: str, now: datetime = NOW) -> None:
    with store.write() as tx:
        for n, act in enumerate(acts):
            audit.add(
                tx, now=now + timedelta(seconds=n), person_id=None, act=act, kind="callback", subject="c1"
            )


def link(store: Store, now: datetime = NOW + timedelta(hours=1)) -> int:
    with store.write() as tx:
        return audit.link(tx, now)


def verify(store: Store) -> int | None:
    with store.read() as tx:
        return audit.verify(tx)


def test_rows_are_linked_in_order_and_stay_linked(store: Store) -> None:
    write(store, "asked", "claimed")
    assert link(store) == 2
    assert link(store) == 0
    write(store, "reveal", now=NOW + timedelta(minutes=5))
    assert link(store) == 1
    assert verify(store) is None
    with store.read() as tx:
        assert [row.act for row in audit.about(tx, "callback", "c1")] == ["asked", "claimed", "reveal"]
        assert [row.act for row in audit.latest(tx, 2)] == ["reveal", "claimed"]
        assert audit.about(tx, "callback", "c2") == ()


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
