"""Tells the workers that a row is due; it may fail, be lost or be doubled, and changes nothing but the delay."""

import logging
from datetime import timedelta

from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from gateway.delivery import clock_guard, results
from gateway.delivery.send import drain_outbox
from gateway.foundation.clock import Clock
from gateway.foundation.services import Services
from gateway.storage import outbox, outbox_claims
from gateway.storage.outbox import OutboxRow
from gateway.storage.sessions import Breaker

_log = logging.getLogger(__name__)

QUEUE = "nudges"
ENTRY = "workers.jobs.nudge"
DESCRIPTION = "nudge"
JOB_SECONDS = 60
KEPT_SECONDS = 600  # of a nudge that nobody took: by then the sweep has given others


def count_listeners(client: Redis) -> int:
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


def nudge_nobody(row_id: str) -> bool:  # noqa: ARG001 - it stands in for a Nudger where there is no Redis
    """Nudge nobody: the clock sends what is due."""
    return False


# Finds what no nudge reached: leases that are over, rows that came too late, rows that are due and wait for
# nobody.

GRACE = timedelta(seconds=2)  # the nudge that follows a commit has this long
AGAIN = timedelta(seconds=30)
PARKED = timedelta(days=3)
NUDGES = 20  # each of them drains all that is due, so a few are enough for any backlog
OWN_SECONDS = 8.0


def sweep_outbox(parts: Services) -> None:
    """Do one round.

    Raises:
        Unavailable: SQL cannot be asked.
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
    """Nudge what waits; return whether this process should send by itself: nudges fail, or nobody follows them."""
    now = parts.clock.now()
    with parts.store.write() as tx:
        waiting = outbox.list_overdue(tx, due_before=now - GRACE, nudged_before=now - AGAIN, limit=NUDGES)
        if waiting:
            outbox.mark_nudged(tx, [row_id for row_id, _ in waiting], now=now)
    followed = not any(nudged_before for _, nudged_before in waiting)
    # The first that does not get through says that Redis is away; the others would only wait for it too.
    got_through = all(parts.nudge(row_id) for row_id, _ in waiting)
    return bool(waiting) and not (followed and got_through)


def _log_ended(parts: Services, ended: tuple[OutboxRow, ...], expired: int) -> None:
    for row in ended:
        _log.warning("outbox row %s: its lease is over, it is %s now", row.id, row.state)
        parts.count.add("outbox", row.state if row.state == "unclear" else "retried", channel=row.channel)
    if expired:
        parts.count.add("outbox", "expired", n=expired)
