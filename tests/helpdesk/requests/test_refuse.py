"""A refusal is a deed: whatever was asked for from her number, her phone does not ring until she asks again."""

import hashlib

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.events import CallEvent, CallKind, SayGone
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.calls import attempts, bridge_events, bridged_calls
from gateway.helpdesk.errors import NotSafe, Withheld
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept, referrals, refuse
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused, ChangeWindow, Noted, RefuseCalls
from gateway.storage import audit, bridges, callers, outbox
from tests.support.desk_rig import HER, OTHER, Desk

HOWS = ("plain", "said", "stop")


def refuses(
    line: Desk, how: str = "plain", number: str = HER, *, session: str = "later", **more: str
) -> None:
    """She refuses in a turn of her own."""
    effect = RefuseCalls(how=how, **more)  # type: ignore[arg-type]
    key = hashlib.sha256(session.encode()).digest()
    assert line.does(refuse.refuse_calls, number, effect=effect, session=key) == Noted()


@pytest.fixture
def nok(line: Desk):
    return line.person("Nok")


@pytest.fixture
def chief(line: Desk):
    return line.person("Chief", Role.SUPERVISOR, number="+85620555900002")


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    ("how", "state"),
    [("plain", CallbackState.CANCELLED), ("said", CallbackState.REVIEW), ("stop", CallbackState.REVIEW)],
)
@pytest.mark.parametrize("stands", ["waiting", "claimed"])
def test_on_her_own_phone_a_refusal_takes_the_request_off_the_line(line, nok, how, state, stands):
    callback = line.requested()
    line.clock.forward(hours=5)
    if stands == "claimed":
        claim.claim_callback(line.parts, nok, callback)
    refuses(line, how)
    found = line.callback(callback)
    assert (found.state, found.withheld, found.reason) == (state, how, "refused")
    with pytest.raises((IllegalMove, NotPermitted)):
        line.calling(nok, callback)
    with pytest.raises(IllegalMove):
        attempts.begin_call(line.parts, nok, callback)


@pytest.mark.fault("R1")
@pytest.mark.parametrize(
    ("how", "state"),
    [("plain", CallbackState.CANCELLED), ("said", CallbackState.CALLING), ("stop", CallbackState.CALLING)],
)
def test_a_call_that_runs_is_let_run_and_never_followed_by_another(line, nok, how, state):
    callback = line.requested()
    line.clock.forward(hours=5)
    call = line.calling(nok, callback)
    refuses(line, how)
    assert line.callback(callback).state is state
    recorded = outcome.record_outcome(
        line.parts, nok, callback_id=callback, outcome="cut_off", form=call.form, agreed=True
    )
    assert recorded.state is (CallbackState.CANCELLED if how == "plain" else CallbackState.REVIEW)
    assert line.rows("SELECT outcome FROM attempts") == [("cut_off",)]
    with pytest.raises(IllegalMove):
        attempts.begin_call(line.parts, nok, callback)


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", HOWS)
def test_who_was_reached_and_refuses_then_is_not_rung_again(line, nok, how):
    callback = line.requested()
    line.clock.forward(hours=5)
    call = line.calling(nok, callback)
    outcome.record_outcome(line.parts, nok, callback_id=callback, outcome="reached", form=call.form)
    refuses(line, how)
    with pytest.raises(Withheld):
        attempts.begin_call(line.parts, nok, callback)
    with pytest.raises(NotSafe):
        referrals.follow_up(line.parts, nok, callback, on=line.clock.now().date())


@pytest.mark.fault("R1")
def test_an_own_phone_refuses_everything_that_is_open_on_it(line):
    both = [line.requested(), line.requested(phone_seen="sometimes", session="b")]
    refuses(line, phone_seen="sometimes")
    assert {line.callback(one).state for one in both} == {CallbackState.REVIEW}


@pytest.mark.fault("R1")
def test_on_a_shared_phone_a_refusal_ends_what_its_session_asked_for(line):
    first = line.requested(phone_seen="sometimes", session="a")
    second = line.requested(phone_seen="sometimes", session="b")
    refuses(line, session="b")
    assert (line.callback(first).state, line.callback(second).state) == (
        CallbackState.WAITING,
        CallbackState.CANCELLED,
    )
    refuses(line, session="c", callback=first)
    assert line.callback(first).state is CallbackState.CANCELLED


