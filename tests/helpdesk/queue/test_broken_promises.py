"""Promises that break without an act are confessed until a person has read of each, and are counted."""

import pytest

from gateway.domain.callbacks.states import BrokenPromise, CallbackState
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.operations.reporting import metrics, monthly_report
from gateway.storage import audit, settings
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import Desk

NUMBERS = [f"+8562055510{n:03d}" for n in range(6)]


def confessed(desk: Desk, actor: Actor) -> list[tuple[str, str]]:
    return [(one.promise.value, one.callback_id) for one in timers.list_confessions(desk.parts, actor)]


def quality(desk: Desk) -> metrics.QualityWatch:
    with desk.parts.store.read() as tx:
        return metrics.measure_quality(desk.parts, tx)


def work_an_evening(desk: Desk, noy: Actor) -> list[str]:
    """An hour in which one counsellor takes what is next, a talk of 14 minutes each, while the clock ticks beside it."""
    called = []
    for minute in range(60):
        desk.clock.forward(minutes=1)
        timers.roll_windows(desk.parts)
        timers.release_leases(desk.parts)
        timers.note_broken_promises(desk.parts)
        taken = None if minute % 14 else claim.take_next(desk.parts, noy)
        if taken is not None:
            attempts.begin_call(desk.parts, noy, taken.callback_id)
            outcome.record_outcome(desk.parts, noy, callback_id=taken.callback_id, outcome="reached")
            outcome.close_callback(desk.parts, noy, taken.callback_id)
            called.append(taken.callback_id)
    return called


@pytest.mark.fault("Q4")
def test_an_evening_of_six_who_ask_for_now_and_one_counsellor(line: Desk) -> None:
    """Each is called, or stands on the page and in the figures; nothing dies without a word."""
    noy, boss = line.person("Noy", on_duty=True), line.person("Boss", Role.SUPERVISOR)
    line.clock.set("2026-11-24T19:00:00+07:00")
    asked = []
    for number in NUMBERS:
        asked.append(line.requested(number, when="now"))
        line.clock.forward(minutes=1)
    called = work_an_evening(line, noy)
    left = [one for one in asked if one not in called]
    assert called
    assert left
    assert confessed(line, noy) == [("now_expired", one) for one in left]
    seen = quality(line)
    assert (seen.asked_now, seen.called_now) == (6, len(called))
    assert seen.broken == {BrokenPromise.NOW_EXPIRED: len(left)}
    line.parts.count.flush(line.parts.store)
    cells = monthly_report.report_month(line.parts, boss, "2026-11")
    assert [(cell.name, cell.n) for cell in cells if cell.section.what == "promise"] == [
        ("now_expired", None)
    ]
    assert timers.confirm_broken(line.parts, noy, "now_expired", left[:1]) == 1
    assert confessed(line, boss) == [("now_expired", one) for one in left[1:]]


