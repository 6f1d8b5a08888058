"""Tells the workers that a row is due; it may fail, be lost or be doubled, and changes nothing but the delay."""

import logging

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from gateway.clock import Clock
from gateway.store.breaker import Breaker

_log = logging.getLogger(__name__)

QUEUE = "nudges"
ENTRY = "workers.jobs.nudge"
DESCRIPTION = "nudge"
JOB_SECONDS = 60
KEPT_SECONDS = 600  # of a nudge that nobody took: by then the sweep has given others


def listeners(client: Redis) -> int:
    """Count the workers that take nudges; none where Redis does not answer."""
    try:
        return len(Worker.all(queue=Queue(QUEUE, connection=client, serializer=JSONSerializer)))
    except (RedisError, OSError):
        return 0


class Nudger:
    """Puts nudges into the queue; while Redis does not answer it is asked only now and then."""

    def __init__(self, client: Redis, clock: Clock) -> None:
        self._queue = Queue(QUEUE, connection=client, serializer=JSONSerializer, default_timeout=JOB_SECONDS)
        self._breaker = Breaker(clock)

    def __call__(self, row_id: str) -> bool:
        """Give a nudge for this row; False where it did not get through. Never raises."""
        if not self._breaker.allows():
            return False
        try:
            self._queue.enqueue_call(
                ENTRY,
                args=(row_id,),
                timeout=JOB_SECONDS,
                description=DESCRIPTION,
                result_ttl=0,
                ttl=KEPT_SECONDS,
                failure_ttl=KEPT_SECONDS,
            )
        except (RedisError, OSError) as error:
            self._breaker.failed()
            _log.info("a nudge did not get through: %s", type(error).__name__)
            return False
        self._breaker.answered()
        return True


def nobody(row_id: str) -> bool:  # noqa: ARG001 - it stands in for a Nudger where there is no Redis
    """Nudge nobody: the clock sends what is due."""
    return False