@pytest.mark.fault("R1")
def test_on_a_shared_phone_a_person_decides_where_nobody_can_be_told_apart(line, nok, chief):
    first = line.requested(phone_seen="sometimes", session="a")
    second = line.requested(phone_seen="sometimes", session="b")
    line.clock.forward(hours=5)
    refuses(line)
    assert {line.callback(one).state for one in (first, second)} == {CallbackState.REVIEW}
    claim.claim_callback(line.parts, chief, first)
    with pytest.raises(IllegalMove):
        attempts.begin_call(line.parts, chief, first)
    outcome.decide_review(line.parts, chief, first, decision="waiting")
    assert line.calling(nok, first).number == HER
    assert line.callback(second).withheld == "plain"


@pytest.mark.fault("R1")
def test_a_refusal_of_one_number_leaves_every_other_number_alone(line):
    theirs = line.requested(OTHER)
    line.requested()
    refuses(line)
    assert (line.callback(theirs).state, line.callback(theirs).withheld) == (CallbackState.WAITING, "")


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", HOWS)
def test_what_is_on_its_way_is_stopped(line, how):
    callback = line.requested(sms_safe="yes")
    now = line.clock.now()
    with line.parts.store.write() as tx:
        caller = callers.find_caller(tx, HER)
        for kind, number in (("ours", 1), ("alert", 2), ("escalate", 3), ("call", 4)):
            outbox.add_row(
                tx, kind=kind, channel="simulator", lane=f"{number}", due_at=now, expires_at=now,
                once=f"{number}", now=now, caller_id=caller.id, callback_id=callback,
            )  # fmt: skip
    refuses(line, how)
    states = dict(line.rows("SELECT kind, state FROM outbox"))
    assert set(states) == {"announce", "ours", "alert", "escalate", "call"}
    assert set(states.values()) == {"cancelled"}
    with line.parts.store.read() as tx:
        assert not callers.find_caller(tx, HER).contact.sms_safe


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", HOWS)
def test_a_new_request_by_the_form_lifts_a_refusal(line, nok, how):
    line.requested()
    refuses(line, how)
    again = line.requested()
    line.clock.forward(hours=5)
    assert line.calling(nok, again).number == HER
    with line.parts.store.read() as tx:
        assert callers.find_caller(tx, HER).refused_at is None


@pytest.mark.fault("R1")
def test_her_code_lifts_what_newer_words_withheld(line, nok):
    callback = line.requested()
    refuses(line, "said")
    line.does(accept.change_window, effect=ChangeWindow(callback=callback, when="evening"))
    line.clock.forward(hours=5)
    assert (line.callback(callback).state, line.callback(callback).withheld) == (CallbackState.WAITING, "")
    assert line.calling(nok, callback).number == HER


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", HOWS)
def test_what_was_promised_before_a_refusal_and_is_written_after_it_is_not_called(line, nok, how):
    refused_at = line.clock.now()
    refuses(line, how)
    line.clock.set(refused_at.replace(hour=refused_at.hour - 1))
    now = line.clock.now()
    told = CallbackAccepted(callback="promised", code="4821", due_at=now, due_until=now.replace(hour=14))
    receipt = line.asks(promised=told).receipt
    callback = receipt.callback
    found = line.callback(callback)
    assert (found.state, found.withheld, found.code) == (CallbackState.REVIEW, how, "4821")
    line.clock.set(refused_at)
    line.clock.forward(hours=5)
    with pytest.raises((IllegalMove, NotPermitted, NotSafe)):
        line.calling(nok, callback)


@pytest.mark.fault("R1")
def test_nobody_is_rung_whose_word_waits_to_be_written(line, nok):
    callback = line.requested()
    line.clock.forward(hours=5)
    claim.claim_callback(line.parts, nok, callback)
    line.parts.spool.keep(b"k" * 32, {"kind": "turn", "number": HER, "trial": False})
    with pytest.raises(Withheld):
        attempts.begin_call(line.parts, nok, callback)
    line.parts.spool.drop(b"k" * 32)
    assert attempts.begin_call(line.parts, nok, callback).number == HER


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", ["plain", "said", "stop"])
def test_a_call_that_a_provider_is_about_to_make_is_withdrawn(line, how):
    desk = line.with_bridge()
    nok = desk.person("Noi")
    callback = desk.requested()
    desk.clock.forward(hours=5)
    claim.claim_callback(desk.parts, nok, callback)
    bridge = bridged_calls.begin_call(desk.parts, nok, callback)
    refuses(desk, how)
    assert desk.rows("SELECT state FROM outbox WHERE kind = 'call'") == [("cancelled",)]
    said = {"channel": "africastalking", "session": "s1", "own_id": bridge.id, "number": "+85620555900001"}
    bridge_events.handle_call_event(desk.parts, CallEvent(kind=CallKind.ANSWERED, **said))
    assert (
        bridge_events.handle_call_event(desk.parts, CallEvent(kind=CallKind.KEY, digits="1", **said))
        == SayGone()
    )
    with desk.parts.store.read() as tx:
        assert bridges.by_id(tx, bridge.id).dialled_at is None


