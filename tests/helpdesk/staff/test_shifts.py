"""Shifts, holidays and days away: what she is offered, when she is called, and who is there."""

from datetime import date

import pytest

from gateway.domain.callbacks import windows
from gateway.domain.callbacks.windows import BadHours
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.errors import Full, Rejected, Why
from gateway.helpdesk.queue import claim, shift_summary, timers
from gateway.helpdesk.requests import referrals
from gateway.helpdesk.requests.planning import find_duty_hours
from gateway.helpdesk.requests.referrals import Referral
from gateway.helpdesk.staff import people, shifts
from gateway.menus.engine.effects import CallbackAccepted, CallbackRefused
from gateway.operations.reporting import monthly_report
from gateway.operations.reporting.periods import NoMonth
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import Desk
from tests.support.house import publish
from tests.support.windows import SAMPLE

EVERY_EVENING = {day: ["17:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def offered(desk: Desk) -> tuple[str, ...]:
    now = desk.clock.now()
    with desk.parts.store.read() as tx:
        return windows.list_offered_windows(
            SAMPLE, find_duty_hours(desk.parts, tx, now), desk.parts.line.zone, now
        )


def there(desk: Desk) -> list[str]:
    with desk.parts.store.read() as tx:
        return [one.name for one in shifts.list_on_duty(desk.parts, tx, desk.clock.now())]


def test_without_shifts_the_opening_hours_count(light: Desk) -> None:
    assert offered(light) == ("morning", "noon", "evening", "sunday", "now")


def test_shifts_take_the_place_of_the_opening_hours(line: Desk) -> None:
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    shifts.set_week(line.parts, boss, noy.person_id, EVERY_EVENING)
    assert offered(line) == ("evening",)
    accepted = line.asks(when="evening").receipt
    assert isinstance(accepted, CallbackAccepted)
    assert (accepted.due_at, accepted.due_until) == (at(24, 18), at(24, 20))
    assert line.asks("+8562055500001", when="sunday").receipt == CallbackRefused(reason="hours")


def test_on_a_holiday_nobody_is_promised_anything(line: Desk) -> None:
    boss, noy = line.person("Boss", Role.SUPERVISOR), line.person("Noy")
    shifts.set_week(line.parts, boss, noy.person_id, EVERY_EVENING)
    shifts.set_holiday(line.parts, boss, date(2026, 11, 24), "Day of rest")
    accepted = line.asks(when="evening").receipt
    assert isinstance(accepted, CallbackAccepted)
    assert accepted.due_at == at(25, 18)
    shifts.drop_holiday(line.parts, boss, date(2026, 11, 24))
    moved = line.asks(when="evening").receipt
    assert isinstance(moved, CallbackAccepted)
    assert moved.due_at == at(24, 18)


def test_holidays_close_the_opening_hours_too(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    shifts.set_holiday(light.parts, boss, date(2026, 11, 24), "")
    assert "now" not in offered(light)
    accepted = light.asks(when="evening").receipt
    assert isinstance(accepted, CallbackAccepted)
    assert accepted.due_at == at(25, 18)


def test_whoever_is_away_is_not_promised(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    noy, dao = light.person("Noy"), light.person("Dao")
    shifts.set_week(light.parts, boss, noy.person_id, EVERY_EVENING)
    shifts.set_week(light.parts, boss, dao.person_id, {"thu": ["18:00-19:00"]})
    shifts.set_away(light.parts, noy, noy.person_id, date(2026, 11, 23), date(2026, 12, 4))
    accepted = light.asks(when="evening").receipt
    assert isinstance(accepted, CallbackAccepted)
    assert (accepted.due_at, accepted.due_until) == (at(26, 18), at(26, 19))
    shifts.cancel_absence(light.parts, noy, noy.person_id, date(2026, 11, 23))
    assert offered(light) == ("evening",)
    assert shifts.show_plan(light.parts, boss).away == ()


def test_a_window_that_passed_rolls_to_the_next_shift(light: Desk) -> None:
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    shifts.set_week(light.parts, boss, noy.person_id, {"tue": ["18:00-21:00"], "fri": ["19:00-21:00"]})
    callback = light.requested(when="evening")
    light.clock.set("2026-11-24T21:00:00+07:00")
    assert timers.roll_windows(light.parts) == 1
    row = light.callback(callback)
    assert (row.due_at, row.due_until) == (at(27, 19), at(27, 21))


def test_who_is_there_is_whose_shift_runs_and_who_said_so(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    noy, dao = line.person("Noy"), line.person("Dao", on_duty=True)
    line.person("Reader", Role.READER, on_duty=True)
    shifts.set_week(line.parts, boss, noy.person_id, {"tue": ["14:05-15:00"]})
    assert there(line) == ["Dao", "Noy"]
    line.clock.set("2026-11-24T15:00:00+07:00")
    assert there(line) == ["Dao"]
    people.set_duty(line.parts, dao, dao.person_id, on=False)
    assert there(line) == []
    with line.parts.store.read() as tx:
        assert shifts.list_today(line.parts, tx, line.clock.now()) == ()
        assert [one.name for one in shifts.list_today(line.parts, tx, at(24, 13))] == ["Noy"]


@pytest.mark.fault("C4")
def test_without_shifts_the_hours_that_callers_are_promised_are_the_duty_of_all_who_work_here(
    light: Desk,
) -> None:
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    light.person("Reader", Role.READER)
    assert offered(light)[-1] == "now"
    assert there(light) == ["Boss", "Noy"]
    assert not shift_summary.summarise_shift(light.parts, noy).nobody_today
    shifts.set_away(light.parts, noy, noy.person_id, date(2026, 11, 24), date(2026, 11, 24))
    assert there(light) == ["Boss"]
    people.set_duty(light.parts, noy, noy.person_id, on=True)
    assert there(light) == ["Noy"]  # whoever said so is there; nobody else has to be asked
    people.set_duty(light.parts, noy, noy.person_id, on=False)
    light.clock.set("2026-11-24T21:00:00+07:00")
    assert (there(light), offered(light)[-1]) == ([], "sunday")
    assert shift_summary.summarise_shift(light.parts, noy).nobody_today
    light.clock.set("2026-11-25T07:00:00+07:00")
    shifts.set_holiday(light.parts, boss, date(2026, 11, 25), "Day of rest")
    assert shift_summary.summarise_shift(light.parts, noy).nobody_today


@pytest.mark.fault("C4")
def test_in_the_morning_of_a_day_with_hours_somebody_still_comes(light: Desk) -> None:
    noy = light.person("Noy")
    light.clock.set("2026-11-24T06:00:00+07:00")
    assert there(light) == []
    assert not shift_summary.summarise_shift(light.parts, noy).nobody_today


def test_whoever_was_removed_works_no_more(light: Desk) -> None:
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    chief = light.person("Chief", Role.ADMINISTRATOR)
    shifts.set_week(light.parts, boss, noy.person_id, EVERY_EVENING)
    people.disable_person(light.parts, chief, noy.person_id)
    assert offered(light) == ("morning", "noon", "evening", "sunday", "now")
    with pytest.raises(Rejected) as declined:
        shifts.set_week(light.parts, boss, noy.person_id, {})
    assert declined.value.why is Why.NOBODY


def test_the_page_of_shifts(light: Desk) -> None:
    publish(light.parts)
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    week = {"mon": ["08:00-12:00", "11:00-13:30"], "sun": ["09:00-18:00"]}
    shifts.set_week(light.parts, boss, noy.person_id, week)
    shifts.set_holiday(light.parts, boss, date(2026, 12, 2), "  National   day ")
    plan = shifts.show_plan(light.parts, noy)
    assert [one.name for one in plan.people] == ["Boss", "Noy"]
    assert plan.weeks[noy.person_id] == (("08:00-13:30",), (), (), (), (), (), ("09:00-18:00",))
    assert plan.weeks[boss.person_id] == ((),) * 7
    assert [(one.day.isoformat(), one.name) for one in plan.holidays] == [("2026-12-02", "National day")]
    assert plan.never_staffed == ("evening",)
    assert plan.there == frozenset()


@pytest.mark.parametrize(
    ("week", "fault"),
    [({"monday": []}, "monday"), ({"mon": ["12:00-08:00"]}, "ends before"), ({"mon": ["8"]}, "span")],
)
def test_a_week_that_cannot_be_read_changes_nothing(
    light: Desk, week: dict[str, list[str]], fault: str
) -> None:
    boss, noy = light.person("Boss", Role.SUPERVISOR), light.person("Noy")
    shifts.set_week(light.parts, boss, noy.person_id, EVERY_EVENING)
    with pytest.raises(BadHours, match=fault):
        shifts.set_week(light.parts, boss, noy.person_id, week)
    assert offered(light) == ("evening",)


@pytest.mark.parametrize("role", [Role.COUNSELLOR, Role.READER])
def test_who_may_not_plan(light: Desk, role: Role) -> None:
    one, noy = light.person("One", role), light.person("Noy")
    day = date(2026, 11, 25)
    for deed in (
        lambda: shifts.set_week(light.parts, one, noy.person_id, {}),
        lambda: shifts.set_holiday(light.parts, one, day, ""),
        lambda: shifts.drop_holiday(light.parts, one, day),
        lambda: shifts.set_away(light.parts, one, noy.person_id, day, day),
        lambda: shifts.cancel_absence(light.parts, one, noy.person_id, day),
        lambda: people.set_capacity(light.parts, one, noy.person_id, 1),
        lambda: people.set_by_text(light.parts, one, noy.person_id, on=True),
    ):
        with pytest.raises(NotPermitted):
            deed()


def test_days_the_wrong_way_round(light: Desk) -> None:
    noy = light.person("Noy")
    with pytest.raises(Rejected) as declined:
        shifts.set_away(light.parts, noy, noy.person_id, date(2026, 11, 25), date(2026, 11, 24))
    assert declined.value.why is Why.DAYS


# --- what only a bigger centre has


def crew(desk: Desk, size: int) -> None:
    for n in range(size):
        desk.person(f"Colleague {n}")


@pytest.mark.parametrize(("others", "counts"), [(2, False), (3, True)])
def test_how_many_one_may_have_in_hand_counts_where_more_than_three_work(
    light: Desk, others: int, counts: bool
) -> None:
    boss = light.person("Boss", Role.SUPERVISOR) if others == 3 else light.person("Chief", Role.ADMINISTRATOR)
    noy = light.person("Noy")
    crew(light, others - 1)
    people.set_capacity(light.parts, boss, noy.person_id, 1)
    first, second = (light.requested(f"+856205550000{n}", when="now") for n in range(2))
    claim.claim_callback(light.parts, noy, first)
    claim.claim_callback(light.parts, noy, first)
    if counts:
        for deed in (
            lambda: claim.claim_callback(light.parts, noy, second),
            lambda: claim.take_next(light.parts, noy),
        ):
            with pytest.raises(Full) as full:
                deed()
            assert full.value.capacity == 1
        claim.release_callback(light.parts, noy, first)
    assert claim.claim_callback(light.parts, noy, second).callback_id == second


@pytest.mark.parametrize("capacity", [-1, 100])
def test_no_such_capacity(light: Desk, capacity: int) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    with pytest.raises(Rejected):
        people.set_capacity(light.parts, boss, boss.person_id, capacity)


def test_scarce_languages_first_where_many_work(light: Desk) -> None:
    both = light.person("Both", languages=("lo", "vi"), on_duty=True)
    for n in range(3):
        light.person(f"Lao {n}", languages=("lo",), on_duty=True)
    lao = light.requested("+8562055500001", when="now")
    light.clock.forward(minutes=1)
    vietnamese = light.requested("+8562055500002", when="now", language="vi")
    taken = [claim.take_next(light.parts, both) for _ in range(2)]
    assert [one and one.callback_id for one in taken] == [vietnamese, lao]


def test_danger_stays_before_a_scarce_language(light: Desk) -> None:
    both = light.person("Both", languages=("lo", "vi"), on_duty=True)
    for n in range(3):
        light.person(f"Lao {n}", languages=("lo",), on_duty=True)
    light.requested("+8562055500002", when="now", language="vi")
    danger = light.requested("+8562055500001", when="now", danger="yes")
    taken = claim.take_next(light.parts, both)
    assert taken is not None
    assert taken.callback_id == danger


@pytest.mark.parametrize(("woman_there", "given"), [(True, False), (False, True)])
def test_one_who_asked_for_a_woman_waits_while_there_is_one(
    light: Desk, woman_there: bool, given: bool
) -> None:
    kham = light.person("Kham", languages=("lo",), gender="man", on_duty=True)
    light.person("Noy", languages=("lo",), gender="woman", on_duty=woman_there)
    light.requested(when="now", woman="yes")
    assert (claim.take_next(light.parts, kham) is not None) == given


@pytest.mark.fault("D4")
@pytest.mark.parametrize("year", [2569, 1926, 2226])
def test_a_day_of_a_year_that_nobody_means_is_declined_wherever_one_is_typed(light: Desk, year: int) -> None:
    boss, odd = light.person("Boss", Role.SUPERVISOR), date(year, 12, 2)
    admin = light.person("Ann", Role.ADMINISTRATOR)
    named = Referral(
        id="", team="", name="Office", number="1546", place="", hours="", languages=(), topics=(),
        may_share=False, checked_on=odd,
    )  # fmt: skip
    for deed in (
        lambda: shifts.set_holiday(light.parts, boss, odd, ""),
        lambda: shifts.set_away(light.parts, boss, boss.person_id, odd, odd),
        lambda: referrals.save_entry(light.parts, admin, named),
    ):
        with pytest.raises(Rejected) as declined:
            deed()
        assert declined.value.why is Why.YEAR


@pytest.mark.fault("D4")
@pytest.mark.parametrize(("month", "hint"), [("2569-11", "2026-11"), ("1926-11", "near 2026")])
def test_figures_of_a_month_that_nobody_means_are_not_shown_as_none(
    light: Desk, month: str, hint: str
) -> None:
    with pytest.raises(NoMonth, match=hint):
        monthly_report.report_month(light.parts, light.person("Ann", Role.ADMINISTRATOR), month)
