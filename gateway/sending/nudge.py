"""Tells the workers that a row is due; it may fail, be lost or be doubled, and changes nothing but the delay."""

import logging
import threading

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue
from rq.serializers import JSONSerializer

from gateway.clock import Clock

_log = logging.getLogger(__name__)

QUEUE = "nudges"
ENTRY = "workers.jobs.nudge"
DESCRIPTION = "nudge"
JOB_SECONDS = 60
KEPT_SECONDS = 600  # of a nudge that nobody took: by then the sweep has given others
FAULTS = 3
OPEN_SECONDS = 5.0


class Nudger:
    """Puts nudges into the queue. After three faults it does not ask Redis for five seconds."""

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._queue = Queue(QUEUE, connection=redis, serializer=JSONSerializer, default_timeout=JOB_SECONDS)
        self._clock = clock
        self._lock = threading.Lock()
        self._faults = 0
        self._closed_until = 0.0

    def __call__(self, row_id: str) -> bool:
        """Give a nudge for this row; False where it did not get through. Never raises."""
        if self._clock.monotonic() < self._closed_until:
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
            self._note_fault(type(error).__name__)
            return False
        self._faults = 0
        return True

    def _note_fault(self, word: str) -> None:
        with self._lock:
            self._faults += 1
            if self._faults >= FAULTS:
                self._closed_until = self._clock.monotonic() + OPEN_SECONDS
        _log.info("a nudge did not get through: %s", word)


def nobody(row_id: str) -> bool:  # noqa: ARG001 - it stands in for a Nudger where there is no Redis
    """Nudge nobody: the clock sends what is due."""
    return False
