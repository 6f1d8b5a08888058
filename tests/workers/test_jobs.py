"""The queue carries nudges and nothing else: whatever is planted in Redis is left out, and no job tells anything of her."""

import json
import logging
import os
import zlib
from pathlib import Path
from typing import Any

import pytest
import redis
from rq import Callback, Queue, Repeat, Retry
from rq.job import Job
from rq.serializers import JSONSerializer, PickleSerializer

from gateway.delivery.nudge import ENTRY, QUEUE, Nudger
from gateway.foundation.services import Services
from tests.support.clocks import SetClock
from tests.support.outbox_rig import HER, Phone, Rows
from tests.support.servers import Valkey
from workers.jobs import nudge, run_worker

ROW = "1m865yhb05ymgzac92ec"


def queue_of(client: redis.Redis, serializer: Any = JSONSerializer) -> Queue:
    return Queue(QUEUE, connection=client, serializer=serializer)


def test_a_nudge_is_done_and_leaves_nothing_behind(
    parts: Services, rows: Rows, phone: Phone, redis_client: redis.Redis
) -> None:
    row_id = rows.add()
    assert parts.nudge(row_id)
    run_worker(parts, redis_client, burst=True)
    assert (rows.state(row_id), len(phone.got)) == ("sent", 1)
    assert redis_client.keys("rq:job:*") == []


def test_one_nudge_drains_all_that_is_due(
    parts: Services, rows: Rows, phone: Phone, redis_client: redis.Redis
) -> None:
    ids = [rows.add() for _ in range(5)]
    parts.nudge(ids[3])
    run_worker(parts, redis_client, burst=True)
    assert len(phone.got) == 5
    assert phone.got[0].own_id == ids[3]


def test_doubled_late_and_stale_nudges_change_nothing(
    parts: Services, rows: Rows, phone: Phone, redis_client: redis.Redis
) -> None:
    row_id = rows.add()
    for _ in range(5):
        parts.nudge(row_id)
    parts.nudge("0" * 20)
    run_worker(parts, redis_client, burst=True)
    parts.nudge(row_id)
    run_worker(parts, redis_client, burst=True)
    assert len(phone.got) == 1


def test_a_job_tells_nothing_but_the_row_s_id(
    parts: Services, rows: Rows, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    row_id = rows.add(to=rows.caller(HER), text="about her pay")
    parts.nudge(row_id)
    (key,) = redis_client.keys("rq:job:*")
    job = redis_client.hgetall(key)
    assert json.loads(zlib.decompress(job[b"data"])) == [ENTRY, None, [row_id], {}]
    assert job[b"description"] == b"nudge"
    assert (job[b"timeout"], job[b"result_ttl"]) == (b"60", b"0")
    assert int(job[b"failure_ttl"]) <= 86_400
    assert b"retries_left" not in job
    caplog.set_level(logging.DEBUG)
    everything = b"".join(redis_client.dump(each) or b"" for each in redis_client.keys("*"))
    assert HER.encode() not in everything
    run_worker(parts, redis_client, burst=True)
    assert HER not in caplog.text
    assert "pay" not in caplog.text


def planted(client: redis.Redis, folder: Path) -> dict[str, Any]:
    """Things that somebody with Redis could put there; each would leave a mark in the folder if it were run."""
    queue, pickled = queue_of(client), queue_of(client, PickleSerializer)
    mark = str(folder / "mark")
    call = queue.enqueue_call
    return {
        "a function": lambda: call("os.mkdir", args=(mark,), description="nudge"),
        "a function with our argument": lambda: call("os.mkdir", args=(ROW,), description="nudge"),
        "pickle": lambda: pickled.enqueue_call(os.mkdir, args=(mark,), description="nudge"),
        "a success callback": lambda: call(
            ENTRY, args=(ROW,), description="nudge", on_success=Callback("os.mkdir")
        ),
        "a failure callback": lambda: call(
            ENTRY, args=(ROW,), description="nudge", on_failure=Callback("os.mkdir")
        ),
        "another argument": lambda: call(ENTRY, args=(HER,), description="nudge"),
        "two arguments": lambda: call(ENTRY, args=(ROW, mark), description="nudge"),
        "keywords": lambda: call(ENTRY, args=(ROW,), kwargs={"a": 1}, description="nudge"),
        "no argument": lambda: call(ENTRY, description="nudge"),
        "a description": lambda: call(ENTRY, args=(ROW,), description=HER),
        "retries": lambda: call(ENTRY, args=(ROW,), description="nudge", retry=Retry(max=3)),
        "repeats": lambda: call(ENTRY, args=(ROW,), description="nudge", repeat=Repeat(times=3)),
    }


@pytest.mark.parametrize("what", list(planted(redis.Redis(), Path())))
def test_what_is_planted_is_refused_and_the_next_nudge_is_done(
    parts: Services, rows: Rows, phone: Phone, redis_client: redis.Redis, tmp_path: Path, what: str
) -> None:
    before = set(tmp_path.iterdir())
    planted(redis_client, tmp_path)[what]()
    row_id = rows.add()
    with_words = len(redis_client.lrange(f"rq:queue:{QUEUE}", 0, -1))
    assert with_words == 1
    parts.nudge(row_id)
    run_worker(parts, redis_client, burst=True)
    assert set(tmp_path.iterdir()) == before
    assert len(phone.got) == 1
    assert not Path(ROW).exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff",
        b"null",
        b"[]",
        b'"x"',
        b"[1,2,3,4]",
        b'["workers.jobs.nudge",null,"x",{}]',
        b"[" * 900,
    ],
)
def test_hostile_bytes_do_not_stop_a_worker(
    parts: Services, rows: Rows, phone: Phone, redis_client: redis.Redis, data: bytes
) -> None:
    redis_client.hset("rq:job:planted", mapping={"data": data, "origin": QUEUE, "status": "queued"})
    redis_client.rpush(f"rq:queue:{QUEUE}", "planted")
    parts.nudge(rows.add())
    run_worker(parts, redis_client, burst=True)
    assert len(phone.got) == 1


