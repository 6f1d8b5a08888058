"""What came of a call, notes, closing, deciding: by the holder, once a form, as the tables say."""

from datetime import datetime

import pytest

from gateway.domain.callbacks.outcomes import Outcome
from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import AlreadyCalling, ClaimedByOther, NoSuchCallback, NotSafe
from gateway.helpdesk.queue import claim
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.queue.outcome import BadWords
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CancelCallback
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import OTHER, Desk

EVENING = "2026-11-24T18:10:00+07:00"
TOMORROW = (at(25, 18), at(25, 21))


def in_call(line: Desk, when: str = "evening", clock: str = EVENING):
    noy = line.person("Noy")
    callback = line.requested(when=when)
    line.clock.set(clock)
    return noy, callback, line.calling(noy, callback)


@pytest.mark.parametrize(
    ("outcome", "state", "attempts_", "due"),
    [
        ("reached", CallbackState.REACHED, 1, None),
        ("cut_off", CallbackState.WAITING, 1, TOMORROW),
        ("no_answer", CallbackState.WAITING, 1, TOMORROW),
        ("voicemail", CallbackState.WAITING, 1, TOMORROW),
        ("busy", CallbackState.WAITING, 1, (at(24, 18, 30), at(24, 21))),
        ("switched_off", CallbackState.WAITING, 1, TOMORROW),
        ("someone_else", CallbackState.WAITING, 1, (at(25, 18, 10), at(25, 21))),
        ("asked_later", CallbackState.WAITING, 0, TOMORROW),
        ("wrong_number", CallbackState.REVIEW, 0, None),
        ("not_safe", CallbackState.REVIEW, 0, None),
        ("silent", CallbackState.CLOSED, 0, None),
        ("prank", CallbackState.CLOSED, 0, None),
    ],
)
def test_each_outcome_leads_where_the_table_says(
    line: Desk, outcome: str, state: CallbackState, attempts_: int, due: tuple[datetime, datetime] | None
) -> None:
    noy, callback, call = in_call(line)
    recorded = queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome=outcome, form=call.form
    )
    row = line.callback(callback)
    assert (row.state, row.attempts) == (recorded.state, attempts_) == (state, row.attempts)
    if due is not None:
        assert (row.due_at, row.due_until) == due
    holds = state in (CallbackState.REACHED, CallbackState.CLOSED)
    assert row.holder_id == (noy.person_id if holds else None)
    assert (row.closed_at is not None) == (state is CallbackState.CLOSED)
    assert (row.escalate_at is not None) == (state is CallbackState.REVIEW)
    assert line.rows("SELECT outcome FROM attempts") == [(outcome,)]
    assert line.rows("SELECT detail FROM audit WHERE act = 'outcome'") == [(outcome,)]


def test_the_cases_name_every_outcome() -> None:
    [mark] = [m for m in test_each_outcome_leads_where_the_table_says.pytestmark if m.name == "parametrize"]
    assert {case[0] for case in mark.args[1]} == set(Outcome)


def test_a_form_sent_twice_changes_nothing_and_answers_the_same(line: Desk) -> None:
    noy, callback, call = in_call(line)
    first = queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form
    )
    before = line.callback(callback)
    assert (
        queue_outcome.record_outcome(
            line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form
        )
        == first
    )
    assert (
        queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached", form=call.form)
        == first
    )
    assert line.callback(callback) == before
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'outcome'") == [(1,)]


def test_an_old_form_does_not_end_a_newer_call(line: Desk) -> None:
    noy, callback, call = in_call(line)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="busy", form=call.form)
    line.clock.set("2026-11-24T18:30:00+07:00")
    again = line.calling(noy, callback)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="busy", form=call.form)
    assert line.callback(callback).state is CallbackState.CALLING
    assert again.form != call.form


def test_only_who_called_records(line: Desk) -> None:
    _, callback, call = in_call(line)
    dao, boss = line.person("Dao"), line.person("Boss", Role.SUPERVISOR)
    for other in (dao, boss):
        for form in ("", call.form):
            with pytest.raises(ClaimedByOther, match="Noy"):
                queue_outcome.record_outcome(
                    line.parts, other, callback_id=callback, outcome="reached", form=form
                )
    assert line.callback(callback).state is CallbackState.CALLING
    reader = line.person("Reader", Role.READER)
    with pytest.raises(NotPermitted):
        queue_outcome.record_outcome(line.parts, reader, callback_id=callback, outcome="reached")


def test_a_form_belongs_to_its_callback(light: Desk) -> None:
    noy, callback, call = in_call(light)
    other = light.requested(OTHER)
    for callback_id, form in ((other, call.form), (callback, "made up")):
        with pytest.raises(NoSuchCallback):
            queue_outcome.record_outcome(
                light.parts, noy, callback_id=callback_id, outcome="reached", form=form
            )
    with pytest.raises(BadWords, match="voicemail"):
        queue_outcome.record_outcome(
            light.parts, noy, callback_id=callback, outcome="vanished", form=call.form
        )


