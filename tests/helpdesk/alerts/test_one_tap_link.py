"""One tap: a scanner's GET takes nothing, a second use and another phone get nothing, and it ends by itself."""

from dataclasses import replace
from typing import Literal

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.alerts import alert_answers
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import ClaimedByOther, Rejected, Why
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept, refuse
from gateway.helpdesk.staff import people
from gateway.menus.engine.effects import CancelCallback, RefuseCalls
from tests.helpdesk.test_races import together
from tests.support.desk_rig import Desk


@pytest.fixture
def desk(line: Desk) -> Desk:
    return Desk(replace(line.parts, public_url="https://desk.example/"), line.clock)


def link(desk: Desk, actor: Actor, callback: str) -> str:
    with desk.parts.store.write() as tx:
        url = alert_answers.make_link(desk.parts, tx, actor.person_id, callback)
    assert url.startswith("https://desk.example/t/")
    return url.removeprefix("https://desk.example/t/")


def test_from_the_tap_to_the_outcome(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    taken = alert_answers.use_link(desk.parts, link(desk, noy, callback))
    assert (taken.actor, taken.callback_id) == (noy, callback)
    tapped = alert_answers.find_tapped(desk.parts, taken.phone)
    assert tapped is not None
    call = attempts.begin_call(desk.parts, tapped.actor, callback)
    recorded = outcome.record_outcome(
        desk.parts, tapped.actor, callback_id=callback, outcome="reached", form=call.form
    )
    assert recorded.state is CallbackState.REACHED


def test_opening_it_a_hundred_times_takes_nothing(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now", danger="yes")
    token = link(desk, noy, callback)
    for _ in range(100):
        offered = alert_answers.find_offer(desk.parts, token)
    assert offered is not None
    assert (offered.name, offered.state, offered.language, offered.is_danger) == (
        "Noy",
        CallbackState.WAITING,
        "lo",
        True,
    )
    assert desk.callback(callback).state is CallbackState.WAITING
    assert desk.rows("SELECT used_at FROM links") == [(None,)]


def test_a_second_use_gets_nothing(desk: Desk) -> None:
    noy = desk.person("Noy")
    token = link(desk, noy, desk.requested(when="now"))
    alert_answers.use_link(desk.parts, token)
    assert alert_answers.find_offer(desk.parts, token) is None
    with pytest.raises(Rejected) as declined:
        alert_answers.use_link(desk.parts, token)
    assert declined.value.why is Why.LINK


def test_two_phones_at_once_one_gets_in(desk: Desk) -> None:
    noy = desk.person("Noy")
    token = link(desk, noy, desk.requested(when="now"))
    came: list[object] = []

    def tap() -> object:
        try:
            return alert_answers.use_link(desk.parts, token)
        except Rejected as declined:
            return declined.why

    came = together(tap, tap, tap)
    assert sorted(isinstance(one, alert_answers.Taken) for one in came) == [False, False, True]


def test_another_phone_has_no_way_in(desk: Desk) -> None:
    noy = desk.person("Noy")
    token = link(desk, noy, desk.requested(when="now"))
    taken = alert_answers.use_link(desk.parts, token)
    for guess in ("", token, taken.phone[:-1], taken.phone.upper()):
        assert alert_answers.find_tapped(desk.parts, guess) is None


def test_after_its_hour_it_is_dead(desk: Desk) -> None:
    noy = desk.person("Noy")
    token = link(desk, noy, desk.requested(when="evening"))
    desk.clock.forward(hours=1)
    assert alert_answers.find_offer(desk.parts, token) is None
    with pytest.raises(Rejected):
        alert_answers.use_link(desk.parts, token)


def test_the_phone_is_let_go_after_the_call(desk: Desk) -> None:
    noy = desk.person("Noy")
    taken = alert_answers.use_link(desk.parts, link(desk, noy, desk.requested(when="now")))
    desk.clock.forward(hours=2, minutes=59)
    assert alert_answers.find_tapped(desk.parts, taken.phone) is not None
    desk.clock.forward(minutes=1)
    assert alert_answers.find_tapped(desk.parts, taken.phone) is None


def test_whoever_was_faster_keeps_it_and_is_named(desk: Desk) -> None:
    noy, dao = desk.person("Noy"), desk.person("Dao")
    callback = desk.requested(when="now")
    token = link(desk, noy, callback)
    claim.claim_callback(desk.parts, dao, callback)
    offered = alert_answers.find_offer(desk.parts, token)
    assert offered is not None
    assert offered.state is CallbackState.CLAIMED
    with pytest.raises(ClaimedByOther) as held:
        alert_answers.use_link(desk.parts, token)
    assert held.value.name == "Dao"


def test_what_she_took_back_is_not_to_be_had(desk: Desk) -> None:
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    token = link(desk, noy, callback)
    desk.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    with pytest.raises(IllegalMove):
        alert_answers.use_link(desk.parts, token)


def test_whoever_was_removed_has_no_links(desk: Desk) -> None:
    chief = desk.person("Chief", Role.ADMINISTRATOR)
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    token = link(desk, noy, callback)
    used = alert_answers.use_link(desk.parts, link(desk, noy, callback))
    people.disable_person(desk.parts, chief, noy.person_id)
    assert alert_answers.find_offer(desk.parts, token) is None
    assert alert_answers.find_tapped(desk.parts, used.phone) is None
    with pytest.raises(Rejected):
        alert_answers.use_link(desk.parts, token)


@pytest.mark.parametrize("role", [Role.READER, Role.ADMINISTRATOR])
def test_a_link_gives_nobody_more_than_their_role(desk: Desk, role: Role) -> None:
    one = desk.person("One", role)
    callback = desk.requested(when="now")
    with pytest.raises(Rejected):
        alert_answers.use_link(desk.parts, link(desk, one, callback))
    assert desk.callback(callback).state is CallbackState.WAITING


def test_tokens_are_not_in_the_ledger(desk: Desk) -> None:
    noy = desk.person("Noy")
    token = link(desk, noy, desk.requested(when="now"))
    taken = alert_answers.use_link(desk.parts, token)
    written = repr(desk.rows("SELECT * FROM links")) + repr(desk.rows("SELECT * FROM audit"))
    assert token not in written
    assert taken.phone not in written


@pytest.mark.fault("R1")
@pytest.mark.parametrize("how", ["plain", "said", "stop"])
@pytest.mark.parametrize("is_used", [False, True], ids=["used after", "used before"])
def test_a_link_rings_nobody_who_refused(
    desk: Desk, how: Literal["plain", "said", "stop"], is_used: bool
) -> None:
    """Neither tapped after her refusal, nor on a phone that had taken her request before it."""
    noy = desk.person("Noy")
    callback = desk.requested(when="now")
    token = link(desk, noy, callback)
    if is_used:
        assert alert_answers.use_link(desk.parts, token).callback_id == callback
    desk.does(refuse.refuse_calls, effect=RefuseCalls(how=how), session=b"later")
    if not is_used:
        with pytest.raises((IllegalMove, NotPermitted)):
            alert_answers.use_link(desk.parts, token)
    with pytest.raises(IllegalMove):
        attempts.begin_call(desk.parts, noy, callback)
    assert desk.rows("SELECT count(*) FROM attempts") == [(0,)]


@pytest.mark.fault("R1")
def test_a_link_of_somebody_who_may_decide_rings_nobody_before_they_do(desk: Desk) -> None:
    boss = desk.person("Boss", Role.SUPERVISOR)
    callback = desk.requested(when="now")
    token = link(desk, boss, callback)
    desk.does(refuse.refuse_calls, effect=RefuseCalls(how="said"), session=b"later")
    assert alert_answers.use_link(desk.parts, token).callback_id == callback  # taken to be decided
    with pytest.raises(IllegalMove):
        attempts.begin_call(desk.parts, boss, callback, reason="the link was there")
    assert desk.rows("SELECT count(*) FROM attempts") == [(0,)]
