"""One commit a message: a result is written together with the next claim, and nothing of the crash table changes."""

import pytest

from gateway.channels.contract import SendResult
from gateway.delivery import claim
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.send import drain_outbox
from gateway.domain.events import Outgoing
from gateway.foundation.services import Services
from gateway.storage import counts, outbox
from gateway.storage.database import Lost, Unavailable
from tests.delivery.test_crashes import Killed
from tests.support.clocks import SetClock
from tests.support.examined import examine
from tests.support.outbox_rig import Phone, Rows, sent

MOST_STATEMENTS = 10
"""Of a message: its result, parked reports, the clock guard, the claim with its recipient, the channel's bucket."""


def states(rows: Rows, ids: list[str]) -> list[str]:
    return [rows.state(one) for one in ids]


def test_each_message_costs_one_transaction_and_few_statements_built_once(
    parts: Services, rows: Rows, phone: Phone
) -> None:
    few = [rows.add() for _ in range(3)]
    with examine(parts.store) as three:
        assert drain_outbox(parts) == 3
    more = [rows.add() for _ in range(9)]
    with examine(parts.store) as nine:
        assert drain_outbox(parts) == 9
    assert (three.writes, nine.writes) == (3 + 1, 9 + 1)
    assert (len(nine.statements) - len(three.statements)) / 6 <= MOST_STATEMENTS
    assert {id(one) for one in nine.built} <= {id(one) for one in three.built}
    assert states(rows, few + more) == ["sent"] * 12
    with parts.store.read() as tx:
        assert counts.list_buckets(tx)["phone"].sent == 12
    assert len(phone.got) == 12


def test_nothing_is_claimed_beside_the_last_row_before_a_stop(
    parts: Services, rows: Rows, phone: Phone
) -> None:
    ids = [rows.add() for _ in range(3)]
    assert drain_outbox(parts, stopping=lambda: bool(phone.got)) == 1
    assert states(rows, ids) == ["sent", "pending", "pending"]
    assert rows.get(ids[1]).attempts == 0


def test_death_between_a_result_and_the_next_claim_keeps_neither(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [rows.add() for _ in range(2)]
    real = claim._make_message

    def die_at_the_second(*args: object) -> object:
        if phone.got:
            raise Killed
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(claim, "_make_message", die_at_the_second)
    with pytest.raises(Killed):
        drain_outbox(parts)
    monkeypatch.undo()
    assert states(rows, ids) == ["sending", "pending"]
    clock.forward(seconds=121)
    sweep_outbox(parts)
    drain_outbox(parts)
    assert states(rows, ids) == ["unclear", "sent"]
    assert len(phone.got) == 2


def test_a_row_that_cannot_be_claimed_takes_no_result_with_it(
    parts: Services, rows: Rows, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [rows.add() for _ in range(3)]
    real = claim._make_message

    def fail_at(tx: object, row: outbox.OutboxRow, number: str) -> object:
        if row.id == ids[1]:
            raise ValueError("faulty")
        return real(tx, row, number)  # type: ignore[arg-type]

    monkeypatch.setattr(claim, "_make_message", fail_at)
    drain_outbox(parts)
    assert states(rows, ids) == ["sent", "pending", "sent"]
    assert (rows.get(ids[1]).reason, rows.get(ids[1]).attempts) == ("fault", 1)
    assert len(phone.got) == 2


@pytest.mark.parametrize("fault", [Unavailable("locked"), Lost("connection lost")])
def test_sql_away_at_the_next_claim_loses_no_result(
    parts: Services, rows: Rows, phone: Phone, fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [rows.add() for _ in range(3)]
    real, faults = claim.claim_within, [fault]

    def away_once(*args: object, **more: object) -> object:
        if phone.got and faults:
            raise faults.pop()
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(claim, "claim_within", away_once)
    assert drain_outbox(parts) == 3
    assert states(rows, ids) == ["sent"] * 3
    assert len(phone.got) == 3


def test_what_is_worked_inside_still_comes_before_the_next_message(
    parts: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    order: list[str] = []
    parts.inside["announce"] = lambda *_: order.append("inside")  # type: ignore[index]
    ids = [rows.add() for _ in range(2)]

    def send_and_ask(message: Outgoing) -> SendResult:
        order.append(message.own_id)
        rows.add("announce", due_at=clock.now())
        return sent()

    phone.answers.append(send_and_ask)
    drain_outbox(parts)
    assert order == [ids[0], "inside"]
    assert states(rows, ids) == ["sent", "sent"]
