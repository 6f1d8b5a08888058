"""A sealed value opens in its own place and nowhere else; keyed hashes tell parts apart; the ring survives without SQL."""

import hmac
import stat
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.storage import encryption
from gateway.storage.database import Store, Tx, Unavailable
from gateway.storage.encryption import PURPOSES, SEALED_COLUMNS, NotUnsealed, Ring, RingMissing, name_row
from gateway.storage.tables import keys
from tests.support.clocks import SetClock
from tests.support.ledgers import MASTER

_PLACE = st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=20))
_WITH_RING = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ring(sqlite_store: Store) -> Ring:
    return sqlite_store.ring


@given(plain=st.binary(), place=_PLACE)
@_WITH_RING
def test_what_was_sealed_is_opened_in_its_place(
    ring: Ring, plain: bytes, place: tuple[str, str, str]
) -> None:
    table, column, row = place
    closed = ring.seal(plain, table=table, column=column, row=row)
    assert ring.open(closed, table=table, column=column, row=row) == plain
    assert len(closed) == len(plain) + 31


@given(places=st.lists(_PLACE, min_size=2, max_size=2, unique=True))
@_WITH_RING
def test_and_in_no_other(ring: Ring, places: list[tuple[str, str, str]]) -> None:
    (table, column, row), (other_table, other_column, other_row) = places
    closed = ring.seal(b"x", table=table, column=column, row=row)
    if "\x00" in "".join(places[0] + places[1]):
        return  # a name with the separator in it does not exist: see the next test
    with pytest.raises(NotUnsealed):
        ring.open(closed, table=other_table, column=other_column, row=other_row)


def test_no_name_holds_the_separator() -> None:
    assert all("\x00" not in table + column for table, column in SEALED_COLUMNS)
    assert name_row("a", b"\x00\xff") == "a/00ff"


@given(at=st.integers(0, 40), flip=st.integers(1, 255))
@_WITH_RING
def test_one_changed_byte_is_noticed_and_not_repeated(ring: Ring, at: int, flip: int) -> None:
    closed = bytearray(ring.seal(b"+856205550", table="callers", column="number", row="r"))
    closed[at] ^= flip
    with pytest.raises(NotUnsealed) as told:
        ring.open(bytes(closed), table="callers", column="number", row="r")
    assert "856" not in str(told.value)
    assert told.value.__cause__ is None


@given(garbage=st.binary(max_size=60))
@_WITH_RING
def test_garbage_is_not_opened(ring: Ring, garbage: bytes) -> None:
    with pytest.raises(NotUnsealed):
        ring.open(garbage, table="t", column="c", row="r")


def test_equal_values_are_sealed_differently(ring: Ring) -> None:
    assert len({ring.seal(b"same", table="t", column="c", row="r") for _ in range(50)}) == 50


@pytest.mark.parametrize("value", ["", "ສະບາຍດີ", "a\x00b"])
def test_texts(ring: Ring, value: str) -> None:
    closed = ring.seal_text(value, table="t", column="c", row="r")
    assert ring.open_text(closed, table="t", column="c", row="r") == value


@pytest.mark.parametrize("value", [0, "", [], {"ລາວ": [1, None, True]}])
def test_values(ring: Ring, value: object) -> None:
    closed = ring.seal_json(value, table="t", column="c", row="r")
    assert ring.open_json(closed, table="t", column="c", row="r") == value


def test_nothing_stays_nothing(ring: Ring) -> None:
    place = {"table": "t", "column": "c", "row": "r"}
    assert ring.seal_text(None, **place) is None
    assert ring.open_text(None, **place) is None
    assert ring.seal_json(None, **place) is None
    assert ring.open_json(None, **place) is None


# --- keyed hashes


@given(parts=st.lists(st.text(max_size=80), max_size=4), purpose=st.sampled_from(PURPOSES))
@_WITH_RING
def test_a_lookup_is_the_hmac_of_rfc_2104(ring: Ring, parts: list[str], purpose: str) -> None:
    """Stored rows are found by it, so that it must never change, however it is computed."""
    message = b"".join(len(part.encode()).to_bytes(4) + part.encode() for part in parts)
    assert ring.lookup(purpose, *parts) == hmac.digest(ring.key(purpose), message, "sha256")


@given(one=st.lists(st.text(), max_size=3), other=st.lists(st.text(), max_size=3))
@_WITH_RING
def test_a_lookup_is_the_same_for_the_same_parts_only(ring: Ring, one: list[str], other: list[str]) -> None:
    assert (ring.lookup("caller", *one) == ring.lookup("caller", *other)) == (one == other)
    assert len(ring.lookup("caller", *one)) == 32


def test_no_key_serves_two_ends(ring: Ring) -> None:
    assert len({ring.key(purpose) for purpose in PURPOSES}) == len(PURPOSES)
    assert len({ring.lookup(purpose, "x") for purpose in PURPOSES}) == len(PURPOSES)
    assert ring.key_id("caller") == "caller-1"
    with pytest.raises(RingMissing):
        ring.key("unheard of")


# --- the ring in the table


def test_an_empty_ring_says_so() -> None:
    ring = Ring(MASTER)
    assert not ring.loaded
    for ask in (lambda: ring.key("code"), lambda: ring.seal(b"x", table="t", column="c", row="r")):
        with pytest.raises(RingMissing):
            ask()


