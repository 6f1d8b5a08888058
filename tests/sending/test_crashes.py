"""The crash table: who dies where, what is true then, and that a result of one who lost his claim changes nothing."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channel import Outcome, SendResult
from gateway.outbox.states import Event, State, after
from gateway.parts import Parts
from gateway.sending.claim import Claimed, claim
from gateway.sending.send import drain
from gateway.sending.settle import settle
from gateway.sending.sweep import sweep
from gateway.store import claims, outbox
from gateway.store.engines import Store, Unavailable
from tests.clocks import SetClock
from tests.outbox_rig import HER, Phone, Rows, made_parts, sent
from tests.sending.actors import SUPERVISOR


class Killed(BaseException):
    """The process died here: nothing after it runs, no handler included."""


def dies(*_: object, **__: object) -> SendResult:
    raise Killed


def claimed(parts: Parts) -> Claimed:
    found = claim(parts)
    assert isinstance(found, Claimed)
    return found


def test_death_before_the_claim_commits_leaves_it_pending(
    parts: Parts, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    monkeypatch.setattr("gateway.sending.claim._message", dies)
    with pytest.raises(Killed):
        drain(parts)
    monkeypatch.undo()
    assert (rows.state(row_id), rows.get(row_id).attempts) == ("pending", 0)
    assert drain(parts) == 1


def test_death_after_the_claim_becomes_unclear_by_lease_and_is_not_sent_again(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add(expires_at=clock.now() + timedelta(hours=9))
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain(parts)
    assert rows.state(row_id) == "sending"
    clock.forward(seconds=119)
    sweep(parts)
    assert rows.state(row_id) == "sending"
    clock.forward(seconds=1)
    for _ in range(5):
        sweep(parts)
        clock.forward(minutes=5)
    assert (rows.state(row_id), rows.get(row_id).reason, len(phone.got)) == ("unclear", "lease", 1)


def test_death_after_the_claim_is_driven_again_where_the_line_takes_our_id(
    parts: Parts, rows: Rows, clock: SetClock
) -> None:
    phone = Phone(takes_our_id=True)
    parts = replace(parts, channels={"phone": phone})
    row_id = rows.add()
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain(parts)
    clock.forward(seconds=121)
    sweep(parts)
    clock.forward(seconds=3)
    sweep(parts)
    assert (rows.state(row_id), len(phone.got)) == ("sent", 2)


def test_death_before_the_record_becomes_unclear(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    monkeypatch.setattr("gateway.sending.send.record", dies)
    with pytest.raises(Killed):
        drain(parts)
    monkeypatch.undo()
    clock.forward(seconds=121)
    sweep(parts)
    drain(parts)
    assert (rows.state(row_id), len(phone.got)) == ("unclear", 1)


def test_a_dead_row_frees_its_lane(parts: Parts, rows: Rows, phone: Phone, clock: SetClock) -> None:
    her = rows.caller(HER)
    rows.add(to=her)
    phone.answers.append(dies)
    with pytest.raises(Killed):
        drain(parts)
    clock.forward(seconds=1)
    behind = rows.add(to=her)
    assert drain(parts) == 0
    clock.forward(seconds=121)
    sweep(parts)
    drain(parts)
    assert rows.state(behind) == "sent"


def test_a_worker_frozen_beyond_its_lease_still_tells_what_it_knows(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add()

    def frozen(_: object) -> SendResult:
        clock.forward(minutes=3)
        sweep(parts)
        assert rows.state(row_id) == "unclear"
        return sent(7)

    phone.answers.append(frozen)
    drain(parts)
    assert (rows.state(row_id), rows.get(row_id).provider_id) == ("sent", "p-7")


@pytest.mark.parametrize("verdict", ["sent", "failed"])
@pytest.mark.parametrize(
    "late", [sent(7), SendResult(outcome=Outcome.NOT_SENT), SendResult(outcome=Outcome.REFUSED)]
)
def test_after_a_person_has_decided_a_late_result_is_refused(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock, verdict: str, late: SendResult
) -> None:
    row_id = rows.add()

    def frozen(_: object) -> SendResult:
        clock.forward(minutes=3)
        sweep(parts)
        settle(parts, SUPERVISOR, row_id, verdict)
        return late

    phone.answers.append(frozen)
    drain(parts)
    assert (rows.state(row_id), rows.get(row_id).reason) == (verdict, "person")


def test_a_result_under_another_token_is_refused(parts: Parts, rows: Rows, clock: SetClock) -> None:
    row_id = rows.add()
    held = claimed(parts)
    with parts.store.write() as tx:
        assert not claims.finish(tx, row_id, "another", state="sent", now=clock.now())
        assert not claims.put_back(tx, row_id, "another", due_at=clock.now(), now=clock.now(), tried=True)
        assert claims.finish(tx, row_id, held.token, state="sent", now=clock.now())
        assert not claims.finish(tx, row_id, held.token, state="failed", now=clock.now())
    assert rows.state(row_id) == "sent"


@pytest.mark.parametrize("how", ["frozen", "asleep"])
def test_a_minute_between_the_claim_and_the_send_puts_the_row_back(
    parts: Parts, rows: Rows, phone: Phone, clock: SetClock, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    real = claim

    def slow(parts: Parts, *, named: str | None = None) -> object:
        found = real(parts, named=named)
        if isinstance(found, Claimed) and not phone.got and rows.get(row_id).attempts == 1:
            monkeypatch.undo()
            if how == "frozen":
                clock.forward(seconds=61)
            else:
                clock.set(clock.now() + timedelta(seconds=61))
        return found

    monkeypatch.setattr("gateway.sending.send.claim", slow)
    assert drain(parts, seconds=100) == 2
    row = rows.get(row_id)
    assert (row.state, row.attempts, len(phone.got)) == ("sent", 1, 1)


def test_sql_away_stops_the_drain_and_loses_nothing(
    parts: Parts, rows: Rows, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()

    def away(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr("gateway.sending.inside.claims.claim", away)
    assert drain(parts) == 0
    monkeypatch.undo()
    assert rows.state(row_id) == "pending"
    assert drain(parts) == 1
    assert len(phone.got) == 1


def test_sql_away_at_the_record_is_tried_again(
    parts: Parts, rows: Rows, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = rows.add()
    real, faults = claims.finish, [Unavailable("locked"), Unavailable("locked")]

    def flaky(*args: object, **more: object) -> bool:
        if faults:
            raise faults.pop()
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("gateway.sending.record.claims.finish", flaky)
    drain(parts)
    assert (rows.state(row_id), len(phone.got)) == ("sent", 1)


# The store's conditional writes against the table of moves: every state, every write.

WRITES = {
    Event.SENT: lambda tx, r, now: claims.finish(tx, r.id, "t", state="sent", now=now),
    Event.FAIL: lambda tx, r, now: claims.finish(tx, r.id, "t", state="failed", now=now),
    Event.UNKNOWN: lambda tx, r, now: claims.finish(tx, r.id, "t", state="unclear", now=now),
    Event.AGAIN: lambda tx, r, now: claims.put_back(tx, r.id, "t", due_at=now, now=now, tried=True),
    Event.LEASE_OVER: lambda tx, _r, now: bool(claims.end_leases(tx, now=now, repeatable=())),
    Event.EXPIRE: lambda tx, _r, now: outbox.expire(tx, now=now) == 1,
    Event.CANCEL: lambda tx, r, now: outbox.cancel_of_caller(tx, r.caller_id, reason="x", now=now) == 1,
    Event.SETTLE_SENT: lambda tx, r, now: outbox.settle(tx, r.id, state="sent", reason="p", now=now),
    Event.SETTLE_FAILED: lambda tx, r, now: outbox.settle(tx, r.id, state="failed", reason="p", now=now),
    Event.CLAIM: lambda tx, _r, now: (
        claims.claim(
            tx, kinds=("answer",), channels=("phone",), token="n", now=now, lease=timedelta(seconds=9)
        )
        is not None
    ),
}


@pytest.mark.parametrize("event", list(Event))
def test_the_writes_move_rows_as_the_table_says(
    parts: Parts, rows: Rows, clock: SetClock, event: Event
) -> None:
    for state in State:
        row_id = rows.add()
        now = clock.now()
        with parts.store.write() as tx:
            tx.execute(
                outbox.outbox.update()
                .where(outbox.outbox.c.id == row_id)
                .values(state=state.value, token="t", lease_until=now, expires_at=now)
            )
            try:
                expected = after(state, event).value
            except ValueError:
                expected = state.value
            row = outbox.by_id(tx, row_id)
            assert row is not None
            assert WRITES[event](tx, row, now) == (
                expected != state.value
                or (state, event)
                == (
                    State.UNCLEAR,
                    Event.UNKNOWN,
                )
            )
        assert rows.state(row_id) == expected
        with parts.store.write() as tx:
            tx.execute(outbox.outbox.delete())


# Many at once.


def test_eight_senders_send_each_row_once_and_never_two_of_a_lane_together(
    store: Store, clock: SetClock, tmp_path: object, parts: Parts
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
            drain(parts, seconds=30)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drain(parts)
    assert sorted(message.own_id for message in phone.got) == sorted(ids)
    assert phone.together == set()
    assert {rows.state(row_id) for row_id in ids} == {"sent"}


def test_a_nudge_given_five_times_to_four_workers_sends_once(parts: Parts, rows: Rows, phone: Phone) -> None:
    row_id = rows.add()
    threads = [
        threading.Thread(target=lambda: [drain(parts, first=row_id) for _ in range(5)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(phone.got) == 1


def test_many_senders_keep_the_rate_of_the_line(store: Store, clock: SetClock, parts: Parts) -> None:
    phone = Phone(rate=4)
    parts = made_parts(store, clock, parts.data_dir, phone)
    rows = Rows(parts)
    for _ in range(12):
        rows.add()
    threads = [threading.Thread(target=lambda: drain(parts, seconds=0.9)) for _ in range(4)]
    frozen = clock.now()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = (clock.now() - frozen).total_seconds()
    assert len(phone.got) <= 4 + 4 * elapsed
