"""A page says for how long it holds: no value of it changes before, by any time and opening."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.foundation.display_values import DisplayValues
from gateway.menus.engine.model import Menu
from gateway.menus.engine.serialization import load_menu
from gateway.menus.engine.session import Session
from gateway.menus.engine.wording import find_current_values, find_span
from tests.support.house import sample

_ZONES = ("Asia/Vientiane", "UTC", "America/New_York", "Pacific/Apia", "Asia/Kathmandu")
_NOW = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))


@cache
def _menu() -> Menu:
    return load_menu(sample())


@given(
    now=_NOW,
    zone=st.sampled_from(_ZONES),
    opens_in=st.one_of(st.none(), st.integers(0, 15 * 24 * 60), st.just(7 * 24 * 60)),
    part=st.floats(0, 1, exclude_max=True),
)
@settings(deadline=None)
def test_the_values_stay_within_the_span(now: datetime, zone: str, opens_in: int | None, part: float) -> None:
    menu = _menu()
    opens = "" if opens_in is None else (now + timedelta(minutes=opens_in)).isoformat()
    session = Session(screen=menu.home, language="en", script="en", opens=opens)
    since, until = find_span(session, zone, now)
    later = min(since + (until - since) * part, until - timedelta(microseconds=1))
    line = DisplayValues(zone=zone, values={})
    facts = list(menu.facts)[:5]
    assert since == now < until
    assert find_current_values(menu, session, line, now, facts) == find_current_values(
        menu, session, line, later, facts
    )


def test_it_ends_with_the_day_of_the_line_and_where_an_opening_comes_within_a_week() -> None:
    now = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)  # 23:00 in Vientiane
    session = Session(screen="main")
    midnight = datetime(2026, 11, 25, tzinfo=ZoneInfo("Asia/Vientiane"))
    assert find_span(session, "Asia/Vientiane", now) == (now, midnight)
    soon = session.copy_with(opens=(now + timedelta(days=7, minutes=30)).isoformat())
    assert find_span(soon, "Asia/Vientiane", now)[1] == now + timedelta(minutes=30, microseconds=1)