def test_the_keys_in_the_table_are_closed(store: Store) -> None:
    with store.read() as tx:
        rows = {row.purpose: row.wrapped for row in tx.execute(sa.select(keys))}
    assert set(rows) == set(PURPOSES)
    for purpose, wrapped in rows.items():
        assert store.ring.key(purpose) not in wrapped


def test_another_master_key_opens_nothing(store: Store) -> None:
    with store.read() as tx, pytest.raises(RingMissing):
        Ring(b"another").refresh(tx)


def test_a_wrapped_key_moved_to_another_purpose_is_not_opened(store: Store) -> None:
    with store.write() as tx:
        wrapped = tx.execute(sa.select(keys.c.wrapped).where(keys.c.id == "code-1")).scalar_one()
        tx.execute(sa.update(keys).where(keys.c.id == "webhook-1").values(wrapped=wrapped))
        with pytest.raises(RingMissing):
            Ring(MASTER).refresh(tx)


def test_loading_makes_what_is_missing_and_only_that(store: Store, clock: SetClock) -> None:
    code = store.ring.key("code")
    with store.write() as tx:
        tx.execute(sa.delete(keys).where(keys.c.purpose == "webhook"))
        ring = Ring(MASTER)
        ring.load(tx, clock.now())
    assert ring.key("code") == code
    assert ring.key("webhook") != store.ring.key("webhook")


def test_starts_at_once_agree(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        tx.execute(sa.delete(keys))
    url = store._url.render_as_string(hide_password=False)
    barrier, found = threading.Barrier(4), []

    def start() -> None:
        mine = Store(url, master=MASTER)
        barrier.wait()
        with mine.write() as tx:
            mine.ring.load(tx, clock.now())
        with mine.read() as tx:
            mine.ring.refresh(tx)
        found.append(tuple(mine.ring.key(purpose) for purpose in PURPOSES))
        mine.close()

    starts = [threading.Thread(target=start) for _ in range(4)]
    for thread in starts:
        thread.start()
    for thread in starts:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_new_key_is_noticed_and_the_old_one_still_opens(store: Store, clock: SetClock) -> None:
    ring = store.ring
    old = ring.seal(b"x", table="t", column="c", row="r")
    with store.write() as tx:
        assert not ring.refresh(tx)
        ring.add(tx, "seal", 2, clock.now())
        assert ring.refresh(tx)
    new = ring.seal(b"x", table="t", column="c", row="r")
    assert (encryption.find_serial(old), encryption.find_serial(new)) == (1, 2)
    assert ring.open(old, table="t", column="c", row="r") == ring.open(new, table="t", column="c", row="r")


def test_of_two_that_add_the_same_serial_the_first_stays(store: Store, clock: SetClock) -> None:
    with store.write() as tx:
        for _ in range(2):
            store.ring.add(tx, "seal", 2, clock.now())
        store.ring.refresh(tx)
        first = store.ring.key("seal")
        store.ring.add(tx, "seal", 2, clock.now())
        store.ring.refresh(tx)
    assert store.ring.key("seal") == first


# --- the copy, for a start without SQL


def test_the_ring_opens_from_its_copy(store: Store, tmp_path: Path) -> None:
    copy = tmp_path / "ring"
    with store.read() as tx:
        Ring(MASTER, copy=copy).refresh(tx)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    alone = Ring(MASTER, copy=copy)
    assert alone.load_copy()
    assert [alone.key(purpose) for purpose in PURPOSES] == [store.ring.key(purpose) for purpose in PURPOSES]
    for purpose in PURPOSES:
        assert store.ring.key(purpose).hex() not in copy.read_text()


def test_keys_that_were_never_committed_seal_nothing(
    sqlite_store: Store, tmp_path: Path, clock: SetClock
) -> None:
    def start(tx: Tx) -> None:
        ring.load(tx, clock.now())
        raise Unavailable("the power went at COMMIT")

    with sqlite_store.write() as tx:
        tx.execute(sa.delete(keys))
    ring = Ring(MASTER, copy=tmp_path / "ring")
    with pytest.raises(Unavailable), sqlite_store.write() as tx:
        start(tx)
    assert not ring.load_copy()
    assert not ring.loaded


def test_the_copy_follows_once_the_keys_are_committed(
    sqlite_store: Store, tmp_path: Path, clock: SetClock
) -> None:
    with sqlite_store.write() as tx:
        tx.execute(sa.delete(keys))
    ring = Ring(MASTER, copy=tmp_path / "ring")
    with sqlite_store.write() as tx:
        ring.load(tx, clock.now())
    assert not (tmp_path / "ring").exists()
    with sqlite_store.read() as tx:
        assert not ring.refresh(tx)
    alone = Ring(MASTER, copy=tmp_path / "ring")
    assert alone.load_copy()
    assert alone.key("code") == ring.key("code")


def test_there_may_be_no_copy(tmp_path: Path) -> None:
    assert not Ring(MASTER).load_copy()
    assert not Ring(MASTER, copy=tmp_path / "ring").load_copy()


def test_another_master_key_does_not_open_the_copy(store: Store, tmp_path: Path) -> None:
    with store.read() as tx:
        Ring(MASTER, copy=tmp_path / "ring").refresh(tx)
    with pytest.raises(RingMissing):
        Ring(b"another", copy=tmp_path / "ring").load_copy()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "keys": [{}]}', b"\xff"]
)
def test_a_damaged_copy_is_as_if_absent(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "ring").write_bytes(content)
    assert not Ring(MASTER, copy=tmp_path / "ring").load_copy()
