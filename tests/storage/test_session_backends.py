"""The last place of a session: it takes over where neither Redis nor SQL can, and nothing in it can be read."""

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.storage import session_backends
from gateway.storage.database import Store, Unavailable
from gateway.storage.session_backends import Address, InMemory, Saving, Stored
from gateway.storage.sessions import Sessions
from tests.support.clocks import SetClock
from tests.support.examples import count_examples
from tests.support.ledgers import MASTER
from tests.support.outage_rig import sql_away
from tests.support.servers import Valkey

pytestmark = pytest.mark.fault("K9")
LINE, NUMBER = "simulator", "+8562055500001"
FIRST, SECOND = "aaaaaaaa", "bbbbbbbb"


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def processes(sqlite_store: Store, clock: SetClock, memory: Path) -> tuple[Sessions, Sessions]:
    """Two processes of one machine, without Redis."""
    return tuple(Sessions(None, sqlite_store, clock, memory=memory) for _ in range(2))  # type: ignore[return-value]


def save(
    sessions: Sessions, hop: int, *, mark: str = FIRST, read: str = FIRST, state: str = ""
) -> Stored | None:
    return sessions.ask().save(
        LINE, NUMBER, mark=mark, hop=hop, state=state or f"{mark} {hop}", read_mark=read
    )


def load(sessions: Sessions) -> Stored | None:
    return sessions.ask().load(LINE, NUMBER, begun=True)


def test_a_hop_that_nothing_else_takes_is_known_to_the_next_process(
    processes: tuple[Sessions, Sessions], sqlite_store: Store
) -> None:
    one, other = processes
    with sql_away(sqlite_store):
        assert save(one, 0) is None
        assert load(other) == Stored(FIRST, 0, f"{FIRST} 0")
        assert save(other, 1) is None
        assert load(one) == Stored(FIRST, 1, f"{FIRST} 1")


def test_what_began_before_the_outage_goes_on_in_it_and_after_it(
    processes: tuple[Sessions, Sessions], sqlite_store: Store
) -> None:
    one, other = processes
    save(one, 0)
    with sql_away(sqlite_store), pytest.raises(Unavailable):
        load(other)  # it lies in SQL alone: nobody can say where she is
    with sql_away(sqlite_store):
        save(one, 1)
        save(other, 2)
    assert load(one) == Stored(FIRST, 2, f"{FIRST} 2"), "what memory knows is further than SQL"
    assert save(one, 3) is None
    assert load(other) == Stored(FIRST, 3, f"{FIRST} 3")


def test_without_memory_it_is_as_it_was(sqlite_store: Store, clock: SetClock) -> None:
    sessions = Sessions(None, sqlite_store, clock)
    with sql_away(sqlite_store), pytest.raises(Unavailable):
        save(sessions, 0)


def test_a_folder_that_cannot_be_made_is_no_place(
    sqlite_store: Store, clock: SetClock, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    sessions = Sessions(None, sqlite_store, clock, memory=tmp_path / "file" / "memory")
    with sql_away(sqlite_store), pytest.raises(Unavailable):
        save(sessions, 0)


@pytest.mark.parametrize(
    ("there", "mine", "read", "stays"),
    [
        ((FIRST, 2), (FIRST, 3), FIRST, "mine"),
        ((FIRST, 3), (FIRST, 3), FIRST, "there"),
        ((FIRST, 4), (FIRST, 3), FIRST, "there"),
        ((FIRST, 9), (SECOND, 0), "", "mine"),
        ((FIRST, 9), (SECOND, 1), "", "there"),
        ((FIRST, 9), (SECOND, 1), FIRST, "mine"),
    ],
)
def test_the_rule_is_the_one_of_the_other_places(
    processes: tuple[Sessions, Sessions],
    sqlite_store: Store,
    there: tuple[str, int],
    mine: tuple[str, int],
    read: str,
    stays: str,
) -> None:
    one, other = processes
    with sql_away(sqlite_store):
        save(one, there[1], mark=there[0])
        won = save(other, mine[1], mark=mine[0], read=read)
        kept = load(one)
    assert kept is not None
    assert (kept.mark, kept.hop) == (mine if stays == "mine" else there)
    assert (won is None) == (stays == "mine")


def test_it_is_sealed_for_one_number_and_for_its_owner(
    processes: tuple[Sessions, Sessions], sqlite_store: Store, memory: Path
) -> None:
    with sql_away(sqlite_store):
        save(processes[0], 0, state="what she reads")
    (file,) = memory.iterdir()
    assert memory.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert NUMBER[4:].encode() not in file.read_bytes() + file.name.encode()
    assert b"what she reads" not in file.read_bytes()
    file.rename(memory / (f"{LINE}." + "0" * 64))
    stranger = InMemory(memory, sqlite_store.ring, timedelta(minutes=30))
    assert stranger.load(Address(LINE, bytes(32), "0" * 64), 0) is None


@given(content=st.binary(max_size=60))
@settings(max_examples=count_examples(50))
def test_what_is_damaged_is_as_good_as_nothing(
    content: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    store = Store(f"sqlite:///{folder}/x.sqlite3", master=MASTER)
    place = InMemory(folder, store.ring, timedelta(minutes=30))
    (folder / f"{LINE}.{bytes(32).hex()}").write_bytes(content)
    assert place.load(Address(LINE, bytes(32), "0" * 64), 0) is None


def test_old_and_too_many_sessions_make_room(
    sqlite_store: Store, memory: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_backends, "_MOST", 5)
    monkeypatch.setattr(session_backends, "_LOOK_EVERY", 2)
    place = InMemory(memory, sqlite_store.ring, timedelta(minutes=30))
    now = clock.now().timestamp()
    for number in range(12):
        address = Address.of(sqlite_store.ring, LINE, f"+856205550{number:04}")
        place.save(address, Saving(Stored(FIRST, 0, "x"), ""), now)
    assert len(list(memory.iterdir())) <= 7


def test_a_session_is_forgotten_everywhere(
    processes: tuple[Sessions, Sessions], sqlite_store: Store, memory: Path, valkey: Valkey
) -> None:
    with sql_away(sqlite_store):
        save(processes[0], 0)
    processes[1].ask().drop(LINE, NUMBER)
    assert not list(memory.iterdir())
