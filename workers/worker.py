"""The body of ``gateway worker``: it takes nudges out of the queue, through the loss of Redis and of SQL."""

import logging
import signal
from collections.abc import Sequence
from types import FrameType
from typing import Any

from redis import ConnectionPool, Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from rq import Queue, SimpleWorker
from rq.serializers import JSONSerializer
from rq.worker import WorkerStatus

from gateway.delivery.nudge import JOB_SECONDS, QUEUE
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from workers.jobs import doing
from workers.stop import Stop

_log = logging.getLogger(__name__)

WORKER_SECONDS = 35  # RQ blocks for 15 fewer: so long a frozen Redis may go unnoticed
LAST_SECONDS = 8  # for the row under way when we are asked to stop; `gateway up` waits 10 before it kills
AGAIN_SECONDS = 1.0


def run_worker(parts: Services, redis: Redis, *, stop: Stop | None = None, burst: bool = False) -> None:
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
                _work_queue(parts, redis, stop, burst=burst)
            except (RedisError, OSError) as error:
                _log.warning("the worker has lost Redis: %s", type(error).__name__)
            if burst:
                return
            stop.wait(AGAIN_SECONDS)


def _work_queue(parts: Services, redis: Redis, stop: Stop, *, burst: bool) -> None:
    connection = _own_connection(redis)
    try:
        job_class = doing(lambda row_id: _work_nudge(parts, row_id, stop))
        queue = Queue(QUEUE, connection=connection, serializer=JSONSerializer, job_class=job_class)
        worker = Worker([queue], stop=stop, connection=connection, job_class=job_class)
        worker.work(burst=burst, logging_level="WARNING")
    finally:
        connection.close()


def _work_nudge(parts: Services, row_id: str, stop: Stop) -> None:
    """Do the work of a nudge."""
    try:
        drain_outbox(parts, first=row_id, stopping=stop)
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


def _kind_alone(record: logging.LogRecord) -> bool:
    """Let RQ say which kind of error ended its loop, without the trace and the error's own words."""
    if record.exc_info and record.exc_info[0]:
        record.msg, record.args = f"{record.getMessage()} ({record.exc_info[0].__name__})", None
        record.exc_info = record.exc_text = None
    return True


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
        self.log.addFilter(_kind_alone)

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
