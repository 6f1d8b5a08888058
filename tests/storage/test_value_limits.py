"""What one database takes the other takes, and what neither keeps is refused by name before it is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from gateway.storage.database import Store
from gateway.storage.tables import chores
from gateway.storage.value_limits import NotText, TooLong, ValueRefused
from tests.support.clocks import SetClock


def put(store: Store, name: str, clock: SetClock) -> None:
    with store.write() as tx:
        tx.execute(insert(chores).values(name=name, due_at=clock.now()))


@pytest.mark.fault("K16")
@pytest.mark.parametrize("text", ["a\0b", "\0", "\ud83d", "a\udc80"])
def test_what_is_no_text_is_neither_kept_nor_looked_for(store: Store, clock: SetClock, text: str) -> None:
    with pytest.raises(NotText):
        put(store, text, clock)
    with pytest.raises(NotText), store.read() as tx:
        tx.execute(select(chores.c.name).where(chores.c.name == text))
    with pytest.raises(NotText), store.write() as tx:
        tx.execute(update(chores).where(chores.c.name.in_(["fits", text])).values(fault="x"))


@pytest.mark.fault("K16")
def test_a_length_holds_on_both_and_a_longer_condition_finds_nothing(store: Store, clock: SetClock) -> None:
    put(store, "\u0e81" * 40, clock)  # letters are counted, not bytes
    with pytest.raises(TooLong, match=r"^chores\.name takes 40 letters$"):
        put(store, "\u0e81" * 41, clock)
    with pytest.raises(TooLong), store.write() as tx:
        tx.execute(update(chores).values(fault="x" * 201))
    with pytest.raises(TooLong), store.write() as tx:
        tx.execute(insert(chores), [{"name": each, "due_at": clock.now()} for each in ("a", "b" * 41)])
    with store.read() as tx:
        assert tx.execute(select(chores.c.name).where(chores.c.name == "x" * 900)).all() == []
        assert tx.execute(select(chores.c.name)).scalars().all() == ["\u0e81" * 40]


_ANY = st.text(st.characters(), min_size=1, max_size=45)
_LONG = st.integers(39, 42).flatmap(lambda size: st.text(min_size=size, max_size=size))
_NOT_TEXT = st.builds(
    "{}{}{}".format, st.text(max_size=20), st.sampled_from("\0\ud83d\udc80"), st.text(max_size=20)
)


@pytest.mark.fault("K16")
@settings(max_examples=60)  # all: a quarter seldom has each of what is odd
@given(name=_ANY | _LONG | _NOT_TEXT)
def test_both_databases_say_the_same_of_any_text(both: list[Store], name: str) -> None:
    said = [_said(store, name) for store in both]
    assert said[0] == said[1]
    wanted = NotText if any(c == "\0" or "\ud800" <= c <= "\udfff" for c in name) else TooLong
    fits = wanted is TooLong and len(name) <= 40
    assert said[0] == (name if fits else wanted)


def _said(store: Store, name: str) -> object:
    with store.write() as tx:
        try:
            tx.execute(insert(chores).values(name=name, due_at=SetClock().now()))
            found = tx.execute(select(chores.c.name).where(chores.c.name == name)).scalar_one()
            tx.conn.rollback()
        except ValueRefused as unfit:
            return type(unfit)
        return found


@pytest.fixture(scope="module")
def both(sqlite_ledgers, postgresql_ledgers, tmp_path_factory):
    folder = tmp_path_factory.mktemp("both")
    with sqlite_ledgers.fresh(folder) as sqlite, postgresql_ledgers.fresh() as postgresql:
        yield [sqlite, postgresql]
