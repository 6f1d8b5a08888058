"""The bodies of ``gateway worker`` and ``gateway clock``: both go on through the loss of Redis and of SQL."""

import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from gateway.figures.count import EVERY
from gateway.parts import Parts
from gateway.sending.guard import Watch
from gateway.sending.nudge import JOB_SECONDS, QUEUE
from gateway.sending.send import drain
from gateway.store.engines import Unavailable
from workers.chores import OWN, Chore, Round
from workers.jobs import doing

_log = logging.getLogger(__name__)

WORKER_SECONDS = 35  # RQ blocks for 15 fewer: so long a frozen Redis may go unnoticed
LAST_SECONDS = 12  # for the row that is under way when we are asked to stop
AGAIN_SECONDS = 1.0
TICK_SECONDS = 1.0


class Stop:
    """Remembers that TERM or INT asked this process to stop."""

    def __init__(self) -> None:
        self._asked = threading.Event()

    def __call__(self) -> bool:
        """Say whether it was asked."""
        return self._asked.is_set()

    def ask(self, *_: object) -> None:
        """Ask it; this is a signal handler too."""
        self._asked.set()

    def wait(self, seconds: float) -> None:
        """Wait for so long, or until it is asked."""
        self._asked.wait(seconds)

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Be asked by TERM and INT inside this block."""
        if threading.current_thread() is not threading.main_thread():
            yield  # signals reach the main thread only; whoever runs this in another one asks by itself
            return
        before = [(number, signal.signal(number, self.ask)) for number in (signal.SIGTERM, signal.SIGINT)]
        try:
            yield
        finally:
            for number, handler in before:
                signal.signal(number, handler)


def run_worker(parts: Parts, redis: Redis, *, stop: Stop | None = None, burst: bool = False) -> None:
    """Take nudges until TERM or INT; the row under way is finished first, and given up after some seconds.

    Args:
        parts: the parts.
        redis: the connection that nudges are given through; the worker opens its own of the same kind.
        stop: ends the worker when it is asked.
        burst: return when the queue is empty.
    """
    stop = stop or Stop()
    with stop.on_signals():
        while not stop():
            try:
                _work(parts, redis, stop, burst=burst)
            except (RedisError, OSError) as error:
                _log.warning("the worker has lost Redis: %s", type(error).__name__)
            if burst:
                return
            stop.wait(AGAIN_SECONDS)


def run_clock(parts: Parts, chores: Sequence[Chore], *, stop: Stop | None = None) -> None:
    """Do the chores, look at the clock and write the figures, until TERM or INT.

    Args:
        parts: the parts.
        chores: what the other use cases bring; the sweep is always done.
        stop: ends the clock when it is asked.
    """
    stop = stop or Stop()
    round_, watch = Round(parts, (*OWN, *chores)), Watch(parts)
    flush_at = 0.0
    with stop.on_signals():
        while not stop():
            _look(watch)
            round_.go(stopping=stop)
            if parts.clock.monotonic() >= flush_at:
                flush_at = parts.clock.monotonic() + EVERY.total_seconds()
                parts.count.flush(parts.store)
            stop.wait(TICK_SECONDS)
    parts.count.flush(parts.store)


def _look(watch: Watch) -> None:
    try:
        watch.look()
    except Unavailable as error:
        _log.warning("the clock cannot be compared with the ledger: %s", error)


def _work(parts: Parts, redis: Redis, stop: Stop, *, burst: bool) -> None:
    connection = _own_connection(redis)
    try:
        job_class = doing(lambda row_id: _nudged(parts, row_id, stop))
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=job_class)
        worker = Worker([queue], stop=stop, connection=connection, job_class=job_class)
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        connection.close()


def _nudged(parts: Parts, row_id: str, stop: Stop) -> None:
    """Do the work of a nudge."""
    try:
        drain(parts, first=row_id, stopping=stop)
    except Exception as error:  # noqa: BLE001 - RQ would keep its words in Redis and log them
        _log.error("a nudge for row %s ended with %s", row_id, type(error).__name__)
        parts.count.add("alarm", "nudge")


def _own_connection(redis: Redis) -> Redis:
    """Open a connection with RQ's long wait; RQ would else lengthen the waits of everybody who shares it."""
    pool = redis.connection_pool
    settings: dict[str, Any] = {
        **pool.connection_kwargs,
        "socket_timeout": WORKER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **settings))


class Worker(SimpleWorker):  # type: ignore[misc]  # RQ's own class carries no types here
    """RQ's worker without a fork, which takes no commands out of Redis and leaves in peace when Redis is gone."""

    log_result_lifespan = False
    max_connection_wait_time = 2.0

    def __init__(self, queues: Sequence[Queue], *, stop: Stop, **more: Any) -> None:
        self._stop = stop
        super().__init__(
            queues,
            serializer=JSONSerializer,
            worker_ttl=WORKER_SECONDS,
            maintenance_interval=JOB_SECONDS,
            log_job_description=False,
            default_result_ttl=0,
            **more,
        )

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop when the row under way is done; after some seconds its send is given up and becomes unclear."""
        self._stop.ask()
        if self.get_state() == WorkerStatus.BUSY:
            signal.alarm(LAST_SECONDS)  # RQ's own limit of a job, brought forward
        super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Take a second signal for the first one said twice: whoever is in a hurry has KILL."""

    def set_shutdown_requested_date(self) -> None:
        """Write nothing: Redis may be gone."""

    def subscribe(self) -> None:
        """Listen to nobody: a worker stops by a signal, and not because somebody wrote it into Redis."""

    def unsubscribe(self) -> None:
        """Leave nothing, as nothing was subscribed to."""

    def teardown(self) -> None:
        """Say goodbye to Redis if it is there."""
        try:
            super().teardown()
        except (RedisError, OSError) as error:
            _log.info("the worker leaves without a word to Redis: %s", type(error).__name__)
