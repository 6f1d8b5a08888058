"""Erasing: nothing about the number is left, the counts stay, and it works while somebody is calling."""

from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Role
from gateway.helpdesk.queue import outcome
from gateway.helpdesk.queue import queue as lists
from gateway.helpdesk.requests import accept
from gateway.helpdesk.requests.refuse import forget_number
from gateway.menus.engine.effects import Erased
from gateway.storage import callers, conversations
from tests.support.desk_rig import HER, OTHER, Desk


def test_everything_of_hers_is_gone(line: Desk) -> None:
    noy, boss = line.person("Noy"), line.person("Boss", Role.SUPERVISOR)
    over = line.requested(phone_seen="sometimes", when="now")
    line.calling(noy, over)
    outcome.add_note(line.parts, noy, over, "she is called Kham")
    outcome.record_outcome(line.parts, noy, callback_id=over, outcome="reached")
    running = line.requested(phone_seen="sometimes")
    theirs = line.requested(OTHER)
    with line.parts.store.write() as tx:
        caller = callers.find_caller(tx, HER)
        assert caller is not None
        conversations.add_text(
            tx, channel="simulator", caller_id=caller.id, text="help", understood="x", now=line.clock.now()
        )
    assert line.does(accept.erase_caller) == Erased()
    assert line.callback(over).state is CallbackState.REACHED
    assert line.callback(running).state is CallbackState.CANCELLED
    for one in (over, running):
        row = line.callback(one)
        assert (row.caller_id, row.contact, row.answers, row.path, row.code) == (None, None, {}, (), "")
        assert row.window == ""
    assert line.rows("SELECT count(*) FROM callers") == [(1,)]
    assert line.rows("SELECT count(*) FROM notes WHERE text IS NOT NULL") == [(0,)]
    assert line.rows("SELECT count(*) FROM texts WHERE text IS NOT NULL") == [(0,)]
    assert line.rows("SELECT state FROM outbox ORDER BY state") == [
        ("cancelled",),
        ("cancelled",),
        ("pending",),
    ]
    assert line.rows("SELECT count(*) FROM attempts WHERE caller_id IS NOT NULL") == [(0,)]
    assert line.callback(theirs).contact is not None
    shown = lists.show_callback(line.parts, boss, over)
    assert (shown.row.phone, dict(shown.answers), shown.row.attempts) == ("", {}, 1)


def test_a_request_that_her_newer_answers_hold_back_is_gone_too(line: Desk) -> None:
    held_back = line.requested(phone_seen="sometimes", when="now")
    newer = line.requested(phone_seen="sometimes")
    assert line.callback(held_back).state is CallbackState.REVIEW
    assert line.does(accept.erase_caller) == Erased()
    for one in (held_back, newer):
        row = line.callback(one)
        assert row.state is CallbackState.CANCELLED
        assert (row.caller_id, row.contact, row.answers, row.path, row.code) == (None, None, {}, (), "")


def test_a_call_that_runs_while_she_erases_ends_where_it_is(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested(when="now")
    call = line.calling(noy, callback)
    line.does(accept.erase_caller)
    recorded = outcome.record_outcome(
        line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form
    )
    assert recorded.state is CallbackState.CANCELLED
    assert line.rows("SELECT outcome FROM attempts") == [("no_answer",)]


def test_after_erasing_she_is_new(line: Desk) -> None:
    first = line.requested()
    line.does(accept.erase_caller)
    assert line.requested() != first


def test_whoever_runs_the_server_erases_a_number_as_people_write_it(line: Desk) -> None:
    line.requested("+8562055512345")
    assert not forget_number(line.parts, "+8562055512346")
    assert not forget_number(line.parts, "what")
    assert forget_number(line.parts, "020 5551 2345")
    assert not forget_number(line.parts, "020 5551 2345")
    assert line.rows("SELECT count(*) FROM callers") == [(0,)]