def test_busy_is_rung_once_more_after_twenty_minutes(line: Desk) -> None:
    noy, callback, call = in_call(line)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="busy", form=call.form)
    with pytest.raises(NotSafe) as refused:
        line.calling(noy, callback)
    assert refused.value.until == at(24, 18, 30)
    line.clock.set("2026-11-24T18:30:00+07:00")
    again = attempts.begin_call(line.parts, noy, callback)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="busy", form=again.form)
    row = line.callback(callback)
    assert (row.due_at, row.attempts) == (at(25, 18), 2)


def test_cut_off_and_agreed_is_rung_at_once(line: Desk) -> None:
    noy, callback, call = in_call(line)
    queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="cut_off", form=call.form, agreed=True
    )
    line.clock.forward(minutes=1)
    again = line.calling(noy, callback)
    recorded = queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="cut_off", form=again.form, agreed=True
    )
    assert (recorded.due_at, recorded.due_until) == TOMORROW


def test_a_time_she_names_is_kept_even_in_the_same_window(line: Desk) -> None:
    noy, callback, call = in_call(line)
    queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="asked_later", form=call.form, named_at=at(24, 19, 30)
    )
    row = line.callback(callback)
    assert (row.due_at, row.due_until, row.attempts) == (at(24, 19, 30), at(24, 21), 0)
    line.clock.set("2026-11-24T19:30:00+07:00")
    line.calling(noy, callback)


def test_a_phone_that_is_not_hers_is_not_rung_later(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested(when="now", phone_seen="not_mine")
    light.calling(noy, callback)
    queue_outcome.record_outcome(
        light.parts, noy, callback_id=callback, outcome="asked_later", named_at=at(24, 20)
    )
    row = light.callback(callback)
    assert row.due_at == row.due_until == at(24, 14, 35)


def test_after_three_attempts_a_person_decides(line: Desk) -> None:
    noy, callback, call = in_call(line)
    for day in (24, 25, 26):
        line.clock.set(f"2026-11-{day}T18:10:00+07:00")
        call = call if day == 24 else line.calling(noy, callback)
        queue_outcome.record_outcome(
            line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form
        )
    row = line.callback(callback)
    assert (row.state, row.reason, row.attempts) == (CallbackState.REVIEW, "attempts", 3)
    boss = line.person("Boss", Role.SUPERVISOR)
    queue_outcome.decide_review(line.parts, boss, callback, decision="waiting", reason="other")
    row = line.callback(callback)
    assert (row.state, row.attempts, row.reason, row.due_at) == (CallbackState.WAITING, 2, "", at(27, 18))
    line.clock.set("2026-11-27T18:10:00+07:00")
    last = line.calling(noy, callback)
    assert (
        queue_outcome.record_outcome(
            line.parts, noy, callback_id=callback, outcome="busy", form=last.form
        ).state
        is CallbackState.REVIEW
    )


def test_a_call_made_without_the_page_is_told_about_once(line: Desk) -> None:
    noy, dao = line.person("Noy", number=None), line.person("Dao")
    callback = line.requested(when="evening")
    with pytest.raises(IllegalMove):
        queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached")
    claim.claim_callback(line.parts, noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        queue_outcome.record_outcome(line.parts, dao, callback_id=callback, outcome="reached")
    assert (
        queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer").state
        is CallbackState.WAITING
    )
    with pytest.raises(IllegalMove):
        queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer")
    assert line.rows("SELECT how, outcome FROM attempts") == [("told", "no_answer")]


def test_telling_of_a_call_while_another_runs_to_the_number_is_refused(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    one = light.requested(when="now", phone_seen="sometimes")
    two = light.requested(when="now", phone_seen="sometimes")
    light.calling(noy, one)
    claim.claim_callback(light.parts, dao, two)
    with pytest.raises(AlreadyCalling, match="Noy"):
        queue_outcome.record_outcome(light.parts, dao, callback_id=two, outcome="reached")


def test_what_she_cancelled_meanwhile_stays_cancelled(line: Desk) -> None:
    noy, callback, call = in_call(line)
    line.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    recorded = queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="reached", form=call.form
    )
    assert (recorded.state, recorded.outcome) == (CallbackState.CANCELLED, "reached")
    assert line.rows("SELECT outcome FROM attempts") == [("reached",)]
    line.clock.set("2026-11-25T18:30:00+07:00")
    line.calling(noy, line.requested(when="now"))


def test_a_note_is_sealed_and_a_form_sent_twice_writes_one(line: Desk) -> None:
    noy, callback, _ = in_call(line)
    for _ in range(2):
        queue_outcome.add_note(line.parts, noy, callback, "  her name is Kham  ", form="note form 1")
    [(sealed,)] = line.rows("SELECT text FROM notes")
    assert b"Kham" not in bytes(sealed)


@pytest.mark.parametrize("text", ["", "   ", "x" * 501])
def test_a_note_has_words_and_not_too_many(light: Desk, text: str) -> None:
    noy = light.person("Noy")
    callback = light.requested()
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(BadWords, match="500"):
        queue_outcome.add_note(light.parts, noy, callback, text)
    queue_outcome.add_note(light.parts, noy, callback, "x" * 500)


def test_a_note_is_written_by_the_holder_or_a_supervisor_and_keeps_the_claim(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested()
    claim.claim_callback(light.parts, noy, callback)
    light.clock.forward(minutes=10)
    queue_outcome.add_note(light.parts, noy, callback, "mine")
    assert light.callback(callback).held_until == light.clock.now() + claim.LEASE
    queue_outcome.add_note(light.parts, boss, callback, "the supervisor's")
    with pytest.raises(ClaimedByOther, match="Noy"):
        queue_outcome.add_note(light.parts, dao, callback, "not mine")
    claim.release_callback(light.parts, noy, callback)
    with pytest.raises(NotPermitted):
        queue_outcome.add_note(light.parts, dao, callback, "nobody has it")
    assert light.rows("SELECT count(*) FROM notes") == [(2,)]


def test_closing(line: Desk) -> None:
    noy, callback, call = in_call(line)
    dao, boss = line.person("Dao"), line.person("Boss", Role.SUPERVISOR)
    with pytest.raises(IllegalMove):
        queue_outcome.close_callback(line.parts, noy, callback)
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="reached", form=call.form)
    with pytest.raises(NotPermitted):
        queue_outcome.close_callback(line.parts, dao, callback)
    with pytest.raises(BadWords, match="referred"):
        queue_outcome.close_callback(line.parts, noy, callback, reason="her employer is …")
    queue_outcome.close_callback(line.parts, noy, callback, reason="referred")
    row = line.callback(callback)
    assert (row.state, row.reason, row.closed_at) == (CallbackState.CLOSED, "referred", line.clock.now())
    with pytest.raises(IllegalMove):
        queue_outcome.close_callback(line.parts, boss, callback)


def test_what_waits_is_closed_by_a_supervisor_and_what_is_claimed_by_its_holder(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    waiting, claimed = light.requested(), light.requested(OTHER)
    with pytest.raises(NotPermitted):
        queue_outcome.close_callback(light.parts, noy, waiting, reason="duplicate")
    queue_outcome.close_callback(light.parts, boss, waiting, reason="duplicate")
    claim.claim_callback(light.parts, noy, claimed)
    with pytest.raises(ClaimedByOther, match="Noy"):
        queue_outcome.close_callback(light.parts, dao, claimed, reason="duplicate")
    queue_outcome.close_callback(light.parts, noy, claimed, reason="duplicate")
    assert {light.callback(one).state for one in (waiting, claimed)} == {CallbackState.CLOSED}


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("given_up", CallbackState.GIVEN_UP),
        ("closed", CallbackState.CLOSED),
        ("waiting", CallbackState.WAITING),
    ],
)
@pytest.mark.parametrize("claimed", [True, False])
def test_a_supervisor_decides_what_stands_in_review(
    line: Desk, decision: str, state: CallbackState, claimed: bool
) -> None:
    noy, callback, call = in_call(line)
    boss, other = line.person("Boss", Role.SUPERVISOR), line.person("Other boss", Role.SUPERVISOR)
    queue_outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="wrong_number", form=call.form
    )
    with pytest.raises(NotPermitted):
        queue_outcome.decide_review(line.parts, noy, callback, decision=decision)
    if claimed:
        claim.claim_callback(line.parts, boss, callback)
        with pytest.raises(ClaimedByOther, match="Boss"):
            queue_outcome.decide_review(line.parts, other, callback, decision=decision)
    queue_outcome.decide_review(line.parts, boss, callback, decision=decision)
    row = line.callback(callback)
    assert (row.state, row.holder_id if state is CallbackState.WAITING else None) == (state, None)
    with pytest.raises(IllegalMove):
        queue_outcome.decide_review(line.parts, boss, callback, decision=decision)