def test_the_name_in_the_queue_does_nothing_by_itself() -> None:
    with pytest.raises(NotImplementedError):
        nudge(ROW)


def test_a_nudge_lies_in_redis_as_rq_writes_it(redis_client: redis.Redis, clock: SetClock) -> None:
    assert Nudger(redis_client, clock)(ROW)
    theirs = queue_of(redis_client).enqueue_call(
        ENTRY, args=(ROW,), timeout=60, description="nudge", result_ttl=0, ttl=600, failure_ttl=600
    )
    [ours] = set(queue_of(redis_client).job_ids) - {theirs.id}
    raw_ours, raw_theirs = (redis_client.hgetall(f"rq:job:{one}") for one in (ours, theirs.id))
    instants = {b"created_at", b"enqueued_at"}
    assert raw_ours.keys() == raw_theirs.keys()
    plain_ours, plain_theirs = (
        {k: zlib.decompress(v) if k == b"data" else v for k, v in raw.items() if k not in instants}
        for raw in (raw_ours, raw_theirs)
    )
    assert plain_ours == plain_theirs
    fetched = Job.fetch(ours, connection=redis_client, serializer=JSONSerializer)
    assert (fetched.args, fetched.enqueued_at) == ([ROW], clock.now())
    assert 0 < redis_client.ttl(f"rq:job:{ours}") <= 600
    assert redis_client.smembers("rq:queues") == {f"rq:queue:{QUEUE}".encode()}


def test_a_nudge_is_one_command_that_a_wiped_redis_learns_anew(
    redis_client: redis.Redis, clock: SetClock
) -> None:
    give = Nudger(redis_client, clock)
    assert give(ROW)
    redis_client.config_resetstat()
    assert give(ROW)
    asked = redis_client.info("commandstats")
    assert asked["cmdstat_evalsha"]["calls"] == 1
    assert not {"cmdstat_info", "cmdstat_multi", "cmdstat_script|load"} & set(asked)
    redis_client.flushall()
    redis_client.script_flush()
    assert give(ROW)
    assert redis_client.llen(f"rq:queue:{QUEUE}") == 1


# Redis away.


def test_a_nudge_is_one_trip_and_asks_nothing(redis_client: redis.Redis, clock: SetClock) -> None:
    give = Nudger(redis_client, clock)
    give(ROW)
    redis_client.config_resetstat()
    for _ in range(5):
        assert give(ROW)
    # The server counts the reading of this very question too.
    assert redis_client.info("stats")["total_reads_processed"] <= 5 + 1
    asked = set(redis_client.info("commandstats"))
    assert not asked & {"cmdstat_get", "cmdstat_hgetall", "cmdstat_exists", "cmdstat_watch"}
    assert redis_client.llen(f"rq:queue:{QUEUE}") == 6


def test_a_nudge_that_does_not_get_through_says_so_and_costs_little(
    valkey: Valkey, redis_client: redis.Redis, clock: SetClock
) -> None:
    give = Nudger(redis_client, clock)
    assert give(ROW)
    valkey.freeze()
    began = clock.monotonic()
    assert not give(ROW)
    assert clock.monotonic() - began < 0.8
    valkey.thaw()


def test_after_three_faults_redis_is_left_alone_for_a_while(
    valkey: Valkey, redis_client: redis.Redis, clock: SetClock
) -> None:
    give = Nudger(redis_client, clock)
    valkey.kill()
    for _ in range(3):
        assert not give(ROW)
    valkey.heal()
    assert not give(ROW)
    clock.forward(seconds=6)
    assert give(ROW)


def test_a_wrong_answer_of_redis_is_no_exception(redis_client: redis.Redis, clock: SetClock) -> None:
    redis_client.set(f"rq:queue:{QUEUE}", "not a list")
    assert not Nudger(redis_client, clock)(ROW)


def test_an_error_that_ends_the_loop_of_rq_is_logged_by_its_kind_alone(
    parts: Services, redis_client: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    redis_client.execute_command("ACL", "SETUSER", "default", "-lpop", "-lmove")  # RQ takes jobs with them
    try:
        run_worker(parts, redis_client, burst=True)
    finally:
        redis_client.execute_command("ACL", "SETUSER", "default", "+lpop", "+lmove")
    assert "unhandled exception, quitting... (NoPermissionError)" in caplog.text
    assert "Traceback" not in caplog.text
