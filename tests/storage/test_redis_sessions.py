"""One trip or two, the value that stands is the one the rule names: whatever a process remembers, whatever server it has."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.storage import redis_sessions
from gateway.storage.database import Store
from gateway.storage.redis_sessions import InRedis, RedisLink
from gateway.storage.session_backends import Address, Saving, Stored, does_replace
from gateway.storage.sessions import Sessions
from tests.support.clocks import SetClock
from tests.support.servers import Valkey
from tests.support.serving import LOOK_EVERY, Joining

LINE, NUMBER = "africastalking", "+8562055500001"
FIRST, SECOND = "aaaaaaaa", "bbbbbbbb"
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def address(sqlite_store: Store) -> Address:
    return Address.of(sqlite_store.ring, LINE, NUMBER)


@pytest.fixture
def process(redis_client: redis.Redis, sqlite_store: Store) -> InRedis:
    return InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR)


@contextmanager
def counted(client: redis.Redis) -> Iterator[list[str]]:
    """The commands that the server ran inside the block, by name."""
    before = client.info("commandstats")
    ran: list[str] = []
    yield ran
    for name, stats in client.info("commandstats").items():
        calls = stats["calls"] - before.get(name, {"calls": 0})["calls"]
        ran.extend([name.removeprefix("cmdstat_")] * calls)
    ran[:] = sorted(set(ran) - {"info", "hello", "client|setinfo", "client|maint_notifications"})


# --- which of two saves stays, whatever was remembered or read


@st.composite
def _steps(draw: st.DrawFn) -> list[tuple[str, int, Stored, str]]:
    marks = st.sampled_from([FIRST, SECOND])
    one = st.tuples(
        st.sampled_from(["load", "save", "blind", "replace", "wipe", "drop"]),
        st.integers(0, 1),
        st.builds(Stored, marks, st.integers(0, 4), st.text(max_size=6)),
        marks,
    )
    return draw(st.lists(one, min_size=1, max_size=14))


@given(steps=_steps())
@settings(
    max_examples=60,  # all, since each run makes the same
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_two_processes_that_load_remember_and_save_in_any_order_follow_the_rule(
    sqlite_store: Store, redis_client: redis.Redis, steps: list[tuple[str, int, Stored, str]]
) -> None:
    address = Address.of(sqlite_store.ring, LINE, NUMBER)
    processes = [InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR) for _ in range(2)]
    read: list[tuple[Stored | None, bytes | None]] = [(None, None), (None, None)]
    redis_client.flushall()
    stands: Stored | None = None
    for what, nth, wanted, mark in steps:
        one = processes[nth]
        if what == "load":
            loaded = one.load(address)
            read[nth] = loaded
            assert loaded[0] == stands
        elif what == "wipe":
            redis_client.flushall()
            stands = None
        elif what == "drop":
            one.drop(address)
            stands = None
        elif what == "replace":
            last = one.recall(address, wanted.mark, wanted.hop)
            if last is not None:
                again = Stored(wanted.mark, wanted.hop + 1, wanted.state)
                done = one.replace(last, *again, place=again)
                assert done == (
                    stands == last.place and redis_client.exists(*redis_client.keys("u:*") or ["x"]) == 1
                )
                stands = again if done else stands
        else:
            saving = Saving(wanted, mark)
            won = one.save(address, saving, read[nth][1] if what == "save" else None)
            assert won == (None if does_replace(saving, over=stands) else stands)
            stands = wanted if won is None else stands
    assert processes[0].load(address)[0] == stands


def test_of_saves_at_once_one_stands_and_each_of_the_others_is_told_which(
    sqlite_store: Store, redis_client: redis.Redis, address: Address
) -> None:
    processes = [InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR) for _ in range(4)]
    processes[0].save(address, Saving(Stored(FIRST, 0, "start"), ""))

    def press(nth: int) -> Stored | None:
        one = processes[nth % 4]
        _, raw = one.load(address)
        return one.save(address, Saving(Stored(FIRST, 1, f"by {nth}"), FIRST), raw)

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(press, range(24)))
    stands = processes[0].load(address)[0]
    assert stands is not None
    assert told.count(None) == 1
    assert {each for each in told if each is not None} == {stands}


# --- how many trips


def test_a_hop_whose_session_was_saved_here_is_one_trip(
    process: InRedis, redis_client: redis.Redis, address: Address
) -> None:
    process.save(address, Saving(Stored(FIRST, 0, "start"), ""), b"", "start")
    with counted(redis_client) as ran:
        last = process.recall(address, FIRST, 0)
        assert last is not None
        assert last.place == "start"
        assert process.replace(last, FIRST, 1, "moved", "moved")
    assert ran == ["set"]
    assert 1790 <= redis_client.ttl(redis_client.keys("u:*")[0]) <= 1800
    assert process.load(address)[0] == Stored(FIRST, 1, "moved")


def test_a_hop_whose_session_another_process_saved_is_two_without_the_script(
    process: InRedis, redis_client: redis.Redis, sqlite_store: Store, address: Address
) -> None:
    InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR).save(
        address, Saving(Stored(FIRST, 0, "x"), ""), b""
    )
    with counted(redis_client) as ran:
        assert process.recall(address, FIRST, 0) is None
        _, raw = process.load(address)
        assert process.save(address, Saving(Stored(FIRST, 1, "moved"), FIRST), raw) is None
    assert ran == ["get", "set"]


@pytest.mark.parametrize(("mark", "hop"), [(SECOND, 1), (FIRST, 0), (FIRST, 2)])
def test_only_the_hop_before_of_the_same_call_is_recalled(
    process: InRedis, address: Address, mark: str, hop: int
) -> None:
    process.save(address, Saving(Stored(FIRST, 1, "x"), ""), b"", "x")
    assert process.recall(address, FIRST, 1) is not None
    assert process.recall(address, mark, hop) is None


@pytest.mark.parametrize("between", ["wiped", "dropped", "further", "another call"])
def test_what_came_between_is_seen_and_nothing_is_overwritten(
    process: InRedis, redis_client: redis.Redis, sqlite_store: Store, address: Address, between: str
) -> None:
    other = InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR)
    process.save(address, Saving(Stored(FIRST, 1, "x"), ""), b"", "x")
    last = process.recall(address, FIRST, 1)
    assert last is not None
    if between == "wiped":
        redis_client.flushall()
    elif between == "dropped":
        other.drop(address)
    else:
        other.save(
            address, Saving(Stored(FIRST, 2, "y") if between == "further" else Stored(SECOND, 0, "y"), "")
        )
    stands = other.load(address)[0]
    assert not process.replace(last, FIRST, 2, "mine", "mine")
    assert process.load(address)[0] == stands


def test_what_a_process_remembers_is_sealed_and_bounded(
    redis_client: redis.Redis, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_sessions, "_KNOWN", 5)
    process = InRedis(redis_client, sqlite_store.ring, HALF_AN_HOUR)
    for nth in range(12):
        place = Address.of(sqlite_store.ring, LINE, f"+856205550{nth:04}")
        process.save(place, Saving(Stored(FIRST, 0, "what she reads"), ""), b"", "a place")
    assert len(process._saved) == 5
    held = repr(process._saved.list_rows())
    assert held.count("a place") == 5
    assert "what she reads" not in held
    assert "20555" not in held


def test_what_may_not_be_recalled_is_not_remembered(process: InRedis, address: Address) -> None:
    process.save(address, Saving(Stored(FIRST, 0, "start"), ""), b"", "start")
    process.save(address, Saving(Stored(FIRST, 1, "her number"), FIRST))
    assert len(process._saved) == 0
    assert process.recall(address, FIRST, None) is None


# --- an older server, a restarted one, a process that was forked


class _Older(socketserver.BaseRequestHandler):
    """Between client and Valkey: refuses IFEQ as a server before 8.1 does."""

    behind = ""

    def handle(self) -> None:
        with socket.socket(socket.AF_UNIX) as valkey:
            valkey.connect(self.behind)
            valkey.settimeout(5)
            while asked := self.request.recv(65536):
                if b"\r\nIFEQ\r\n" in asked:
                    self.request.sendall(b"-ERR syntax error\r\n")
                    continue
                valkey.sendall(asked)
                self.request.sendall(valkey.recv(65536))


class _Between(Joining, socketserver.TCPServer):
    """With a thread for each client."""


@pytest.fixture
def older(valkey: Valkey) -> Iterator[redis.Redis]:
    handler = type("_Behind", (_Older,), {"behind": str(valkey.socket)})
    with _Between(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(LOOK_EVERY,)).start()
        with redis.Redis(host="127.0.0.1", port=server.server_address[1], socket_timeout=2) as client:
            yield client
        server.shutdown()


def test_a_server_without_ifeq_keeps_the_rule_by_the_script(
    older: redis.Redis, redis_client: redis.Redis, sqlite_store: Store, address: Address
) -> None:
    process = InRedis(older, sqlite_store.ring, HALF_AN_HOUR)
    assert process.save(address, Saving(Stored(FIRST, 0, "start"), ""), b"", "start") is None
    for hop in (1, 2, 3):
        _, raw = process.load(address)
        assert process.save(address, Saving(Stored(FIRST, hop, "on"), FIRST), raw, "on") is None
    assert process.save(address, Saving(Stored(FIRST, 2, "late"), FIRST), raw) == Stored(FIRST, 3, "on")
    assert process.recall(address, FIRST, 3) is None, "without IFEQ nothing would notice what came between"
    with counted(redis_client) as ran:
        _, raw = process.load(address)
        process.save(address, Saving(Stored(FIRST, 4, "on"), FIRST), raw)
    assert ran == ["evalsha", "get", "set"], "the script's own commands, and no attempt more"


def test_a_connection_that_a_restart_closed_is_replaced_without_a_fault(
    redis_client: redis.Redis, valkey: Valkey
) -> None:
    link = RedisLink(redis_client)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: link.ask(b"SET", b"k", b"v"), range(20))) == {b"OK"}
    valkey.kill()
    with pytest.raises(redis.ConnectionError):
        link.ask(b"GET", b"k")
    valkey.start()
    assert link.ask(b"GET", b"k") is None
    valkey.kill()
    valkey.start()
    assert link.ask(b"SET", b"k", b"v") == b"OK"


def test_an_answer_that_came_too_late_is_nobodys(redis_client: redis.Redis, valkey: Valkey) -> None:
    link = RedisLink(redis_client)
    link.ask(b"SET", b"hers", b"1")
    link.ask(b"SET", b"his", b"2")
    valkey.freeze()
    with pytest.raises(redis.TimeoutError):
        link.ask(b"GET", b"hers")
    valkey.thaw()
    assert link.ask(b"GET", b"his") == b"2"


def test_a_refused_command_leaves_the_connection_in_use(redis_client: redis.Redis) -> None:
    link = RedisLink(redis_client)
    with pytest.raises(redis.ResponseError):
        link.ask(b"SET", b"k")
    with counted(redis_client) as ran:
        link.ask(b"GET", b"k")
    assert ran == ["get"]


# --- a fault in the only trip


def test_where_the_only_trip_fails_the_session_goes_on_in_sql(
    redis_client: redis.Redis, store: Store, clock: SetClock, valkey: Valkey
) -> None:
    sessions = Sessions(redis_client, store, clock)
    sessions.ask().save(LINE, NUMBER, mark=FIRST, hop=1, state="here", read_mark="", place="here")
    last = sessions.recall(LINE, NUMBER, mark=FIRST, hop=1)
    assert last is not None
    assert (last.place, last.hop) == ("here", 1)
    valkey.freeze()
    assert sessions.replace(last, mark=FIRST, hop=2, state="there", place="there")
    valkey.thaw()
    # The frozen server carries the command out after all; both places then hold what she was shown.
    assert sessions.ask().load(LINE, NUMBER, begun=True) == Stored(FIRST, 2, "there")
    assert sessions.recall(LINE, NUMBER, mark=FIRST, hop=2) is None, "while SQL may have some, all are read"
    assert sessions.assume_none(LINE, NUMBER) is None


def test_without_a_known_outage_a_first_dial_asks_sql_nothing(
    redis_client: redis.Redis, sqlite_store: Store, clock: SetClock
) -> None:
    sessions = Sessions(redis_client, sqlite_store, clock)
    sqlite_store.shut()
    assert sessions.ask().load(LINE, NUMBER) is None
    sqlite_store.reopen()
    Sessions(None, sqlite_store, clock).ask().save(LINE, NUMBER, mark=FIRST, hop=1, state="x", read_mark="")
    assert sessions.ask().load(LINE, NUMBER) is None
    assert sessions.ask().load(LINE, NUMBER, begun=True) == Stored(FIRST, 1, "x"), (
        "in mid-session it is looked for"
    )
