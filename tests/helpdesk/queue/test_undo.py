"""What was just done is undone within a minute; an attempt stays an attempt, and nothing that came since is overrun."""

from datetime import date

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import AuditAct, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther
from gateway.helpdesk.queue import claim, undo
from gateway.helpdesk.queue import outcome as outcomes
from gateway.helpdesk.queue.call_sheet import CallSheet, finish_call
from gateway.helpdesk.requests import case_record, self_service
from gateway.helpdesk.staff.centre_policy import show_day
from gateway.menus.engine.effects import CancelCallback
from tests.support.desk_rig import HER, OTHER, Desk

KEPT = (
    "state",
    "holder_id",
    "due_at",
    "due_until",
    "window",
    "attempts",
    "reason",
    "closed_at",
    "held_until",
)


def facts(desk: Desk, callback_id: str) -> tuple[object, ...]:
    callback = desk.callback(callback_id)
    return tuple(getattr(callback, name) for name in KEPT)


def record(desk: Desk, who, wanted: str, call, outcome: str) -> str:
    return outcomes.record_outcome(desk.parts, who, callback_id=wanted, outcome=outcome, form=call.form).undo


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_can_be_taken_back_and_is_asked_again(line: Desk, outcome: str) -> None:
    noy, wanted = line.person("Noy"), line.requested(HER, when="evening")
    line.clock.set("2026-11-24T18:30:00+07:00")
    call = line.calling(noy, wanted)
    before = facts(line, wanted)
    token = record(line, noy, wanted, call, outcome)
    line.clock.forward(seconds=59)
    assert undo.undo_step(line.parts, noy, wanted, token) is CallbackState.CALLING
    assert facts(line, wanted) == before
    assert attempts.find_current_call(line.parts, noy, wanted) == call
    assert line.rows("SELECT outcome FROM attempts") == [("",)]
    assert record(line, noy, wanted, call, "no_answer"), "its form asks again"
    assert line.rows("SELECT count(*) FROM attempts") == [(1,)], "and it is still one attempt"


def test_the_phone_goes_on_resting_after_an_undone_attempt(light: Desk) -> None:
    noy, wanted = light.person("Noy"), light.requested(HER, when="evening")
    light.clock.set("2026-11-24T18:30:00+07:00")
    token = record(light, noy, wanted, light.calling(noy, wanted), "no_answer")
    undo.undo_step(light.parts, noy, wanted, token)
    second = light.requested(HER, when="evening", phone_seen="sometimes")
    boss = light.person("Boss", Role.SUPERVISOR)
    with pytest.raises((AlreadyCalling, ClaimedByOther, NotPermitted, IllegalMove)):
        light.calling(boss, second)


@pytest.mark.parametrize("state", [CallbackState.REACHED, CallbackState.CLAIMED, CallbackState.WAITING])
def test_a_closing_can_be_taken_back(line: Desk, state: CallbackState) -> None:
    boss, wanted = line.person("Boss", Role.SUPERVISOR), line.requested(HER, when="now")
    if state is not CallbackState.WAITING:
        claim.claim_callback(line.parts, boss, wanted)
    if state is CallbackState.REACHED:
        record(line, boss, wanted, attempts.begin_call(line.parts, boss, wanted), "reached")
    before = facts(line, wanted)
    token = outcomes.close_callback(line.parts, boss, wanted, reason="no_need")
    assert line.callback(wanted).state is CallbackState.CLOSED
    assert undo.undo_step(line.parts, boss, wanted, token) is state
    assert facts(line, wanted) == before


def test_a_sheet_is_taken_back_with_its_figures_and_its_next_call(line: Desk) -> None:
    noy, wanted = line.person("Noy"), line.requested(HER, when="evening")
    line.clock.set("2026-11-24T18:30:00+07:00")
    record(line, noy, wanted, line.calling(noy, wanted), "reached")
    sheet = CallSheet(reason="helped", ticks={"person": "woman"}, next_on=line.clock.now().date())
    done = finish_call(line.parts, noy, wanted, sheet)
    assert done.follow_up_id
    undo.undo_step(line.parts, noy, wanted, done.undo)
    assert line.callback(wanted).state is CallbackState.REACHED
    assert case_record.load_form(line.parts, noy, wanted) == {"person": "woman"}
    assert line.rows("SELECT count(*) FROM callbacks") == [(1,)], "the planned call is gone"
    line.parts.count.flush(line.parts.store)
    assert line.rows("SELECT sum(n) FROM figures WHERE what = 'record' AND item LIKE 'person:%'") == [(0,)]


def spoil(desk: Desk, how: str, noy, wanted: str) -> None:
    match how:
        case "a minute":
            desk.clock.forward(seconds=61)
        case "claimed":
            claim.claim_callback(desk.parts, desk.person("Dao"), wanted)
        case "her refusal":
            desk.does(
                lambda *args, **fields: self_service.cancel_request(
                    *args, effect=CancelCallback(callback=wanted), **fields
                )
            )
        case "asked again":
            desk.requested(HER, when="evening")


