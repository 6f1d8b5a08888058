"""Runs ``gateway worker``: takes nudges, the only RQ job, and drains the outbox, surviving outages of Redis and SQL.

A nudge is a job with a row id; anything else found in Redis is rejected. RQ runs whatever function a job names, and
its documentation warns that Redis must be trusted; here a job's function name is compared and never imported, and its
data is JSON instead of pickle.
"""

import logging
import re
import signal
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.exceptions import NoSuchJobError
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from gateway.delivery.nudge import DESCRIPTION, ENTRY, JOB_SECONDS, KEPT_SECONDS, QUEUE
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from workers import Stop

_log = logging.getLogger(__name__)

_ROW_ID = re.compile(r"[0-9a-hjkmnp-tv-z]{20}")


class NotANudge(NoSuchJobError):  # type: ignore[misc]  # RQ's own class carries no types here
    """The job is not a nudge. RQ treats it as missing, so nothing of it is run."""


def nudge(row_id: str) -> None:
    """Give nudges a function name to carry; a worker runs its own function and never imports this one by name."""
    raise NotImplementedError(f"row {row_id} is sent by `gateway worker` only")


class Nudge(Job):  # type: ignore[misc]  # RQ's own class carries no types here
    """The only job class; a subclass made by ``make_job_class`` holds the work."""

    work: Callable[[str], object]

    def restore(self, raw_data: Any) -> None:
        """Load a job, and reject anything but a nudge before any of it can run."""
        super().restore(raw_data)
        if not self._is_nudge():
            _log.error("something that is not a nudge lies in the queue: job %.40s is left out", self.id)
            raise NotANudge(self.id)
        # Timeouts and lifetimes are not taken from Redis.
        self.timeout, self.result_ttl, self.failure_ttl = JOB_SECONDS, 0, KEPT_SECONDS

    def _execute(self) -> None:
        type(self).work(self.args[0])

    def _is_nudge(self) -> bool:
        try:
            self._deserialize_data()
        except Exception:  # noqa: BLE001 - RQ's own error, or any error that hostile data causes
            return False
        more = (
            self._instance,
            self._kwargs,
            self._success_callback_name,
            self._failure_callback_name,
            self._stopped_callback_name,
            self._dependency_ids,
            self.webhooks,
            self.retries_left,
            self.repeats_left,
            self.group_id,
            self.rate_limit_key,
        )
        return (
            self._func_name == ENTRY
            and self.description == DESCRIPTION
            and not any(more)
            and isinstance(self._args, list)
            and len(self._args) == 1
            and isinstance(self._args[0], str)
            and _ROW_ID.fullmatch(self._args[0]) is not None
        )


def make_job_class(work: Callable[[str], object]) -> type[Nudge]:
    """Return a job class whose jobs call ``work`` with their row id."""
    return type("Nudge", (Nudge,), {"work": staticmethod(work)})


WORKER_SECONDS = (
    35  # RQ blocks 15 s less than its worker_ttl, so a frozen Redis is noticed after at most this time
)
LAST_SECONDS = 8  # for the row in progress at a stop; `gateway up` waits 10 s before SIGKILL
AGAIN_SECONDS = 1.0


def run_worker(parts: Services, redis: Redis, *, stop: Stop | None = None, burst: bool = False) -> None:
    """Work nudges until SIGTERM or SIGINT; the row in progress is finished first, for at most LAST_SECONDS.

    Args:
        parts: the services of this process.
        redis: a client with the connection settings; the worker opens a connection of its own.
        stop: the stop flag; a new one by default.
        burst: return when the queue is empty.
    """
    stop = stop or Stop()
    with stop.on_signals():
        while not stop():
            try:
                _work_queue(parts, redis, stop, burst=burst)
            except (RedisError, OSError) as error:
                _log.warning("the worker has lost Redis: %s", type(error).__name__)
            if burst:
                return
            stop.wait(AGAIN_SECONDS)


def _work_queue(parts: Services, redis: Redis, stop: Stop, *, burst: bool) -> None:
    connection = _own_connection(redis)
    try:
        job_class = make_job_class(lambda row_id: _work_nudge(parts, row_id, stop))
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=job_class)
        worker = Worker([queue], stop=stop, connection=connection, job_class=job_class)
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        connection.close()


def _work_nudge(parts: Services, row_id: str, stop: Stop) -> None:
    """Drain the outbox, beginning with the row that the nudge names."""
    try:
        drain_outbox(parts, first=row_id, stopping=stop)
    except Exception as error:  # noqa: BLE001 - RQ would store its message in Redis and log it
        _log.error("a nudge for row %s ended with %s", row_id, type(error).__name__)
        parts.count.add("alarm", "nudge")


def _own_connection(redis: Redis) -> Redis:
    """Open a separate connection, because RQ raises the socket timeout of the one that it is given."""
    pool = redis.connection_pool
    settings: dict[str, Any] = {
        **pool.connection_kwargs,
        "socket_timeout": WORKER_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **settings))


def _kind_alone(record: logging.LogRecord) -> bool:
    """Reduce RQ's log record to the error's class, without the traceback and message, which may quote a row."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", None
        record.exc_info = record.exc_text = None
    return True


class Worker(SimpleWorker):  # type: ignore[misc]  # RQ's own class carries no types here
    """A non-forking RQ worker that ignores pub/sub commands and exits cleanly when Redis is unreachable."""

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
        self.log.addFilter(_kind_alone)

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        """Stop after the row in progress; after LAST_SECONDS its send is given up and becomes unclear."""
        self._stop.ask()
        if self.get_state() == WorkerStatus.BUSY:
            signal.alarm(LAST_SECONDS)  # triggers RQ's job timeout, which is based on SIGALRM, early
        super().request_stop(signum, frame)

    def request_force_stop(self, signum: int, frame: FrameType | None) -> None:
        """Ignore a second signal: the first one stops the worker, and SIGKILL is there for emergencies."""

    def procline(self, message: str) -> None:
        """Leave the process's title alone: it says which process this is, RQ's would say what it does at the moment."""

    def set_shutdown_requested_date(self) -> None:
        """Skip RQ's write of the shutdown time, as Redis may be gone."""

    def subscribe(self) -> None:
        """Do not subscribe to RQ's command channel: a worker is stopped by signals, never through Redis."""

    def unsubscribe(self) -> None:
        """Do nothing, as nothing was subscribed."""

    def teardown(self) -> None:
        """Deregister from Redis if it responds."""
        try:
            super().teardown()
        except (RedisError, OSError) as error:
            _log.info("the worker leaves without a word to Redis: %s", type(error).__name__)
