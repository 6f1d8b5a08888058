"""A provider that says she opted out is believed once: we stop, and do not ask it again with each new text."""

from dataclasses import replace

import pytest

from gateway.channel import Outcome, Request, SendResult
from gateway.channels.africastalking import sms
from gateway.desk import refusing
from gateway.messages import OPTED_OUT, Delivery
from gateway.parts import Parts
from gateway.sending import deliveries
from gateway.sending.send import drain
from gateway.store import audit, callers
from gateway.store.callers import Caller
from tests.clocks import SetClock
from tests.outbox_rig import HER, Phone, Rows, sent

REFUSED = SendResult(outcome=Outcome.REFUSED, reason=OPTED_OUT)
FAILED = Delivery(channel="phone", provider_id="p-1", state="failed", status="Failed", reason=OPTED_OUT)


@pytest.fixture
def house(parts: Parts) -> Parts:
    return replace(parts, opted_out=refusing.take_opt_out)


def her(parts: Parts) -> tuple[Caller, list[str]]:
    with parts.store.read() as tx:
        caller = callers.find(tx, HER)
        assert caller is not None
        return caller, [f"{one.act} {one.detail}" for one in audit.about(tx, "caller", caller.id)]


@pytest.mark.fault("R7")
def test_a_send_that_is_refused_for_it_is_a_stop(
    house: Parts, rows: Rows, phone: Phone, clock: SetClock
) -> None:
    phone.answers.append(REFUSED)
    rows.add("answer", to=rows.caller())
    drain(house)
    caller, record = her(house)
    assert caller.stopped
    assert record == ["stopped provider"]
    clock.forward(minutes=1)
    rows.add("ours", to=caller.id)
    drain(house)
    assert len(phone.got) == 1


@pytest.mark.fault("R7")
@pytest.mark.parametrize("early", [True, False])
def test_a_delivery_that_says_so_is_one_too(house: Parts, rows: Rows, phone: Phone, early: bool) -> None:
    phone.answers.append(sent(1))
    if early:
        deliveries.take(house, FAILED)
    rows.add("answer", to=rows.caller())
    drain(house)
    for _ in range(2):
        deliveries.take(house, FAILED)
    caller, record = her(house)
    assert caller.stopped
    assert record == ["stopped provider"]


@pytest.mark.fault("R7")
def test_any_other_failure_stops_nothing(house: Parts, rows: Rows, phone: Phone) -> None:
    phone.answers.append(replace(REFUSED, reason="number-not-valid"))
    rows.add("answer", to=rows.caller())
    drain(house)
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
    assert sms.delivered("africastalking", request).reason == reason
