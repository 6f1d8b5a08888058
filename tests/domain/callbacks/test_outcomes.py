"""Outcomes: every row of the table, and the limits that hold across them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.callbacks.outcomes import (
    MOST_ATTEMPTS,
    RULES,
    Attempted,
    CallReport,
    Follows,
    Outcome,
    plan_next_step,
)
from gateway.domain.callbacks.states import CallbackEvent
from gateway.domain.callbacks.windows import DAYS, Hours
from gateway.domain.contact_safety import When
from tests.support.examples import count_examples

ZONE = "Asia/Vientiane"
HOURS = Hours.parse({day: ["08:00-21:00"] for day in DAYS})
EVENING = (When("evening"),)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(ZONE)).astimezone(UTC)


NOW = at(24, 18, 10)
UNTIL = at(24, 21)


def told(
    outcome: Outcome, *, now: datetime = NOW, agreed: bool = False, named: datetime | None = None, **tried
) -> Follows:
    attempted = Attempted(**{"tries": 0, "nth": 0, "whens": EVENING, "until": UNTIL, **tried})
    return plan_next_step(
        CallReport(outcome=outcome, agreed=agreed, named=named), attempted, HOURS, ZONE, now
    )


TOMORROW = (at(25, 18), at(25, 21))


@pytest.mark.parametrize(
    ("outcome", "event", "counts", "window"),
    [
        (Outcome.REACHED, CallbackEvent.REACHED, 1, None),
        (Outcome.CUT_OFF, CallbackEvent.MISSED, 1, TOMORROW),
        (Outcome.NO_ANSWER, CallbackEvent.MISSED, 1, TOMORROW),
        (Outcome.VOICEMAIL, CallbackEvent.MISSED, 1, TOMORROW),
        (Outcome.BUSY, CallbackEvent.MISSED, 1, (at(24, 18, 30), UNTIL)),
        (Outcome.SWITCHED_OFF, CallbackEvent.MISSED, 1, TOMORROW),
        (Outcome.SOMEONE_ELSE, CallbackEvent.MISSED, 1, (at(25, 18, 10), at(25, 21))),
        (Outcome.ASKED_LATER, CallbackEvent.MISSED, 0, TOMORROW),
        (Outcome.WRONG_NUMBER, CallbackEvent.RUN_OUT, 0, None),
        (Outcome.NOT_SAFE, CallbackEvent.RUN_OUT, 0, None),
        (Outcome.SILENT, CallbackEvent.EMPTY, 0, None),
        (Outcome.PRANK, CallbackEvent.EMPTY, 0, None),
    ],
)
def test_what_follows_from_each(outcome: Outcome, event: CallbackEvent, counts: int, window: object) -> None:
    after = told(outcome)
    assert (after.event, after.tries, after.window) == (event, counts, window)


def test_the_table_knows_every_outcome() -> None:
    assert set(RULES) == set(Outcome)


@pytest.mark.parametrize("outcome", [Outcome.WRONG_NUMBER, Outcome.NOT_SAFE, Outcome.SILENT, Outcome.PRANK])
def test_what_ends_the_matter_says_why(outcome: Outcome) -> None:
    assert told(outcome).reason == outcome.value


def test_cut_off_rings_once_more_if_she_agreed() -> None:
    assert told(Outcome.CUT_OFF, agreed=True).window == (NOW, UNTIL)
    assert told(Outcome.CUT_OFF, agreed=True, nth=1).window == TOMORROW
    assert told(Outcome.CUT_OFF).window == TOMORROW


def test_busy_rings_once_more_while_the_window_lasts() -> None:
    assert told(Outcome.BUSY, nth=1).window == TOMORROW
    assert told(Outcome.BUSY, now=at(24, 20, 39)).window == (at(24, 20, 59), UNTIL)
    assert told(Outcome.BUSY, now=at(24, 20, 40)).window == TOMORROW


def test_switched_off_tries_another_kind_if_she_gave_one() -> None:
    after = told(Outcome.SWITCHED_OFF, whens=(When("evening"), When("noon")))
    assert (after.when, after.window) == (When("noon"), (at(25, 12), at(25, 13)))


def test_someone_else_waits_a_day() -> None:
    window = told(Outcome.SOMEONE_ELSE, now=at(24, 20, 50), whens=EVENING).window
    assert window == (at(25, 20, 50), at(25, 21))
    window = told(Outcome.SOMEONE_ELSE, now=at(24, 21, 5)).window
    assert window == (at(26, 18), at(26, 21))


def test_the_next_window_is_two_hours_off() -> None:
    after = told(Outcome.NO_ANSWER, now=at(24, 8, 55), whens=(When("morning"),), until=at(24, 9))
    assert after.window == (at(25, 8), at(25, 9))
    late = told(Outcome.NO_ANSWER, now=at(25, 8, 5), whens=(When("morning"),), until=at(24, 9))
    assert late.window == (at(26, 8), at(26, 9))  # written down a day late: 8:05 and 2 h is past 9


@pytest.mark.parametrize(
    "outcome", [one for one in Outcome if RULES[one].counts and one is not Outcome.REACHED]
)
def test_the_third_attempt_is_the_last(outcome: Outcome) -> None:
    assert told(outcome, tries=MOST_ATTEMPTS - 2).event is CallbackEvent.MISSED
    last = told(outcome, tries=MOST_ATTEMPTS - 1, agreed=True)
    assert (last.event, last.tries, last.reason, last.window) == (CallbackEvent.RUN_OUT, 3, "attempts", None)


def test_a_time_she_names_holds_inside_safe_hours() -> None:
    assert told(Outcome.ASKED_LATER, named=at(24, 20)).window == (at(24, 20), UNTIL)
    assert told(Outcome.ASKED_LATER, named=at(25, 19, 30)).window == (at(25, 19, 30), at(25, 21))
    assert told(Outcome.ASKED_LATER, named=at(25, 23)).window == (at(26, 18), at(26, 21))
    assert told(Outcome.ASKED_LATER, named=at(24, 18)).window == TOMORROW  # that is past: not a time to come
    assert told(Outcome.ASKED_LATER, tries=2, named=at(25, 19)).tries == 2


def test_now_has_no_next_window_but_a_time_she_names() -> None:
    now = (When.NOW,)
    until = at(24, 18, 30)
    assert told(Outcome.NO_ANSWER, whens=now, until=until).window == (until, until)
    assert told(Outcome.BUSY, whens=now, until=at(24, 18, 35)).window == (at(24, 18, 30), at(24, 18, 35))
    assert told(Outcome.BUSY, whens=now, until=until).window == (until, until)
    assert told(Outcome.ASKED_LATER, whens=now, until=until).window == (until, until)
    assert told(Outcome.ASKED_LATER, whens=now, until=until, named=at(24, 20, 45)).window == (
        at(24, 20, 45),
        UNTIL,
    )


@settings(max_examples=count_examples(100), deadline=None)
@given(
    outcome=st.sampled_from(list(Outcome)),
    tries=st.integers(0, 2),
    nth=st.integers(0, 1),
    agreed=st.booleans(),
    minute=st.integers(0, 179),
    named=st.none() | st.integers(-300, 5_000),
)
def test_her_phone_is_only_planned_inside_her_window(
    outcome: Outcome, tries: int, nth: int, agreed: bool, minute: int, named: int | None
) -> None:
    now = at(24, 18) + timedelta(minutes=minute)
    after = told(
        outcome, now=now, agreed=agreed, tries=tries, nth=nth,
        named=None if named is None else now + timedelta(minutes=named),
    )  # fmt: skip
    assert after.tries <= MOST_ATTEMPTS
    assert (after.window is not None) == (after.event is CallbackEvent.MISSED)
    if after.window is not None:
        start, end = (instant.astimezone(ZoneInfo(ZONE)) for instant in after.window)
        assert start >= now
        assert 18 <= start.hour < 21
        assert (end.hour, end.minute, end.date()) == (21, 0, start.date())


@pytest.mark.parametrize("agreed", [False, True])
@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.CUT_OFF, Outcome.NO_ANSWER, Outcome.ASKED_LATER])
def test_an_outcome_that_is_told_outside_her_window_waits_for_it(outcome: Outcome, agreed: bool) -> None:
    """A late outcome, or a supervisor's call outside her window: the window that the request has is not open."""
    after = told(outcome, now=at(24, 9), agreed=agreed, since=at(24, 18))
    assert after.window == (at(24, 18), at(24, 21))


@given(
    st.sampled_from([each for each in Outcome if RULES[each].counts and each is not Outcome.REACHED]),
    st.integers(0, 3 * 24 * 60),
    st.integers(0, 2),
    st.integers(0, 1),
    st.booleans(),
)
def test_what_follows_lies_in_an_evening(
    outcome: Outcome, minute: int, ahead: int, nth: int, agreed: bool
) -> None:
    """Whatever window the request has when an outcome is told, no phone rings outside her evenings."""
    now = at(24, 0) + timedelta(minutes=minute)
    day = 24 + ahead + minute // (24 * 60)
    after = told(outcome, now=now, agreed=agreed, nth=nth, since=at(day, 18), until=at(day, 21))
    assert after.window is not None
    start, end = (each.astimezone(ZoneInfo(ZONE)) for each in after.window)
    assert start.date() == end.date()
    assert 18 <= start.hour < 21
    assert (end.hour, end.minute) == (21, 0)
    assert after.window[0] >= now
