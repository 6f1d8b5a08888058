"""A session survives Redis being frozen, killed and emptied; of two saves the further one stays, in both places."""

import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from gateway.storage.database import Store, Unavailable
from gateway.storage.redis_sessions import InRedis
from gateway.storage.session_backends import Address, InSql, Saving
from gateway.storage.sessions import Asking, Sessions, Stored
from gateway.storage.tables import sessions as table
from tests.support.clocks import SetClock
from tests.support.ledgers import MASTER
from tests.support.servers import Valkey

NUMBER = "+8562055500001"
FIRST, SECOND = "aaaaaaaa", "bbbbbbbb"


def _save(asking: Asking, mark: str, hop: int, read_mark: str = "", state: str = "") -> Stored | None:
    return asking.save(
        "simulator", NUMBER, mark=mark, hop=hop, state=state or f"{mark} {hop}", read_mark=read_mark
    )


def _load(sessions: Sessions) -> Stored | None:
    return sessions.ask().load("simulator", NUMBER)


@pytest.fixture
def kept(redis_client: redis.Redis, store: Store, clock: SetClock) -> Sessions:
    return Sessions(redis_client, store, clock)


@pytest.fixture
def alone(store: Store, clock: SetClock) -> Sessions:
    """No Redis at all."""
    return Sessions(None, store, clock)


@pytest.fixture(params=["redis", "sql"])
def either(request: pytest.FixtureRequest, kept: Sessions, alone: Sessions) -> Sessions:
    return kept if request.param == "redis" else alone


# --- the rule, as a table


@pytest.mark.parametrize(
    ("there", "mine", "read_mark", "stays"),
    [
        (None, (FIRST, 3), "", "mine"),
        ((FIRST, 2), (FIRST, 3), FIRST, "mine"),
        ((FIRST, 3), (FIRST, 3), FIRST, "there"),
        ((FIRST, 4), (FIRST, 3), FIRST, "there"),
        ((FIRST, 4), (FIRST, 0), FIRST, "there"),
        ((FIRST, 4), (SECOND, 0), "", "mine"),
        ((FIRST, 4), (SECOND, 1), "", "there"),
        ((FIRST, 4), (SECOND, 1), FIRST, "mine"),
        ((FIRST, 4), (SECOND, 9), SECOND, "there"),
    ],
)
def test_which_of_two_saves_stays(
    either: Sessions,
    there: tuple[str, int] | None,
    mine: tuple[str, int],
    read_mark: str,
    stays: str,
) -> None:
    if there:
        assert _save(either.ask(), *there) is None
    won = _save(either.ask(), *mine, read_mark)
    expected = mine if stays == "mine" else there
    assert expected is not None
    assert won == (None if stays == "mine" else Stored(*expected, state=f"{expected[0]} {expected[1]}"))
    assert _load(either) == Stored(*expected, state=f"{expected[0]} {expected[1]}")


@dataclass
class _Model:
    """The rule once more, in the plainest words."""

    held: Stored | None = None

    def save(self, mine: Stored, read_mark: str) -> Stored | None:
        if self.held is not None:
            same_call = self.held.mark == mine.mark
            if same_call and mine.hop <= self.held.hop:
                return self.held
            if not same_call and mine.hop != 0 and read_mark != self.held.mark:
                return self.held
        self.held = mine
        return None


_MARKS = st.sampled_from([FIRST, SECOND, "cccccccc"])
_SAVES = st.lists(
    st.tuples(
        st.builds(Stored, _MARKS, st.integers(0, 4), st.text(max_size=6)), st.one_of(_MARKS, st.just(""))
    ),
    min_size=1,
    max_size=8,
)
_MANY = settings(
    max_examples=40,  # all, since each run makes the same
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    derandomize=True,
)


@given(saves=_SAVES)
@_MANY
def test_both_places_follow_the_model(
    sqlite_store: Store, redis_client: redis.Redis, clock: SetClock, saves: list[tuple[Stored, str]]
) -> None:
    address = Address.of(sqlite_store.ring, "simulator", NUMBER)
    in_redis = InRedis(redis_client, sqlite_store.ring, timedelta(minutes=30))
    in_sql = InSql(sqlite_store, timedelta(minutes=30))
    in_redis.drop(address)
    in_sql.drop(address)
    model = _Model()
    for stored, read_mark in saves:
        expected = model.save(stored, read_mark)
        saving = Saving(stored, read_mark)
        assert in_redis.save(address, saving) == expected
        assert in_sql.save(address, saving, clock.now()) == expected
    assert in_redis.load(address)[0] == model.held
    found = in_sql.load(address, clock.now())
    assert found is not None
    assert found[0] == model.held


