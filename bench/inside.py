"""What one process does without a network: a step, accepting a callback, texts, and deliveries."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
    began = time.perf_counter()
    handled = drain_outbox(fast, seconds=60)
    return handled / (time.perf_counter() - began)


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


def _micros(call: Callable[[], object], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        call()
    return (time.perf_counter() - began) / times * 1e6
