"""What every test may ask for: a clock that stands still, real stores, and an environment that says nothing."""

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import redis
from sqlalchemy import event

from gateway.storage.database import Store
from tests.support import shared
from tests.support.cheap_hashes import hash_cheaply
from tests.support.clocks import SetClock
from tests.support.compiled import keep_statements
from tests.support.examples import count_examples
from tests.support.ledgers import PostgresqlLedgers, SqliteLedgers
from tests.support.servers import Missing, PostgreSQL, Valkey

# A loaded machine is no failure: what must be fast is measured where it matters.
hypothesis.settings.register_profile("house", deadline=None, database=None, max_examples=count_examples(100))
hypothesis.settings.load_profile("house")
keep_statements()
hash_cheaply()

_MEMORY = Path("/dev/shm")
_ROOM = 4 * 2**30
"""Bytes that must be free there: browsers use it too."""


def _keep_folders_in_memory() -> None:
    """Let folders of tests lie in memory where the system has a file system for it, as Linux has (tmpfs(5)).

    Each test makes and drops some, and a ledger waits for the disk at each commit: a seventh of a run. Whoever names
    TMPDIR keeps it; processes that the tests start, workers among them, inherit it.
    """
    if "TMPDIR" in os.environ or not os.access(_MEMORY, os.W_OK):
        return
    found = os.statvfs(_MEMORY)
    if found.f_flag & os.ST_NOEXEC or found.f_bavail * found.f_frsize < _ROOM:
        return
    folder = _MEMORY / f"gw-{os.getuid()}"  # short: the path of a socket has 108 bytes (unix(7))
    # Others may pass through, since PostgreSQL runs as another account where root runs the tests.
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.lstat().st_uid == os.getuid():
        os.environ["TMPDIR"] = str(folder)
        tempfile.tempdir = None


_keep_folders_in_memory()

_OURS = ("GATEWAY_", "AFRICASTALKING_", "DATABASE_URL", "REDIS_URL", "PUBLIC_URL", "PORT", "HOST")
_DATABASES = ["sqlite", "postgresql"]


_SHARED = pytest.StashKey[Path]()


def pytest_configure(config: pytest.Config) -> None:
    """Open a folder for what the workers of this run share; each worker finds its name in the environment."""
    if not hasattr(config, "workerinput"):
        config.stash[_SHARED] = shared.open_folder()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove it: the workers have ended by now."""
    if _SHARED in config.stash:
        shared.drop_folder(config.stash[_SHARED])


def pytest_collection() -> None:
    """Look for no garbage while modules are imported: nearly all that they make stays."""
    gc.disable()


def pytest_runtestloop() -> None:
    """Look for garbage among what tests make, seldom: the half million objects of what was collected stay anyway.

    With Python's own thresholds a sixth of the processor time of a run goes into walking those objects.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The product's variables of whoever runs the tests do not reach them."""
    for name in os.environ:
        if name.startswith(_OURS[:2]) or name in _OURS or name.removesuffix("_FILE") in _OURS:
            monkeypatch.delenv(name)


@pytest.fixture
def clock() -> SetClock:
    """Tuesday 24 November 2026, 14:05 in Vientiane, until the test moves it."""
    return SetClock()


@pytest.fixture(scope="session")
def _valkey_server() -> Iterator[Valkey]:
    server = Valkey()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture
def valkey(_valkey_server: Valkey) -> Iterator[Valkey]:
    """The real Valkey, empty; a test may freeze or kill it, the next one finds it well again."""
    _valkey_server.heal()
    yield _valkey_server
    _valkey_server.thaw()


@pytest.fixture
def redis_client(valkey: Valkey) -> Iterator[redis.Redis]:
    """A client with the product's timeouts on that Valkey."""
    with valkey.client() as client:
        yield client


@pytest.fixture(scope="session")
def postgresql_ledgers() -> Iterator[PostgresqlLedgers]:
    """The real PostgreSQL. Where it cannot start the tests are skipped; in CI that is a failure."""
    server = None
    try:
        server = PostgreSQL()
        server.start()
    except Missing as missing:
        if server is not None:
            server.close()
        words = f"no PostgreSQL here: {missing}"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(words)
    ledgers = PostgresqlLedgers(server)
    try:
        yield ledgers
    finally:
        ledgers.close()
        server.close()


@pytest.fixture(scope="session")
def sqlite_ledgers(tmp_path_factory: pytest.TempPathFactory) -> SqliteLedgers:
    """A migrated file, to be copied."""
    return SqliteLedgers(tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def sqlite_store(sqlite_ledgers: SqliteLedgers, tmp_path: Path) -> Iterator[Store]:
    """A fresh ledger on SQLite."""
    with sqlite_ledgers.fresh(tmp_path) as store:
        yield store


@pytest.fixture
def postgresql_store(postgresql_ledgers: PostgresqlLedgers) -> Iterator[Store]:
    """An empty ledger on PostgreSQL."""
    with postgresql_ledgers.fresh() as store:
        yield store


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.store) for name in _DATABASES])
def store(request: pytest.FixtureRequest) -> Store:
    """A fresh ledger; the test runs once on each database."""
    found = request.getfixturevalue(f"{request.param}_store")
    assert isinstance(found, Store)
    return found


@pytest.fixture
def statements(store: Store) -> Iterator[list[str]]:
    """What is asked of this ledger while it is written."""
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    with store.write() as tx:
        engine = tx.conn.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)
