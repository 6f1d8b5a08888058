"""What a page says would follow from an outcome is what does follow: the record itself is the oracle."""

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState
from gateway.helpdesk.queue import outcome as outcomes
from gateway.helpdesk.queue.callback_page import build_call_panel
from gateway.helpdesk.queue.consequences import NextStep, read_choice
from tests.support.desk_rig import Desk

STATES = {
    NextStep.SHEET: CallbackState.REACHED,
    NextStep.CALL_AGAIN: CallbackState.WAITING,
    NextStep.NAMED_TIME: CallbackState.WAITING,
    NextStep.ENDS: CallbackState.WAITING,
    NextStep.DECIDED: CallbackState.REVIEW,
    NextStep.CLOSED: CallbackState.CLOSED,
}


def open_call(desk: Desk, at: str, **answers: str):
    noy, wanted = desk.person("Noy"), desk.requested(**answers)
    desk.clock.set(at)
    call = desk.calling(noy, wanted)
    panel, _look = build_call_panel(desk.parts, noy, wanted)
    return noy, wanted, call, {one.word: one for one in panel.outcomes}


@pytest.mark.parametrize("when", ["evening", "now"])
@pytest.mark.parametrize("word", [*Outcome, "cut_off:agreed"])
def test_what_was_said_before_the_press_is_what_follows(light: Desk, when: str, word: str) -> None:
    at = {"evening": "2026-11-24T18:30:00+07:00", "now": "2026-11-24T14:10:00+07:00"}[when]
    noy, wanted, call, offered = open_call(light, at, when=when)
    said, (outcome, agreed) = offered[word], read_choice(word)
    done = outcomes.record_outcome(
        light.parts, noy, callback_id=wanted, outcome=outcome, form=call.form, agreed=agreed
    )
    assert done.state is STATES[said.step]
    if said.step is NextStep.CALL_AGAIN:
        assert (done.due_at, done.due_until) == (said.due_at, said.due_until)
        assert said.due_at < said.due_until
    if said.step is NextStep.ENDS:
        assert (done.due_at, done.due_until) == (said.due_until, said.due_until)


def test_the_last_try_is_said_to_go_to_a_supervisor(light: Desk) -> None:
    noy = light.person("Noy")
    wanted = light.requested(when="evening")
    for day in (24, 25, 26):
        light.clock.set(f"2026-11-{day}T18:30:00+07:00")
        call = light.calling(noy, wanted)
        panel, _look = build_call_panel(light.parts, noy, wanted)
        said = next(one for one in panel.outcomes if one.word == "no_answer")
        assert said.step is (NextStep.DECIDED if day == 26 else NextStep.CALL_AGAIN)
        outcomes.record_outcome(light.parts, noy, callback_id=wanted, outcome="no_answer", form=call.form)


def test_a_cut_off_call_is_offered_twice_and_nothing_else_is(light: Desk) -> None:
    *_, offered = open_call(light, "2026-11-24T18:29:00+07:00", when="evening")
    assert {word for word, one in offered.items() if one.agreed is not None} == {"cut_off", "cut_off:agreed"}
    assert offered["cut_off:agreed"].due_at == light.clock.now()
