"""How the menu is used: each number against a count by hand, and nothing small out of all tables together."""

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.staff.people import OWNER
from gateway.operations.reporting.activity import (
    SPLITS,
    TENS,
    MonthCounts,
    Waits,
    find_waits,
    hide_month_cells,
    join_months,
    read_usage,
)
from gateway.storage import reports
from gateway.storage.reports import SESSIONS, Figure
from tests.support.actors import actor
from tests.support.examples import count_examples
from tests.support.outbox_rig import made_parts
from tests.support.sql_counting import count_sql

BOSS = actor(Role.SUPERVISOR)


@pytest.fixture
def parts(store, clock, tmp_path):
    return made_parts(store, clock, tmp_path)


def add(parts, *rows):
    with parts.store.write() as tx:
        for day, hour, channel, language, what, item, n in rows:
            reports.add_count(tx, date.fromisoformat(day), hour, channel, language, "v", what, item, n=n)


def generate_days(first, days):
    """Sessions and pages of many days, uneven by day, hour, channel and language, and some cells small."""
    for at in range(days):
        day = first + timedelta(days=at)
        for n, (channel, language) in enumerate((("ussd", "lo"), ("ussd", "th"), ("other", "lo"))):
            hour, many = (at * 5 + n * 7) % 24, (at * 13 + n * 29) % 40
            yield day, hour, channel, language, SESSIONS, "", many
            yield day, hour, channel, language, "shown", "main", many + 3
            yield day, hour, channel, language, "answered", "main/1", many // 2
            yield day, hour, channel, language, "answered", "main", many // 8
            yield day, hour, channel, language, "shown", "bye", many // 3
            yield day, hour, channel, language, "finished", "bye", many // 3


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [("2026-10", "2026-10-01", "2026-10-31"), ("2026-Q4", "2026-10-01", "2026-12-31"), ("2026-H2", "2026-07-01", "2026-12-31")],
)  # fmt: skip
def test_a_generated_half_year_agrees_with_a_count_by_hand(parts, written, first, last):
    rows = list(generate_days(date(2026, 6, 20), 200))
    with parts.store.write() as tx:
        counts = {
            (day, hour, channel, language, "v", what, item): n
            for day, hour, channel, language, what, item, n in rows
        }
        reports.add_counts(tx, counts)  # fmt: skip
    rows = [row for row in rows if date.fromisoformat(first) <= row[0] <= date.fromisoformat(last)]
    by_hand = Counter()
    for day, hour, channel, language, what, item, n in rows:
        if what == SESSIONS:
            by = "day" if written == "2026-10" else "month"
            by_hand[by, day.isoformat()[: 10 if by == "day" else 7]] += n
            by_hand["hour", f"{hour:02}"] += n
            by_hand["channel", channel] += n
            by_hand["language", language] += n
        elif what == "shown":
            by_hand["left", item] += n
            by_hand["left", item, language] += n
        else:
            by_hand["left", item.partition("/")[0]] -= n
            by_hand["left", item.partition("/")[0], language] -= n
    exact = read_usage(parts, BOSS, written, exact=True)
    found = {(table.by, word): n for table in exact.tables for word, n in table.rows}
    assert found == {key: n for key, n in by_hand.items() if key[0] != "left" and n}
    for flow in exact.screens:
        assert flow.left == by_hand["left", flow.screen]
        assert {one: left for one, (_shown, left) in flow.languages.items()} == {
            key[2]: n for key, n in by_hand.items() if key[:2] == ("left", flow.screen) and len(key) == 3
        }
    outside = read_usage(parts, OWNER, written)
    for table in outside.tables:
        for word, n in table.rows:
            assert n is None or n == by_hand[table.by, word] >= 5
    for flow in outside.screens:
        whole = next(one for one in exact.screens if one.screen == flow.screen)
        assert flow.left is None or (flow.left % TENS == 0 and abs(flow.left - whole.left) <= 6 * TENS / 2)


def test_who_may_read_exact_numbers_sees_those_who_asked_anyway(parts):
    add(parts, ("2026-11-05", 9, "ussd", "lo", SESSIONS, "", 3))
    assert read_usage(parts, BOSS, "2026-11", exact=True).sessions == 3
    assert read_usage(parts, BOSS, "2026-11").sessions is None
    for role in set(Role) - {Role.SUPERVISOR}:
        with pytest.raises(NotPermitted):
            read_usage(parts, actor(role), "2026-11", exact=True)


def test_a_month_in_which_only_pages_were_counted_does_not_say_that_everybody_left(parts):
    add(
        parts,
        ("2026-10-05", 9, "ussd", "lo", "shown", "main", 900),
        ("2026-11-05", 9, "ussd", "lo", "shown", "main", 700),
        ("2026-11-10", 9, "ussd", "lo", "shown", "main", 60),
        ("2026-11-10", 9, "ussd", "lo", "answered", "main/1", 50),
        ("2026-11-11", 9, "ussd", "lo", "shown", "main", 90),
        ("2026-11-11", 9, "ussd", "lo", "answered", "main/1", 60),
    )
    assert read_usage(parts, OWNER, "2026-10").screens == ()
    (main,) = read_usage(parts, OWNER, "2026-11").screens
    assert (main.shown, main.left, dict(main.answered)) == (90, 30, {"1": 60})


