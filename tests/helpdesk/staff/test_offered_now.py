"""What opens a call at once for callers (Q9): the button *On duty* of somebody who is there, and without shifts the hours."""

from datetime import date, timedelta

import pytest

from gateway.domain.callbacks.windows import (
    DAYS,
    Hours,
    Rota,
    Shift,
    find_offered_hours,
    list_offered_windows,
)
from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people, shifts
from gateway.menus.engine.effects import CallbackAccepted
from gateway.storage import duty, sign_ins
from tests.support.desk_rig import Desk
from tests.support.house import publish
from tests.support.windows import SAMPLE

SUNDAY = date(2026, 11, 29)
ALL_DAY = {day: ["00:00-24:00"] for day in DAYS}


def offered(desk: Desk) -> tuple[str, ...]:
    """What a dial would offer: in a conversation from the copy of the process, in a thread from SQL; both say one thing."""
    now, line = desk.clock.now(), desk.parts.line
    with desk.parts.store.read() as tx:
        by_sql = list_offered_windows(
            SAMPLE, duty.find_offers(tx, line.hours, line.zone, now), line.zone, now
        )
    assert desk.parts.duty.refresh()
    copied = desk.parts.duty.read_hours(line.hours, line.zone, now)
    assert list_offered_windows(SAMPLE, copied, line.zone, now) == by_sql
    return by_sql


def open_page(desk: Desk, name: str, *, polled: int = 0, seen: int = 60, half: bool = False) -> None:
    """Sign somebody in whose page asked, and who acted, that many minutes ago."""
    now, person = desk.clock.now(), people.find_person(desk.parts, name)
    with desk.parts.store.write() as tx:
        token = name.encode().ljust(32)
        sign_ins.open_one(
            tx,
            token,
            person_id=person.id,
            now=now - timedelta(minutes=seen),
            expires_at=now + timedelta(hours=9),
            half=half,
        )
        sign_ins.note_poll(tx, token, now - timedelta(minutes=polled), heard=False)


CASES = {
    "nobody, in the opening hours": ({}, "14:05", True),
    "nobody, after them": ({}, "22:00", False),
    "a shift runs and nobody pressed On duty": ({"shift": True}, "14:05", False),
    "a shift runs, On duty and at the page": ({"shift": True, "on": True, "page": 0}, "14:05", True),
    "On duty at night, at the page": ({"on": True, "page": 0}, "23:00", True),
    "On duty at night, forgotten": ({"on": True}, "23:00", False),
    "On duty at night, the page closed an hour ago": ({"on": True, "page": 60}, "23:00", False),
    "a shift runs, On duty was forgotten": ({"shift": True, "on": True, "page": 60}, "14:05", False),
    "Off duty at the page, with shifts": ({"shift": True, "page": 0}, "14:05", False),
    "works by texts and said On duty": ({"shift": True, "on": True, "by_text": True}, "14:05", True),
    "a reader has a page open": ({"shift": True, "on": True, "page": 0, "role": Role.READER}, "14:05", False),
    "removed": ({"shift": True, "on": True, "page": 0, "removed": True}, "14:05", False),
    "the second factor is missing": ({"shift": True, "on": True, "page": 0, "half": True}, "14:05", False),
}


@pytest.mark.fault("Q9")
@pytest.mark.parametrize("name", CASES)
def test_now_is_offered_where_somebody_is_there(light: Desk, name: str) -> None:
    case, clock, wanted = CASES[name]
    light.clock.set(f"2026-11-24T{clock}:00+07:00")
    person = light.person("Noy", case.get("role", Role.COUNSELLOR), on_duty=case.get("on", False))
    if case.get("shift"):
        shifts.set_week(light.parts, people.OWNER, light.person("Dao").person_id, ALL_DAY)
    if "page" in case:
        open_page(light, "Noy", polled=case["page"], half=case.get("half", False))
    if case.get("by_text"):
        people.set_by_text(light.parts, people.OWNER, person.person_id, on=True)
    if case.get("removed"):
        people.disable_person(light.parts, people.OWNER, person.person_id)
    assert ("now" in offered(light)) is wanted


@pytest.mark.fault("Q9")
def test_the_button_opens_now_and_no_other_time(light: Desk) -> None:
    shifts.set_week(light.parts, people.OWNER, light.person("Dao").person_id, {"sun": ["14:00-18:00"]})
    before = offered(light)
    light.person("Noy", on_duty=True)
    open_page(light, "Noy")
    assert before == ("sunday",)
    assert offered(light) == ("sunday", "now")


def test_what_was_offered_is_kept_although_the_button_was_pressed_again(line: Desk) -> None:
    noy = line.person("Noy", on_duty=True)
    shifts.set_week(line.parts, people.OWNER, line.person("Dao").person_id, ALL_DAY)
    open_page(line, "Noy")
    assert "now" in offered(line)
    people.set_duty(line.parts, noy, noy.person_id, on=False)
    assert "now" not in offered(line)
    receipt = line.asks(when="now").receipt
    assert isinstance(receipt, CallbackAccepted)
    assert receipt.due_until - receipt.due_at == timedelta(minutes=30)


def test_the_rule_without_a_database() -> None:
    hours = Hours.parse({})
    ready = Rota(ready=frozenset({"a"}))
    assert find_offered_hours(Rota(), hours, SUNDAY).now is None
    assert find_offered_hours(ready, hours, SUNDAY).now is True
    shift = Shift(person_id="a", day=0, start=0, end=60)
    assert find_offered_hours(Rota(shifts=(shift,)), hours, SUNDAY).now is False


EVENINGS = {day: ["18:00-21:00"] for day in DAYS}
LEAVES = {
    "removed": lambda desk, own, **more: people.disable_person(desk.parts, people.OWNER, own, **more),
    "made a reader": lambda desk, own, **more: people.set_role(
        desk.parts, people.OWNER, own, "reader", **more
    ),
}


@pytest.mark.fault("Q9")
@pytest.mark.parametrize("how", LEAVES)
def test_whoever_alone_staffs_a_time_leaves_only_after_a_question(line: Desk, how: str) -> None:
    """And then callers are not promised that time any more, whatever shifts are still written down."""
    publish(line.parts)
    noy, dao = (line.person(name).person_id for name in ("Noy", "Dao"))
    shifts.set_week(line.parts, people.OWNER, noy, EVENINGS)
    shifts.set_week(line.parts, people.OWNER, dao, {"sun": ["14:00-18:00"]})
    before = offered(line)
    with pytest.raises(shifts.TimesWithdrawn) as question:
        LEAVES[how](line, noy, agreed=())
    assert question.value.words == ("evening",)
    assert offered(line) == before
    assert line.rows("SELECT 1 FROM audit WHERE act IN ('person.remove', 'person.role')") == []
    LEAVES[how](line, noy, agreed=("evening",))
    assert offered(line) == ("sunday",)
    LEAVES[how](line, dao)
    assert len(line.rows("SELECT 1 FROM audit WHERE act IN ('person.remove', 'person.role')")) == 2


@pytest.mark.parametrize("how", LEAVES)
def test_nobody_is_asked_where_a_colleague_is_there_at_the_same_time(light: Desk, how: str) -> None:
    publish(light.parts)
    noy, dao = (light.person(name).person_id for name in ("Noy", "Dao"))
    for own in (noy, dao):
        shifts.set_week(light.parts, people.OWNER, own, EVENINGS)
    LEAVES[how](light, noy, agreed=())
    assert offered(light) == ("evening",)
