"""Two at once: forms, calls, her own deeds and the clock's chores, started together on real threads."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NotSafe
from gateway.helpdesk.queue import claim, timers
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CallbackCancelled, CancelCallback, Gone
from tests.support.desk_rig import HER, Desk

ANSWERS = (ClaimedByOther, AlreadyCalling, NotSafe, IllegalMove)


def together(*deeds: Callable[[], Any]) -> list[Any]:
    """Run the deeds at once; what each returned, or the answer that it raised, in their order."""
    gate = Barrier(len(deeds))
    came: list[Any] = [None] * len(deeds)

    def run(n: int, deed: Callable[[], Any]) -> None:
        gate.wait()
        try:
            came[n] = deed()
        except Exception as answer:  # noqa: BLE001 - every answer is looked at below
            came[n] = answer

    threads = [Thread(target=run, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    unexpected = [one for one in came if isinstance(one, Exception) and not isinstance(one, ANSWERS)]
    assert unexpected == []
    return came


def test_one_form_sent_six_times_is_one_outcome(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    call = line.calling(noy, callback)
    outcomes = ["no_answer", "reached"] * 3
    came = together(
        *[
            lambda o=outcome: queue_outcome.record_outcome(
                line.parts, noy, callback_id=callback, outcome=o, form=call.form
            )
            for outcome in outcomes
        ]
    )
    assert len({one.outcome for one in came}) == 1
    assert len(set(came)) == 1
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'outcome'") == [(1,)]
    assert line.callback(callback).attempts == 1


def test_a_doubled_tap_on_call_is_one_attempt(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim_callback(line.parts, noy, callback)
    came = together(*[lambda: attempts.begin_call(line.parts, noy, callback)] * 4)
    assert len({one.form for one in came}) == 1
    assert line.rows("SELECT count(*) FROM attempts") == [(1,)]
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'reveal'") == [(1,)]


def test_she_takes_it_back_while_somebody_claims_and_calls(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    cancelled, called = together(
        lambda: line.does(accept.cancel_request, effect=CancelCallback(callback=callback)),
        lambda: line.calling(noy, callback),
    )
    assert cancelled == CallbackCancelled()
    assert line.callback(callback).state is CallbackState.CANCELLED
    if isinstance(called, attempts.Call):
        recorded = queue_outcome.record_outcome(
            line.parts, noy, callback_id=callback, outcome="reached", form=called.form
        )
        assert recorded.state is CallbackState.CANCELLED


def test_she_takes_it_back_twice(line: Desk) -> None:
    callback = line.requested()
    came = together(*[lambda: line.does(accept.cancel_request, effect=CancelCallback(callback=callback))] * 3)
    assert sorted(type(one).__name__ for one in came) == ["CallbackCancelled", "Gone", "Gone"]
    assert Gone() in came
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'cancelled'") == [(1,)]


def test_two_clocks_do_each_thing_once(line: Desk) -> None:
    noy = line.person("Noy")
    for n in range(3):
        line.requested(f"+856205550000{n}", when="now")
    held = line.requested("+8562055500009", when="evening")
    claim.claim_callback(line.parts, noy, held)
    line.clock.forward(minutes=31)
    rolled = together(*[lambda: timers.roll_windows(line.parts)] * 3)
    freed = together(*[lambda: timers.release_leases(line.parts)] * 3)
    assert (sum(rolled), sum(freed)) == (3, 1)
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'expired'") == [(3,)]
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'claim ran out'") == [(1,)]


def test_a_claim_and_the_clock_that_frees_it(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested(when="evening")
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(minutes=15)
    together(
        lambda: timers.release_leases(line.parts),
        lambda: claim.claim_callback(line.parts, dao, callback),
        lambda: claim.renew_claim(line.parts, noy, callback),
    )
    row = line.callback(callback)
    assert (row.state, row.holder_id) in (
        (CallbackState.WAITING, None),
        (CallbackState.CLAIMED, dao.person_id),
        (CallbackState.CLAIMED, noy.person_id),
    )


def test_two_supervisors_decide_at_once_and_one_decision_stands(line: Desk) -> None:
    noy, callback = line.person("Noy"), line.requested(when="evening")
    bosses = [line.person(f"Boss {n}", Role.SUPERVISOR) for n in range(3)]
    line.clock.set("2026-11-24T18:10:00+07:00")
    line.calling(noy, callback)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="wrong_number")
    decisions = ["given_up", "closed", "waiting"]
    came = together(
        *[
            lambda b=boss, d=decision: queue_outcome.decide_review(line.parts, b, callback, decision=d)
            for boss, decision in zip(bosses, decisions, strict=True)
        ]
    )
    stands = [decision for decision, one in zip(decisions, came, strict=True) if one is None]
    assert len(stands) == 1
    assert line.callback(callback).state == stands[0]


def test_she_erases_while_somebody_begins_to_call(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim_callback(line.parts, noy, callback)
    together(lambda: line.does(accept.erase_caller), lambda: attempts.begin_call(line.parts, noy, callback))
    row = line.callback(callback)
    assert (row.state, row.caller_id, row.contact) == (CallbackState.CANCELLED, None, None)
    assert line.rows("SELECT count(*) FROM callers") == [(0,)]
    assert attempts.find_current_call(line.parts, noy, callback) is None


@pytest.mark.parametrize("others", ["now", "evening"])
def test_asking_again_while_somebody_claims_loses_neither(line: Desk, others: str) -> None:
    noy = line.person("Noy")
    callback = line.requested(HER, when="evening")
    together(
        lambda: claim.claim_callback(line.parts, noy, callback),
        lambda: line.asks(HER, when=others, danger="yes"),
    )
    row = line.callback(callback)
    assert (row.state, row.holder_id) == (CallbackState.CLAIMED, noy.person_id)
    assert (row.priority, row.asks, row.window) == (0, 2, others)
