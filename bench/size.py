"""Measures what a server of one core and 1 GiB carries, and prints the tables of ``docs/how-to/size-a-server.md``.

    python -m bench.size             # two processors are needed: the product gets one, the client the other

The whole product, as ``gateway up`` starts it, is held to one processor by its affinity (sched_setaffinity(2), as
``taskset`` sets it) and to 1 GiB by a control group where this process may make one. Hops and requests go over HTTP; a
text and a delivery are timed inside one process on the same processor: brakes on cost let few answers out to strangers.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from statistics import median

import redis

from bench import inside
from bench.own_valkey import start_own_valkey
from bench.run import build_house
from bench.servers import OUR_WALKS, Gateway, NotComparable, Server, read_valkey_cpu
from bench.web import describe_machine
from gateway.operations.supervisor import find_url
from tests.support.running import Running

LIMIT = 1 << 30
CONNECTIONS = 64
TEXTS = 80
KEPT_WITHIN = 30.0
"""Seconds after which a request that was answered with a code must stand in the ledger."""
ASKING = ("4", "7", "2", "2", "3", "1")
"""The keys of a request for a call: English, call me back, and what is asked before it is saved."""
ALLOWED = 0.5
"""How much of a core may be used in health: the rest is for the busy minute after a radio programme."""
SYSTEM = 250
"""MiB that the operating system and a proxy take."""


@dataclass(frozen=True)
class Work:
    """One kind of work: how much of it one core did in a second, and seconds of processor for each, Valkey's with them.

    Where the processor time could not be told apart it is that second divided by what was done in it.
    """

    name: str
    rate: float
    cpu: float


@dataclass(frozen=True)
class Carried:
    """What one core carries, and what memory holds."""

    hop: Work
    request: Work
    text: Work
    delivery: Work
    gateway_mib: float
    bytes_a_session: float


def compute_callers(hop: float, request: float) -> float:
    """Return the callers a second of half a core who read two pages and then ask for a call.

    Args:
        hop: seconds of processor of a hop.
        request: those of a session of seven hops, the last of which saves the request.
    """
    return ALLOWED / (request + 2 * hop)


def compute_sessions(free_mib: float, bytes_a_session: float) -> float:
    """Return how many open sessions fit in so many MiB."""
    return max(0.0, free_mib) * (1 << 20) / bytes_a_session


def list_lines(found: Carried) -> Iterator[str]:
    """Yield the tables of the page as Markdown."""
    yield "| piece of work | a second, seen on one core | processor time of one | a second on half a core, computed |"
    yield "|---|--:|--:|--:|"
    for work in (found.hop, found.request, found.text, found.delivery):
        yield f"| {work.name} | {work.rate:.0f} | {work.cpu * 1e3:.2g} ms | {ALLOWED / work.cpu:.0f} |"
    free = 1024 - SYSTEM - found.gateway_mib
    yield ""
    yield "| memory | |"
    yield "|---|--:|"
    yield f"| the gateway after this, all processes (PSS), without its Valkey | {found.gateway_mib:.0f} MiB |"
    yield f"| the operating system and a proxy, reckoned | {SYSTEM} MiB |"
    yield f"| an open session in Valkey | {found.bytes_a_session:.0f} bytes |"
    yield f"| open sessions in each MiB of Valkey | {compute_sessions(1, found.bytes_a_session):.0f} |"
    yield f"| open sessions that fit beside all that in 1 GiB | {compute_sessions(free, found.bytes_a_session):.0f} |"
    yield ""
    callers = compute_callers(found.hop.cpu, found.request.cpu)
    asking, reading = f"{found.request.cpu * 1e3:.2g} ms", f"{found.hop.cpu * 1e3:.2g} ms"
    yield f"Callers who read two pages and ask for a call, on half of one core: 0.5 s ÷ ({asking} + 2 × {reading})"
    yield f"= **{callers:.0f} a second, {callers * 60:.0f} a minute**."


class Held(Running):
    """A gateway on one processor and, where a control group can be made, in 1 GiB."""

    limited = False

    def begin(self) -> None:
        """Start it there: what it starts inherits both."""
        with on_processor(0):
            super().begin()
        assert self.process is not None
        self.limited = limit_memory(self.process.pid)


@contextmanager
def on_processor(number: int) -> Iterator[None]:
    """Run on one processor only, and let what is started meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def limit_memory(pid: int) -> bool:
    """Put a process into a group of 1 GiB below our own (cgroups(7), either version); say whether that was possible."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        mount, limit = ("memory", "memory.limit_in_bytes") if controllers == "memory" else ("", "memory.max")
        group = Path("/sys/fs/cgroup", mount, path.lstrip("/"), f"gateway-size-{pid}")
        if controllers not in {"memory", ""} or not group.parent.is_dir():
            continue
        try:
            group.mkdir()
            (group / limit).write_text(str(LIMIT))
            (group / "cgroup.procs").write_text(str(pid))
        except OSError:
            if group.is_dir():
                group.rmdir()
            continue
        return True
    return False


def remove_group(pid: int) -> None:
    """Remove the group of a gateway that has ended."""
    for group in Path("/sys/fs/cgroup").glob(f"**/gateway-size-{pid}"):
        group.rmdir()


@dataclass
class OverHttp:
    """What was measured over HTTP."""

    hop: Work
    request: Work
    gateway_mib: float
    bytes_a_session: float
    limited: bool
    foreign: float


def measure_over_http(folder: Path, rounds: int, seconds: float) -> OverHttp:
    """Start the gateway on one processor and load it from the other: first hops, then requests.

    After requests the worker still sends what they announce, and would count as the cost of the hops.
    """
    server = Gateway("the gateway on one core", folder / "up")
    house = server.house = Held(folder / "up", server.account)
    try:
        server.start()
        with on_processor(1):
            before = read_valkey(server.store)
            told = [server.round(CONNECTIONS, seconds) for _ in range(rounds + 1)][1:]
            after = read_valkey(server.store)
            request = measure_requests(server, rounds, seconds)
        rate = median(one.hops_a_second for one in told)
        hop = Work(
            "a hop of a session", rate, median(one.server_micros + one.valkey_micros for one in told) / 1e6
        )
        held = (after[0] - before[0]) / max(1, after[1] - before[1])
        foreign = median(one.foreign for one in told)
        return OverHttp(hop, request, server.sum_pss(), held, house.limited, foreign)
    finally:
        server.stop()
        if server.process is not None:
            remove_group(server.process.pid)


def measure_requests(server: Gateway, rounds: int, seconds: float) -> Work:
    """Let callers ask for a call; each request that was answered with a code must stand in the ledger afterwards.

    Raises:
        NotComparable: a wrong reply, or the ledger holds fewer requests.
    """
    usual = server.number
    learn_request(server)
    spent, before = server.sum_cpu() + read_valkey_cpu(server.store), count_requests(server.house.data)
    told = [one for _ in range(rounds) for one in server.load(connections=16, seconds=seconds)]
    spent = server.sum_cpu() + read_valkey_cpu(server.store) - spent
    answered, wrong = sum(one.sessions for one in told), [sample for one in told for sample in one.samples]
    kept = wait_for_requests(server.house.data, before + answered) - before
    if wrong or kept < answered:
        raise NotComparable(f"{answered} requests were answered with a code, {kept} are kept; wrong: {wrong}")
    server.walks, server.number = OUR_WALKS, usual
    rate = median(one.sessions / one.seconds for one in told)
    return Work("a request: a session of seven hops, the last of which saves it", rate, spent / answered)


def learn_request(server: Gateway) -> None:
    """Ask for a call twice, and let the server walk it from now on: its last page is right up to the code."""
    walk = tuple("*".join(ASKING[:nth]) for nth in range(len(ASKING) + 1))
    server.walks, server.number = (walk,), "+85620555%05d"  # a number of a form that can be called
    codes = []
    for _ in range(2):
        Server.sessions += 1
        told = [server.ask(Server.sessions, text) for text in walk]
        server.expected.update(zip(walk, told, strict=True))
        codes.append(told[-1])
    server.expected[walk[-1]] = "~" + find_beginning(*codes)


def find_beginning(one: str, other: str) -> str:
    """Return what two pages have in common from their first letter on.

    Raises:
        NotComparable: it is less than a word or two, so that it would tell nothing.
    """
    same = "".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    same = same.rstrip("0123456789")  # where two codes begin alike
    if len(same) < 12 or same in {one, other}:
        raise NotComparable(f"a request is answered with {one!r} and {other!r}")
    return same


def count_requests(data: Path) -> int:
    """Return how many requests the ledger holds."""
    with sqlite3.connect(f"file:{data / 'gateway.sqlite3'}?mode=ro", uri=True) as ledger:
        return int(ledger.execute("SELECT count(*) FROM callbacks").fetchone()[0])


def wait_for_requests(data: Path, many: int) -> int:
    """Return how many requests the ledger holds, once it holds so many: one that was spooled is taken in later."""
    until = time.monotonic() + KEPT_WITHIN
    while (held := count_requests(data)) < many and time.monotonic() < until:
        time.sleep(0.2)
    return held


def read_valkey(url: str) -> tuple[int, int]:
    """Return the bytes that Valkey uses, and the keys that it holds."""
    with redis.Redis.from_url(url) as client:
        return int(client.info("memory")["used_memory"]), int(client.dbsize())


def measure_inside(rounds: int) -> tuple[Work, Work]:
    """Take texts and record deliveries in one process, Valkey on the same processor."""
    with on_processor(0), start_own_valkey() as folder:
        parts = build_house(
            {"GATEWAY_DATA_DIR": str(folder), "GATEWAY_MENUS_DIR": str(Path("menus").absolute())}
        )
        url = find_url(folder)
        spent = time.process_time() + read_valkey_cpu(url)
        texts = [inside.texts_a_second(parts, number, TEXTS) for number in range(rounds)]
        spent = time.process_time() + read_valkey_cpu(url) - spent
        sent = median(inside.deliveries_a_second(parts) for _ in range(rounds))
    text = Work("a text in, with its answer on its way", median(texts), spent / (rounds * TEXTS))
    return text, Work("a delivery", sent, 1 / sent)


def main() -> None:
    """Measure and print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--seconds", type=float, default=5.0, help="how long each round is")
    asked = options.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two processors are needed: one for the product, one for the client")
    with tempfile.TemporaryDirectory(prefix="gw-size-") as folder:
        http = measure_over_http(Path(folder), asked.rounds, asked.seconds)
    text, delivery = measure_inside(asked.rounds)
    memory = "held to 1 GiB" if http.limited else "memory not limited, since no control group could be made"
    print(
        f"One processor of {describe_machine()}; {memory}; medians of {asked.rounds} rounds of {asked.seconds:g} s; "
        f"others took {http.foreign:.2f} processors\n"
    )
    carried = Carried(http.hop, http.request, text, delivery, http.gateway_mib, http.bytes_a_session)
    print("\n".join(list_lines(carried)))


if __name__ == "__main__":
    sys.exit(main())
