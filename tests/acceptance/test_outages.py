"""Valkey away, Valkey frozen, SQL locked, SQL gone: she gets her code all the same, in time, and everything comes back."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.running import Background, Running, wait
from tests.support.servers import PostgreSQL, Valkey
from tests.support.standin import Provider
from tests.support.trial_phones import FORM, LANGUAGES, Phone, code_in, new_number, percentile, texts_on

pytestmark = [pytest.mark.kills, pytest.mark.timeout(240), pytest.mark.xdist_group("outages")]

WALK = [*LANGUAGES["en"], *FORM]
AGAIN = "We begin again."
LEAVES_WITHIN = 35.0
HEALTHY = 0.1
"""Seconds that a hop takes at most, one in a hundred aside, where the machine is ours alone."""
SHORT, LONG = "short", "as long as is promised"


def spans(short: float, long: float) -> pytest.MarkDecorator:
    """Run once shortly and once, left to `make slow`, for the whole time."""
    whole = pytest.param(long, marks=[pytest.mark.slow, pytest.mark.timeout(600)], id=LONG)
    return pytest.mark.parametrize("seconds", [pytest.param(short, id=SHORT), whole])


class Callers:
    """People who dial one after the other while something is away, and what they got."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider
        self.codes: list[str] = []
        self.again = 0
        self.seconds: list[float] = []
        self.walks = Background(self._walk, threads=2)

    def _walk(self, _: int) -> None:
        phone = Phone(self._provider)
        try:
            phone.walk(WALK, until=AGAIN)
            if AGAIN in phone.pages[-1]:
                self.again += 1
            else:
                self.codes.append(code_in(phone.pages[-1]))
        finally:
            self.seconds += phone.seconds
        time.sleep(0.2)  # people take longer between two calls: without it the machine is full, not the line

    def explain(self, running: Running) -> None:
        """Whoever had to begin again is one whose place could be kept nowhere within two seconds, and was counted."""
        if self.again:
            time.sleep(11)  # each process adds its counts every ten
            assert self.again <= running.counted("unsaved")

    def figures(self) -> str:
        return (
            f"{len(self.codes)} codes, {self.again} starts again, {len(self.seconds)} hops, p50 {percentile(self.seconds, 50) * 1000:.0f} ms, "
            f"p99 {percentile(self.seconds, 99) * 1000:.0f} ms, longest {max(self.seconds) * 1000:.0f} ms"
        )


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.thaw()
    server.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, valkey: Valkey) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("outages"), {"REDIS_URL": valkey.url}) as running:
        yield running


@spans(6, 60)
def test_valkey_is_stopped(running: Running, valkey: Valkey, seconds: float) -> None:
    _without_valkey(running, seconds, limit=0.5, what="stopped", away=valkey.kill, back=valkey.heal)


@pytest.mark.slow  # a frozen Valkey has its short witnesses in `tests/storage` and `tests/conversations`
@spans(4, 30)
def test_valkey_is_frozen(running: Running, valkey: Valkey, seconds: float) -> None:
    _without_valkey(running, seconds, limit=0.8, what="frozen", away=valkey.freeze, back=valkey.thaw)


def _without_valkey(
    running: Running,
    seconds: float,
    *,
    limit: float,
    what: str,
    away: Callable[[], object],
    back: Callable[[], object],
) -> None:
    provider, simulator = running.provider(), running.provider("simulator")
    healthy = _healthy(provider)
    away()
    began, number = time.monotonic(), new_number()
    callers = Callers(provider)
    with callers.walks:
        assert provider.sms(f"{what} {number}", number, "wage").status == 200
        took = wait(
            lambda: texts_on(simulator, number), LEAVES_WITHIN, "a text of hers is answered by the clock"
        )
        left = began + seconds - time.monotonic()
        time.sleep(max(0.0, left))
    lasted = time.monotonic() - began
    half = _half_way(provider, callers)
    assert "redis" in running.ready()["degraded"]
    back()
    for key in WALK[3:]:
        page = half.press(key)
    assert code_in(page), "a dial that began while it was away goes on when it is back"
    assert not callers.walks.faults, callers.walks.faults[:3]
    kept = {row["code"] for row in running.callbacks()}
    assert set(callers.codes) <= kept
    callers.explain(running)
    recovered = wait(lambda: "redis" not in running.ready()["degraded"], 15, "it says that it is well")
    again = _soon_answered(running)
    print(
        f"Valkey {what} for {lasted:.0f} s: {callers.figures()} (p99 before: {healthy * 1000:.0f} ms); "
        f"the text left after {took:.1f} s; well after {recovered:.1f} s, nudges after {again:.1f} s more"
    )
    # A machine that is slow before anything is away, since others use it, is slower then by as much.
    assert percentile(callers.seconds, 99) < limit * max(1.0, healthy / HEALTHY)


