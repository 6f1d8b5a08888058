"""Order of the line, spacing of rings, codes, who is fit to call, when a supervisor is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.callbacks import queue_rules
from gateway.domain.callbacks.outcomes import AttemptAllowed, NotYet, Past, find_rest_end, may_ring
from gateway.domain.callbacks.queue_rules import (
    DANGER,
    NORMAL,
    Needs,
    Offers,
    QueuePlace,
    can_call,
    find_spoken_language,
    fit_or_all,
    is_worth_handing_out,
    sort_key,
)
from gateway.domain.callbacks.states import CallbackState

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
H = timedelta(hours=1)
M = timedelta(minutes=1)


def place(
    name: str, *, priority: int = NORMAL, due: float = -1, until: float = 1, asked: float = -5
) -> QueuePlace:
    return QueuePlace(
        priority=priority, due_at=NOW + due * H, due_until=NOW + until * H, asked_at=NOW + asked * H, id=name
    )


def test_danger_then_what_closes_first_then_the_place() -> None:
    line = [
        place("danger, later", priority=DANGER, due=3, until=5),
        place("closes last", until=4),
        place("closes soon, asked late", until=1, asked=-2),
        place("closes soon, asked early", until=1, asked=-9),
        place("later, soon", due=1, until=3),
        place("later, far", due=8, until=9, asked=-99),
        place("danger now", priority=DANGER),
    ]
    assert [one.id for one in sorted(line, key=lambda one: sort_key(one, NOW))] == [
        "danger now",
        "danger, later",
        "closes soon, asked early",
        "closes soon, asked late",
        "closes last",
        "later, soon",
        "later, far",
    ]


def test_nobody_is_handed_a_window_that_is_about_to_close() -> None:
    assert is_worth_handing_out(place("x", until=1), NOW)
    assert is_worth_handing_out(place("x", until=10 / 60), NOW)
    assert not is_worth_handing_out(place("x", until=9 / 60), NOW)
    assert not is_worth_handing_out(place("x", due=1, until=3), NOW)


def past(started: float, *, window: float | None = None, nth: int = 0, outcome: str = "no_answer") -> Past:
    start = NOW + started * H
    return Past(
        started_at=start, window_from=start if window is None else NOW + window * H, nth=nth, outcome=outcome
    )


@pytest.mark.parametrize(
    ("earlier", "answer"),
    [
        ([], AttemptAllowed()),
        ([past(-3)], AttemptAllowed()),
        ([past(-2)], AttemptAllowed()),
        ([past(-1.5)], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="busy")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="unclear")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="asked_later")], AttemptAllowed()),
        ([past(-23, outcome="someone_else")], NotYet(until=NOW + H)),
        ([past(-24, outcome="someone_else")], AttemptAllowed()),
        ([past(-5, window=0)], NotYet()),
        ([past(-1, window=0, outcome="busy")], AttemptAllowed(nth=1)),
        ([past(-1, window=0, outcome="cut_off")], AttemptAllowed(nth=1)),
        ([past(-1, window=0, outcome="asked_later")], AttemptAllowed(nth=1)),
        ([past(-1, window=0, outcome="reached")], NotYet()),
        ([past(-1, window=0, outcome="unclear")], NotYet()),
        ([past(-2, window=0, outcome="busy"), past(-1, window=0, nth=1, outcome="busy")], NotYet()),
    ],
)
def test_how_often_a_number_may_ring(earlier: list[Past], answer: object) -> None:
    assert may_ring(earlier, NOW, NOW) == answer


def test_one_who_agreed_is_rung_once_more() -> None:
    reached = past(-1, window=0, outcome="reached")
    assert may_ring([reached], NOW, NOW, agreed=True) == AttemptAllowed(nth=1)
    assert (
        may_ring([reached, past(-0.5, window=0, nth=1, outcome="cut_off")], NOW, NOW, agreed=True) == NotYet()
    )


def test_a_number_rests() -> None:
    assert find_rest_end([]) is None
    assert find_rest_end([past(-1), past(-4)]) == NOW + H
    assert find_rest_end([past(-1), past(-4, outcome="someone_else")]) == NOW + 20 * H
    assert find_rest_end([past(-1, outcome="asked_later")]) is None


@pytest.mark.parametrize(
    "code", ["0000", "9999", "0123", "1234", "6789", "7890", "3210", "9876", "4321", "0987"]
)
def test_simple_codes_are_passed_over(code: str) -> None:
    assert queue_rules.is_simple(code)
    assert queue_rules.pick_code([code, "4821"], last_four="0000", taken=()) == "4821"


@pytest.mark.parametrize("code", ["4821", "1235", "1122", "0101", "2468"])
def test_others_are_not(code: str) -> None:
    assert not queue_rules.is_simple(code)


def test_a_code_is_not_the_end_of_her_number_nor_taken() -> None:
    tried = ["5551", "7730", "4821", "1093"]
    assert queue_rules.pick_code(tried, last_four="5551", taken={"7730", "4821"}) == "1093"
    assert queue_rules.pick_code(tried, last_four="5551", taken=set(tried)) is None


@given(st.lists(st.from_regex(r"[0-9]{4}", fullmatch=True), max_size=16), st.sets(st.just("4821")))
def test_picking_is_the_same_every_time(tried: list[str], taken: set[str]) -> None:
    first = queue_rules.pick_code(tried, last_four="1111", taken=taken)
    assert first == queue_rules.pick_code(tried, last_four="1111", taken=taken)
    assert first is None or (first in tried and first not in taken and not queue_rules.is_simple(first))


def test_who_is_fit() -> None:
    lao = Needs(language="lo-Latn")
    assert can_call(lao, Offers(languages=("lo", "en")))
    assert can_call(lao, Offers())
    assert not can_call(lao, Offers(languages=("th",)))
    woman = Needs(language="lo", wants_woman=True)
    assert can_call(woman, Offers(languages=("lo",), gender="woman"))
    assert not can_call(woman, Offers(languages=("lo",), gender="man"))
    assert not can_call(woman, Offers(languages=("lo",)))
    assert find_spoken_language("lo-Latn") == "lo"


def test_where_nobody_is_fit_everybody_is_told() -> None:
    thai, lao = ("thai", Offers(languages=("th",))), ("lao", Offers(languages=("lo",)))
    assert fit_or_all(Needs(language="lo"), [thai, lao]) == ("lao",)
    assert fit_or_all(Needs(language="en"), [thai, lao]) == ("thai", "lao")
    assert fit_or_all(Needs(language="en"), []) == ()


@pytest.mark.parametrize(
    ("state", "danger", "due", "told"),
    [
        (CallbackState.REVIEW, False, None, 30 * M),
        (CallbackState.REVIEW, True, None, 10 * M),
        (CallbackState.WAITING, True, NOW - H, 10 * M),
        (CallbackState.WAITING, True, NOW + H, H + 10 * M),
        (CallbackState.WAITING, True, None, None),
        (CallbackState.WAITING, False, NOW - H, None),
        (CallbackState.CALLING, True, NOW, None),
        (CallbackState.CLAIMED, True, NOW, None),
    ],
)
def test_when_a_supervisor_is_told(
    state: CallbackState, danger: bool, due: datetime | None, told: timedelta | None
) -> None:
    when = queue_rules.plan_first_alert(state, danger=danger, due_at=due, now=NOW)
    assert when == (None if told is None else NOW + told)
