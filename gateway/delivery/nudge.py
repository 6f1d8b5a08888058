"""Nudges the workers about due rows through RQ, and sweeps for rows that no nudge reached.

A nudge may fail, be lost or be doubled: the outbox row is the truth, and only the delay changes.
"""

import logging
from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from gateway.delivery import clock_guard, results
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock
from gateway.storage import outbox, outbox_claims
from gateway.storage.outbox import OutboxRow
from gateway.storage.sessions import Breaker

_log = logging.getLogger(__name__)

QUEUE = "nudges"
ENTRY = "workers.jobs.nudge"
DESCRIPTION = "nudge"
JOB_SECONDS = 60
KEPT_SECONDS = 600  # life of an unclaimed nudge in Redis; by then the sweep has sent others


def count_listeners(client: Redis) -> int:
    """Return the number of RQ workers that listen for nudges; 0 if Redis does not respond."""
    try:
        return len(Worker.all(queue=Queue(QUEUE, connection=client, serializer=JSONSerializer)))
    except (RedisError, OSError):
        return 0


class Nudger:
    """Enqueues nudges; while Redis does not respond, a circuit breaker limits the tries.

    RQ documentation, "Jobs": ``result_ttl=0`` deletes the finished job, ``ttl`` and ``failure_ttl`` are in seconds.
    Without a pipeline RQ makes two round trips, and a loss between them leaves a job that nobody works.
    """

    def __init__(self, client: Redis, clock: Clock) -> None:
        self._client = client
        self._queue = Queue(QUEUE, connection=client, serializer=JSONSerializer, default_timeout=JOB_SECONDS)
        self._breaker = Breaker(clock)

    def __call__(self, row_id: str) -> bool:
        """Enqueue a nudge for this row; False if it did not get through. Never raises."""
        if not self._breaker.allows():
            return False
        try:
            pipeline = self._client.pipeline()
            self._queue.enqueue_call(
                ENTRY,
                args=(row_id,),
                timeout=JOB_SECONDS,
                description=DESCRIPTION,
                result_ttl=0,
                ttl=KEPT_SECONDS,
                failure_ttl=KEPT_SECONDS,
                pipeline=pipeline,
            )
            pipeline.execute()
        except (RedisError, OSError) as error:
            self._breaker.failed()
            _log.info("a nudge did not get through: %s", type(error).__name__)
            return False
        self._breaker.answered()
        return True


def skip_nudge(row_id: str) -> bool:  # noqa: ARG001 - replaces a Nudger where there is no Redis
    """Send no nudge: the sweep of the clock process sends what is due."""
    return False


# The sweep finds what no nudge reached: expired leases, expired rows, and due rows without a nudge.

GRACE = timedelta(seconds=2)  # a nudge is sent right after the commit; the sweep leaves it this long
AGAIN = timedelta(seconds=30)
PARKED = timedelta(days=3)
NUDGES = 20  # each drains everything that is due, so a few are enough for any backlog
OWN_SECONDS = 8.0


def sweep_outbox(parts: Services) -> None:
    """End expired leases and rows, query providers about unclear rows, and nudge the workers about waiting ones.

    Raises:
        Unavailable: the database cannot be reached.
    """
    now = parts.clock.now()
    repeatable = [name for name, channel in parts.channels.items() if channel.contract.takes_our_id]
    askable = [name for name, channel in parts.channels.items() if channel.contract.can_ask]
    with parts.store.write() as tx:
        trusted = clock_guard.is_trusted(parts, tx, now)
        ended = outbox_claims.end_leases(tx, now=now, repeatable=repeatable) if trusted else ()
        expired = outbox.expire_rows(tx, now=now, askable=askable) if trusted else 0
        if trusted:
            outbox.drop_parked(tx, before=now - PARKED)
    _log_ended(parts, ended, expired)
    if trusted:
        results.ask_providers(parts)
    if _nudge_waiting(parts):
        drain_outbox(parts, seconds=OWN_SECONDS)


def _nudge_waiting(parts: Services) -> bool:
    """Nudge the workers about waiting rows; return whether this process should send them itself.

    That is so when a nudge fails, or when rows nudged before still wait, so that no worker seems to run.
    """
    now = parts.clock.now()
    with parts.store.write() as tx:
        waiting = outbox.list_overdue(tx, due_before=now - GRACE, nudged_before=now - AGAIN, limit=NUDGES)
        if waiting:
            outbox.mark_nudged(tx, [row_id for row_id, _ in waiting], now=now)
    followed = not any(nudged_before for _, nudged_before in waiting)
    # The first failure shows that Redis is away; the other nudges would only wait for the same timeout.
    got_through = all(parts.nudge(row_id) for row_id, _ in waiting)
    return bool(waiting) and not (followed and got_through)


def _log_ended(parts: Services, ended: tuple[OutboxRow, ...], expired: int) -> None:
    for row in ended:
        _log.warning("outbox row %s: its lease is over, it is %s now", row.id, row.state)
        parts.count.add("outbox", row.state if row.state == "unclear" else "retried", channel=row.channel)
    if expired:
        parts.count.add("outbox", "expired", n=expired)
