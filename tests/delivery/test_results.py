"""Deliveries: early, late, twice, out of order; and the verdict of a person on what stays unclear."""

from itertools import permutations

import pytest

from gateway.channels.contract import SendOutcome, SendResult
from gateway.delivery import results
from gateway.delivery.results import NotUnclear, list_rows, settle_row
from gateway.delivery.send import drain_outbox
from gateway.domain.events import Delivery
from gateway.domain.permissions import NotPermitted, Role
from gateway.foundation.services import Services
from gateway.storage import audit
from tests.support.actors import SUPERVISOR, actor
from tests.support.clocks import SetClock
from tests.support.outbox_rig import Phone, Rows, sent

MOVING = Delivery(channel="phone", provider_id="p-1", state="moving", status="Buffered")
DELIVERED = Delivery(channel="phone", provider_id="p-1", state="delivered", status="Success")
FAILED = Delivery(
    channel="phone", provider_id="p-1", state="failed", status="Failed", reason="absent-subscriber"
)
UNCLEAR = SendResult(outcome=SendOutcome.UNCLEAR, provider_id="p-1", reason="no-answer")


@pytest.mark.parametrize("order", list(permutations([MOVING, DELIVERED, FAILED])))
@pytest.mark.parametrize("early", range(4))
def test_every_order_before_and_after_our_record_ends_the_same(
    parts: Services, rows: Rows, order: tuple[Delivery, ...], early: int
) -> None:
    for delivery in order[:early]:
        results.record_delivery(parts, delivery)
    row_id = rows.add()
    drain_outbox(parts)
    for delivery in order[early:]:
        results.record_delivery(parts, delivery)
        results.record_delivery(parts, delivery)
    row = rows.get(row_id)
    assert (row.state, row.delivery) == ("sent", "delivered")


def test_a_failure_keeps_its_reason(parts: Services, rows: Rows) -> None:
    row_id = rows.add()
    drain_outbox(parts)
    results.record_delivery(parts, FAILED)
    assert (rows.get(row_id).delivery, rows.get(row_id).reason) == ("failed", "absent-subscriber")


def test_early_words_wait_three_days(parts: Services, rows: Rows, clock: SetClock) -> None:
    results.record_delivery(parts, DELIVERED)
    clock.forward(days=2)
    row_id = rows.add()
    drain_outbox(parts)
    assert rows.get(row_id).delivery == "delivered"


def test_another_line_s_word_is_not_ours(parts: Services, rows: Rows) -> None:
    row_id = rows.add()
    drain_outbox(parts)
    results.record_delivery(
        parts, Delivery(channel="else", provider_id="p-1", state="failed", status="Failed")
    )
    assert rows.get(row_id).delivery == ""


@pytest.mark.parametrize(
    ("delivery", "state"), [(DELIVERED, "sent"), (FAILED, "failed"), (MOVING, "unclear")]
)
def test_a_final_word_settles_an_unclear_row(
    parts: Services, rows: Rows, phone: Phone, delivery: Delivery, state: str
) -> None:
    row_id = rows.add()
    phone.answers.append(UNCLEAR)
    drain_outbox(parts)
    assert rows.state(row_id) == "unclear"
    results.record_delivery(parts, delivery)
    assert rows.state(row_id) == state


@pytest.mark.parametrize("verdict", ["sent", "failed"])
def test_a_supervisor_settles_what_is_unclear_and_the_audit_says_so(
    parts: Services, rows: Rows, phone: Phone, verdict: str
) -> None:
    row_id = rows.add()
    phone.answers.append(UNCLEAR)
    drain_outbox(parts)
    assert [row["id"] for row in list_rows(parts, state="unclear")] == [row_id]
    settle_row(parts, SUPERVISOR, row_id, verdict)
    assert rows.state(row_id) == verdict
    with parts.store.read() as tx:
        (entry,) = audit.list_about(tx, "outbox", row_id)
    assert (entry.act, entry.detail) == ("outbox.settle", verdict)
    assert list_rows(parts, state="unclear") == []
    with pytest.raises(NotUnclear, match=verdict):
        settle_row(parts, SUPERVISOR, row_id, "sent")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPERVISOR])
def test_nobody_else_may_settle(parts: Services, rows: Rows, phone: Phone, role: Role) -> None:
    row_id = rows.add()
    phone.answers.append(UNCLEAR)
    drain_outbox(parts)
    with pytest.raises(NotPermitted):
        settle_row(parts, actor(role), row_id, "sent")
    assert rows.state(row_id) == "unclear"


def test_only_an_unclear_row_can_be_settled(parts: Services, rows: Rows) -> None:
    row_id = rows.add()
    with pytest.raises(NotUnclear, match="pending"):
        settle_row(parts, SUPERVISOR, row_id, "failed")
    with pytest.raises(NotUnclear, match="no row"):
        settle_row(parts, SUPERVISOR, "0" * 20, "failed")
    with pytest.raises(KeyError):
        settle_row(parts, SUPERVISOR, row_id, "lost")


def test_the_listing_shows_neither_number_nor_text(parts: Services, rows: Rows, phone: Phone) -> None:
    rows.add(text="about her pay", to=rows.caller("+8562055512345"))
    phone.answers.append(sent(4))
    drain_outbox(parts)
    (row,) = list_rows(parts)
    assert row["state"] == "sent"
    assert row["at"] == "2026-11-24T07:05:00Z"
    assert "12345" not in repr(row)
    assert "pay" not in repr(row)
    assert list_rows(parts, state="failed") == []
