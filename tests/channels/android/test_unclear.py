"""What is unclear on a phone settles by itself: given again under its own id, told by the phone, or asked for."""

from datetime import timedelta

import pytest

from gateway.delivery import results
from gateway.delivery.nudge import sweep_outbox
from gateway.delivery.send import drain_outbox
from gateway.storage import outbox_claims
from tests.support.outbox_rig import Rows
from tests.support.phone_line import Rig


@pytest.fixture
def made(rig: Rig) -> Rows:
    rig.is_seen()
    return Rows(rig.parts)


def test_an_answer_that_was_lost_is_cleared_up_by_giving_the_text_again(rig: Rig, made: Rows) -> None:
    rig.phone.rule("drop", at="after")
    row_id = made.add(channel="android")
    drain_outbox(rig.parts)
    assert made.state(row_id) == "pending"
    rig.pass_by(minutes=2)
    rig.is_seen()
    drain_outbox(rig.parts)
    assert (made.state(row_id), len(rig.phone.given), len(rig.phone.sent)) == ("sent", 2, 1)


@pytest.mark.parametrize("taken", [True, False])
def test_a_text_that_may_have_left_before_its_time_was_over_is_asked_for(
    rig: Rig, made: Rows, taken: bool
) -> None:
    rig.phone.rule("drop", at="after" if taken else "before")
    row_id = made.add(channel="android", expires_at=rig.clock.now() + timedelta(minutes=5))
    drain_outbox(rig.parts)
    rig.pass_by(minutes=6)
    rig.is_seen()
    sweep_outbox(rig.parts)
    assert made.state(row_id) == "unclear", "too late to be given again, and perhaps it left"
    rig.pass_by(seconds=40)
    sweep_outbox(rig.parts)
    assert made.state(row_id) == ("sent" if taken else "failed")
    assert len(rig.phone.sent) == taken


def test_a_text_whose_last_try_was_unclear_is_not_called_failed(rig: Rig, made: Rows) -> None:
    rig.phone.rule("drop", at="after")
    row_id = made.add(channel="android", expires_at=rig.clock.now() + timedelta(seconds=30))
    drain_outbox(rig.parts)
    assert made.state(row_id) == "unclear"
    rig.pass_by(seconds=40)
    results.ask_providers(rig.parts)
    assert made.state(row_id) == "sent"


def test_nobody_asks_a_phone_that_is_silent_and_a_person_may_still_decide(rig: Rig, made: Rows) -> None:
    rig.phone.rule("drop", at="after")
    row_id = made.add(channel="android", expires_at=rig.clock.now() + timedelta(seconds=30))
    drain_outbox(rig.parts)
    rig.pass_by(minutes=16)
    asked = len(rig.phone.posts)
    assert results.ask_providers(rig.parts) == 0
    assert len(rig.phone.posts) == asked
    assert made.state(row_id) == "unclear"


def test_a_word_of_the_phone_settles_what_we_never_heard_the_answer_to(rig: Rig, made: Rows) -> None:
    rig.phone.rule("drop", at="after")
    row_id = made.add(channel="android", expires_at=rig.clock.now() + timedelta(seconds=30))
    drain_outbox(rig.parts)
    assert rig.posts.became(row_id, "sent").status == 200
    assert made.state(row_id) == "sent"
    rig.posts.became(row_id, "delivered")
    assert made.get(row_id).delivery == "delivered"


def test_a_dead_worker_s_row_is_given_again_and_answered_409(rig: Rig, made: Rows) -> None:
    row_id = made.add(channel="android")
    with rig.parts.store.write() as tx:
        row = outbox_claims.claim_due(
            tx,
            kinds=("answer",),
            channels=("android",),
            token="t",
            now=rig.clock.now(),
            lease=timedelta(seconds=2),
        )
    assert row is not None
    rig.phone.take(
        {
            "id": row_id,
            "phoneNumbers": ["+8562055500001"],
            "textMessage": {"text": "as the dead worker gave it"},
        }
    )
    rig.pass_by(seconds=3)
    sweep_outbox(rig.parts)
    drain_outbox(rig.parts)
    assert (made.state(row_id), made.get(row_id).reason) == ("sent", "taken-before")
    assert len(rig.phone.sent) == 1
