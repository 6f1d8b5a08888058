"""Which window a request is planned for, with the calls that its number has had."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.callbacks.outcomes import Past
from gateway.domain.callbacks.windows import find_natural_start
from gateway.domain.contact_safety import When
from gateway.helpdesk.requests.planning import find_window_start, plan_on, plan_window
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import Desk
from tests.support.examples import count_examples

NOW = at(24, 14, 5)


def past(started: datetime, window: datetime, outcome: str = "no_answer", nth: int = 0) -> Past:
    return Past(started_at=started, window_from=window, nth=nth, outcome=outcome)


@pytest.mark.parametrize(
    ("when", "now", "earlier", "window"),
    [
        (When("evening"), NOW, [], (at(24, 18), at(24, 21))),
        (When("evening"), at(24, 19), [past(at(24, 18), at(24, 18))], (at(25, 18), at(25, 21))),
        (When("evening"), at(24, 19), [past(at(24, 17, 30), at(24, 17, 30))], (at(24, 19, 30), at(24, 21))),
        (
            When("evening"),
            at(24, 19),
            [past(at(24, 18), at(24, 18), "someone_else")],
            (at(25, 18), at(25, 21)),
        ),
        (
            When("evening"),
            at(24, 20),
            [past(at(24, 19), at(24, 18), "someone_else")],
            (at(25, 19), at(25, 21)),
        ),
        (When("noon"), at(24, 19), [past(at(24, 18), at(24, 18))], (at(25, 12), at(25, 13))),
        (When("noon"), at(24, 12, 5), [past(at(24, 11), at(24, 11))], (at(25, 12), at(25, 13))),
        (When.NOW, NOW, [], (NOW, at(24, 14, 35))),
        (When.NOW, NOW, [past(at(24, 13), at(24, 13))], None),
        (When.NOW, NOW, [past(at(24, 13), at(24, 13), "asked_later")], (NOW, at(24, 14, 35))),
        (When.NOW, NOW, [past(at(24, 12, 5), at(24, 12, 5))], (NOW, at(24, 14, 35))),
        (When.NEVER, NOW, [], None),
    ],
)
def test_the_plan(light: Desk, when: When, now: datetime, earlier: list[Past], window: object) -> None:
    assert plan_window(light.parts, when, earlier, now) == window


def test_a_request_always_gets_a_next_window(light: Desk) -> None:
    callback = light.callback(light.requested(when="evening"))
    closed = light.with_hours(mon=["03:00-04:00"])
    assert plan_on(closed.parts, callback, [], NOW) == (at(24, 18), at(24, 21))
    assert plan_on(light.parts, callback, [past(at(24, 18), at(24, 18))], at(24, 21)) == (
        at(25, 18),
        at(25, 21),
    )


def test_attempts_of_one_window_share_an_instant_however_it_was_planned(light: Desk) -> None:
    callback = light.callback(light.requested(when="evening"))
    later = replace(callback, due_at=at(24, 20, 30))
    assert find_window_start(light.parts, callback) == find_window_start(light.parts, later) == at(24, 18)
    now = light.callback(light.requested("+8562055500001", when="now"))
    assert find_window_start(light.parts, now) == now.last_asked_at
    assert (
        find_window_start(light.parts, replace(now, due_at=now.last_asked_at + timedelta(minutes=20))) == NOW
    )


@settings(
    max_examples=count_examples(80),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    when=st.sampled_from([When("morning"), When("noon"), When("evening"), When("sunday"), When.NOW]),
    now=st.integers(0, 7 * 24 * 60),
    ago=st.lists(
        st.tuples(st.integers(0, 3_000), st.sampled_from(["no_answer", "busy", "someone_else", ""])),
        max_size=4,
    ),
)
def test_no_plan_breaks_a_rest_or_takes_a_window_twice(
    light: Desk, when: When, now: int, ago: list[tuple[int, str]]
) -> None:
    moment = NOW + timedelta(minutes=now)
    zone = light.parts.line.zone
    earlier = []
    for minutes, outcome in ago:
        started = moment - timedelta(minutes=minutes)
        earlier.append(past(started, find_natural_start(when, zone, started) or started, outcome))
    window = plan_window(light.parts, when, earlier, moment)
    if window is None:
        assert when is When.NOW
        return
    start, end = window
    assert moment <= start < end
    for one in earlier:
        rest = timedelta(hours=24 if one.outcome == "someone_else" else 2)
        assert start >= one.started_at + rest
        assert find_natural_start(when, zone, start) != one.window_from
