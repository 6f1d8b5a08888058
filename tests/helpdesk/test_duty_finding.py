"""What doctor says of duty: red exactly where no day of the next two weeks has anybody, so that nobody is promised a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import shifts
from gateway.operations import health
from tests.support.desk_rig import Desk

TODAY = date(2026, 11, 24)
"""A Tuesday, in the zone of the line."""

SHUT: Mapping[str, Sequence[str]] = {}
OPEN = {"tue": ["08:00-12:00"]}
MONDAYS = {"mon": ["18:00-20:00"]}
EVERY_DAY = {day: ["17:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}


@dataclass(frozen=True)
class Case:
    """The opening hours, and per person a week of shifts; for how many days from today all are away or on holiday."""

    hours: Mapping[str, Sequence[str]]
    weeks: tuple[Mapping[str, Sequence[str]], ...] = ()
    away: int = 0
    holidays: int = 0
    by_hand: bool = False


CASES = {
    "opening hours alone": (Case(OPEN), True),
    "one day of the week is enough": (Case(MONDAYS), True),
    "no hours, no shifts": (Case(SHUT), False),
    "no hours, somebody said On duty: that promises no time": (Case(SHUT, by_hand=True), False),
    "shifts where there are no hours": (Case(SHUT, (EVERY_DAY,)), True),
    "one evening a week": (Case(SHUT, (MONDAYS,)), True),
    "shifts and all away for a week": (Case(SHUT, (EVERY_DAY,), away=7), True),
    "shifts and all away for thirteen days": (Case(SHUT, (EVERY_DAY,), away=13), True),
    "shifts and all away for fourteen days": (Case(SHUT, (EVERY_DAY,), away=14), False),
    "away counts beside opening hours too, where shifts are": (Case(OPEN, (EVERY_DAY,), away=30), False),
    "both away": (Case(SHUT, (MONDAYS, EVERY_DAY), away=30), False),
    "holidays for thirteen days": (Case(SHUT, (EVERY_DAY,), holidays=13), True),
    "holidays for fourteen days": (Case(SHUT, (EVERY_DAY,), holidays=14), False),
    "holidays shut the opening hours too": (Case(OPEN, holidays=14), False),
}


@pytest.mark.parametrize("name", CASES)
def test_duty_is_red_where_nobody_can_be_promised(light: Desk, name: str) -> None:
    case, ok = CASES[name]
    desk = light.with_hours(**{day: list(spans) for day, spans in case.hours.items()})
    boss = desk.person("Boss", Role.SUPERVISOR, on_duty=case.by_hand)
    for number, week in enumerate(case.weeks):
        worker = desk.person(f"P{number}")
        shifts.set_week(desk.parts, boss, worker.person_id, week)
        if case.away:
            last = TODAY + timedelta(days=case.away - 1)
            shifts.set_away(desk.parts, boss, worker.person_id, TODAY, last)
    for ahead in range(case.holidays):
        shifts.set_holiday(desk.parts, boss, TODAY + timedelta(days=ahead), "Rest")
    (found,) = [each for each in health.look_around(desk.parts) if each.part == "duty"]
    assert found.ok is ok, found.words
    assert found.words == (
        "somebody is on duty in the next two weeks"
        if ok
        else "nobody is ever on duty, so callers are offered no time"
    )
    assert bool(found.fix) is not ok
