"""One process of several that do something to the same callback at the same moment, released by a barrier."""

import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from gateway.domain.callbacks.states import IllegalMove
from gateway.domain.permissions import Actor
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import made_parts
from tests.support.ledgers import MASTER

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
            claim.claim_callback(parts, actor, callback)
            attempts.begin_call(parts, actor, callback)
        elif deed == "claim":
            claim.claim_callback(parts, actor, callback)
        elif deed == "release":
            claim.release_callback(parts, actor, callback)
        elif deed == "renew":
            return ("done" if claim.renew_claim(parts, actor, callback) else "lost"), ""
        else:
            timers.release_leases(parts)
    except (ClaimedByOther, AlreadyCalling) as held:
        return "held", held.name
    except (NotSafe, IllegalMove) as answer:
        return type(answer).__name__, ""
    return "done", ""
