"""Who may do what with a callback: the agreed table of roles, each deed tried by each role on each holder's callback."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import ClaimedByOther
from gateway.helpdesk.queue import claim, outcome, queue, search
from tests.support.desk_rig import Desk

Deed = Callable[[Desk, Actor, str], Any]

DEEDS: dict[str, Deed] = {
    "queue": lambda desk, actor, _: queue.show_queue(desk.parts, actor),
    "everything": lambda desk, actor, _: search.list_callbacks(desk.parts, actor),
    "export": lambda desk, actor, _: search.export_callbacks(
        desk.parts, replace(actor, proved_at=desk.clock.now())
    ),
    "show": lambda desk, actor, one: queue.show_callback(desk.parts, actor, one),
    "claim": lambda desk, actor, one: claim.claim_callback(desk.parts, actor, one),
    "take over": lambda desk, actor, one: claim.claim_callback(desk.parts, actor, one, take_over=True),
    "take next": lambda desk, actor, _: claim.take_next(desk.parts, actor),
    "release": lambda desk, actor, one: claim.release_callback(desk.parts, actor, one),
    "reveal": lambda desk, actor, one: attempts.begin_call(desk.parts, actor, one),
    "reveal, reason": lambda desk, actor, one: attempts.begin_call(
        desk.parts, actor, one, reason="she asked for me"
    ),
    "record": lambda desk, actor, one: outcome.record_outcome(
        desk.parts, actor, callback_id=one, outcome="no_answer"
    ),
    "note": lambda desk, actor, one: outcome.add_note(desk.parts, actor, one, "words"),
    "close": lambda desk, actor, one: outcome.close_callback(desk.parts, actor, one, reason="duplicate"),
    "decide": lambda desk, actor, one: outcome.decide_review(desk.parts, actor, one, decision="closed"),
}
COUNSELLORS = {
    "queue",
    "show",
    "claim",
    "take next",
    "release",
    "reveal",
    "reveal, reason",
    "record",
    "note",
    "close",
}
OWN = {
    Role.COUNSELLOR: COUNSELLORS,
    Role.SUPERVISOR: set(DEEDS) - {"decide"},  # nothing stands in review
    Role.ADMINISTRATOR: set(),
    Role.READER: set(),
    Role.TRANSLATOR: set(),
}
OTHERS = {
    Role.COUNSELLOR: {"queue", "show", "take next"},
    Role.SUPERVISOR: {
        *("queue", "show", "take next", "everything", "export"),
        *("take over", "release", "reveal, reason", "note", "close"),
    },
    Role.ADMINISTRATOR: set(),
    Role.READER: set(),
    Role.TRANSLATOR: set(),
}


def tried(desk: Desk, actor: Actor, deed: str, callback: str) -> bool:
    try:
        DEEDS[deed](desk, actor, callback)
    except (NotPermitted, ClaimedByOther):
        return False
    return True


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deed", sorted(set(DEEDS) - {"decide"}))
def test_with_a_callback_that_is_ones_own(light: Desk, role: Role, deed: str) -> None:
    actor = light.person("Somebody", role)
    callback = light.requested(when="now")
    if role in (Role.COUNSELLOR, Role.SUPERVISOR):
        claim.claim_callback(light.parts, actor, callback)
    assert tried(light, actor, deed, callback) == (deed in OWN[role])


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("deed", sorted(set(DEEDS) - {"decide"}))
def test_with_a_callback_that_is_anothers(light: Desk, role: Role, deed: str) -> None:
    noy, actor = light.person("Noy"), light.person("Somebody", role)
    callback = light.requested(when="now")
    claim.claim_callback(light.parts, noy, callback)
    before = light.callback(callback)
    assert tried(light, actor, deed, callback) == (deed in OTHERS[role])
    if deed not in OTHERS[role]:
        assert light.callback(callback) == before
        assert light.rows("SELECT count(*) FROM attempts") == [(0,)]


@pytest.mark.parametrize("role", list(Role))
def test_what_stands_in_review_is_decided_by_supervisors(light: Desk, role: Role) -> None:
    noy, actor = light.person("Noy"), light.person("Somebody", role)
    callback = light.requested(when="now")
    light.calling(noy, callback)
    outcome.record_outcome(light.parts, noy, callback_id=callback, outcome="not_safe")
    for deed in ("decide", "claim"):
        assert tried(light, actor, deed, callback) == (role is Role.SUPERVISOR and deed == "decide")
        if role is Role.SUPERVISOR:
            break


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("state", ["waiting", "closed"])
def test_what_is_nobodys_is_closed_by_supervisors_once(light: Desk, role: Role, state: str) -> None:
    actor, boss = light.person("Somebody", role), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested()
    if state == "closed":
        outcome.close_callback(light.parts, boss, callback, reason="duplicate")
    if state == "waiting":
        assert tried(light, actor, "close", callback) == (role is Role.SUPERVISOR)
    else:
        with pytest.raises(Exception, match=r"not|takes no"):
            DEEDS["close"](light, actor, callback)
    shown = tried(light, actor, "show", callback)
    assert shown == (role in (Role.COUNSELLOR, Role.SUPERVISOR))


def test_a_person_of_another_team_works_with_nothing_here(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    elsewhere = Actor.of(person_id=boss.person_id, name="Boss", role=Role.SUPERVISOR, team="another")
    callback = light.requested(when="now")
    before = light.callback(callback)
    for deed in set(DEEDS) - {"queue", "everything", "export", "take next"}:
        with pytest.raises(LookupError):
            DEEDS[deed](light, elsewhere, callback)
    assert queue.show_queue(light.parts, elsewhere).rows == ()
    assert search.list_callbacks(light.parts, elsewhere) == ()
    assert claim.take_next(light.parts, elsewhere) is None
    assert light.callback(callback) == before
