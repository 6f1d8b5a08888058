"""Claims: one holder, everybody else is told who; leases, take over, whom the next one goes to."""

from threading import Barrier, Thread

import pytest

from gateway.domain.callbacks.states import CallbackState, IllegalMove
from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import ClaimedByOther, NoSuchCallback
from gateway.helpdesk.queue import claim, outcome
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CancelCallback
from tests.support.desk_rig import HER, OTHER, Desk


def test_a_claim_has_a_lease_of_a_quarter_of_an_hour(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested()
    claimed = claim.claim_callback(line.parts, noy, callback)
    row = line.callback(callback)
    assert (row.state, row.holder_id, row.held_until) == (
        CallbackState.CLAIMED,
        noy.person_id,
        claimed.held_until,
    )
    assert claimed.held_until - line.clock.now() == claim.LEASE
    assert claimed.code == row.code


def test_claiming_twice_moves_the_lease_on(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested()
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(minutes=10)
    again = claim.claim_callback(line.parts, noy, callback)
    assert line.callback(callback).held_until == again.held_until == line.clock.now() + claim.LEASE


def test_an_open_page_moves_the_lease_on_and_changes_nothing_else(line: Desk) -> None:
    noy, dao = line.person("Noy"), line.person("Dao")
    callback = line.requested()
    claim.claim_callback(line.parts, noy, callback)
    before = line.callback(callback)
    line.clock.forward(minutes=10)
    assert claim.renew_claim(line.parts, noy, callback) == line.clock.now() + claim.LEASE
    assert claim.renew_claim(line.parts, dao, callback) is None
    after = line.callback(callback)
    assert (after.rev, after.changed_at) == (before.rev, before.changed_at)
    claim.release_callback(line.parts, noy, callback)
    assert claim.renew_claim(line.parts, noy, callback) is None


def test_of_eight_at_once_one_has_it_and_the_others_are_told_who(line: Desk) -> None:
    people = [line.person(f"Person {n}") for n in range(8)]
    callback = line.requested()
    gate = Barrier(len(people))
    won: list[str] = []
    told: list[str] = []

    def take(actor: Actor) -> None:
        gate.wait()
        try:
            claim.claim_callback(line.parts, actor, callback)
            won.append(actor.name)
        except ClaimedByOther as held:
            told.append(held.name)

    threads = [Thread(target=take, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert told == won * 7
    assert line.rows("SELECT count(*) FROM audit WHERE act = 'claimed'") == [(1,)]


def test_a_release_keeps_the_place(line: Desk) -> None:
    noy = line.person("Noy")
    callback = line.requested()
    before = line.callback(callback)
    claim.claim_callback(line.parts, noy, callback)
    claim.release_callback(line.parts, noy, callback)
    after = line.callback(callback)
    assert (after.state, after.holder_id, after.held_until) == (CallbackState.WAITING, None, None)
    assert (after.asked_at, after.due_at) == (before.asked_at, before.due_at)


def test_only_the_holder_or_a_supervisor_releases(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested()
    with pytest.raises(IllegalMove):
        claim.release_callback(light.parts, noy, callback)
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        claim.release_callback(light.parts, dao, callback)
    claim.release_callback(light.parts, boss, callback)
    assert light.callback(callback).state is CallbackState.WAITING


def test_a_supervisor_takes_over_a_claim_but_never_a_call(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        claim.claim_callback(light.parts, boss, callback)
    with pytest.raises(NotPermitted):
        claim.claim_callback(light.parts, noy, callback, take_over=True)
    claim.claim_callback(light.parts, boss, callback, take_over=True)
    assert light.callback(callback).holder_id == boss.person_id
    with pytest.raises(ClaimedByOther, match="Boss"):
        claim.claim_callback(light.parts, noy, callback)
    claim.release_callback(light.parts, boss, callback)
    light.calling(noy, callback)
    with pytest.raises(ClaimedByOther, match="Noy"):
        claim.claim_callback(light.parts, boss, callback, take_over=True)
    with pytest.raises(IllegalMove):
        claim.release_callback(light.parts, noy, callback)


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READER])
def test_others_do_not_work_the_queue(light: Desk, role: Role) -> None:
    actor = light.person("Somebody", role)
    callback = light.requested()
    for deed in (
        claim.claim_callback,
        claim.release_callback,
        attempts.begin_call,
        attempts.find_current_call,
    ):
        with pytest.raises(NotPermitted):
            deed(light.parts, actor, callback)
    with pytest.raises(NotPermitted):
        claim.take_next(light.parts, actor)


def test_what_is_over_or_nowhere_cannot_be_claimed(light: Desk) -> None:
    noy = light.person("Noy")
    callback = light.requested()
    light.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    with pytest.raises(IllegalMove):
        claim.claim_callback(light.parts, noy, callback)
    with pytest.raises(NoSuchCallback):
        claim.claim_callback(light.parts, noy, "no such callback")
    elsewhere = Actor.of(person_id=noy.person_id, name="Noy", role=Role.COUNSELLOR, team="another")
    with pytest.raises(NoSuchCallback):
        claim.claim_callback(light.parts, elsewhere, light.requested(OTHER))


def test_what_is_in_review_is_claimed_by_who_may_decide_and_goes_back_there(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="wrong_number")
    with pytest.raises(NotPermitted):
        claim.claim_callback(light.parts, noy, callback)
    claim.claim_callback(light.parts, boss, callback)
    with pytest.raises(IllegalMove):
        attempts.begin_call(light.parts, boss, callback)
    with pytest.raises(IllegalMove):
        outcome.record_outcome(light.parts, boss, callback_id=callback, outcome="reached")
    claim.release_callback(light.parts, boss, callback)
    row = light.callback(callback)
    assert (row.state, row.reason) == (CallbackState.REVIEW, "wrong_number")


@pytest.mark.fault("Q16")
def test_next_is_danger_then_what_closes_first_and_never_what_closes_in_a_moment(line: Desk) -> None:
    noy = line.person("Noy")
    assert claim.take_next(line.parts, noy) is None
    evening = line.requested("+8562055500001", when="evening")
    late = line.requested("+8562055500002", when="evening", danger="yes")
    line.clock.set("2026-11-24T18:00:00+07:00")
    soon = line.requested("+8562055500003", when="now")
    morning = line.requested("+8562055500004", when="morning")
    taken = [claim.take_next(line.parts, noy) for _ in range(4)]
    assert [one and one.callback_id for one in taken] == [late, soon, evening, None]
    assert line.callback(morning).state is CallbackState.WAITING
    claim.release_callback(line.parts, noy, soon)
    line.clock.set("2026-11-24T18:21:00+07:00")
    assert claim.take_next(line.parts, noy) is None


def test_next_is_somebody_whose_language_one_speaks(light: Desk) -> None:
    thai = light.person("Malee", languages=("th",), gender="woman")
    lao = light.requested("+8562055500001", when="now")
    woman = light.requested("+8562055500002", when="now", language="th", woman="yes")
    first, second = claim.take_next(light.parts, thai), claim.take_next(light.parts, thai)
    assert [first and first.callback_id, second] == [woman, None]
    assert light.callback(lao).state is CallbackState.WAITING


def test_two_who_ask_for_the_next_get_two(line: Desk) -> None:
    people = [line.person(f"Person {n}") for n in range(4)]
    made = {line.requested(f"+856205550000{n}", when="now") for n in range(4)}
    gate = Barrier(len(people))
    got: list[str] = []

    def take(actor: Actor) -> None:
        gate.wait()
        taken = claim.take_next(line.parts, actor)
        got.append(taken.callback_id if taken else "nothing")

    threads = [Thread(target=take, args=(actor,)) for actor in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) == made


def test_a_claim_says_nothing_of_her_in_the_audit(light: Desk) -> None:
    noy = light.person("Noy")
    claim.claim_callback(light.parts, noy, light.requested(HER))
    words = " ".join(str(row) for row in light.rows("SELECT act, kind, subject, detail FROM audit"))
    assert "5551" not in words
    assert "evening" not in words
