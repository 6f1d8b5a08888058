"""Shifts as hours, in tables and against an oracle; how long her phone might have rung; who is called for help; routing."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.queue_rules import Needs, Offers
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.callbacks.windows import (
    ALWAYS,
    Away,
    Duty,
    Hours,
    Rota,
    Shift,
    find_duty_hours,
    find_next_window,
    list_offered_windows,
    open_between,
)
from gateway.domain.contact_safety import When
from tests.support.windows import SAMPLE

ZONE = "Asia/Vientiane"
TUESDAY = date(2026, 11, 24)
NONE = Hours()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026, by the clock of Vientiane."""
    return datetime(2026, 11, 1, tzinfo=UTC) + timedelta(days=day - 1, hours=hour - 7, minutes=minute)


def shift(person: str, day: int, start: int, end: int) -> Shift:
    return Shift(person_id=person, day=day, start=start * 60, end=end * 60)


minutes = st.integers(0, 1_439)
a_shift = st.builds(
    lambda person, day, ends: Shift(person_id=person, day=day, start=min(ends), end=max(ends) + 1),
    st.sampled_from("ab"),
    st.integers(0, 6),
    st.tuples(minutes, minutes),
)
days = st.dates(TUESDAY - timedelta(days=1), TUESDAY + timedelta(days=14))
an_away = st.builds(
    lambda person, ends: Away(person_id=person, first=min(ends), last=max(ends)),
    st.sampled_from("ab"),
    st.tuples(days, days),
)
a_rota = st.builds(
    Rota,
    shifts=st.lists(a_shift, min_size=1, max_size=6).map(tuple),
    holidays=st.frozensets(days, max_size=3),
    away=st.lists(an_away, max_size=3).map(tuple),
)


@given(a_rota, days, minutes)
def test_the_line_is_open_when_somebody_is_there(rota: Rota, day: date, minute: int) -> None:
    hours = find_duty_hours(rota, NONE, TUESDAY)
    is_open = any(start <= minute < end for start, end in hours.on(day))
    by_hand = {
        one.person_id
        for one in rota.shifts
        if one.day == day.weekday()
        and one.start <= minute < one.end
        and day not in rota.holidays
        and not any(gone.person_id == one.person_id and gone.first <= day <= gone.last for gone in rota.away)
    }
    assert rota.there(day, minute) == by_hand
    assert is_open == bool(by_hand)
    assert by_hand <= rota.left_today(day, minute)


@given(a_rota, days)
def test_spans_of_a_day_are_in_order_and_do_not_touch(rota: Rota, day: date) -> None:
    spans = find_duty_hours(rota, NONE, TUESDAY).on(day)
    assert all(start < end for start, end in spans)
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_without_shifts_the_opening_hours_less_holidays() -> None:
    given_hours = Hours.parse({"tue": ["08:00-12:00"]})
    assert find_duty_hours(Rota(), given_hours, TUESDAY) == given_hours
    closed = find_duty_hours(Rota(holidays=frozenset({TUESDAY})), given_hours, TUESDAY)
    assert closed.on(TUESDAY) == ()
    assert closed.on(TUESDAY + timedelta(days=7)) == ((480, 720),)


@pytest.mark.parametrize(
    ("rota", "names"),
    [
        (Rota(shifts=(shift("a", 1, 18, 21),)), ("evening", "now")),
        (Rota(shifts=(shift("a", 6, 9, 18),)), ("noon", "sunday")),
        (Rota(shifts=(shift("a", 6, 9, 12),)), ("sunday",)),
        (
            Rota(shifts=(shift("a", 6, 9, 12),), holidays=frozenset({date(2026, 11, 29), date(2026, 12, 6)})),
            (),
        ),
        (Rota(shifts=(shift("a", 0, 13, 18),)), ()),
    ],
)
def test_only_what_somebody_is_there_for_is_offered(rota: Rota, names: tuple[str, ...]) -> None:
    now = at(24, 18, 30)
    assert list_offered_windows(SAMPLE, find_duty_hours(rota, NONE, TUESDAY), ZONE, now) == names


def test_a_window_on_a_holiday_is_passed_over() -> None:
    rota = Rota(shifts=(shift("a", 1, 18, 21), shift("a", 2, 19, 21)), holidays=frozenset({TUESDAY}))
    assert find_next_window(When("evening"), find_duty_hours(rota, NONE, TUESDAY), ZONE, at(24, 14)) == (
        at(25, 19),
        at(25, 21),
    )


# --- how long her phone might have rung


@pytest.mark.parametrize(
    ("when", "start", "end", "hours"),
    [
        (When("evening"), at(24, 14), at(24, 18), 0),
        (When("evening"), at(24, 14), at(24, 19), 1),
        (When("evening"), at(24, 19), at(24, 20), 1),
        (When("evening"), at(24, 14), at(25, 19), 4),
        (When("evening"), at(24, 14), at(26, 12), 6),
        (When("morning"), at(24, 14), at(24, 14), 0),
        (When("sunday"), at(24, 14), at(29, 10), 1),
        (When.NOW, at(24, 14), at(24, 15), 0.5),
        (When.NEVER, at(24, 14), at(29, 10), 0),
    ],
)
def test_her_hours_laid_end_to_end(when: When, start: datetime, end: datetime, hours: float) -> None:
    assert open_between(when, ZONE, start, end) == timedelta(hours=hours)