def test_a_session_belongs_to_the_day_and_hour_of_the_line_and_to_one_month(parts, clock):
    for at in ("2026-10-31T23:59:59", "2026-11-01T00:00:00", "2026-11-30T23:59:59", "2026-12-01T00:00:00"):
        clock.set(f"{at}+07:00")
        parts.count.add(SESSIONS, channel="ussd", language="lo", n=5)
    parts.count.flush(parts.store)
    tables = {table.by: table.rows for table in read_usage(parts, OWNER, "2026-11").tables}
    assert tables["day"] == (("2026-11-01", 5), ("2026-11-30", 5))
    assert tables["hour"] == (("00", 5), ("23", 5))


def waits(**steps):
    return [
        Figure(day=date(2026, 11, 1), channel="", language="", version="", what="first_call", item=step, n=n)
        for step, n in steps.items()
    ]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        ({}, Waits()),
        ({"m15": 4}, Waits()),
        ({"m15": 5}, Waits(half=15, ninety=15)),
        ({"m15": 4, "m60": 5, "more": 1}, Waits(half=60, ninety=60)),
        ({"m15": 4, "more": 6}, Waits()),
        ({"m120": 50, "m2880": 50}, Waits(half=120, ninety=2880)),
    ],
)
def test_the_waits_of_a_period_come_out_of_their_steps(steps, found):
    assert find_waits(waits(**steps)) == found


# What is hidden cannot be worked out: every month of sessions that fits what is shown has another small cell.

few = st.integers(0, 9)


@settings(max_examples=count_examples(150), deadline=None)
@given(st.fixed_dictionaries({by: st.lists(few, min_size=1, max_size=3) for by in SPLITS}), few)
@example({"day": [9, 3], "hour": [12], "channel": [6, 6], "language": [12]}, 0)
@example({"day": [5, 1], "hour": [3, 3], "channel": [6], "language": [1, 5]}, 0)
def test_no_table_of_sessions_gives_a_small_cell_of_another_away(split, more):
    total = max(map(sum, split.values())) + more
    sessions = {}
    for by, found in split.items():
        filled = [*found[:-1], found[-1] + total - sum(found)]
        sessions[by] = {f"{at:02}": n for at, n in enumerate(filled) if n}
    cells = hide_month_cells(MonthCounts(month="2026-11", sessions=sessions))
    for (name, *_rest), (n, is_shown) in cells.items():
        assert not is_shown or n >= 5, name
    for by in SPLITS:
        hidden = [n for name, (n, is_shown) in cells.items() if name[0] == by and not is_shown]
        assert len(hidden) != 1 or total < 5, "the total of another table would tell it"
        assert not hidden or sum(hidden) >= 5 or total < 5


counts_of_a_screen = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=3
)


@settings(max_examples=count_examples(150), deadline=None)
@given(counts_of_a_screen)
@example([(20, 18, 0)])
@example([(20, 2, 0), (9, 9, 9)])
@example([(18, 4, 0)])
def test_what_is_shown_of_a_screen_leaves_small_numbers_open(languages):
    pages = {"shown": {}, "answered": {}, "finished": {}}
    keys = Counter()
    for at, (shown, answered, ended) in enumerate(languages):
        of = f"l{at}"
        pages["shown"][of] = shown
        pages["answered"][of] = min(shown, answered)
        pages["finished"][of] = min(shown - pages["answered"][of], ended)
        keys["1"] += pages["answered"][of]
    counts = MonthCounts(month="2026-11", sessions={}, pages={"main": pages}, keys={"main": keys})
    cells = hide_month_cells(counts)
    exact = hide_month_cells(counts, exact=True)
    for name, (n, is_shown) in cells.items():
        true = exact[name][0]
        assert not is_shown or true == 0 or true >= 5, name
        if name[0] == "shown":
            assert n == true
            continue
        assert not is_shown or (n % TENS == 0 and abs(n - true) <= TENS / 2), name
    for of in pages["shown"]:  # pages less those who left are those who went on
        left, on = (
            exact.get(("left", "main", of), (0, True))[0],
            pages["answered"][of] + pages["finished"][of],
        )
        if 0 < on < 5 and ("left", "main", of) in cells and cells["shown", "main", of][1]:
            assert not cells["left", "main", of][1], (left, on)


def test_a_longer_report_only_adds_up_what_its_months_show():
    def month(name, **days):
        return hide_month_cells(MonthCounts(month=name, sessions={"day": {}, "channel": days}))

    cells = join_months([month("2026-10", a=9, b=7), month("2026-11", a=8, b=2, c=6), month("2026-12", a=5)])
    assert cells["channel", "a"] == (22, True)
    assert cells["channel", "b"][1] is False
    assert cells["sessions",] == (37, True)


def test_a_report_reads_sums_of_months_whatever_lies_in_the_days(parts):
    """As many statements for a year of days as for one day, and per month no more than four."""
    add(
        parts,
        ("2026-01-01", 9, "ussd", "lo", SESSIONS, "", 30),
        ("2026-01-01", 9, "ussd", "lo", "shown", "main", 30),
        ("2026-01-01", 9, "ussd", "lo", "answered", "main/1", 30),
    )
    with count_sql() as few_rows:
        read_usage(parts, OWNER, "2026-11")
    with parts.store.write() as tx:
        reports.add_counts(
            tx, {(day, hour, channel, language, "v", what, item): n
                 for day, hour, channel, language, what, item, n in generate_days(date(2026, 1, 1), 330)}
        )  # fmt: skip
    with count_sql() as many_rows:
        read_usage(parts, OWNER, "2026-11")
    assert len(many_rows.statements) == len(few_rows.statements) <= 7
