"""The sweep: what no nudge reached, leases, expiries; it sends by itself while nudges do not get through."""

from dataclasses import replace
from datetime import timedelta

from gateway.delivery.nudge import sweep_outbox
from gateway.domain.outbox.states import KINDS
from gateway.foundation.services import Services
from gateway.storage import outbox
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Phone, Rows


class Nudges(list[str]):
    """Takes nudges as Redis does; ``well`` False as one that is away."""

    well = True

    def __call__(self, row_id: str) -> bool:
        if self.well:
            self.append(row_id)
        return self.well


def test_a_fresh_row_is_left_to_its_nudge(parts: Services, rows: Rows, phone: Phone, clock: SetClock) -> None:
    rows.add()
    clock.forward(seconds=1)
    sweep_outbox(parts)
    assert phone.got == []


def test_while_nudges_do_not_get_through_the_sweep_sends_by_itself(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    for _ in range(5):
        rows.add()
    clock.forward(seconds=3)
    sweep_outbox(parts)
    assert len(phone.got) == 5


def test_a_lost_nudge_is_given_again_and_then_nobody_is_waited_for(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    nudges = Nudges()
    parts = replace(parts, nudge=nudges)
    row_id = rows.add()
    clock.forward(seconds=3)
    sweep_outbox(parts)
    assert nudges == [row_id]
    clock.forward(seconds=29)
    sweep_outbox(parts)
    assert (nudges, phone.got) == ([row_id], [])
    clock.forward(seconds=1)
    sweep_outbox(parts)
    assert (nudges, len(phone.got)) == ([row_id, row_id], 1)


def test_a_text_leaves_within_35_seconds_of_an_outage_of_redis(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    sweep_outbox(parts)
    row_id = rows.add()
    waited = 0
    while rows.state(row_id) == "pending":
        clock.forward(seconds=10)
        waited += 10
        sweep_outbox(parts)
    assert waited <= 20


def test_a_retry_that_is_due_needs_no_nudge_of_its_own(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    nudges = Nudges()
    parts = replace(parts, nudge=nudges)
    row_id = rows.add(due_at=clock.now() + timedelta(minutes=5))
    clock.forward(minutes=5)
    sweep_outbox(parts)
    assert nudges == []
    clock.forward(seconds=10)
    sweep_outbox(parts)
    assert nudges == [row_id]


def test_a_backlog_gets_a_few_nudges_the_best_first(parts: Services, rows: Rows, clock: SetClock) -> None:
    nudges = Nudges()
    parts = replace(parts, nudge=nudges)
    for _ in range(30):
        rows.add(priority=1)
    best = rows.add(priority=0)
    clock.forward(seconds=3)
    sweep_outbox(parts)
    assert len(nudges) == 20
    assert nudges[0] == best


def test_one_fault_of_redis_is_waited_for_once(parts: Services, rows: Rows, clock: SetClock) -> None:
    asked = []

    def away(row_id: str) -> bool:
        asked.append(row_id)
        return False

    for _ in range(10):
        rows.add()
    clock.forward(seconds=3)
    sweep_outbox(replace(parts, nudge=away))
    assert len(asked) == 1


def test_what_came_too_late_expires_whoever_is_paused(parts: Services, rows: Rows, clock: SetClock) -> None:
    held = rows.add(channel="gone")
    clock.forward(seconds=KINDS["answer"].lasts.total_seconds())
    sweep_outbox(parts)
    assert (rows.state(held), rows.get(held).reason) == ("expired", "too_old")


def test_parked_deliveries_are_dropped_after_three_days(parts: Services, clock: SetClock) -> None:
    with parts.store.write() as tx:
        outbox.park_delivery(
            tx, channel="phone", provider_id="p", status="S", state="delivered", reason="", now=clock.now()
        )
    clock.forward(days=2, hours=23)
    sweep_outbox(parts)
    clock.forward(hours=2)
    sweep_outbox(parts)
    with parts.store.write() as tx:
        assert outbox.unpark_deliveries(tx, "phone", "p") == ()


def test_two_sweeps_at_once_are_harmless(parts: Services, rows: Rows, phone: Phone, clock: SetClock) -> None:
    rows.add()
    clock.forward(seconds=3)
    sweep_outbox(parts)
    sweep_outbox(parts)
    assert len(phone.got) == 1
