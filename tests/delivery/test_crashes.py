"""The crash table: who dies where, what is true then, and that a result of one who lost his claim changes nothing."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channels.contract import SendOutcome, SendResult
from gateway.delivery.claim import ClaimedRow, claim_row
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.results import settle_row
from gateway.delivery.send import drain_outbox
from gateway.domain.outbox.states import OutboxEvent, OutboxState, find_next_state
from gateway.foundation.services import Services
from gateway.storage import outbox, outbox_claims
from gateway.storage.database import Store, Unavailable
from tests.support.actors import SUPERVISOR
from tests.support.clocks import SetClock
from tests.support.outbox_rig import HER, Phone, Rows, made_parts, sent


class Killed(BaseException):
    """The process died here: nothing after it runs, no handler included."""


def dies(*_: object, **__: object) -> SendResult:
    raise Killed


def claimed(parts: Services) -> ClaimedRow:
    found = claim_row(parts)
    assert isinstance(found, ClaimedRow)
    return found


def test_death_before_the_claim_commits_leaves_it_pending(
    parts: Services, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    monkeypatch.setattr("gateway.delivery.claim._make_message", dies)
    with pytest.raises(Killed):
        drain_outbox(parts)
    monkeypatch.undo()
    assert (rows.state(row_id), rows.get(row_id).attempts) == ("pending", 0)
    assert drain_outbox(parts) == 1


def test_death_after_the_claim_becomes_unclear_by_lease_and_is_not_sent_again(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add(expires_at=clock.now() + timedelta(hours=9))
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain_outbox(parts)
    assert rows.state(row_id) == "sending"
    clock.forward(seconds=119)
    sweep_outbox(parts)
    assert rows.state(row_id) == "sending"
    clock.forward(seconds=1)
    for _ in range(5):
        sweep_outbox(parts)
        clock.forward(minutes=5)
    assert (rows.state(row_id), rows.get(row_id).reason, len(phone.got)) == ("unclear", "lease", 1)


def test_death_after_the_claim_is_driven_again_where_the_line_takes_our_id(
    parts: Services, rows: Rows, clock: SetClock
) -> None:
    phone = Phone(takes_our_id=True)
    parts = replace(parts, channels={"phone": phone})
    row_id = rows.add()
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain_outbox(parts)
    clock.forward(seconds=121)
    sweep_outbox(parts)
    clock.forward(seconds=3)
    sweep_outbox(parts)
    assert (rows.state(row_id), len(phone.got)) == ("sent", 2)


def test_death_before_the_record_becomes_unclear(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    monkeypatch.setattr("gateway.delivery.send.record_result", dies)
    with pytest.raises(Killed):
        drain_outbox(parts)
    monkeypatch.undo()
    clock.forward(seconds=121)
    sweep_outbox(parts)
    drain_outbox(parts)
    assert (rows.state(row_id), len(phone.got)) == ("unclear", 1)


def test_a_dead_row_frees_its_lane(parts: Services, rows: Rows, phone: Phone, clock: SetClock) -> None:
    her = rows.caller(HER)
    rows.add(to=her)
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain_outbox(parts)
    clock.forward(seconds=1)
    behind = rows.add(to=her)
    assert drain_outbox(parts) == 0
    clock.forward(seconds=121)
    sweep_outbox(parts)
    drain_outbox(parts)
    assert rows.state(behind) == "sent"


def test_a_worker_frozen_beyond_its_lease_still_tells_what_it_knows(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add()

    def frozen(_: object) -> SendResult:
        clock.forward(minutes=3)
        sweep_outbox(parts)
        assert rows.state(row_id) == "unclear"
        return sent(7)

    phone.answers.append(frozen)
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).provider_id) == ("sent", "p-7")


@pytest.mark.parametrize("verdict", ["sent", "failed"])
@pytest.mark.parametrize(
    "late", [sent(7), SendResult(outcome=SendOutcome.NOT_SENT), SendResult(outcome=SendOutcome.REFUSED)]
)
def test_after_a_person_has_decided_a_late_result_is_refused(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, verdict: str, late: SendResult
) -> None:
    row_id = rows.add()

    def frozen(_: object) -> SendResult:
        clock.forward(minutes=3)
        sweep_outbox(parts)
        settle_row(parts, SUPERVISOR, row_id, verdict)
        return late

    phone.answers.append(frozen)
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason) == (verdict, "person")


def test_a_result_under_another_token_is_refused(parts: Services, rows: Rows, clock: SetClock) -> None:
    row_id = rows.add()
    held = claimed(parts)
    with parts.store.write() as tx:
        assert not outbox_claims.finish_claim(tx, row_id, "another", state="sent", now=clock.now())
        assert not outbox_claims.put_back(
            tx, row_id, "another", due_at=clock.now(), now=clock.now(), tried=True
        )
        assert outbox_claims.finish_claim(tx, row_id, held.token, state="sent", now=clock.now())
        assert not outbox_claims.finish_claim(tx, row_id, held.token, state="failed", now=clock.now())
    assert rows.state(row_id) == "sent"


@pytest.mark.parametrize("how", ["frozen", "asleep"])
def test_a_minute_between_the_claim_and_the_send_puts_the_row_back(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    real = claim_row

    def slow(parts: Services, *, named: str | None = None) -> object:
        found = real(parts, named=named)
        if isinstance(found, ClaimedRow) and not phone.got and rows.get(row_id).attempts == 1:
            monkeypatch.undo()
            if how == "frozen":
                clock.forward(seconds=61)
            else:
                clock.set(clock.now() + timedelta(seconds=61))
        return found

    monkeypatch.setattr("gateway.delivery.send.claim_row", slow)
    assert drain_outbox(parts, seconds=100) == 2
    row = rows.get(row_id)
    assert (row.state, row.attempts, len(phone.got)) == ("sent", 1, 1)


def test_sql_away_stops_the_drain_and_loses_nothing(
    parts: Services, rows: Rows, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("gateway.delivery.claim.outbox_claims.claim_due", away)
    assert drain_outbox(parts) == 0
    monkeypatch.undo()
    assert rows.state(row_id) == "pending"
    assert drain_outbox(parts) == 1
    assert len(phone.got) == 1


def test_sql_away_at_the_record_is_tried_again(
    parts: Services, rows: Rows, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    real, faults = outbox_claims.finish_claim, [Unavailable("locked"), Unavailable("locked")]

    def flaky(*args: object, **more: object) -> bool:
        if faults:
            raise faults.pop()
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("gateway.delivery.send.outbox_claims.finish_claim", flaky)
    drain_outbox(parts)
    assert (rows.state(row_id), len(phone.got)) == ("sent", 1)


# The store's conditional writes against the table of moves: every state, every write.

WRITES = {
    OutboxEvent.SENT: lambda tx, r, now: outbox_claims.finish_claim(tx, r.id, "t", state="sent", now=now),
    OutboxEvent.FAIL: lambda tx, r, now: outbox_claims.finish_claim(tx, r.id, "t", state="failed", now=now),
    OutboxEvent.UNKNOWN: lambda tx, r, now: outbox_claims.finish_claim(
        tx, r.id, "t", state="unclear", now=now
    ),
    OutboxEvent.AGAIN: lambda tx, r, now: outbox_claims.put_back(
        tx, r.id, "t", due_at=now, now=now, tried=True
    ),
    OutboxEvent.LEASE_OVER: lambda tx, _r, now: bool(outbox_claims.end_leases(tx, now=now, repeatable=())),
    OutboxEvent.EXPIRE: lambda tx, _r, now: outbox.expire_rows(tx, now=now) == 1,
    OutboxEvent.CANCEL: lambda tx, r, now: outbox.cancel_of_caller(tx, r.caller_id, reason="x", now=now) == 1,
    OutboxEvent.SETTLE_SENT: lambda tx, r, now: outbox.settle_row(
        tx, r.id, state="sent", reason="p", now=now
    ),
    OutboxEvent.SETTLE_FAILED: lambda tx, r, now: outbox.settle_row(
        tx, r.id, state="failed", reason="p", now=now
    ),
    OutboxEvent.CLAIM: lambda tx, _r, now: (
        outbox_claims.claim_due(
            tx, kinds=("answer",), channels=("phone",), token="n", now=now, lease=timedelta(seconds=9)
        )
        is not None
    ),
}


@pytest.mark.parametrize("event", list(OutboxEvent))
def test_the_writes_move_rows_as_the_table_says(
    parts: Services, rows: Rows, clock: SetClock, event: OutboxEvent
) -> None:
    for state in OutboxState:
        row_id = rows.add()
        now = clock.now()
        with parts.store.write() as tx:
            tx.execute(
                outbox.outbox.update()
                .where(outbox.outbox.c.id == row_id)
                .values(state=state.value, token="t", lease_until=now, expires_at=now)
            )
            try:
                expected = find_next_state(state, event).value
            except ValueError:
                expected = state.value
            row = outbox.by_id(tx, row_id)
            assert row is not None
            assert WRITES[event](tx, row, now) == (
                expected != state.value
                or (state, event)
                == (
                    OutboxState.UNCLEAR,
                    OutboxEvent.UNKNOWN,
                )
            )
        assert rows.state(row_id) == expected
        with parts.store.write() as tx:
            tx.execute(outbox.outbox.delete())


# Many at once.


def test_eight_senders_send_each_row_once_and_never_two_of_a_lane_together(
    store: Store, clock: SetClock, tmp_path: object, parts: Services
) -> None:
    phone = Phone()
    parts = replace(parts, channels={"phone": phone})
    rows = Rows(parts)
    callers = [rows.caller(f"+66800000{n:03d}") for n in range(6)]
    ids = [rows.add(to=callers[n % 6]) for n in range(48)]
    start = threading.Barrier(8)

    def work() -> None:
        start.wait()
        for _ in range(3):
            drain_outbox(parts, seconds=30)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain_outbox(parts)
    assert sorted(message.own_id for message in phone.got) == sorted(ids)
    assert phone.together == set()
    assert {rows.state(row_id) for row_id in ids} == {"sent"}


def test_a_nudge_given_five_times_to_four_workers_sends_once(
    parts: Services, rows: Rows, phone: Phone
) -> None:
    row_id = rows.add()
    threads = [
        threading.Thread(target=lambda: [drain_outbox(parts, first=row_id) for _ in range(5)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(phone.got) == 1


def test_many_senders_keep_the_rate_of_the_line(store: Store, clock: SetClock, parts: Services) -> None:
    phone = Phone(rate=4)
    parts = made_parts(store, clock, parts.data_dir, phone)
    rows = Rows(parts)
    for _ in range(12):
        rows.add()
    threads = [threading.Thread(target=lambda: drain_outbox(parts, seconds=0.9)) for _ in range(4)]
    frozen = clock.now()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = (clock.now() - frozen).total_seconds()
    assert len(phone.got) <= 4 + 4 * elapsed
