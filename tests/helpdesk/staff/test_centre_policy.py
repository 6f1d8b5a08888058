"""How the centre works: the words on somebody who may be a child, the order of the lines, who is reached by which."""

from dataclasses import replace

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.alerts import alerts
from gateway.helpdesk.errors import Rejected, Why
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.staff import centre_policy
from tests.helpdesk.alerts.test_alerts import pause, told, with_lines
from tests.support.desk_rig import Desk


@pytest.fixture
def boss(light: Desk) -> Actor:
    return light.person("Boss", Role.SUPERVISOR)


def test_before_anything_is_set(light: Desk, boss: Actor) -> None:
    seen = centre_policy.show_policy(light.parts, boss)
    assert (seen.policy, seen.policy_changed, seen.order, seen.roads_changed) == ("", None, (), None)
    assert seen.standing == ()


def test_the_words_are_kept_tidied_and_shown_where_she_may_be_a_child(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    centre_policy.set_policy(line.parts, boss, "  Tell the supervisor.  \r\n\r\nPromise nothing. \r\n")
    assert referrals.read_policy(line.parts) == "Tell the supervisor.\n\nPromise nothing."
    seen = centre_policy.show_policy(line.parts, boss)
    assert seen.policy == referrals.read_policy(line.parts)
    assert seen.policy_changed is not None
    assert (seen.policy_changed.by, seen.policy_changed.at) == ("Boss", line.clock.now())
    centre_policy.set_policy(line.parts, boss, " ")
    assert referrals.read_policy(line.parts) == ""


@pytest.mark.parametrize(
    ("letters", "kept"), [(centre_policy.LONGEST, True), (centre_policy.LONGEST + 1, False)]
)
def test_words_that_nobody_could_read_during_a_call_are_declined(
    light: Desk, boss: Actor, letters: int, kept: bool
) -> None:
    centre_policy.set_policy(light.parts, boss, "before")
    if kept:
        centre_policy.set_policy(light.parts, boss, "ກ" * letters)
        assert len(referrals.read_policy(light.parts)) == letters
        return
    with pytest.raises(Rejected) as declined:
        centre_policy.set_policy(light.parts, boss, "ກ" * letters)
    assert declined.value.why is Why.LONG
    assert referrals.read_policy(light.parts) == "before"


@pytest.mark.parametrize(
    ("order", "first"),
    [
        ([], "android"),
        (["third"], "third"),
        (["simulator", "third"], "simulator"),
        (["third", "third", "android"], "third"),
    ],
)
def test_the_order_of_the_lines_is_the_one_that_was_set(
    light: Desk, boss: Actor, order: list[str], first: str
) -> None:
    desk = with_lines(light, "android", "simulator", "third")
    centre_policy.set_roads(desk.parts, boss, order)
    assert centre_policy.show_policy(desk.parts, boss).order == tuple(dict.fromkeys(order))
    noy = desk.person("Noy")
    [contact] = [
        one for one in centre_policy.show_policy(desk.parts, boss).contacts if one.person.id == noy.person_id
    ]
    assert contact.road == first
    alerts.send_test(desk.parts, boss, noy.person_id)
    assert [channel for _, channel, _ in told(desk)] == [first]


@pytest.mark.parametrize("order", [["no such line"], ["android", "simulator", "elsewhere"]])
def test_a_line_that_there_is_not_is_declined(light: Desk, boss: Actor, order: list[str]) -> None:
    desk = with_lines(light, "android", "simulator")
    centre_policy.set_roads(desk.parts, boss, ["simulator"])
    with pytest.raises(Rejected) as declined:
        centre_policy.set_roads(desk.parts, boss, order)
    assert declined.value.why is Why.FIELD
    assert centre_policy.show_policy(desk.parts, boss).order == ("simulator",)


def test_a_line_that_was_taken_out_of_the_configuration_is_not_shown(light: Desk, boss: Actor) -> None:
    centre_policy.set_roads(with_lines(light, "android", "gone").parts, boss, ["gone", "android"])
    assert centre_policy.show_policy(with_lines(light, "android").parts, boss).order == ("android",)


def test_a_closed_line_is_said_and_passed_over(light: Desk, boss: Actor) -> None:
    desk = with_lines(light, "android", "simulator")
    pause(desk, "android")
    seen = centre_policy.show_policy(desk.parts, boss)
    assert [(one.name, one.closed) for one in seen.standing] == [("android", True), ("simulator", False)]
    assert {one.road for one in seen.contacts} == {"simulator"}


def test_contacts_are_those_who_work_the_queue(light: Desk, boss: Actor) -> None:
    noy = light.person("Noy", number=None)
    light.person("Admin", Role.ADMINISTRATOR)
    light.person("Reader", Role.READER)
    seen = centre_policy.show_policy(light.parts, boss).contacts
    assert {one.person.id for one in seen} == {boss.person_id, noy.person_id}
    alerts.send_test(light.parts, boss, boss.person_id)
    tested = {one.person.id: one.tested for one in centre_policy.show_policy(light.parts, boss).contacts}
    assert tested == {boss.person_id: "pending", noy.person_id: ""}


def test_every_change_is_on_record_without_its_words(light: Desk, boss: Actor) -> None:
    desk = with_lines(light, "android")
    centre_policy.set_policy(desk.parts, boss, "Tell Grandmother")
    centre_policy.set_roads(desk.parts, boss, ["android"])
    rows = desk.rows("SELECT person_id, act, kind, subject FROM audit ORDER BY subject")
    assert rows == [
        (boss.person_id, "set", "setting", "alert-roads"),
        (boss.person_id, "set", "setting", "policy-under-18"),
    ]
    assert "Grandmother" not in repr(desk.rows("SELECT * FROM audit"))


@pytest.mark.parametrize("role", list(Role))
def test_who_sets_it(light: Desk, role: Role) -> None:
    actor = light.person("Somebody", role)
    parts = replace(light.parts)
    for deed in (
        lambda: centre_policy.show_policy(parts, actor),
        lambda: centre_policy.set_policy(parts, actor, "words"),
        lambda: centre_policy.set_roads(parts, actor, []),
    ):
        if role in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            deed()
        else:
            with pytest.raises(NotPermitted):
                deed()