@given(
    st.sampled_from([When("morning"), When("noon"), When("evening"), When("sunday")]),
    st.integers(0, 5_000),
    st.integers(0, 5_000),
    st.integers(0, 5_000),
)
def test_two_spans_add_up(when: When, first: int, second: int, third: int) -> None:
    one, two, three = (at(24, 0) + timedelta(minutes=n) for n in sorted((first, second, third)))
    whole = open_between(when, ZONE, one, three)
    assert whole == open_between(when, ZONE, one, two) + open_between(when, ZONE, two, three)
    assert timedelta() <= whole <= three - one
    inside = find_next_window(when, ALWAYS, ZONE, one)
    assert inside is not None
    assert (whole == timedelta()) == (inside[0] >= three or one == three)


# --- who is called for help


@pytest.mark.parametrize(
    ("on_duty", "round_", "told"),
    [
        ("", 0, "a"),
        ("", 1, "ab"),
        ("", 9, "abc"),
        ("x", 0, "x"),
        ("x", 1, "xa"),
        ("x", 3, "xabc"),
        ("b", 2, "ba"),
    ],
)
def test_one_more_each_time(on_duty: str, round_: int, told: str) -> None:
    assert "".join(queue_rules.choose_alerted("abc", on_duty, round_)) == told


def test_with_nobody_on_the_list_those_on_duty_are_told() -> None:
    assert queue_rules.choose_alerted([], ["x"], 5) == ("x",)
    assert queue_rules.choose_alerted([], [], 5) == ()


def test_danger_is_repeated_soon_and_the_rest_is_not() -> None:
    now = at(24, 18)
    assert queue_rules.plan_next_alert(danger=True, now=now) - now == queue_rules.DANGER_AFTER
    assert queue_rules.plan_next_alert(danger=False, now=now) - now == queue_rules.AGAIN_AFTER
    assert queue_rules.plan_first_alert(CallbackState.CLAIMED, danger=True, due_at=now, now=now) is None


# --- who may be given whom

LAO, THAI, BOTH, ANY = (Offers(languages=tags) for tags in (("lo",), ("th",), ("lo", "th"), ()))
WOMAN = Offers(languages=("lo",), gender="woman")


@pytest.mark.parametrize(
    ("needs", "mine", "others", "given_"),
    [
        (Needs(language="lo"), LAO, [], True),
        (Needs(language="lo-Latn"), LAO, [], True),
        (Needs(language="lo"), THAI, [], False),
        (Needs(language="vi"), ANY, [], True),
        (Needs(language="lo", wants_woman=True), LAO, [], True),
        (Needs(language="lo", wants_woman=True), LAO, [THAI], True),
        (Needs(language="lo", wants_woman=True), LAO, [WOMAN], False),
        (Needs(language="lo", wants_woman=True), WOMAN, [WOMAN], True),
        (Needs(language="th", wants_woman=True), BOTH, [WOMAN], True),
    ],
)
def test_who_may_be_given_whom(needs: Needs, mine: Offers, others: list[Offers], given_: bool) -> None:
    assert queue_rules.may_be_given(needs, mine, others) == given_


@pytest.mark.parametrize(
    ("mine", "everybody", "rare"),
    [
        (BOTH, [BOTH, LAO], {"th"}),
        (BOTH, [BOTH, BOTH], set()),
        (BOTH, [BOTH], {"lo", "th"}),
        (BOTH, [BOTH, ANY], set()),
        (ANY, [ANY, LAO], set()),
    ],
)
def test_languages_that_one_alone_speaks(mine: Offers, everybody: list[Offers], rare: set[str]) -> None:
    assert queue_rules.find_scarce_languages(mine, everybody) == rare


@pytest.mark.fault("C4")
@pytest.mark.parametrize(
    ("rota", "minute", "by_hand", "present", "left_today"),
    [
        pytest.param(Rota(), 9 * 60, "", "ab", "ab", id="opening hours bind all"),
        pytest.param(Rota(), 9 * 60, "a", "a", "a", id="whoever said so is there"),
        pytest.param(Rota(), 7 * 60, "", "", "ab", id="before it opens"),
        pytest.param(Rota(), 12 * 60, "", "", "", id="after it closed"),
        pytest.param(Rota(), 12 * 60, "b", "b", "b", id="closed and still there"),
        pytest.param(Rota(holidays=frozenset({TUESDAY})), 9 * 60, "", "", "", id="holiday"),
        pytest.param(
            Rota(away=(Away(person_id="a", first=TUESDAY, last=TUESDAY),)), 9 * 60, "", "b", "b", id="away"
        ),
        pytest.param(Rota(shifts=(shift("a", 1, 10, 12),)), 9 * 60, "", "", "a", id="shifts say who"),
        pytest.param(Rota(shifts=(shift("a", 1, 10, 12),)), 650, "b", "ab", "ab", id="shifts and by hand"),
        pytest.param(Rota(shifts=(shift("x", 1, 10, 12),)), 650, "", "", "", id="a shift of a reader"),
    ],
)
def test_who_is_on_duty_follows_the_hours_of_the_promise(
    rota: Rota, minute: int, by_hand: str, present: str, left_today: str
) -> None:
    opening_hours = Hours.parse({"tue": ["08:00-12:00"]})
    duty = Duty(
        rota=rota,
        hours=find_duty_hours(rota, opening_hours, TUESDAY),
        workers=frozenset("ab"),
        by_hand=frozenset(by_hand),
    )
    assert duty.find_present(TUESDAY, minute) == frozenset(present)
    assert duty.find_left_today(TUESDAY, minute) == frozenset(left_today)