@pytest.mark.fault("R1")
def test_what_happened_is_on_record_without_a_word_of_hers(line, nok):
    callback = line.requested()
    line.clock.forward(hours=5)
    line.calling(nok, callback)
    refuses(line, "said")
    refuses(line, "plain")
    with line.parts.store.read() as tx:
        acts = [(one.act, one.detail) for one in audit.list_about(tx, "callback", callback)]
    assert acts[-2:] == [("refused", "said while called"), ("refused", "plain while called")]


@pytest.mark.fault("R3")
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"when": "noon", "sms_safe": "yes"}, {"phone_seen": "sometimes", "when": "sunday"}),
        ({"phone_seen": "sometimes", "when": "noon"}, {"when": "sunday"}),
        ({"phone_seen": "sometimes", "when": "noon"}, {"phone_seen": "sometimes", "when": "sunday"}),
    ],
)
def test_at_a_time_that_her_newest_answers_leave_out_nothing_rings(line, nok, chief, first, second):
    older = line.requested(session="a", **first)
    newer = line.requested(session="b", **second)
    found = line.callback(older)
    assert (found.contact.when, found.contact.sms_safe) == (When("sunday"), False)
    assert found.contact.phone_seen is PhoneSeen.SOMETIMES
    assert (found.state, found.withheld) == (CallbackState.REVIEW, "answers")
    line.clock.set("2026-11-25T12:10:00+07:00")
    for person in (nok, chief):
        with pytest.raises((IllegalMove, NotPermitted, NotSafe)):
            line.calling(person, older)
    line.clock.set("2026-11-29T10:00:00+07:00")
    assert line.calling(nok, newer).number == HER


@pytest.mark.fault("R3")
def test_the_same_time_goes_on_and_only_the_rest_is_tightened(line, nok):
    older = line.requested(session="a", sms_safe="yes")
    line.requested(session="b", phone_seen="sometimes")
    found = line.callback(older)
    assert (found.state, found.contact.phone_seen, found.contact.sms_safe) == (
        CallbackState.WAITING, PhoneSeen.SOMETIMES, False,
    )  # fmt: skip
    line.clock.forward(hours=5)
    assert line.calling(nok, older).number == HER


@pytest.mark.fault("R3")
def test_on_somebody_else_s_phone_nothing_older_is_called(line, nok):
    older = line.requested(session="a", phone_seen="sometimes")
    newer = line.requested(session="b", phone_seen="not_mine", when="now")
    assert line.callback(older).state is CallbackState.REVIEW
    assert line.calling(nok, newer).number == HER


@pytest.mark.fault("R3")
def test_newest_answers_bind_what_is_open_although_no_fourth_request_fits(line, nok, chief):
    older = [line.requested(session=each, phone_seen="sometimes") for each in "abc"]
    refused = line.asks(session="d", phone_seen="not_mine", when="now").receipt
    assert refused == CallbackRefused(reason="full")
    assert {line.callback(one).contact.phone_seen for one in older} == {PhoneSeen.NOT_MINE}
    line.clock.forward(hours=5)
    for person in (nok, chief):
        for one in older:
            with pytest.raises((IllegalMove, NotPermitted, NotSafe)):
                line.calling(person, one)


@pytest.mark.fault("R3")
@pytest.mark.parametrize("away", [False, True])
def test_newest_answers_bind_what_is_open_although_her_time_cannot_be_kept(line, nok, away):
    older = line.requested(session="a", phone_seen="sometimes")
    promised = CallbackRefused(reason="hours") if away else None
    mornings = line.with_hours(mon=["08:00-12:00"])
    refused = mornings.asks(session="b", phone_seen="sometimes", when="noon", promised=promised).receipt
    assert refused == CallbackRefused(reason="hours")
    assert (line.callback(older).state, line.callback(older).withheld) == (CallbackState.REVIEW, "answers")
    line.clock.forward(hours=5)
    with pytest.raises((IllegalMove, NotPermitted, NotSafe)):
        line.calling(nok, older)


@pytest.mark.fault("R3")
def test_a_refused_request_lifts_nothing(line, nok):
    older = [line.requested(session=each, phone_seen="sometimes") for each in "abc"]
    refuses(line, "said")
    assert isinstance(line.asks(session="d", phone_seen="sometimes").receipt, CallbackRefused)
    assert {line.callback(one).withheld for one in older} == {"said"}
    with line.parts.store.read() as tx:
        assert callers.find_caller(tx, HER).refused == "said"
