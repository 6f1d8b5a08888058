"""Facts that end are told by text to those who keep the menus: each threshold once, in daylight, by a sound clock."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gateway.delivery import clock_guard
from gateway.domain.permissions import Role
from gateway.foundation.services import Services
from gateway.helpdesk.alerts import announce
from gateway.helpdesk.staff import people
from gateway.menus.engine import serialization
from gateway.menus.engine.model import Fact, FactValue
from gateway.menus.fact_expiry import find_fact_ends, find_last_day
from gateway.storage.database import Store
from tests.support import house
from tests.support.clocks import SetClock
from tests.support.desk_rig import Desk

pytestmark = pytest.mark.fault("D3")
END = date(2027, 5, 24)
NOON = 5  # in UTC, as Vientiane is seven hours ahead


def at(days_left: int, hour: int = NOON) -> datetime:
    day = END - timedelta(days=days_left)
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def menu_with(**last_days: date) -> str:
    """The sample menu with a wage of Bangkok and one of the east that end on these days, and no other fact that does."""
    menu = serialization.load_menu(house.sample())
    facts = {name: _ending(fact, date(2040, 1, 1)) for name, fact in menu.facts.items()}
    for name, day in last_days.items():
        key = f"th.wage.{name}"
        facts[key] = _ending(menu.facts[key], day)
    return serialization.dump_menu(replace(menu, facts=facts))


def _ending(fact: Fact, day: date) -> Fact:
    return replace(fact, values=tuple(replace(each, expires_on=day) for each in fact.values))


@pytest.fixture
def desk(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    made = Desk(house.made_parts(store, clock, tmp_path), clock)
    house.publish(made.parts, menu_with(bangkok=END))
    return made


def run_at(desk: Desk, when: datetime, times: int = 3) -> int:
    """Run the chore some times at this instant; return how many texts were added."""
    desk.clock.set(when)
    return sum(announce.tell_fact_ends(desk.parts) for _ in range(times))


def texts(parts: Services) -> list[str]:
    return [house.payload_text(parts, row) for row in reversed(house.rows(parts)) if row.kind == "alert"]


def test_each_threshold_is_told_once_to_whoever_keeps_the_menus(desk: Desk) -> None:
    desk.person("Boss", Role.SUPERVISOR, number="+85620555900001")
    desk.person("Admin", Role.ADMINISTRATOR, number="+85620555900002")
    desk.person("Noy", Role.COUNSELLOR, number="+85620555900003")
    desk.person("Reader", Role.READER, number="+85620555900004")
    desk.person("Silent", Role.ADMINISTRATOR, number=None)
    added = {left: run_at(desk, at(left)) for left in (61, 60, 59, 31, 30, 29, 8, 7, 6, 1, 0, -1, -30)}
    assert {left: n for left, n in added.items() if n} == {60: 2, 30: 2, 7: 2, 0: 2}
    soon = "Facts of the menu: 0 ended, 1 end soon. First: 2027-05-24. Please check."
    assert texts(desk.parts) == [soon] * 8


def test_what_was_never_told_is_told_after_its_last_day(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    assert run_at(desk, at(-10)) == 1
    assert texts(desk.parts) == ["Facts of the menu: 1 ended, 0 end soon. First: 2027-05-24. Please check."]


def test_many_days_that_are_due_at_once_are_one_text(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    house.publish(desk.parts, menu_with(bangkok=END, east=END + timedelta(days=20)))
    assert run_at(desk, at(5)) == 1
    assert texts(desk.parts) == ["Facts of the menu: 0 ended, 2 end soon. First: 2027-05-24. Please check."]


def test_a_second_day_is_told_of_its_own(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    house.publish(desk.parts, menu_with(bangkok=END, east=END + timedelta(days=20)))
    assert [run_at(desk, at(left)) for left in (60, 50, 40, 30, 10)] == [1, 0, 1, 1, 1]


def test_a_publish_of_the_same_dates_tells_no_more_and_a_nearer_day_does(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    assert run_at(desk, at(20)) == 1
    house.publish(desk.parts, menu_with(bangkok=END))
    assert run_at(desk, at(19)) == 0
    house.publish(desk.parts, menu_with(bangkok=END - timedelta(days=15)))
    assert run_at(desk, at(18)) == 1


def test_mended_facts_are_silent(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    house.publish(desk.parts, menu_with())
    assert run_at(desk, at(0)) == 0


@pytest.mark.parametrize("hour", [13, 20, 22, 1])
def test_nobody_is_told_at_night(desk: Desk, hour: int) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    assert run_at(desk, at(30, hour)) == 0
    assert run_at(desk, at(28)) == 1


def test_nothing_is_told_by_a_clock_that_nobody_trusts_and_all_of_it_afterwards(desk: Desk) -> None:
    boss = desk.person("Boss", Role.SUPERVISOR)
    desk.clock.set(at(30))
    clock_guard.trip_guard(desk.parts, "jumped")
    assert run_at(desk, at(30)) == 0
    clock_guard.confirm_clock(desk.parts, boss)
    assert run_at(desk, at(30)) == 1


def test_without_a_helpline_phone_nothing_counts_as_told(desk: Desk) -> None:
    admin = desk.person("Admin", Role.ADMINISTRATOR, number=None)
    assert run_at(desk, at(30)) == 0
    people.set_number(desk.parts, people.OWNER, admin.person_id, "+8562055500119")
    assert run_at(desk, at(29)) == 1


def test_many_clocks_at_once_tell_it_once(desk: Desk) -> None:
    desk.person("Admin", Role.ADMINISTRATOR)
    desk.clock.set(at(7))
    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(lambda _: announce.tell_fact_ends(desk.parts), range(4)))
    assert sum(added) == len(texts(desk.parts)) == 1


@pytest.mark.parametrize(("language", "word"), [("lo", "ຂໍ້ມູນໃນເມນູ"), ("th", "ข้อมูลในเมนู"), ("en", "Facts")])
def test_each_is_told_in_the_language_of_their_pages_and_never_which_fact(
    desk: Desk, language: str, word: str
) -> None:
    admin = desk.person("Admin", Role.ADMINISTRATOR)
    people.set_page_language(desk.parts, admin, language)
    run_at(desk, at(7))
    [text] = texts(desk.parts)
    assert word in text
    assert not any(each in text.lower() for each in ("wage", "bangkok", "400", "union", "http"))


def test_a_value_that_begins_in_time_takes_over_and_one_after_a_gap_does_not(desk: Desk) -> None:
    [fact] = (each for each in _facts(desk) if each.id == "th.wage.bangkok")
    later = replace(fact.values[-1], value="450", expires_on=END + timedelta(days=365))
    today = END - timedelta(days=30)

    def with_start(day: date) -> Fact:
        values: tuple[FactValue, ...] = (*fact.values, replace(later, valid_from=day))
        return replace(fact, values=values)

    cases: list[tuple[date, date]] = [
        (END - timedelta(days=3), later.expires_on),
        (END + timedelta(days=1), later.expires_on),
        (END + timedelta(days=2), END),
    ]
    find: Callable[[Fact, date], date] = find_last_day
    assert [find(with_start(start), today) for start, _ in cases] == [last for _, last in cases]


def test_what_ended_comes_first(desk: Desk) -> None:
    house.publish(desk.parts, menu_with(bangkok=END, east=END - timedelta(days=40)))
    desk.clock.set(at(30))
    found = [(each.fact, each.days, each.has_ended) for each in find_fact_ends(desk.parts)]
    assert found == [("th.wage.east", -10, True), ("th.wage.bangkok", 30, False)]


def _facts(desk: Desk) -> list[Fact]:
    return list(desk.parts.versions.live("helpline")[1].facts.values())
