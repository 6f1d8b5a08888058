"""A centre that is away for ten minutes with a thousand texts waiting: none lost, none doubled, in order, at its rate."""

import time
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.channels import find_channel
from gateway.delivery.send import drain_outbox
from gateway.foundation.services import Services
from gateway.foundation.time_and_chance import new_id
from gateway.storage import callers, outbox, tables
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.smpp_centre import until
from tests.support.smpp_rig import SmppRig, smpp_line

RATE = 20


def add_answers(parts: Services, count: int, phones: int) -> None:
    """Let so many answers wait, in turn for each of the phones."""
    with parts.store.write() as tx:
        now = parts.clock.now()
        hers = [callers.upsert_caller(tx, f"+85620555{n:05d}", now=now) for n in range(phones)]
        for n in range(count):
            parts.clock.sleep(0.001)  # ids of one instant have an order up to a thousand only
            now = parts.clock.now()
            caller = hers[n % phones]
            outbox.add_row(
                tx,
                kind="answer",
                channel="smpp",
                lane=f"smpp:{caller.id}",
                priority=0,
                due_at=now,
                expires_at=now + timedelta(hours=2),
                once=new_id(now),
                caller_id=caller.id,
                payload={"text": f"{n}", "link": ""},
                now=now,
            )


def find_states(parts: Services) -> Counter[str]:
    with parts.store.read() as tx:
        return Counter(tx.execute(select(tables.outbox.c.state)).scalars())


def outlast(rig: SmppRig, clock: SetClock, count: int, phones: int) -> list[float]:
    """Take the centre away for ten minutes, and return at which second each text was taken after it."""
    parts = rig.parts
    seconds: list[float] = []
    drain_outbox(parts)
    rig.centre.stop()
    add_answers(parts, count, phones)
    for _ in range(20):  # ten minutes, as the clock's sweep and the pauses of the line go
        drain_outbox(parts, seconds=0.5)
        clock.forward(seconds=30)
    assert rig.centre.took == []
    assert find_states(parts) == {"pending": count}, "nothing is lost, unclear or expired"

    began = clock.now()
    rig.centre.on_took = lambda _: seconds.append((clock.now() - began).total_seconds())
    rig.centre.start()
    until(lambda: rig.channel.look(now=clock.now()) is not None, 90)
    ends = time.monotonic() + 300
    while find_states(parts)["pending"] and time.monotonic() < ends:
        drain_outbox(parts)
        clock.forward(seconds=1)
    return seconds


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("count", "phones"), [(1_000, 100)])
def test_ten_minutes_without_a_centre(
    sqlite_store: Store, clock: SetClock, tmp_path: Path, count: int, phones: int
) -> None:
    with smpp_line(sqlite_store, clock, tmp_path) as rig:
        line = find_channel(replace(rig.channel.config, rate=RATE))
        rig.parts = replace(rig.parts, channels={**rig.parts.channels, "smpp": line})
        seconds = outlast(rig, clock, count, phones)
        took = rig.centre.took
        assert find_states(rig.parts) == {"sent": count}
        by_phone: defaultdict[str, list[int]] = defaultdict(list)
        for each in took:
            by_phone[each.to].append(int(each.text))
        assert sorted(int(each.text) for each in took) == list(range(count)), "each once"
        assert all(texts == sorted(texts) for texts in by_phone.values()), "in the order of each phone"
        busiest = max(Counter(int(second) for second in seconds).values())
        assert busiest <= 2 * RATE, "a full bucket and a second's worth"
        assert seconds[-1] >= count / RATE - 2
        print(
            f"\noutage: {len(took)} taken, twice 0, {seconds[-1]:.0f} s at {RATE} a second, busiest second {busiest}"
        )
