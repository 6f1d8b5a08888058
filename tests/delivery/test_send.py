"""One row after the other: order, lanes, results, retries, faults of ours; on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.channels.contract import SendOutcome, SendResult
from gateway.delivery import channel_status
from gateway.delivery.send import drain_outbox
from gateway.domain.contact_safety import PhoneSeen, SafeContact, When
from gateway.domain.events import Outgoing
from gateway.foundation.services import Services
from gateway.helpdesk.requests import refuse
from gateway.storage import callers, counts, outbox, outbox_claims
from gateway.storage.database import Tx
from gateway.storage.outbox import OutboxRow
from tests.support.clocks import SetClock
from tests.support.outbox_rig import HER, Phone, Rows, made_parts, sent

NOT_SENT = SendResult(outcome=SendOutcome.NOT_SENT, reason="no-connection")
REFUSED = SendResult(outcome=SendOutcome.REFUSED, reason="blacklist")
UNCLEAR = SendResult(outcome=SendOutcome.UNCLEAR, reason="no-answer")


def test_a_due_row_leaves_with_its_number_and_its_text(parts: Services, rows: Rows, phone: Phone) -> None:
    row_id = rows.add(to=rows.caller(HER), payload={"text": "ສະບາຍດີ", "link": "L1"})
    assert drain_outbox(parts) == 1
    (message,) = phone.got
    assert (message.number, message.text, message.link, message.own_id) == (HER, "ສະບາຍດີ", "L1", row_id)
    row = rows.get(row_id)
    assert (row.state, row.provider_id, row.cost, row.attempts) == ("sent", "p-1", 80, 1)
    assert row.lease_until is None
    assert drain_outbox(parts) == 0
    assert len(phone.got) == 1


def test_the_order_is_priority_then_due_time_then_making(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    now = clock.now()
    rows.add(text="d", due_at=now - timedelta(seconds=1), priority=1)
    rows.add(text="c", due_at=now - timedelta(seconds=9), priority=1)
    rows.add(text="b", due_at=now, priority=0)
    rows.add(text="a", due_at=now - timedelta(seconds=2), priority=0)
    rows.add(text="e", due_at=now + timedelta(seconds=1), priority=0)
    assert drain_outbox(parts) == 4
    assert phone.texts == ["a", "b", "c", "d"]


def test_the_named_row_goes_first_then_whatever_is_due(parts: Services, rows: Rows, phone: Phone) -> None:
    rows.add(text="first in line", priority=0)
    named = rows.add(text="named", priority=5)
    assert drain_outbox(parts, first=named) == 2
    assert phone.texts == ["named", "first in line"]


def test_a_nudge_for_a_row_that_is_gone_or_done_only_drains(
    parts: Services, rows: Rows, phone: Phone
) -> None:
    row_id = rows.add()
    assert drain_outbox(parts, first="0" * 20) == 1
    for _ in range(5):
        assert drain_outbox(parts, first=row_id) == 0
    assert len(phone.got) == 1


def test_a_lane_keeps_its_order_while_others_flow(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her, other = rows.caller(HER), rows.caller("+66800000001")
    one = rows.add(text="one", to=her, expires_at=clock.now() + timedelta(hours=1))
    clock.forward(seconds=1)
    two = rows.add(text="two", to=her, priority=0, expires_at=clock.now() + timedelta(hours=1))
    rows.add(text="else", to=other, priority=5)
    phone.answers.append(NOT_SENT)
    assert drain_outbox(parts) == 2
    assert phone.texts == ["one", "else"]
    assert (rows.state(one), rows.state(two)) == ("pending", "pending")
    clock.forward(minutes=2)
    assert drain_outbox(parts) == 2
    assert phone.texts == ["one", "else", "one", "two"]


def test_a_later_row_of_a_lane_may_go_before_one_that_is_not_due_yet(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her = rows.caller(HER)
    rows.add(text="tomorrow", to=her, due_at=clock.now() + timedelta(days=1))
    clock.forward(seconds=1)
    rows.add(text="today", to=her)
    assert drain_outbox(parts) == 1
    assert phone.texts == ["today"]


def test_a_row_of_a_lane_in_flight_holds_the_others_whichever_is_older(
    parts: Services, rows: Rows, clock: SetClock
) -> None:
    her = rows.caller(HER)
    older = rows.add(to=her, due_at=clock.now() + timedelta(seconds=5))
    clock.forward(seconds=1)
    newer = rows.add(to=her)

    def take(token: str) -> OutboxRow | None:
        with parts.store.write() as tx:
            return outbox_claims.claim_due(
                tx,
                kinds=("answer",),
                channels=("phone",),
                token=token,
                now=clock.now(),
                lease=timedelta(seconds=60),
            )

    first = take("a")
    assert first is not None
    assert first.id == newer
    clock.forward(seconds=30)
    assert take("b") is None
    with parts.store.write() as tx:
        assert outbox_claims.finish_claim(tx, newer, "a", state="sent", now=clock.now())
    second = take("c")
    assert second is not None
    assert second.id == older


@pytest.mark.parametrize(
    ("result", "state", "reason"),
    [
        (sent(1), "sent", ""),
        (REFUSED, "failed", "blacklist"),
        (UNCLEAR, "unclear", "no-answer"),
        (NOT_SENT, "pending", "no-connection"),
    ],
)
def test_what_becomes_of_each_result(
    parts: Services, rows: Rows, phone: Phone, result: SendResult, state: str, reason: str
) -> None:
    row_id = rows.add()
    phone.answers.append(result)
    drain_outbox(parts)
    row = rows.get(row_id)
    assert (row.state, row.reason, row.attempts) == (state, reason, 1)


def test_an_unclear_row_is_never_sent_again_by_itself(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add(expires_at=clock.now() + timedelta(days=1))
    phone.answers.append(UNCLEAR)
    for _ in range(20):
        drain_outbox(parts)
        clock.forward(hours=1)
    assert len(phone.got) == 1
    assert rows.state(row_id) == "unclear"


def test_an_unclear_row_is_sent_again_where_the_line_takes_our_id(
    parts: Services, rows: Rows, clock: SetClock
) -> None:
    phone = Phone(takes_our_id=True)
    parts = replace(parts, channels={"phone": phone})
    row_id = rows.add()
    phone.answers.append(UNCLEAR)
    drain_outbox(parts)
    assert rows.state(row_id) == "pending"
    clock.forward(minutes=2)
    drain_outbox(parts)
    assert rows.state(row_id) == "sent"
    assert [message.own_id for message in phone.got] == [row_id, row_id]


def test_a_row_surely_not_sent_is_retried_until_it_expires(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    row_id = rows.add(
        "alert", to=rows.person("Noy", "+85620555999"), expires_at=clock.now() + timedelta(hours=3)
    )
    waits = []
    while rows.state(row_id) == "pending":
        phone.answers.append(NOT_SENT)
        drain_outbox(parts)
        if rows.state(row_id) == "pending":
            waits.append(rows.after(row_id) / 60)
            clock.forward(minutes=waits[-1])
    assert rows.state(row_id) == "failed"
    assert [
        round(wait / expected, 6) for wait, expected in zip(waits, (1, 2, 5, 15, 60, 60), strict=False)
    ] == ([pytest.approx(1, rel=0.26)] * len(waits))
    assert all(wait >= expected for wait, expected in zip(waits, (1, 2, 5, 15, 60, 60), strict=False))
    assert len(waits) >= 5


def test_a_provider_that_names_a_time_is_heard(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    named = clock.now() + timedelta(minutes=7)
    phone.answers.append(replace(NOT_SENT, retry_at=named))
    row_id = rows.add()
    drain_outbox(parts)
    assert rows.get(row_id).due_at == named


def test_a_fault_in_the_channel_leaves_the_row_unclear(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    def burst(_: object) -> SendResult:
        raise ZeroDivisionError

    row_id = rows.add()
    clock.forward(seconds=1)
    after = rows.add()
    phone.answers.append(burst)
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason) == ("unclear", "fault")
    assert rows.state(after) == "pending"  # an alarm pauses the line for a while


def test_a_poison_row_fails_after_five_faults_and_frees_its_lane(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her = rows.caller(HER)
    poison = rows.add(to=her, payload={"no": "text"}, expires_at=clock.now() + timedelta(days=1))
    clock.forward(seconds=1)
    behind = rows.add(text="behind", to=her, expires_at=clock.now() + timedelta(days=1))
    other = rows.add(text="other")
    for attempt in range(1, 6):
        drain_outbox(parts)
        assert rows.get(poison).attempts == attempt
        assert phone.texts.count("behind") == (1 if attempt == 5 else 0)
        clock.forward(minutes=76)
    assert (rows.state(poison), rows.get(poison).reason) == ("failed", "fault")
    assert (rows.state(behind), rows.state(other)) == ("sent", "sent")


def test_a_damaged_payload_is_such_a_fault(parts: Services, rows: Rows) -> None:
    row_id = rows.add()
    with parts.store.write() as tx:
        tx.execute(outbox.outbox.update().values(payload=b"\x01damaged beyond any reading"))
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason, rows.get(row_id).attempts) == ("pending", "fault", 1)


SAFE = SafeContact(
    phone_seen=PhoneSeen.NO, when=When("evening"), said_at=SetClock().now() - timedelta(days=1), sms_safe=True
)


def test_stop_between_the_deed_and_the_send(parts: Services, rows: Rows, phone: Phone) -> None:
    her = rows.caller(HER)
    row_id = rows.add(to=her)
    with parts.store.write() as tx:
        callers.set_stopped(tx, her, stopped_at=parts.clock.now(), now=parts.clock.now())
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason, phone.got) == ("cancelled", "stopped", [])


def says_stop(parts: Services) -> None:
    with parts.store.write() as tx:
        caller = callers.find_caller(tx, HER)
        assert caller is not None
        refuse.stop_texts(tx, caller, parts.clock.now())


@pytest.mark.fault("R6")
def test_an_answer_to_what_she_asked_after_stop_leaves(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her = rows.caller(HER)
    says_stop(parts)
    clock.forward(seconds=1)
    rows.add(text="an answer", to=her)
    ours = rows.add("ours", to=her)
    drain_outbox(parts)
    assert phone.texts == ["an answer"]
    assert (rows.state(ours), rows.get(ours).reason) == ("cancelled", "stopped")


@pytest.mark.fault("R6")
@pytest.mark.parametrize("before", [0, 1, 2])
def test_stop_while_an_answer_is_on_its_way_is_its_last_try(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, before: int
) -> None:
    """However often she said STOP before she asked, the newest STOP is younger than the answer."""
    her = rows.caller(HER)
    for _ in range(before):
        says_stop(parts)
        clock.forward(seconds=1)
    row_id = rows.add(to=her)

    def stopped_meanwhile(_: Outgoing) -> SendResult:
        clock.forward(seconds=1)
        says_stop(parts)
        return NOT_SENT

    phone.answers.append(stopped_meanwhile)
    drain_outbox(parts)
    clock.forward(minutes=5)
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason, len(phone.got)) == ("cancelled", "stopped", 1)


def test_erase_between_the_deed_and_the_send(parts: Services, rows: Rows, phone: Phone) -> None:
    her = rows.caller(HER)
    row_id = rows.add(to=her)
    with parts.store.write() as tx:
        callers.drop_caller(tx, her)
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).reason, phone.got) == ("cancelled", "erased", [])


def test_cancelling_takes_only_what_is_pending(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her = rows.caller(HER)
    gone = rows.add(to=her)
    drain_outbox(parts)
    clock.forward(seconds=1)
    waiting, ours = rows.add(to=her), rows.add("ours", to=her)
    with parts.store.write() as tx:
        assert outbox.cancel_of_caller(tx, her, reason="stopped", now=clock.now(), kinds=("ours",)) == 1
        assert outbox.cancel_of_caller(tx, her, reason="stopped", now=clock.now()) == 1
    assert [rows.state(row_id) for row_id in (gone, waiting, ours)] == ["sent", "cancelled", "cancelled"]


def test_a_row_that_came_too_late_expires(parts: Services, rows: Rows, phone: Phone, clock: SetClock) -> None:
    row_id = rows.add()
    clock.forward(minutes=10)
    drain_outbox(parts)
    assert (rows.state(row_id), phone.got) == ("expired", [])


def test_a_text_of_ours_waits_for_her_window_without_blocking(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    her = rows.caller(HER, contact=SAFE)
    ours = rows.add("ours", text="call us", to=her)
    clock.forward(seconds=1)
    rows.add(text="an answer", to=her)
    drain_outbox(parts)
    assert phone.texts == ["an answer"]
    row = rows.get(ours)
    assert (row.state, row.attempts, row.due_at.isoformat()) == ("pending", 0, "2026-11-24T11:00:00+00:00")
    clock.set("2026-11-24T18:30:00+07:00")
    drain_outbox(parts)
    assert phone.texts == ["an answer", "call us"]


@pytest.mark.parametrize(("minutes", "state"), [(10, "sent"), (31, "expired")])
def test_now_means_half_an_hour(
    parts: Services, rows: Rows, clock: SetClock, minutes: int, state: str
) -> None:
    her = rows.caller(HER, contact=replace(SAFE, when=When.NOW, said_at=clock.now()))
    clock.forward(minutes=minutes)
    row_id = rows.add("ours", to=her)
    drain_outbox(parts)
    assert rows.state(row_id) == state


def test_an_alert_reaches_the_person_s_phone_or_nobody(parts: Services, rows: Rows, phone: Phone) -> None:
    there, nowhere = rows.person("Noy", "+85620555777"), rows.person("Dao", None)
    one, two = rows.add("alert", to=there), rows.add("alert", to=nowhere)
    drain_outbox(parts)
    assert [message.number for message in phone.got] == ["+85620555777"]
    assert (rows.state(one), rows.state(two)) == ("sent", "cancelled")


# Inside kinds: claim, work and result are one transaction.


def test_an_inside_row_is_worked_once_with_its_payload(parts: Services, rows: Rows) -> None:
    seen = []

    def announce(parts: Services, tx: Tx, row: OutboxRow) -> None:
        seen.append((row.kind, row.payload))

    row_id = rows.add("announce", payload={"callback": "c1"})
    parts = replace(parts, inside={"announce": announce})
    assert drain_outbox(parts) == 1
    assert drain_outbox(parts, first=row_id) == 0
    assert (seen, rows.state(row_id)) == ([("announce", {"callback": "c1"})], "sent")


def test_a_fault_half_way_leaves_nothing_half_done_and_a_second_run_adds_nothing_twice(
    parts: Services, rows: Rows, clock: SetClock, phone: Phone
) -> None:
    person = rows.person("Noy", "+85620555777")
    runs = []

    def announce(parts: Services, tx: Tx, row: OutboxRow) -> None:
        runs.append(row.id)
        for n in range(3):
            outbox.add_row(
                tx,
                kind="alert",
                channel="phone",
                lane=f"person:{person}:{n}",
                due_at=clock.now(),
                expires_at=clock.now() + timedelta(hours=1),
                once=f"{row.id}:{n}",
                payload={"text": "somebody asks for a call"},
                person_id=person,
                now=clock.now(),
            )
            if len(runs) == 1 and n == 1:
                raise RuntimeError("half-way")

    row_id = rows.add("announce", payload=None)
    parts = replace(parts, inside={"announce": announce})
    drain_outbox(parts)
    assert (rows.state(row_id), rows.get(row_id).attempts, phone.got) == ("pending", 1, [])
    clock.forward(minutes=2)
    assert drain_outbox(parts) == 4
    assert (rows.state(row_id), len(phone.got), len(runs)) == ("sent", 3, 2)


def test_a_kind_that_nobody_wired_is_a_fault_not_a_stop(parts: Services, rows: Rows, phone: Phone) -> None:
    lost = rows.add("escalate", payload=None)
    rows.add(text="goes on")
    drain_outbox(parts)
    assert (rows.get(lost).reason, phone.texts) == ("fault", ["goes on"])


# Once.


def test_the_same_deed_adds_its_row_once(parts: Services, rows: Rows) -> None:
    rows.add(once="the deed")
    with pytest.raises(AssertionError):
        rows.add(once="the deed")
    assert drain_outbox(parts) == 1


# The line: rate, budget, pauses.


def test_the_rate_is_kept(parts: Services, rows: Rows, clock: SetClock) -> None:
    phone = Phone(rate=5)
    parts = replace(parts, channels={"phone": phone})
    for _ in range(30):
        rows.add()
    began = clock.monotonic()
    assert drain_outbox(parts, seconds=60) == 30
    assert clock.monotonic() - began >= (30 - 5) / 5 - 0.1


def test_the_budget_of_a_day_is_kept(parts: Services, rows: Rows, clock: SetClock) -> None:
    phone = Phone(day_limit="2")
    parts = replace(parts, channels={"phone": phone})
    for _ in range(4):
        rows.add(expires_at=clock.now() + timedelta(days=2))
    assert drain_outbox(parts) == 2
    clock.forward(hours=1)
    assert drain_outbox(parts) == 0
    clock.set("2026-11-25T00:00:01+07:00")
    assert drain_outbox(parts) == 2


@pytest.mark.parametrize(("reported", "part_price"), [(80, "9 USD"), (0, "0.0080 USD")])
def test_the_money_of_a_day_is_kept_by_the_cost_that_is_reported_else_by_the_price_of_a_part(
    parts: Services, rows: Rows, clock: SetClock, reported: int, part_price: str
) -> None:
    phone = Phone()
    phone.config = replace(phone.config, day_spend="0.0160 USD", part_price=part_price)
    phone.answers.extend([replace(sent(), cost=reported)] * 4)
    parts = replace(parts, channels={"phone": phone})
    ids = [rows.add(expires_at=clock.now() + timedelta(days=2)) for _ in range(4)]
    assert drain_outbox(parts) == 2
    clock.forward(hours=1)
    assert drain_outbox(parts) == 0
    [line] = channel_status.list_statuses(parts)
    assert (line.spent, line.day_spend, line.sort) == (160, 160, "full")
    assert line.trouble == "the day's money is spent; 2 texts wait"
    clock.set("2026-11-25T00:00:01+07:00")
    assert drain_outbox(parts) == 2
    with parts.store.read() as tx:
        found = [outbox.by_id(tx, row_id) for row_id in ids]
    assert [row.state for row in found if row is not None] == ["sent"] * 4


def test_three_faults_pause_the_line_and_a_success_opens_it(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    for _ in range(5):
        rows.add()
    phone.answers.extend([UNCLEAR] * 3)
    assert drain_outbox(parts) == 3
    with parts.store.read() as tx:
        line = counts.list_buckets(tx)["phone"]
    assert (line.faults, line.why) == (3, "no-answer")
    clock.forward(seconds=5)
    assert drain_outbox(parts) == 2
    with parts.store.read() as tx:
        assert counts.list_buckets(tx)["phone"].faults == 0


def test_a_refused_recipient_is_no_fault_of_the_line(parts: Services, rows: Rows, phone: Phone) -> None:
    for _ in range(6):
        rows.add()
    phone.answers.extend([REFUSED] * 5)
    assert drain_outbox(parts) == 6


def test_a_line_that_pauses_does_not_hold_another(
    store: object, clock: SetClock, parts: Services, rows: Rows
) -> None:
    bad, good = Phone("bad"), Phone("good")
    parts = replace(parts, channels={"bad": bad, "good": good})
    bad.answers.append(replace(NOT_SENT, alarm=True))
    for _ in range(3):
        rows.add(channel="bad", priority=0)
        rows.add(channel="good", priority=1)
    drain_outbox(parts)
    assert (len(bad.got), len(good.got)) == (1, 3)


def test_a_row_of_a_line_that_is_no_longer_configured_waits(parts: Services, rows: Rows) -> None:
    row_id = rows.add(channel="gone")
    assert drain_outbox(parts) == 0
    assert rows.state(row_id) == "pending"


def test_a_request_to_stop_ends_the_drain_after_the_row_under_way(
    parts: Services, rows: Rows, phone: Phone
) -> None:
    for _ in range(3):
        rows.add()
    assert drain_outbox(parts, stopping=lambda: len(phone.got) >= 1) == 1
    assert len(phone.got) == 1


def test_the_number_is_in_no_row_and_no_log(
    parts: Services, rows: Rows, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    her = rows.caller(HER)
    for answer in (UNCLEAR, NOT_SENT, REFUSED, lambda _: 1 / 0):
        phone.answers.append(answer)  # type: ignore[arg-type]
        row_id = rows.add(to=her, text="about her pay")
        drain_outbox(parts)
        assert HER not in repr(rows.get(row_id))
        with parts.store.write() as tx:
            tx.execute(counts.lines.delete())
    assert HER not in caplog.text
    assert HER[1:] not in caplog.text
    assert "about her pay" not in caplog.text


def test_made_parts_has_a_phone_by_default(parts: Services, tmp_path: object) -> None:
    assert list(made_parts(parts.store, parts.clock, parts.data_dir).channels) == ["phone"]
