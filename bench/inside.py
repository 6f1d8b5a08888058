"""What one process does without a network: a step, accepting a callback, texts, and deliveries.

``python -m bench.inside --rounds 7`` measures accepting, texts and deliveries on SQLite and on a PostgreSQL that it
starts, in interleaved rounds with a plain RQ worker that forks for each job; ``--open 100000`` puts so many open
requests beside them.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TypeVar

import redis
from rq import Queue, Worker

from bench.bare import nothing
from gateway.channels.contract import Answer, ChannelConfig, Contract, Request, SendOutcome, SendResult
from gateway.conversations import one_shot, ussd
from gateway.delivery.send import drain_outbox
from gateway.domain.events import USSD_LIMITS, Event, Inbound, Kind, Outgoing, Reply
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.menus.engine import engine
from gateway.menus.engine.session import Known
from gateway.storage import callers, outbox
from tests.support.large_queue import add_requests

T = TypeVar("T")
ROUNDS = 7
_CHANNEL = "africastalking"


class Swallows:
    """A channel that says "sent" to everything and sends nothing."""

    def __init__(self, config: ChannelConfig, contract: Contract) -> None:
        self.config = replace(config, rate=1_000_000)
        self.contract = contract

    def parse(self, request: Request) -> Sequence[Event]:
        """Nothing comes this way."""
        raise NotImplementedError

    def answer(self, reply: Reply, inbound: Inbound | None) -> Answer:
        """Nothing is asked this way."""
        raise NotImplementedError

    def send(self, message: Outgoing, *, now: datetime) -> SendResult:  # noqa: ARG002
        """Take it."""
        return SendResult(outcome=SendOutcome.SENT, provider_id=message.own_id)


def step_micros(parts: Services) -> tuple[float, float]:
    """Microseconds of a step, and of telling the page that follows."""
    _, menu = parts.versions.live("helpline")
    home = engine.begin_session(menu, Known(language="en", script="en", region="LA"))
    line, now = parts.line.for_engine(), parts.clock.now()
    moved = engine.step_session(menu, home, "1").session
    return (
        _micros(lambda: engine.step_session(menu, home, "1"), 500),
        _micros(lambda: engine.render_reply(menu, moved, line, USSD_LIMITS, now), 500),
    )


def accept_millis(parts: Services, number_of_round: int, count: int = 20) -> tuple[float, float]:
    """Milliseconds of the hop that saves a request: by the clock with the commit on disk, and of CPU."""
    spans, cpu = [], []
    for made in range(count):
        session, number = f"accept{number_of_round}-{made}", f"+8562055{number_of_round}{made:05}"
        keys = ["4", "7", "2", "2", "3", "1"]
        for hop in range(len(keys) + 1):
            inbound = Inbound(
                channel=_CHANNEL,
                kind=Kind.USSD,
                number=number,
                session=session,
                text="*".join(keys[:hop]),
                first=hop == 0,
            )
            began, cpu_began = time.perf_counter(), time.thread_time()
            told = ussd.answer_turn(parts, inbound)
            spans.append(time.perf_counter() - began)
            cpu.append(time.thread_time() - cpu_began)
        if told.screen != "code":
            raise SystemExit(f"the walk ended at {told.screen}")
    return median(spans[6::7]) * 1e3, median(cpu[6::7]) * 1e3


def accept_at_sizes(parts: Services, sizes: Sequence[int]) -> dict[int, float]:
    """Milliseconds of CPU of the hop that saves a request, beside so many open ones."""
    found, before, now = {}, 0, parts.clock.now()
    for nth, size in enumerate(sizes):
        add_requests(parts.store, size - before, name=f"s{nth:02}", now=now, digits=4 + nth)
        found[size], before = accept_millis(parts, ROUNDS + nth)[1], size
    return found


def texts_a_second(parts: Services, number_of_round: int, count: int = 80) -> float:
    """Texts accepted a second by one thread, each in its own transaction."""
    began = time.perf_counter()
    for made in range(count):
        number, turn_id = f"+8562057{number_of_round}{made:05}", f"bench{number_of_round}-{made}"
        one_shot.TEXTS.take(
            parts, Inbound(channel=_CHANNEL, kind=Kind.SMS, number=number, text="wage", turn=turn_id)
        )
    return count / (time.perf_counter() - began)


def deliveries_a_second(parts: Services, count: int = 300) -> float:
    """Rows a second that one worker claims, sends into nothing and records."""
    return measure_deliveries(parts, count)[0]


def measure_deliveries(parts: Services, count: int = 300) -> tuple[float, float]:
    """Return the rows a second of ``deliveries_a_second``, and the milliseconds of CPU of one."""
    channel = parts.channels[_CHANNEL]
    fast = replace(parts, channels={_CHANNEL: Swallows(channel.config, channel.contract)})
    now = parts.clock.now()
    with parts.store.write() as tx:
        for made in range(count):
            caller = callers.upsert_caller(tx, f"+85620558{made:05}", now=now)
            outbox.add_row(
                tx, kind="answer", channel=_CHANNEL, lane=f"bench:{caller.id}", due_at=now,
                expires_at=now + timedelta(minutes=10), once=new_id(now), now=now, caller_id=caller.id,
                payload={"text": "x", "link": ""},
            )  # fmt: skip
    began, cpu_began = time.perf_counter(), time.thread_time()
    handled = drain_outbox(fast, seconds=60)
    return handled / (time.perf_counter() - began), (time.thread_time() - cpu_began) / handled * 1e3


def plain_rq_a_second(client: redis.Redis, count: int = 60) -> float:
    """Jobs a second of a plain RQ worker that forks for each."""
    queue = Queue("bench", connection=client)
    for made in range(count):
        queue.enqueue(nothing, made, result_ttl=0)
    worker = Worker([queue], connection=client)
    began = time.perf_counter()
    worker.work(burst=True, logging_level="ERROR")
    return count / (time.perf_counter() - began)


def rounds(measure: Callable[[int], T]) -> list[T]:
    """Measure again and again, each time with callers of its own."""
    return [measure(number) for number in range(ROUNDS)]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--open", type=int, default=0)
    given = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gw-bench-")))
        houses, client = _build_houses(folder, stack)
        for parts in houses.values():
            if given.open:
                add_requests(parts.store, given.open, name="s00", now=parts.clock.now(), digits=5)
            accept_millis(parts, 99)  # the first fills caches
        found: dict[str, list[tuple[float, ...]]] = {name: [] for name in houses}
        theirs = []
        for nth in range(given.rounds):
            for name, parts in houses.items():
                found[name].append(_measure_round(parts, nth))
            theirs.append(plain_rq_a_second(client))
    print(
        f"{given.rounds} rounds, {given.open} open beside, load {os.getloadavg()[0]:.1f}, {os.cpu_count()} processors"
    )
    print(f"{'median (least to most)':30}" + "".join(f"{name:>28}" for name in found))
    words = "accepting, CPU ms", "a text, CPU ms", "a delivery, CPU ms", "deliveries a second"
    for at, word in enumerate(words):
        _print_row(word, [[row[at] for row in rows] for rows in found.values()])
    ratios = [[row[3] / other for row, other in zip(rows, theirs, strict=True)] for rows in found.values()]
    _print_row("times plain RQ, a fork a job", ratios)
    print(f"plain RQ, a fork a job: {median(theirs):.0f} a second ({min(theirs):.0f} to {max(theirs):.0f})")


def _build_houses(folder: Path, stack: ExitStack) -> tuple[dict[str, Services], redis.Redis]:
    from bench.run import build_house, wait_until_up  # here, since that one imports this module
    from gateway.operations import supervisor
    from tests.support.servers import PostgreSQL

    server = PostgreSQL()
    server.start()
    stack.callback(server.close)
    with server.connect() as admin:
        admin.execute("CREATE DATABASE bench_inside")
    houses, valkey = {}, folder / "sqlite"
    store = supervisor.start_valkey(valkey, environment=dict(os.environ))
    stack.callback(store.wait)
    stack.callback(store.terminate)
    wait_until_up(valkey)
    link = supervisor.find_url(valkey)
    for name, url in (("sqlite", ""), ("postgresql", server.url("bench_inside"))):
        environment = {
            "GATEWAY_DATA_DIR": str(folder / name),
            "GATEWAY_MENUS_DIR": str(Path("menus").absolute()),
        }
        environment |= {"REDIS_URL": link} | ({"DATABASE_URL": url} if url else {})
        houses[name] = build_house(environment)
        stack.callback(houses[name].store.close)
    return houses, redis.Redis.from_url(link)


def _measure_round(parts: Services, nth: int) -> tuple[float, ...]:
    parts.duty.refresh()  # as each process does every second
    accepted = accept_millis(parts, nth)[1]
    began = time.thread_time()
    texts_a_second(parts, nth)
    texts = (time.thread_time() - began) / 80 * 1e3
    deliveries, cpu = measure_deliveries(parts)
    return accepted, texts, cpu, deliveries


def _print_row(word: str, columns: list[list[float]]) -> None:
    spread = [f"{median(one):.2f} ({min(one):.2f} to {max(one):.2f})" for one in columns]
    print(f"{word:30}" + "".join(f"{one:>28}" for one in spread))


def _micros(call: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times * 1e6


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    main()