@pytest.mark.parametrize(
    ("mark", "hop"), [("short", 1), ("ninechars", 1), ("ລາວລາວລາ", 1), (FIRST, -1), (FIRST, 1000)]
)
def test_a_mark_and_a_hop_keep_their_width(alone: Sessions, mark: str, hop: int) -> None:
    with pytest.raises(ValueError, match=r"mark|inputs"):
        _save(alone.ask(), mark, hop)


# --- what is on the wire


def test_redis_holds_no_number_and_no_state_in_clear(kept: Sessions, redis_client: redis.Redis) -> None:
    _save(kept.ask(), FIRST, 7, state="danger: yes")
    (name,) = redis_client.keys("*")
    value = redis_client.get(name)
    assert NUMBER[1:].encode() not in name
    assert value[:11] == b"aaaaaaaa007"
    assert b"danger" not in value
    assert 1790 <= redis_client.ttl(name) <= 1800


def test_another_number_or_channel_has_its_own(either: Sessions) -> None:
    _save(either.ask(), FIRST, 1)
    assert either.ask().load("simulator", "+8562055500002") is None
    assert either.ask().load("africastalking", NUMBER) is None


def test_a_value_moved_to_another_number_is_nobodys(
    kept: Sessions, redis_client: redis.Redis, store: Store
) -> None:
    _save(kept.ask(), FIRST, 1)
    (name,) = redis_client.keys("*")
    other = store.ring.lookup("session", "simulator", "+8562055500002").hex()
    redis_client.rename(name, f"u:simulator:{other}")
    assert kept.ask().load("simulator", "+8562055500002") is None


@pytest.mark.parametrize(
    "garbage", [b"", b"x", b"aaaaaaaa", b"aaaaaaaa0x1", b"aaaaaaaa999rest", b"\xff" * 200]
)
def test_what_cannot_be_read_is_as_if_absent(
    kept: Sessions, redis_client: redis.Redis, garbage: bytes
) -> None:
    _save(kept.ask(), FIRST, 1)
    (name,) = redis_client.keys("*")
    redis_client.set(name, garbage)
    asking = kept.ask()
    assert asking.load("simulator", NUMBER) is None
    assert _save(asking, FIRST, 2) is None
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")


def test_dropping_forgets_it(either: Sessions) -> None:
    _save(either.ask(), FIRST, 1)
    either.ask().drop("simulator", NUMBER)
    assert _load(either) is None


def test_a_session_is_forgotten_after_half_an_hour(alone: Sessions, clock: SetClock) -> None:
    _save(alone.ask(), FIRST, 5)
    clock.forward(minutes=29)
    assert _load(alone) is not None
    clock.forward(minutes=2)
    assert _load(alone) is None
    assert _save(alone.ask(), SECOND, 1) is None  # what is over its time refuses nobody


# --- while Redis is away


def test_emptied_redis_loses_the_place_and_the_script_comes_back(
    kept: Sessions, redis_client: redis.Redis
) -> None:
    _save(kept.ask(), FIRST, 1)
    redis_client.flushall()
    redis_client.script_flush()
    assert _load(kept) is None
    assert _save(kept.ask(), FIRST, 2) is None
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")
    assert kept.healthy


def test_a_frozen_redis_costs_one_wait_a_request_and_none_once_the_breaker_is_open(
    kept: Sessions, valkey: Valkey, clock: SetClock
) -> None:
    valkey.freeze()
    spans = []
    for hop in range(3):
        began = time.monotonic()
        asking = kept.ask()
        asking.load("simulator", NUMBER)
        assert _save(asking, FIRST, hop) is None
        spans.append(time.monotonic() - began)
    assert min(spans) < 0.4
    assert max(spans) < 0.6  # what a second wait would make of it
    assert not kept.healthy
    began = time.monotonic()
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")
    assert time.monotonic() - began < 0.25
    valkey.thaw()
    assert not kept.healthy
    clock.forward(seconds=5)
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")  # Redis answers "nothing here", so SQL is looked at
    assert kept.healthy


def test_a_dial_begun_in_an_outage_goes_on_after_it(kept: Sessions, valkey: Valkey, clock: SetClock) -> None:
    valkey.kill()
    for hop in range(4):
        asking = kept.ask()
        asking.load("simulator", NUMBER)
        assert _save(asking, FIRST, hop, FIRST) is None
    valkey.start()
    clock.forward(seconds=6)
    asking = kept.ask()
    assert asking.load("simulator", NUMBER) == Stored(FIRST, 3, "aaaaaaaa 3")
    assert _save(asking, FIRST, 4, FIRST) is None
    assert _load(kept) == Stored(FIRST, 4, "aaaaaaaa 4")
    assert kept.healthy


@pytest.fixture
def away(valkey: Valkey, store: Store, clock: SetClock) -> Sessions:
    """The sessions of a process that cannot reach the Redis the others see."""
    lost = redis.Redis(unix_socket_path=f"{valkey.socket}.lost", socket_timeout=0.3, retry=None)
    return Sessions(lost, store, clock)


