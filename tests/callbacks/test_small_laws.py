"""Order of the line, spacing of rings, codes, who is fit to call, when a supervisor is told."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.callbacks import codes, escalation
from gateway.callbacks.model import State
from gateway.callbacks.order import DANGER, NORMAL, Place, key, worth_handing_out
from gateway.callbacks.routing import Needs, Offers, fit_or_all, fits, spoken
from gateway.callbacks.spacing import Allowed, NotYet, Past, may_ring, rested

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
H = timedelta(hours=1)
M = timedelta(minutes=1)


def place(
    name: str, *, priority: int = NORMAL, due: float = -1, until: float = 1, asked: float = -5
) -> Place:
    return Place(
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
    assert [one.id for one in sorted(line, key=lambda one: key(one, NOW))] == [
        "danger now",
        "danger, later",
        "closes soon, asked early",
        "closes soon, asked late",
        "closes last",
        "later, soon",
        "later, far",
    ]


def test_nobody_is_handed_a_window_that_is_about_to_close() -> None:
    assert worth_handing_out(place("x", until=1), NOW)
    assert worth_handing_out(place("x", until=10 / 60), NOW)
    assert not worth_handing_out(place("x", until=9 / 60), NOW)
    assert not worth_handing_out(place("x", due=1, until=3), NOW)


def past(started: float, *, window: float | None = None, nth: int = 0, outcome: str = "no_answer") -> Past:
    start = NOW + started * H
    return Past(
        started_at=start, window_from=start if window is None else NOW + window * H, nth=nth, outcome=outcome
    )


@pytest.mark.parametrize(
    ("earlier", "answer"),
    [
        ([], Allowed()),
        ([past(-3)], Allowed()),
        ([past(-2)], Allowed()),
        ([past(-1.5)], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="busy")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="unclear")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="")], NotYet(until=NOW + 0.5 * H)),
        ([past(-1.5, outcome="asked_later")], Allowed()),
        ([past(-23, outcome="someone_else")], NotYet(until=NOW + H)),
        ([past(-24, outcome="someone_else")], Allowed()),
        ([past(-5, window=0)], NotYet()),
        ([past(-1, window=0, outcome="busy")], Allowed(nth=1)),
        ([past(-1, window=0, outcome="cut_off")], Allowed(nth=1)),
        ([past(-1, window=0, outcome="asked_later")], Allowed(nth=1)),
        ([past(-1, window=0, outcome="reached")], NotYet()),
        ([past(-1, window=0, outcome="unclear")], NotYet()),
        ([past(-2, window=0, outcome="busy"), past(-1, window=0, nth=1, outcome="busy")], NotYet()),
    ],
)
def test_how_often_a_number_may_ring(earlier: list[Past], answer: object) -> None:
    assert may_ring(earlier, NOW, NOW) == answer


def test_one_who_agreed_is_rung_once_more() -> None:
    reached = past(-1, window=0, outcome="reached")
    assert may_ring([reached], NOW, NOW, agreed=True) == Allowed(nth=1)
    assert (
        may_ring([reached, past(-0.5, window=0, nth=1, outcome="cut_off")], NOW, NOW, agreed=True) == NotYet()
    )


def test_a_number_rests() -> None:
    assert rested([]) is None
    assert rested([past(-1), past(-4)]) == NOW + H
    assert rested([past(-1), past(-4, outcome="someone_else")]) == NOW + 20 * H
    assert rested([past(-1, outcome="asked_later")]) is None


@pytest.mark.parametrize(
    "code", ["0000", "9999", "0123", "1234", "6789", "7890", "3210", "9876", "4321", "0987"]
)
def test_simple_codes_are_passed_over(code: str) -> None:
    assert codes.is_simple(code)
    assert codes.pick([code, "4821"], last_four="0000", taken=()) == "4821"


@pytest.mark.parametrize("code", ["4821", "1235", "1122", "0101", "2468"])
def test_others_are_not(code: str) -> None:
    assert not codes.is_simple(code)


def test_a_code_is_not_the_end_of_her_number_nor_taken() -> None:
    tried = ["5551", "7730", "4821", "1093"]
    assert codes.pick(tried, last_four="5551", taken={"7730", "4821"}) == "1093"
    assert codes.pick(tried, last_four="5551", taken=set(tried)) is None


@given(st.lists(st.from_regex(r"[0-9]{4}", fullmatch=True), max_size=16), st.sets(st.just("4821")))
def test_picking_is_the_same_every_time(tried: list[str], taken: set[str]) -> None:
    first = codes.pick(tried, last_four="1111", taken=taken)
    assert first == codes.pick(tried, last_four="1111", taken=taken)
    assert first is None or (first in tried and first not in taken and not codes.is_simple(first))


def test_who_is_fit() -> None:
    lao = Needs(language="lo-Latn")
    assert fits(lao, Offers(languages=("lo", "en")))
    assert fits(lao, Offers())
    assert not fits(lao, Offers(languages=("th",)))
    woman = Needs(language="lo", wants_woman=True)
    assert fits(woman, Offers(languages=("lo",), gender="woman"))
    assert not fits(woman, Offers(languages=("lo",), gender="man"))
    assert not fits(woman, Offers(languages=("lo",)))
    assert spoken("lo-Latn") == "lo"


def test_where_nobody_is_fit_everybody_is_told() -> None:
    thai, lao = ("thai", Offers(languages=("th",))), ("lao", Offers(languages=("lo",)))
    assert fit_or_all(Needs(language="lo"), [thai, lao]) == ("lao",)
    assert fit_or_all(Needs(language="en"), [thai, lao]) == ("thai", "lao")
    assert fit_or_all(Needs(language="en"), []) == ()


@pytest.mark.parametrize(
    ("state", "danger", "due", "told"),
    [
        (State.REVIEW, False, None, 30 * M),
        (State.REVIEW, True, None, 10 * M),
        (State.WAITING, True, NOW - H, 10 * M),
        (State.WAITING, True, NOW + H, H + 10 * M),
        (State.WAITING, True, None, None),
        (State.WAITING, False, NOW - H, None),
        (State.CALLING, True, NOW, None),
        (State.CLAIMED, True, NOW, None),
    ],
)
def test_when_a_supervisor_is_told(
    state: State, danger: bool, due: datetime | None, told: timedelta | None
) -> None:
    when = escalation.first(state, danger=danger, due_at=due, now=NOW)
    assert when == (None if told is None else NOW + told)
