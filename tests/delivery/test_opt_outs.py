"""A provider that says she opted out is believed once: we stop, and do not ask it again with each new text."""

from dataclasses import replace

import pytest

from gateway.channels import africastalking
from gateway.channels.contract import Request, SendOutcome, SendResult
from gateway.delivery import results
from gateway.delivery.send import drain_outbox
from gateway.domain.events import OPTED_OUT, Delivery
from gateway.foundation.services import Services
from gateway.helpdesk.requests import refuse
from gateway.storage import audit, callers
from gateway.storage.callers import Caller
from tests.support.clocks import SetClock
from tests.support.outbox_rig import HER, Phone, Rows, sent

REFUSED = SendResult(outcome=SendOutcome.REFUSED, reason=OPTED_OUT)
FAILED = Delivery(channel="phone", provider_id="p-1", state="failed", status="Failed", reason=OPTED_OUT)


@pytest.fixture
def house(parts: Services) -> Services:
    return replace(parts, opted_out=refuse.take_opt_out)


def her(parts: Services) -> tuple[Caller, list[str]]:
    with parts.store.read() as tx:
        caller = callers.find_caller(tx, HER)
        assert caller is not None
        return caller, [f"{one.act} {one.detail}" for one in audit.list_about(tx, "caller", caller.id)]


@pytest.mark.fault("R7")
def test_a_send_that_is_refused_for_it_is_a_stop(
    house: Services, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    phone.answers.append(REFUSED)
    rows.add("answer", to=rows.caller())
    drain_outbox(house)
    caller, record = her(house)
    assert caller.stopped
    assert record == ["stopped provider"]
    clock.forward(minutes=1)
    rows.add("ours", to=caller.id)
    drain_outbox(house)
    assert len(phone.got) == 1


@pytest.mark.fault("R7")
@pytest.mark.parametrize("early", [True, False])
def test_a_delivery_that_says_so_is_one_too(house: Services, rows: Rows, phone: Phone, early: bool) -> None:
    phone.answers.append(sent(1))
    if early:
        results.record_delivery(house, FAILED)
    rows.add("answer", to=rows.caller())
    drain_outbox(house)
    for _ in range(2):
        results.record_delivery(house, FAILED)
    caller, record = her(house)
    assert caller.stopped
    assert record == ["stopped provider"]


@pytest.mark.fault("R7")
def test_any_other_failure_stops_nothing(house: Services, rows: Rows, phone: Phone) -> None:
    phone.answers.append(replace(REFUSED, reason="number-not-valid"))
    rows.add("answer", to=rows.caller())
    drain_outbox(house)
    assert not her(house)[0].stopped


@pytest.mark.fault("R7")
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("UserInBlackList", OPTED_OUT),
        ("UserInBlacklist", OPTED_OUT),
        ("DoNotDisturbRejection", OPTED_OUT),
        ("UserDoesNotExist", "UserDoesNotExist"),
        ("", ""),
    ],
)
def test_the_provider_s_words_for_it(said: str, reason: str) -> None:
    fields = {"id": "ATXid_1", "status": "Failed", "failureReason": said}
    request = Request(event="delivery", fields=fields)
    assert africastalking.read_delivery("africastalking", request).reason == reason