def test_a_hop_that_missed_redis_is_not_overtaken_by_the_older_one_there(
    kept: Sessions, valkey: Valkey, clock: SetClock
) -> None:
    _save(kept.ask(), FIRST, 2)
    valkey.freeze()
    for _ in range(3):
        _load(kept)
    assert _save(kept.ask(), FIRST, 3, FIRST) is None
    valkey.thaw()
    clock.forward(seconds=5)
    assert _load(kept) == Stored(FIRST, 3, "aaaaaaaa 3")
    assert kept.healthy


def test_of_two_calls_the_one_saved_later_is_hers(
    kept: Sessions, away: Sessions, clock: SetClock, redis_client: redis.Redis
) -> None:
    _save(kept.ask(), FIRST, 2)
    (name,) = redis_client.keys("*")
    redis_client.expire(name, 1700)  # saved a while ago
    _save(away.ask(), SECOND, 0)
    kept.refresh()
    assert _load(kept) == Stored(SECOND, 0, "bbbbbbbb 0")
    clock.forward(minutes=2)
    redis_client.expire(name, 1800)
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")


def test_another_process_learns_of_sessions_in_sql(kept: Sessions, away: Sessions) -> None:
    _save(kept.ask(), FIRST, 2)
    assert _save(away.ask(), FIRST, 3, FIRST) is None
    assert _load(kept) == Stored(FIRST, 2, "aaaaaaaa 2")
    kept.refresh()
    assert _load(kept) == Stored(FIRST, 3, "aaaaaaaa 3")


def test_only_one_request_tries_while_the_breaker_is_open(
    kept: Sessions, valkey: Valkey, clock: SetClock
) -> None:
    valkey.freeze()
    for _ in range(3):
        _load(kept)
    clock.forward(seconds=5)
    trying, other = kept.ask(), kept.ask()
    began = time.monotonic()
    other.load("simulator", NUMBER)
    assert time.monotonic() - began < 0.25
    began = time.monotonic()
    trying.load("simulator", NUMBER)
    assert 0.25 < time.monotonic() - began < 0.6
    valkey.thaw()


def test_with_redis_healthy_nothing_is_written_to_sql(kept: Sessions, store: Store) -> None:
    for hop in range(5):
        asking = kept.ask()
        asking.load("simulator", NUMBER)
        _save(asking, FIRST, hop, FIRST)
    with store.read() as tx:
        assert tx.execute(select(table)).all() == []


def test_redis_answers_while_sql_is_gone(
    redis_client: redis.Redis, sqlite_store: Store, clock: SetClock
) -> None:
    away = Store("sqlite:////nowhere/at/all.db", master=MASTER)
    away.ring = sqlite_store.ring
    sessions = Sessions(redis_client, away, clock)
    assert _load(sessions) is None
    assert _save(sessions.ask(), FIRST, 1) is None
    assert _load(sessions) == Stored(FIRST, 1, "aaaaaaaa 1")


def test_redis_just_back_is_asked_after_all_where_sql_is_gone_too(
    redis_client: redis.Redis, valkey: Valkey, sqlite_store: Store, clock: SetClock
) -> None:
    away = Store("sqlite:////nowhere/at/all.db", master=MASTER)
    away.ring = sqlite_store.ring
    sessions = Sessions(redis_client, away, clock)
    valkey.freeze()
    for _ in range(3):
        with pytest.raises(Unavailable):
            _load(sessions)
    valkey.thaw()
    assert not sessions.healthy
    assert _save(sessions.ask(), FIRST, 1) is None
    assert sessions.healthy, "its word counts"
    assert _load(sessions) == Stored(FIRST, 1, "aaaaaaaa 1")


def test_redis_just_back_is_asked_after_all_for_a_session_that_sql_does_not_have(
    kept: Sessions, redis_client: redis.Redis, store: Store, valkey: Valkey, clock: SetClock
) -> None:
    other = Sessions(redis_client, store, clock)
    valkey.freeze()
    for _ in range(3):
        _load(other)
    valkey.thaw()
    _save(kept.ask(), FIRST, 1)
    assert other.ask().load("simulator", NUMBER) is None, "a first dial costs no wait"
    assert not other.healthy
    assert other.ask().load("simulator", NUMBER, begun=True) == Stored(FIRST, 1, "aaaaaaaa 1")
    assert other.healthy, "its word counts"


def test_with_both_gone_it_says_so(
    tmp_path: Path, valkey: Valkey, sqlite_store: Store, clock: SetClock
) -> None:
    away = Store("sqlite:////nowhere/at/all.db", master=MASTER)
    away.ring = sqlite_store.ring
    sessions = Sessions(valkey.client(), away, clock)
    valkey.kill()
    with pytest.raises(Unavailable):
        _load(sessions)
    with pytest.raises(Unavailable):
        _save(sessions.ask(), FIRST, 1)
