"""Nudges the workers about due rows through RQ, and sweeps for rows that no nudge reached.

A nudge may fail, be lost or be doubled: the outbox row is the truth, and only the delay changes.
"""

import hashlib
import logging
import zlib
from datetime import timedelta
from enum import Enum

from redis import Redis
from redis.exceptions import NoScriptError, RedisError
from rq import Queue, Worker
from rq.serializers import JSONSerializer

from gateway.delivery import clock_guard, results
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import Clock, new_id
from gateway.storage import outbox, outbox_claims
from gateway.storage.outbox import OutboxRow
from gateway.storage.redis_sessions import RedisLink
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

    RQ says once how it enqueues one (RQ documentation, "Jobs": ``result_ttl=0`` deletes the finished job, ``ttl`` and
    ``failure_ttl`` are in seconds). What it says becomes a script, so that each nudge is one command of four words,
    and Redis runs it whole or not at all: a loss between two trips would leave a job that nobody works.
    """

    def __init__(self, client: Redis, clock: Clock) -> None:
        self._clock = clock
        self._breaker = Breaker(clock)
        self._link = RedisLink(client)
        self._script = _write_script(client).encode()
        self._name = hashlib.sha1(self._script, usedforsecurity=False).hexdigest().encode()

    def __call__(self, row_id: str) -> bool:
        """Enqueue a nudge for this row; False if it did not get through. Never raises."""
        if not self._breaker.allows():
            return False
        now = self._clock.now()
        work = JSONSerializer.dumps((ENTRY, None, (row_id,), {}))
        try:
            self._enqueue(
                new_id(now).encode(), _pack_work(work), now.strftime("%Y-%m-%dT%H:%M:%S.%fZ").encode()
            )
        except (RedisError, OSError) as error:
            self._breaker.failed()
            _log.info("a nudge did not get through: %s", type(error).__name__)
            return False
        self._breaker.answered()
        return True

    def _enqueue(self, *words: bytes) -> None:
        try:
            self._link.ask(b"EVALSHA", self._name, b"0", *words)
        except NoScriptError:  # a server that was restarted, or emptied of its scripts
            self._link.ask(b"EVAL", self._script, b"0", *words)


def _pack_work(work: bytes) -> bytes:
    """Return the work of a job in the format that RQ unpacks (zlib, RFC 1950), without trying to make it smaller.

    There is nothing to gain in 60 bytes, and by default a quarter of a megabyte is prepared for each.
    """
    packer = zlib.compressobj(0, zlib.DEFLATED, _LEAST_WINDOW, _LEAST_MEMORY)
    return packer.compress(work) + packer.flush()


_LEAST_WINDOW, _LEAST_MEMORY = 9, 1
_ID = "PLACE-OF-THE-ID"
_JOB, _WORK, _AT = "ARGV[1]", "ARGV[2]", "ARGV[3]"
_GIVEN = {"data": _WORK, "created_at": _AT, "enqueued_at": _AT}


def _write_script(client: Redis) -> str:
    """Return the commands with which RQ enqueues a nudge as a script; nothing is sent.

    Its arguments are the job's id, its work as RQ packs it, and the instant.
    """
    queue = Queue(QUEUE, connection=client, serializer=JSONSerializer, default_timeout=JOB_SECONDS)
    queue.redis_server_version = (6, 0, 0)  # else RQ asks by INFO
    pipeline = client.pipeline()
    queue.enqueue_call(
        ENTRY,
        args=("",),
        timeout=JOB_SECONDS,
        description=DESCRIPTION,
        result_ttl=0,
        ttl=KEPT_SECONDS,
        failure_ttl=KEPT_SECONDS,
        job_id=_ID,
        pipeline=pipeline,
    )
    lines = [_write_command([*words]) for words, _ in pipeline.command_stack]
    pipeline.reset()
    return "\n".join([*lines, "return 1"])


def _write_command(words: list[object]) -> str:
    """Return one command in Lua; a word behind the name of a field that varies is an argument."""
    pairs = zip(["", *words[:-1]], words, strict=True)
    return f"redis.call({', '.join(_GIVEN.get(str(before)) or _quote_word(word) for before, word in pairs)})"


def _quote_word(word: object) -> str:
    plain = word.value if isinstance(word, Enum) else word
    return f" .. {_JOB} .. ".join(f'"{part}"' for part in str(plain).split(_ID))


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