def _half_way(provider: Provider, callers: Callers) -> Phone:
    """A phone in the middle of the form."""
    phone = Phone(provider)
    while AGAIN in phone.walk(WALK[:3], until=AGAIN):
        callers.again += 1
        phone = Phone(provider)
    return phone


def _healthy(provider: Provider) -> float:
    """The p99 of a hop while nothing is away."""
    callers = Callers(provider)
    with callers.walks:
        time.sleep(1)
    return percentile(callers.seconds, 99)


def _soon_answered(running: Running) -> float:
    """Wait until a text is answered at once again, so that nudges reach the worker."""
    provider, simulator = running.provider(), running.provider("simulator")

    def at_once() -> bool:
        number = new_number()
        provider.sms(f"again {number}", number, "wage")
        time.sleep(0.5)
        return len(texts_on(simulator, number)) == 1

    return wait(at_once, 30, "a text is answered within half a second")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_sqlite_is_locked(running: Running, valkey: Valkey) -> None:
    valkey.heal()
    with closing(
        sqlite3.connect(running.data / "gateway.sqlite3", timeout=10, isolation_level=None)
    ) as ledger:
        _without_sql(
            running,
            30,
            what="SQLite locked",
            away=lambda: ledger.execute("BEGIN EXCLUSIVE"),
            back=lambda: ledger.execute("ROLLBACK"),
        )


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_postgresql_is_gone(tmp_path: Path) -> None:
    server = PostgreSQL()
    try:
        server.start()
        with Running(tmp_path / "h", {"DATABASE_URL": server.url()}) as running:
            _without_sql(running, 30, what="PostgreSQL gone", away=server.stop, back=server.start)
    finally:
        server.close()


def _without_sql(
    running: Running, seconds: float, *, what: str, away: Callable[[], object], back: Callable[[], object]
) -> None:
    provider = running.provider()
    code_in(Phone(provider).walk(WALK))
    before = {row["id"] for row in running.callbacks()}
    away()
    began = time.monotonic()
    callers = Callers(provider)
    phone, number = Phone(provider), new_number()
    with callers.walks:
        page = phone.walk(WALK)
        assert phone.again().body == page, "a repeat is told the same"
        assert provider.sms(f"{what} {number}", number, "wage").status == 200
        time.sleep(max(0.0, began + seconds - time.monotonic()))
    waiting = len(list((running.data / "spool").iterdir()))
    assert waiting >= 2, "a request and a text at least"
    assert "ledger" in running.ready()["degraded"]
    assert running.get("/readyz")[0] == 200, "it can still keep a request"
    lasted = time.monotonic() - began
    back()
    patience = 20 + waiting / 5  # how many wait depends on how fast this machine lets people dial
    replayed = wait(lambda: not list((running.data / "spool").iterdir()), patience, "the spool is empty")
    assert not callers.walks.faults, callers.walks.faults[:3]
    assert phone.again().body == page, "and after the replay"
    told = Counter(
        [*callers.codes, code_in(page)]
    )  # while nobody can be asked, two may be told the same digits
    new = Counter(row["code"] for row in running.callbacks() if row["id"] not in before)
    assert new == told, "each is in the line, once, under the code she read"
    callers.explain(running)
    _answered_once(running.provider("simulator"), number)
    print(
        f"{what} for {lasted:.0f} s: {callers.figures()}; {waiting} in the spool, replayed in {replayed:.1f} s"
    )


def _answered_once(simulator: Provider, number: str) -> None:
    wait(lambda: len(texts_on(simulator, number)) == 1, LEAVES_WITHIN, "the text is answered")
    time.sleep(1.5)
    assert len(texts_on(simulator, number)) == 1, "once"
