"""One process of several that do something to the same callback at the same moment, released by a barrier."""

import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from gateway.access import Actor
from gateway.callbacks.model import IllegalMove
from gateway.desk import attempts, claim, roll
from gateway.desk.refusals import AlreadyCalling, Held, NotSafe
from gateway.store.engines import Store
from tests.clocks import SetClock
from tests.desk.rig import made_parts
from tests.ledgers import MASTER

EVENING = "2026-11-24T18:10:00+07:00"


@dataclass(frozen=True)
class Did:
    """What one process did in one round: from when until when, by a clock that all of them share, and its answer."""

    began: float
    ended: float
    answer: str
    name: str = ""


@dataclass(frozen=True)
class Task:
    """What to do to these callbacks, one a round: ``call`` claims and calls, the others do one thing."""

    deed: str
    callbacks: tuple[str, ...]


def run(url: str, actor: Actor, gate: Barrier, pipe: Connection) -> None:
    """Do tasks until there are no more; the process's own store, as a worker of the product has it."""
    store = Store(url, master=MASTER)
    with store.read() as tx:
        store.ring.refresh(tx)
    with tempfile.TemporaryDirectory() as folder:
        parts = made_parts(store, SetClock(EVENING), Path(folder))
        while True:
            task: Task | None = pipe.recv()
            if task is None:
                break
            did = []
            for callback in task.callbacks:
                gate.wait(timeout=60)
                began = time.perf_counter()
                answer, name = _do(parts, actor, task.deed, callback)
                did.append(Did(began, time.perf_counter(), answer, name))
            pipe.send(did)
    store.close()


def _do(parts, actor: Actor, deed: str, callback: str) -> tuple[str, str]:
    try:
        if deed == "call":
            claim.claim(parts, actor, callback)
            attempts.begin(parts, actor, callback)
        elif deed == "claim":
            claim.claim(parts, actor, callback)
        elif deed == "release":
            claim.release(parts, actor, callback)
        elif deed == "renew":
            return ("done" if claim.renew(parts, actor, callback) else "lost"), ""
        else:
            roll.release_leases(parts)
    except (Held, AlreadyCalling) as held:
        return "held", held.name
    except (NotSafe, IllegalMove) as answer:
        return type(answer).__name__, ""
    return "done", ""
