"""The record as a supervisor reads it: newest first, by person, page by page, and a month of it taken out."""

from dataclasses import replace

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.queue import claim
from gateway.helpdesk.staff import centre_policy, people
from gateway.helpdesk.staff.two_factor import NotFresh
from gateway.storage import audit
from tests.support.desk_rig import HER, OTHER, Desk


@pytest.fixture
def boss(light: Desk) -> Actor:
    return light.person("Boss", Role.SUPERVISOR)


def proved(desk: Desk, actor: Actor) -> Actor:
    return replace(actor, proved_at=desk.clock.now())


def test_it_is_read_newest_first_with_who_did_it(line: Desk) -> None:
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    callback = line.requested()
    line.clock.forward(minutes=1)
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(minutes=1)
    people.set_duty(line.parts, noy, noy.person_id, on=True)
    seen = centre_policy.show_trail(line.parts, boss)
    assert [(one.act, one.who) for one in seen.rows[:3]] == [
        ("person.duty", "Noy"),
        ("claimed", "Noy"),
        ("asked", ""),
    ]
    assert {one.name for one in seen.people} == {"Boss", "Noy"}


def test_by_one_person(line: Desk) -> None:
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    claim.claim_callback(line.parts, noy, line.requested())
    claim.claim_callback(line.parts, boss, line.requested(OTHER))
    seen = centre_policy.show_trail(line.parts, boss, person_id=noy.person_id)
    assert {one.who for one in seen.rows} == {"Noy"}
    assert centre_policy.show_trail(line.parts, boss, person_id="nobody").rows == ()


@pytest.mark.parametrize("apart", [0, 7])
def test_page_by_page_every_row_comes_once(line: Desk, apart: int) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    for n in range(2 * centre_policy.PAGE + 30):
        people.set_duty(line.parts, boss, boss.person_id, on=n % 2 == 0)
        line.clock.forward(seconds=apart)
    found, before, pages = [], "", 0
    while pages < 9:
        seen = centre_policy.show_trail(line.parts, boss, before=before)
        found += [one.id for one in seen.rows]
        before, pages = seen.older, pages + 1
        if not before:
            break
    assert pages == 3
    assert len(found) == len(set(found)) == 2 * centre_policy.PAGE + 30


def test_a_page_that_ends_with_the_last_row_names_no_older_one(light: Desk, boss: Actor) -> None:
    for nth in range(centre_policy.PAGE):
        people.set_duty(light.parts, boss, boss.person_id, on=nth % 2 == 0)
    assert centre_policy.show_trail(light.parts, boss).older == ""
    people.set_duty(light.parts, boss, boss.person_id, on=centre_policy.PAGE % 2 == 0)
    assert centre_policy.show_trail(light.parts, boss).older != ""


def test_a_mark_that_is_no_row_shows_the_newest(light: Desk, boss: Actor) -> None:
    light.requested()
    assert (
        centre_policy.show_trail(light.parts, boss, before="made up").rows
        == centre_policy.show_trail(light.parts, boss).rows
    )


@pytest.mark.parametrize(
    ("month", "acts"),
    [
        ("2026-11", ["early", "late"]),
        ("2026-12", ["next", "exported"]),
        ("2026-10", []),
    ],
)
def test_a_month_is_that_of_the_line(line: Desk, month: str, acts: list[str]) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    for at, act in (
        ("2026-11-01T00:00:00+07:00", "early"),
        ("2026-11-30T23:59:59+07:00", "late"),
        ("2026-12-01T00:00:00+07:00", "next"),
    ):
        line.clock.set(at)
        with line.parts.store.write() as tx:
            audit.add_entry(tx, now=line.clock.now(), person_id=None, act=act, kind="team", subject="main")
    rows = centre_policy.export_trail(line.parts, proved(line, boss), month)
    assert [one.act for one in rows] == acts
    with line.parts.store.read() as tx:
        assert audit.list_latest(tx, 1)[0].detail == month


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "2026-1-1", "soon", "2026-11-01"])
def test_what_is_no_month_is_declined_and_not_on_record(light: Desk, boss: Actor, month: str) -> None:
    with pytest.raises(Rejected):
        centre_policy.export_trail(light.parts, proved(light, boss), month)
    assert light.rows("SELECT 1 FROM audit WHERE act = 'exported'") == []


def test_nothing_leaves_before_it_was_shown_who_asks(light: Desk, boss: Actor) -> None:
    for actor in (boss, proved(light, boss)):
        light.clock.forward(minutes=10)
        with pytest.raises(NotFresh):
            centre_policy.export_trail(light.parts, actor, "2026-11")
    assert light.rows("SELECT 1 FROM audit WHERE act = 'exported'") == []


SEES_ALL, SEES_MENUS = {Role.SUPERVISOR}, {Role.ADMINISTRATOR}


@pytest.mark.parametrize("role", list(Role))
def test_who_sees_it(light: Desk, role: Role) -> None:
    actor = proved(light, light.person("Somebody", role))
    for deed, allowed in (
        (lambda: centre_policy.show_trail(light.parts, actor), SEES_ALL | SEES_MENUS),
        (lambda: centre_policy.export_trail(light.parts, actor, "2026-11"), SEES_ALL),
    ):
        if role in allowed:
            deed()
        else:
            with pytest.raises(NotPermitted):
                deed()


def test_an_administrator_sees_who_published_and_nothing_of_callers(line: Desk) -> None:
    noy, chief = line.person("Noy"), line.person("Chief", Role.ADMINISTRATOR)
    callback = line.requested()
    claim.claim_callback(line.parts, noy, callback)
    people.set_duty(line.parts, noy, noy.person_id, on=True)
    with line.parts.store.write() as tx:
        for act, kind in (("published", "version"), ("searched", "caller"), ("read", "text")):
            audit.add_entry(
                tx, now=line.clock.now(), person_id=noy.person_id, act=act, kind=kind, subject=f"a {kind}"
            )
        inside = next(one.id for one in audit.list_latest(tx) if one.subject == callback)
    for asked in ({}, {"person_id": noy.person_id}, {"before": "made up"}):
        assert [one.act for one in centre_policy.show_trail(line.parts, chief, **asked).rows] == ["published"]
    line.clock.forward(minutes=1)
    for asked in ({"before": inside}, {"person_id": chief.person_id}):
        assert {one.kind for one in centre_policy.show_trail(line.parts, chief, **asked).rows} <= {"version"}
    assert len(centre_policy.show_trail(line.parts, line.person("Boss", Role.SUPERVISOR)).rows) > 4


def test_no_number_is_in_it(light: Desk, boss: Actor) -> None:
    noy = light.person("Noy")
    light.calling(noy, light.requested(when="now"))
    people.set_number(light.parts, proved(light, boss), boss.person_id, "+8562055590099")
    seen = repr(centre_policy.show_trail(light.parts, boss).rows) + repr(
        centre_policy.export_trail(light.parts, proved(light, boss), "2026-11")
    )
    for number in (HER, HER[-6:], "55590099"):
        assert number not in seen