def test_a_decision_has_its_words(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    callback = light.requested()
    with pytest.raises(BadWords, match="given_up"):
        queue_outcome.decide_review(light.parts, boss, callback, decision="reached")
    with pytest.raises(BadWords, match="reason"):
        queue_outcome.decide_review(light.parts, boss, callback, decision="closed", reason="because")
    with pytest.raises(IllegalMove):
        queue_outcome.decide_review(light.parts, boss, callback, decision="closed")


def test_now_that_is_over_is_not_tried_again(light: Desk) -> None:
    noy, callback, call = in_call(light, "now", "2026-11-24T14:06:00+07:00")
    boss = light.person("Boss", Role.SUPERVISOR)
    queue_outcome.record_outcome(
        light.parts, noy, callback_id=callback, outcome="wrong_number", form=call.form
    )
    light.clock.set("2026-11-24T22:00:00+07:00")
    with pytest.raises(NotSafe):
        queue_outcome.decide_review(light.parts, boss, callback, decision="waiting")
    assert light.callback(callback).state is CallbackState.REVIEW


def test_outcomes_are_counted_once(light: Desk) -> None:
    noy, callback, call = in_call(light)
    for _ in range(2):
        queue_outcome.record_outcome(
            light.parts, noy, callback_id=callback, outcome="no_answer", form=call.form
        )
    light.parts.count.flush(light.parts.store)
    assert light.rows("SELECT item, n FROM figures WHERE what = 'outcome'") == [("no_answer", 1)]