@pytest.mark.parametrize(("seconds", "undone"), [(59, True), (60, True), (60.5, False), (61, False)])
@pytest.mark.parametrize("what", ["outcome", "closing"])
def test_the_minute_has_sixty_seconds(light: Desk, what: str, seconds: float, *, undone: bool) -> None:
    noy, wanted = light.person("Boss", Role.SUPERVISOR), light.requested(HER, when="evening")
    light.clock.set("2026-11-24T18:30:00+07:00")
    if what == "closing":
        token = outcomes.close_callback(light.parts, noy, wanted, reason="no_need")
    else:
        token = record(light, noy, wanted, light.calling(noy, wanted), "no_answer")
    after = facts(light, wanted)
    light.clock.forward(seconds=seconds)
    if undone:
        undo.undo_step(light.parts, noy, wanted, token)
        assert facts(light, wanted) != after
    else:
        with pytest.raises(undo.TooLate):
            undo.undo_step(light.parts, noy, wanted, token)
        assert facts(light, wanted) == after


@pytest.mark.parametrize("how", ["a minute", "claimed", "her refusal", "asked again", "twice"])
def test_what_came_since_is_not_overrun(light: Desk, how: str) -> None:
    noy, wanted = light.person("Noy"), light.requested(HER, when="evening")
    light.clock.set("2026-11-24T18:30:00+07:00")
    token = record(light, noy, wanted, light.calling(noy, wanted), "no_answer")
    if how == "twice":
        undo.undo_step(light.parts, noy, wanted, token)
    spoil(light, how, noy, wanted)
    before = facts(light, wanted)
    with pytest.raises(undo.TooLate):
        undo.undo_step(light.parts, noy, wanted, token)
    assert facts(light, wanted) == before


def test_another_person_another_request_and_nonsense_undo_nothing(light: Desk) -> None:
    noy, wanted = light.person("Noy"), light.requested(HER, when="evening")
    light.clock.set("2026-11-24T18:30:00+07:00")
    token = record(light, noy, wanted, light.calling(noy, wanted), "no_answer")
    other = light.requested("+8562055500077", when="evening")
    for who, which, what in (
        (light.person("Dao"), wanted, token),
        (noy, other, token),
        (noy, wanted, ""),
        (noy, wanted, "c2VhbGVk"),
        (noy, wanted, token[:-8] + "AAAAAAA="),
    ):
        with pytest.raises(undo.TooLate):
            undo.undo_step(light.parts, who, which, what)
    with pytest.raises(NotPermitted):
        undo.undo_step(light.parts, light.person("Reader", Role.READER), wanted, token)


def test_a_closed_one_is_reopened_for_a_decision_and_rings_nobody(line: Desk) -> None:
    boss, wanted = line.person("Boss", Role.SUPERVISOR), line.requested(HER, when="evening")
    outcomes.close_callback(line.parts, boss, wanted, reason="prank")
    line.clock.forward(days=13)
    undo.reopen_callback(line.parts, boss, wanted)
    reopened = line.callback(wanted)
    assert (reopened.state, reopened.reason, reopened.holder_id) == (CallbackState.REVIEW, "reopened", None)
    outcomes.decide_review(line.parts, boss, wanted, decision="waiting")
    assert line.callback(wanted).state is CallbackState.WAITING


@pytest.mark.parametrize("why", ["fourteen days", "cancelled by her", "a newer request", "a counsellor"])
def test_what_is_not_reopened(light: Desk, why: str) -> None:
    boss, wanted = light.person("Boss", Role.SUPERVISOR), light.requested(HER, when="evening")
    if why == "cancelled by her":
        spoil(light, "her refusal", boss, wanted)
    else:
        outcomes.close_callback(light.parts, boss, wanted, reason="prank")
    if why == "fourteen days":
        light.clock.forward(days=14)
    if why == "a newer request":
        light.requested(HER, when="evening")
    state = light.callback(wanted).state
    who = light.person("Noy") if why == "a counsellor" else boss
    with pytest.raises((IllegalMove, NotPermitted)):
        undo.reopen_callback(light.parts, who, wanted)
    assert light.callback(wanted).state is state


def test_what_is_undone_after_midnight_is_taken_from_the_month_that_counted_it(light: Desk) -> None:
    light.clock.set("2026-11-30T18:30:00+07:00")
    noy, wanted = light.person("Noy"), light.requested(HER, when="evening")
    record(light, noy, wanted, light.calling(noy, wanted), "reached")
    light.clock.set("2026-11-30T23:59:20+07:00")
    done = finish_call(light.parts, noy, wanted, CallSheet(reason="helped", ticks={"person": "woman"}))
    light.clock.set("2026-12-01T00:00:19+07:00")
    undo.undo_step(light.parts, noy, wanted, done.undo)
    light.parts.count.flush(light.parts.store)
    assert light.rows("SELECT day, n FROM figures WHERE item = 'person:woman'") == [("2026-11-30", 0)]
    assert light.rows("SELECT count(*) FROM figures WHERE n < 0") == [(0,)]


@pytest.mark.parametrize("later", ["at once", "after midnight"])
def test_an_outcome_that_was_undone_is_in_the_record_and_not_among_what_a_person_did(
    light: Desk, later: str
) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    wanted, other = light.requested(HER, when="evening"), light.requested(OTHER, when="evening")
    light.clock.set("2026-11-24T18:30:00+07:00")
    record(light, noy, other, light.calling(noy, other), "busy")
    call = light.calling(noy, wanted)
    light.clock.set("2026-11-24T23:59:30+07:00")
    token = record(light, noy, wanted, call, "no_answer")
    light.clock.forward(seconds=40 if later == "after midnight" else 5)
    undo.undo_step(light.parts, noy, wanted, token)
    day = show_day(light.parts, boss, noy.person_id, date(2026, 11, 24))
    assert day.outcomes == {"busy": 1}
    assert [row.detail for row in day.rows if row.act == AuditAct.OUTCOME] == ["busy", "no_answer"]
