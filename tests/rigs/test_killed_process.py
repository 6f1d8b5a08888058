"""A web process is killed by the system in the midst of her last key: nothing that she was told is lost, nothing is done twice.

The rig of all crashes raises inside one process; here the process is really gone, with its locks and connections. The
whole product under such kills is left to `make slow` (tests/acceptance/test_web_kills.py).
"""

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import redis

from gateway.storage import callbacks, callers
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.crash_rig import Fuse, wired
from tests.support.house import Phone, made_parts, publish
from tests.support.ledgers import MASTER
from tests.support.processes import CONTEXT
from tests.support.servers import Valkey
from tests.support.trial_phones import code_in

WAY, SAVE = ("4", "4*7", "4*7*2", "4*7*2*2", "4*7*2*2*3"), "4*7*2*2*3*1"
MOMENTS = ("deed", "receipt", "nudge", "save", "answer")
"""Inside the transaction twice, behind its commit, before her place is kept in Valkey, and before the answer."""


class Deadly(Fuse):
    """Ends the whole process where it is armed, as the system does when memory is short."""

    def reach(self, point: str) -> None:
        if point == self.armed:
            os.kill(os.getpid(), signal.SIGKILL)


def serve(url: str, valkey: str, folder: Path, now: datetime, asked: Connection) -> None:
    """Answer each lot of posts in a process of its own, forked from one that has imported everything."""
    store, clock = Store(url, master=MASTER), SetClock(now)
    with store.write() as tx:
        store.ring.load(tx, now)
    client = redis.Redis.from_url(valkey, socket_timeout=20, retry=None)
    fuse = Deadly()
    parts = wired(made_parts(store, clock, folder, client), fuse, pytest.MonkeyPatch())
    parts.versions.refresh()
    while True:
        number, posts, fuse.armed = asked.recv()
        child = os.fork()
        if not child:
            phone = Phone(parts, number=number, session=f"ATUid_{number}")
            asked.send([phone.post(text).text for text in posts])
            os._exit(0)
        _, status = os.waitpid(child, 0)
        asked.send(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


@dataclass
class Web:
    """Web processes, one after the other."""

    wire: Connection

    def post(self, number: str, *posts: str, armed: str = "") -> list[str] | None:
        """Return what the provider got; None where the process was killed before it answered."""
        self.wire.send((number, posts, armed))
        told = self.wire.recv()
        if told == signal.SIGKILL:
            return None
        assert self.wire.recv() == 0
        return list(told)


@pytest.fixture
def web(sqlite_store: Store, clock: SetClock, tmp_path: Path, valkey: Valkey) -> Iterator[Web]:
    publish(made_parts(sqlite_store, clock, tmp_path))
    ours, theirs = CONTEXT.Pipe()
    url = sqlite_store._url.render_as_string(hide_password=False)
    server = CONTEXT.Process(target=serve, args=(url, valkey.url, tmp_path, clock.now(), theirs))
    server.start()
    theirs.close()
    yield Web(ours)
    server.kill()
    server.join(10)


def test_a_killed_process_loses_and_doubles_nothing(web: Web, sqlite_store: Store) -> None:
    told: dict[str, str] = {}
    for n, moment in enumerate(MOMENTS):
        number = f"+8562055571{n:03}"
        assert web.post(number, "", *WAY)
        assert web.post(number, SAVE, armed=moment) is None, moment
        again = [web.post(number, SAVE) for _ in range(2)]
        assert again[0] == again[1], "the second repeat is told what the first was"
        told[number] = code_in((again[0] or [""])[0])
    with sqlite_store.read() as tx:
        on_record = {
            number: [one.code for one in callbacks.list_of_caller(tx, caller.id)]
            for number in told
            if (caller := callers.find_caller(tx, number)) is not None
        }
    assert on_record == {number: [code] for number, code in told.items()}, "lost or doubled"
