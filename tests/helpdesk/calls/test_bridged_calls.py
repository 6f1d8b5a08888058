"""Calls by the provider: who may ask for one, what it costs, and what is asked once more before her phone is dialled."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.events import (
    AskOne,
    CallEvent,
    CallKind,
    CallStep,
    Cause,
    DialCaller,
    Reject,
    SayGone,
    Silence,
)
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts, bridge_events, bridged_calls
from gateway.helpdesk.calls.bridged_calls import Bridge
from gateway.helpdesk.errors import (
    AlreadyCalling,
    ClaimedByOther,
    ClockStopped,
    NoBridge,
    NoPhone,
    NoSuchCallback,
    NotSafe,
)
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.requests import accept, refuse
from gateway.helpdesk.staff import people
from gateway.menus.engine.effects import CancelCallback, ChangeWindow
from gateway.operations.reporting import metrics
from gateway.storage import attempts as rows
from gateway.storage import settings
from tests.helpdesk.test_races import together
from tests.support.desk_rig import HER, OTHER, Desk

HERS = "+85620555900001"
EVENING = "2026-11-24T18:10:00+07:00"


@pytest.fixture
def desk(line: Desk) -> Desk:
    return line.with_bridge()


def told(
    desk: Desk, kind: CallKind, *, session: str = "S1", channel: str = "africastalking", **more: Any
) -> CallStep:
    return bridge_events.handle_call_event(
        desk.parts, CallEvent(channel=channel, session=session, kind=kind, **more)
    )


def asked(desk: Desk, actor: Actor, number: str = HER, **answers: str) -> tuple[str, Bridge]:
    """A claimed request whose call is asked for."""
    callback = desk.requested(number, **({"when": "now"} | answers))
    claim.claim_callback(desk.parts, actor, callback)
    return callback, bridged_calls.begin_call(desk.parts, actor, callback)


def at_the_key(desk: Desk, actor: Actor, number: str = HER, **answers: str) -> tuple[str, Bridge]:
    """The same, and the counsellor has heard the question."""
    callback, bridge = asked(desk, actor, number, **answers)
    assert isinstance(told(desk, CallKind.ANSWERED, own_id=bridge.id), AskOne)
    return callback, bridge


# --- asking for one


def test_one_transaction_writes_the_attempt_the_bridge_and_the_row_and_shows_no_number(desk: Desk) -> None:
    nudged: list[str] = []
    desk.parts = replace(desk.parts, nudge=lambda row: bool(nudged.append(row)) or True)
    noy = desk.person("Noy", number=HERS)
    callback, bridge = asked(desk, noy)

    row = desk.callback(callback)
    assert (row.state, row.holder_id) == (CallbackState.CALLING, noy.person_id)
    assert desk.rows("SELECT id, how, form FROM attempts") == [(bridge.attempt_id, "bridge", bridge.form)]
    assert desk.rows("SELECT id, state FROM bridges") == [(bridge.id, "asked")]
    ((row_id, *facts),) = desk.rows(
        "SELECT id, kind, channel, person_id, once, priority, state FROM outbox WHERE kind = 'call'"
    )
    assert facts == ["call", "africastalking", noy.person_id, f"call:{bridge.id}", -1, "pending"]
    assert nudged == [row_id]
    assert (bridge.code, bridge.state, bridge.callback_id) == (row.code, "asked", callback)
    assert HER not in repr(bridge)
    assert desk.rows("SELECT act FROM audit WHERE act IN ('reveal', 'bridge')") == [("bridge",)]


def test_the_row_is_worth_a_minute(desk: Desk) -> None:
    asked(desk, desk.person("Noy"))

    ((due, expires),) = desk.rows("SELECT due_at, expires_at FROM outbox WHERE kind = 'call'")
    seconds = [datetime.fromisoformat(str(at)).timestamp() for at in (due, expires)]
    assert seconds[1] - seconds[0] == 60


def test_asking_again_gets_the_bridge_that_lives_and_rings_nobody(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback, bridge = asked(desk, noy)

    assert bridged_calls.begin_call(desk.parts, noy, callback) == bridge
    assert bridged_calls.find_current_call(desk.parts, noy) == bridge
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind = 'call'") == [(1,)]


def test_a_bridge_hides_the_number_from_the_page_and_from_a_helpline_phone(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback, _ = asked(desk, noy)

    assert attempts.find_current_call(desk.parts, noy, callback) is None
    with pytest.raises(AlreadyCalling, match="Noy"):
        attempts.begin_call(desk.parts, noy, callback)


def test_a_number_that_is_on_the_screen_is_not_bridged_beside_it(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    call = desk.calling(noy, callback)

    with pytest.raises(AlreadyCalling, match="Noy"):
        bridged_calls.begin_call(desk.parts, noy, callback)
    assert attempts.find_current_call(desk.parts, noy, callback) == call
    assert desk.rows("SELECT count(*) FROM bridges") == [(0,)]


def test_no_second_leg_while_one_lives(desk: Desk) -> None:
    noy = desk.person("Noy")
    asked(desk, noy)
    two = desk.requested(OTHER, when="now")
    claim.claim_callback(desk.parts, noy, two)

    with pytest.raises(NoBridge) as refused:
        bridged_calls.begin_call(desk.parts, noy, two)
    assert refused.value.why == "live"
    assert desk.callback(two).state is CallbackState.CLAIMED
    assert desk.rows("SELECT count(*) FROM attempts") == [(1,)]
    assert attempts.begin_call(desk.parts, noy, two).number == OTHER, "her helpline phone goes on as before"


def stop_clock(desk: Desk, noy: Actor, callback: str) -> None:
    with desk.parts.store.write() as tx:
        settings.save_setting(tx, settings.SETTING, {"on": True}, by="clock", now=desk.clock.now())


def given_back(desk: Desk, noy: Actor, callback: str) -> None:
    claim.release_callback(desk.parts, noy, callback)


def without_phone(desk: Desk, noy: Actor, callback: str) -> None:
    people.set_number(desk.parts, people.OWNER, noy.person_id, "")


def window_over(desk: Desk, noy: Actor, callback: str) -> None:
    desk.clock.forward(minutes=31)


def cancelled(desk: Desk, noy: Actor, callback: str) -> None:
    desk.does(accept.cancel_request, effect=CancelCallback(callback=callback))


REFUSALS: list[tuple[Callable[[Desk, Actor, str], Any], type[Exception]]] = [
    (given_back, IllegalMove),
    (without_phone, NoPhone),
    (window_over, NotSafe),
    (stop_clock, ClockStopped),
    (cancelled, IllegalMove),
]


@pytest.mark.parametrize(("deed", "refusal"), REFUSALS)
def test_what_forbids_a_call_forbids_a_bridge_and_spends_nothing(
    light: Desk, deed: Callable[[Desk, Actor, str], Any], refusal: type[Exception]
) -> None:
    desk = light.with_bridge()
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    claim.claim_callback(desk.parts, noy, callback)
    deed(desk, noy, callback)

    with pytest.raises(refusal):
        bridged_calls.begin_call(desk.parts, noy, callback)
    for table in ("attempts", "bridges", "lines"):
        assert desk.rows(f"SELECT count(*) FROM {table}") == [(0,)]


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READER])
def test_only_those_who_work_the_queue_see_or_ask(light: Desk, role: Role) -> None:
    desk = light.with_bridge()
    outsider = desk.person("Somebody", role)
    callback = desk.requested(when="now")

    for deed in (
        lambda: bridged_calls.begin_call(desk.parts, outsider, callback),
        lambda: bridged_calls.find_current_call(desk.parts, outsider),
        lambda: bridged_calls.find_last_call(desk.parts, outsider, callback),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_a_bridge_is_only_its_own_persons(desk: Desk) -> None:
    noy, dao = desk.person("Noy"), desk.person("Dao")
    callback, _ = asked(desk, noy)

    with pytest.raises(ClaimedByOther, match="Noy"):
        bridged_calls.begin_call(desk.parts, dao, callback)
    assert bridged_calls.find_current_call(desk.parts, dao) is None
    assert bridged_calls.find_last_call(desk.parts, dao, callback) is None
    with pytest.raises(NoSuchCallback):
        bridged_calls.begin_call(desk.parts, dao, "none")


@pytest.mark.parametrize(("username", "why"), [("helpline", "off"), ("sandbox", "")])
def test_a_made_up_number_of_a_trial_phone_is_rung_by_no_line_that_reaches_real_ones(
    light: Desk, username: str, why: str
) -> None:
    desk = light.with_bridge(username=username)
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    with desk.parts.store.write() as tx:
        tx.execute(text("UPDATE callbacks SET trial = true"))
    claim.claim_callback(desk.parts, noy, callback)

    came = begin_or_word(desk, noy, callback)

    assert (came if isinstance(came, str) else "") == why
    assert desk.rows("SELECT count(*) FROM bridges") == [(0 if why else 1,)]


# --- what she sees


def test_each_state_is_seen_as_it_comes(desk: Desk) -> None:
    noy = desk.person("Noy")
    _, bridge = asked(desk, noy)
    seen = [bridge.state]
    for kind, more in (
        (CallKind.ANSWERED, {"own_id": bridge.id}),
        (CallKind.KEY, {"digits": "1"}),
        (CallKind.CONNECTED, {}),
        (CallKind.OVER, {"seconds": 42, "cause": Cause.CLEARED}),
    ):
        desk.clock.forward(seconds=10)
        told(desk, kind, **more)
        now = bridged_calls.find_current_call(desk.parts, noy)
        assert now is not None
        assert now.since == desk.clock.now()
        seen.append(now.state)
    assert seen == ["asked", "press_one", "calling_her", "talking", "ended"]
    assert (now.seconds, now.result, now.suggests) == (42, "talked", "reached")
    assert now.talking_since is not None


def test_seconds_that_the_provider_does_not_say_are_counted_from_when_she_answered(desk: Desk) -> None:
    noy = desk.person("Noy")
    at_the_key(desk, noy)
    told(desk, CallKind.KEY, digits="1")
    told(desk, CallKind.CONNECTED)
    desk.clock.forward(seconds=75)
    told(desk, CallKind.OVER)

    bridge = bridged_calls.find_current_call(desk.parts, noy)
    assert bridge is not None
    assert bridge.seconds == 75


# --- whose word it is


def test_a_word_is_matched_by_the_providers_id_then_ours_then_by_whom_it_rings(desk: Desk) -> None:
    noy, dao = desk.person("Noy", number=HERS), desk.person("Dao", number="+85620555900002")
    _, one = asked(desk, noy)
    _, two = asked(desk, dao, OTHER)

    assert told(desk, CallKind.ANSWERED, session="A", number="+85620555900002") == AskOne(two.code, "lo")
    assert told(desk, CallKind.ANSWERED, session="B", own_id=one.id) == AskOne(one.code, "lo")
    assert told(desk, CallKind.KEY, session="A", digits="1", number=HERS) == DialCaller(OTHER, 1800)
    assert told(desk, CallKind.KEY, session="B", digits="1") == DialCaller(HER, 1800)


STRANGERS: dict[str, dict[str, Any]] = {
    "nobody's number": {"session": "X", "number": "+85620555900009"},
    "no number": {"session": "X"},
    "an id that is not ours": {"session": "X", "own_id": "0" * 20, "number": HERS},
    "another line": {"session": "S1", "channel": "simulator", "number": HERS},
}


@pytest.mark.parametrize("word", list(STRANGERS.values()), ids=list(STRANGERS))
@pytest.mark.parametrize("kind", [CallKind.ANSWERED, CallKind.KEY, CallKind.OVER])
def test_a_word_that_belongs_to_nothing_does_nothing(
    light: Desk, word: dict[str, Any], kind: CallKind
) -> None:
    desk = light.with_bridge()
    noy = desk.person("Noy", number=HERS)
    _, bridge = asked(desk, noy)

    assert told(desk, kind, digits="1", **word) == Silence()
    assert bridged_calls.find_current_call(desk.parts, noy) == bridge


def test_two_who_share_a_phone_are_told_apart_by_our_id_only(desk: Desk) -> None:
    noy, dao = desk.person("Noy", number=HERS), desk.person("Dao", number=HERS)
    _, one = asked(desk, noy)
    _, two = asked(desk, dao, OTHER)

    assert told(desk, CallKind.ANSWERED, session="A", number=HERS) == Silence(), "nobody can say whose it is"
    assert told(desk, CallKind.ANSWERED, session="B", own_id=two.id, number=HERS) == AskOne(two.code, "lo")
    assert told(desk, CallKind.ANSWERED, session="A", number=HERS) == AskOne(one.code, "lo")


def test_a_second_call_under_our_id_is_a_strangers(desk: Desk) -> None:
    _, bridge = at_the_key(desk, desk.person("Noy"))

    assert told(desk, CallKind.KEY, session="S2", own_id=bridge.id, digits="1") == Silence()
    assert told(desk, CallKind.KEY, own_id=bridge.id, digits="1") == DialCaller(HER, 1800)


def test_a_ring_to_the_line_is_rejected(light: Desk) -> None:
    assert told(light.with_bridge(), CallKind.RANG, number=HER) == Reject()


# --- may she still be called?


def erased(desk: Desk, noy: Actor, callback: str) -> None:
    assert refuse.forget_number(desk.parts, HER)


def moved(desk: Desk, noy: Actor, callback: str) -> None:
    desk.does(accept.change_window, effect=ChangeWindow(callback=callback, when="sunday"))


def never(desk: Desk, noy: Actor, callback: str) -> None:
    desk.does(accept.change_window, effect=ChangeWindow(callback=callback, when="never"))


def removed(desk: Desk, noy: Actor, callback: str) -> None:
    people.disable_person(desk.parts, people.OWNER, noy.person_id)


def said(desk: Desk, noy: Actor, callback: str) -> None:
    outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="not_safe")


MEANWHILE: list[tuple[Callable[[Desk, Actor, str], Any], CallbackState]] = [
    (cancelled, CallbackState.CANCELLED),
    (erased, CallbackState.CANCELLED),
    (moved, CallbackState.WAITING),
    (never, CallbackState.CANCELLED),
    (window_over, CallbackState.WAITING),
    (stop_clock, CallbackState.WAITING),
    (removed, CallbackState.WAITING),
    (said, CallbackState.REVIEW),
]


@pytest.mark.parametrize(("deed", "stands"), MEANWHILE)
def test_what_happens_before_she_presses_one_keeps_her_phone_silent(
    desk: Desk, deed: Callable[[Desk, Actor, str], Any], stands: CallbackState
) -> None:
    noy = desk.person("Noy")
    callback, _ = at_the_key(desk, noy)
    deed(desk, noy, callback)

    assert told(desk, CallKind.KEY, digits="1") == SayGone()
    assert told(desk, CallKind.KEY, digits="1") == Silence()
    assert desk.callback(callback).state is stands
    ((state, dialled),) = desk.rows("SELECT state, dialled_at FROM bridges")
    assert (state, dialled) == ("ended", None)
    ((outcome, ended),) = desk.rows("SELECT outcome, ended_at FROM attempts")
    assert outcome == ("not_safe" if deed is said else "not_dialled")
    assert ended is not None


def test_a_cancel_after_the_dial_is_shown_and_the_outcome_still_asked(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback, _ = at_the_key(desk, noy)
    told(desk, CallKind.KEY, digits="1")
    cancelled(desk, noy, callback)
    told(desk, CallKind.OVER)

    bridge = bridged_calls.find_current_call(desk.parts, noy)
    assert bridge is not None
    outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="no_answer", form=bridge.form)
    assert desk.callback(callback).state is CallbackState.CANCELLED


# --- what was not dialled takes nothing


def not_dialled(desk: Desk, bridge: Bridge) -> None:
    told(desk, CallKind.OVER, session=f"over {bridge.id}", own_id=bridge.id)


def test_ten_times_not_dialled_costs_her_neither_window_nor_tries_nor_place(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested()
    desk.clock.set(EVENING)
    before = desk.callback(callback)
    for _ in range(10):
        claim.claim_callback(desk.parts, noy, callback)
        not_dialled(desk, bridged_calls.begin_call(desk.parts, noy, callback))
        row = desk.callback(callback)
        assert (row.state, row.attempts, row.asked_at) == (CallbackState.WAITING, 0, before.asked_at)
        assert (row.due_at, row.due_until) == (before.due_at, before.due_until)
    desk.calling(noy, callback)
    outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="no_answer")
    assert desk.callback(callback).attempts == 1
    assert desk.rows(
        "SELECT outcome, count(*), max(nth) FROM attempts GROUP BY outcome ORDER BY outcome"
    ) == [
        ("no_answer", 1, 0),
        ("not_dialled", 10, 0),
    ]


def test_after_her_window_she_is_planned_for_the_next_one(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested()
    desk.clock.set("2026-11-24T20:59:00+07:00")
    claim.claim_callback(desk.parts, noy, callback)
    bridge = bridged_calls.begin_call(desk.parts, noy, callback)
    desk.clock.set("2026-11-24T21:00:30+07:00")
    not_dialled(desk, bridge)

    row = desk.callback(callback)
    assert row.state is CallbackState.WAITING
    assert row.due_at == datetime.fromisoformat("2026-11-25T18:00:00+07:00")


def test_a_request_for_now_does_not_outlive_its_half_hour(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback, bridge = asked(desk, noy)
    desk.clock.forward(minutes=31)
    not_dialled(desk, bridge)
    timers.roll_windows(desk.parts)

    assert desk.callback(callback).state is CallbackState.EXPIRED


def test_one_who_was_reached_and_agreed_stays_reached(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested()
    desk.clock.set(EVENING)
    desk.calling(noy, callback)
    outcome.record_outcome(desk.parts, noy, callback_id=callback, outcome="reached")
    not_dialled(desk, bridged_calls.begin_call(desk.parts, noy, callback))

    row = desk.callback(callback)
    assert (row.state, row.holder_id) == (CallbackState.REACHED, noy.person_id)
    bridge = bridged_calls.begin_call(desk.parts, noy, callback)
    told(desk, CallKind.ANSWERED, session="again", own_id=bridge.id)
    assert told(desk, CallKind.KEY, session="again", digits="1") == DialCaller(HER, 1800)
    assert [row.nth for row in attempts_of(desk, callback) if row.outcome != "not_dialled"] == [0, 1]


def attempts_of(desk: Desk, callback: str) -> Any:
    with desk.parts.store.read() as tx:
        return rows.list_attempts(tx, callback)


def test_danger_that_was_not_dialled_is_told_again(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback, bridge = asked(desk, noy, danger="yes")
    not_dialled(desk, bridge)

    assert desk.callback(callback).escalate_at is not None


def test_the_watch_counts_no_attempt_that_never_rang(desk: Desk) -> None:
    noy, boss = desk.person("Noy"), desk.person("Boss", Role.SUPERVISOR)
    _, bridge = asked(desk, noy)
    not_dialled(desk, bridge)

    seen = metrics.show_quality(desk.parts, boss)
    assert (seen.asked, seen.tried, dict(seen.outcomes), seen.unsafe) == (1, 0, {}, 0)


def test_a_supervisors_bridge_outside_her_window_follows_her_own_contact(desk: Desk) -> None:
    boss = desk.person("Boss", Role.SUPERVISOR)
    callback = desk.requested(when="sunday")
    claim.claim_callback(desk.parts, boss, callback)
    bridge = bridged_calls.begin_call(desk.parts, boss, callback, reason="she rang just now")
    told(desk, CallKind.ANSWERED, own_id=bridge.id)

    assert told(desk, CallKind.KEY, digits="1") == DialCaller(HER, 1800)
    assert metrics.show_quality(desk.parts, boss).unsafe == 0


def test_the_same_is_over_half_an_hour_after_it(desk: Desk) -> None:
    boss = desk.person("Boss", Role.SUPERVISOR)
    callback = desk.requested(when="sunday")
    claim.claim_callback(desk.parts, boss, callback)
    desk.clock.forward(minutes=29)
    bridge = bridged_calls.begin_call(desk.parts, boss, callback, reason="she rang just now")
    told(desk, CallKind.ANSWERED, own_id=bridge.id)
    desk.clock.forward(minutes=2)

    assert told(desk, CallKind.KEY, digits="1") == SayGone()


# --- two at once


def test_equal_posts_at_the_same_moment_give_her_number_out_once(desk: Desk) -> None:
    for n in range(6):
        noy = desk.person(f"Noy {n}")
        session = f"S{n}"
        _, bridge = asked(desk, noy, f"+8562055501{n:03}")
        told(desk, CallKind.ANSWERED, session=session, own_id=bridge.id)
        steps = together(*[lambda s=session: told(desk, CallKind.KEY, session=s, digits="1")] * 4)

        assert sorted(type(step).__name__ for step in steps) == [
            "DialCaller",
            "Silence",
            "Silence",
            "Silence",
        ]


def test_two_people_press_call_for_one_number_at_the_same_moment(desk: Desk) -> None:
    for n in range(6):
        noy, dao = desk.person(f"Noy {n}"), desk.person(f"Dao {n}")
        number = f"+8562055502{n:03}"
        one = desk.requested(number, when="now", phone_seen="sometimes")
        two = desk.requested(number, when="now", phone_seen="sometimes")
        claim.claim_callback(desk.parts, noy, one)
        claim.claim_callback(desk.parts, dao, two)

        came = together(
            lambda a=noy, b=one: bridged_calls.begin_call(desk.parts, a, b),
            lambda a=dao, b=two: bridged_calls.begin_call(desk.parts, a, b),
        )
        assert sorted(type(each).__name__ for each in came) == ["AlreadyCalling", "Bridge"]
    assert desk.rows("SELECT count(*) FROM bridges") == [(6,)]
    assert desk.rows("SELECT count(*) FROM outbox WHERE kind = 'call'") == [(6,)]


def test_one_person_presses_call_for_two_numbers_at_the_same_moment(desk: Desk) -> None:
    for n in range(6):
        noy = desk.person(f"Noy {n}")
        both = [desk.requested(f"+85620555{k}{n:04}", when="now") for k in (3, 4)]
        for one in both:
            claim.claim_callback(desk.parts, noy, one)
        came = together(*[lambda a=noy, b=one: begin_or_word(desk, a, b) for one in both])

        assert sorted(each if isinstance(each, str) else "bridge" for each in came) == ["bridge", "live"]


def begin_or_word(desk: Desk, actor: Actor, callback: str) -> Bridge | str:
    try:
        return bridged_calls.begin_call(desk.parts, actor, callback)
    except NoBridge as refused:
        return refused.why


def test_a_key_and_a_cancel_at_the_same_moment_agree(desk: Desk) -> None:
    for n in range(6):
        noy = desk.person(f"Noy {n}")
        number, session = f"+8562055505{n:03}", f"S{n}"
        callback, bridge = asked(desk, noy, number)
        told(desk, CallKind.ANSWERED, session=session, own_id=bridge.id)
        step, _ = together(
            lambda s=session: told(desk, CallKind.KEY, session=s, digits="1"),
            lambda c=callback, m=number: desk.does(
                accept.cancel_request, m, effect=CancelCallback(callback=c)
            ),
        )
        dialled = desk.rows(f"SELECT dialled_at IS NOT NULL FROM bridges WHERE id = '{bridge.id}'")
        assert [(bool(each),) for (each,) in dialled] == [(isinstance(step, DialCaller),)]
        assert desk.callback(callback).state is CallbackState.CANCELLED