def test_who_read_it_and_when_is_on_record_once(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested(when="now")
    line.clock.forward(minutes=30)
    timers.roll_windows(line.parts)
    assert timers.confirm_broken(line.parts, noy, "now_expired", [callback, "no such"]) == 1
    line.clock.forward(minutes=1)
    assert timers.confirm_broken(line.parts, dao, "now_expired", [callback]) == 0
    with line.parts.store.read() as tx:
        acts = [(one.act, one.who, one.detail) for one in audit.list_about(tx, "callback", callback)]
    assert ("acknowledged", "Noy", "now_expired") in acts
    assert not any(who == "Dao" for _act, who, _detail in acts)
    line.clock.forward(days=2)
    timers.note_broken_promises(line.parts)
    assert confessed(line, noy) == [], "what is over is read once"


def test_what_broke_after_the_page_was_made_stays_unread(line: Desk) -> None:
    noy = line.person("Noy")
    first = line.requested(NUMBERS[0], when="now")
    line.clock.forward(minutes=5)
    second = line.requested(NUMBERS[1], when="now")
    line.clock.forward(minutes=30)
    timers.roll_windows(line.parts)
    timers.confirm_broken(line.parts, noy, "now_expired", [first])
    assert confessed(line, noy) == [("now_expired", second)]


def test_one_that_was_rung_and_not_reached_ends_in_other_words(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="no_answer")
    light.clock.forward(minutes=30)
    timers.roll_windows(light.parts)
    row = light.callback(callback)
    assert (row.state, row.reason) == (CallbackState.EXPIRED, "not reached in time")
    assert confessed(light, noy) == []


def test_an_open_page_does_not_keep_a_request_for_now_for_ever(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    claim.claim_callback(line.parts, noy, callback)
    for _ in range(9):
        line.clock.forward(minutes=5)
        claim.renew_claim(line.parts, noy, callback)  # the tab stays open
        timers.roll_windows(line.parts)
        assert line.callback(callback).state is (
            CallbackState.CLAIMED if line.clock.now() < at(24, 14, 50) else CallbackState.EXPIRED
        )
    assert confessed(line, noy) == [("now_expired", callback)]


@pytest.mark.fault("Q17")
def test_danger_that_must_wait_over_a_weekend_is_confessed_and_again_after_half_a_day(line: Desk) -> None:
    noy = line.person("Noy")
    mornings = line.with_hours(mon=["18:00-21:00"])
    callback = mornings.requested(when="evening", danger="yes")
    plain = mornings.requested(NUMBERS[1], when="evening")
    assert timers.note_broken_promises(line.parts) == 1
    assert timers.note_broken_promises(line.parts) == 0
    assert confessed(line, noy) == [("danger_late", callback)]
    assert line.callback(plain).due_at == at(30, 18)
    timers.confirm_broken(line.parts, noy, "danger_late", [callback])
    assert confessed(line, noy) == []
    line.clock.forward(hours=12)
    timers.note_broken_promises(line.parts)
    assert confessed(line, noy) == [("danger_late", callback)]
    claim.claim_callback(line.parts, noy, callback)
    assert confessed(line, noy) == [("danger_late", callback)], "a claim is no call"
    seen = quality(line)
    assert seen.broken == {BrokenPromise.DANGER_LATE: 1}


@pytest.mark.fault("Q35")
def test_a_talk_without_an_end_and_what_mends_it(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    line.calling(noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached")
    line.clock.forward(hours=2)
    timers.note_broken_promises(line.parts)
    assert confessed(line, noy) == [("not_closed", callback)]
    outcome.close_callback(line.parts, noy, callback)
    assert confessed(line, noy) == []


@pytest.mark.parametrize(
    ("said", "state"),
    [("reached", CallbackState.REACHED), ("no_answer", CallbackState.WAITING), ("prank", CallbackState.CLOSED)],
)  # fmt: skip
def test_who_called_says_late_what_came_of_it(line: Desk, said: str, state: CallbackState) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    line.clock.set("2026-11-24T18:00:00+07:00")
    callback = line.requested(when="evening")
    line.calling(noy, callback)
    line.clock.forward(hours=2)
    timers.release_leases(line.parts)
    timers.note_broken_promises(line.parts)
    assert confessed(line, dao) == [("unclear", callback)]
    with pytest.raises(NoSuchCallback):
        timers.find_unclear_call(line.parts, dao, callback)
    assert timers.find_unclear_call(line.parts, noy, callback).started_at == at(24, 18)
    recorded = outcome.record_outcome(line.parts, noy, callback_id=callback, outcome=said)
    assert recorded.state is state
    assert line.callback(callback).reason != "unclear"
    assert confessed(line, noy) == []
    if state is CallbackState.WAITING:
        assert line.callback(callback).due_at == at(25, 18)


@pytest.mark.fault("Q11")
def test_a_trial_phone_is_confessed_and_counted_nowhere(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now", trial=True)
    light.clock.forward(minutes=30)
    timers.roll_windows(light.parts)
    assert confessed(light, noy) == [("now_expired", callback)]
    seen = quality(light)
    assert (seen.broken, seen.broken_trials, seen.asked_now) == ({}, 1, 0)


def test_with_a_wrong_clock_nothing_is_broken(light: Desk) -> None:
    light.requested(when="evening", danger="yes")
    with light.parts.store.write() as tx:
        settings.save_setting(tx, settings.SETTING, {"on": True}, by="test", now=light.clock.now())
    assert timers.note_broken_promises(light.parts) == 0


def test_a_reader_confesses_nothing(light: Desk) -> None:
    reader = light.person("Anna", Role.READER)
    with pytest.raises(NotPermitted):
        timers.list_confessions(light.parts, reader)
    with pytest.raises(NotPermitted):
        timers.confirm_broken(light.parts, reader, "unclear", [])


def test_a_promise_that_does_not_exist(light: Desk) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        timers.confirm_broken(light.parts, light.person("Noy"), "all", [])
