"""The line as people see it: tabs, order, counts, stamp, who sees how much, and no number anywhere."""

import json
from dataclasses import replace

import pytest

from gateway.domain.callbacks.queue_rules import QueuePlace, sort_key
from gateway.domain.permissions import NotPermitted, Role
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue import claim, search
from gateway.helpdesk.queue import outcome as queue_outcome
from gateway.helpdesk.queue import queue as lists
from gateway.helpdesk.staff.two_factor import NotFresh
from tests.helpdesk.requests.test_accept import at
from tests.support.desk_rig import HER, OTHER, Desk


def number(n: int) -> str:
    return f"+856205550{n:04}"


@pytest.fixture
def busy(line: Desk) -> dict[str, str]:
    """A line at 18:30 with something of everything."""
    asks = {
        "danger, later": ("sunday", "yes"),
        "evening": ("evening", "no"),
        "evening too": ("evening", "no"),
        "tomorrow": ("morning", "no"),
        "sunday": ("sunday", "no"),
        "held": ("evening", "no"),
        "wrong": ("evening", "no"),
        "reached": ("evening", "no"),
    }
    made = {}
    for n, (name, (when, danger)) in enumerate(asks.items()):
        line.clock.forward(seconds=1)
        made[name] = line.requested(number(n), when=when, danger=danger)
    line.clock.set("2026-11-24T18:30:00+07:00")
    made["now"] = line.requested(number(9), when="now")
    return made


@pytest.fixture
def people(line: Desk, busy: dict[str, str]):
    noy, dao, boss = line.person("Noy"), line.person("Dao"), line.person("Boss", Role.SUPERVISOR)
    claim.claim_callback(line.parts, noy, busy["held"])
    for which, outcome in (("wrong", "wrong_number"), ("reached", "reached")):
        line.calling(noy, busy[which])
        queue_outcome.record_outcome(line.parts, noy, callback_id=busy[which], outcome=outcome)
    return noy, dao, boss


def names(rows, busy: dict[str, str]) -> list[str]:
    by_id = {value: name for name, value in busy.items()}
    return [by_id[row.id] for row in rows]


def test_the_tabs(line: Desk, busy: dict[str, str], people) -> None:
    noy, dao, boss = people
    tabs = {tab: names(lists.show_queue(line.parts, noy, tab).rows, busy) for tab in lists.Tab}
    assert tabs["queue"] == ["danger, later", "now", "evening", "evening too", "held"]
    assert tabs["later"] == ["tomorrow", "sunday"]
    assert tabs["mine"] == ["held", "reached"]
    assert tabs["review"] == ["wrong"]
    assert tabs["closed"] == ["reached"]
    assert names(lists.show_queue(line.parts, dao, "closed").rows, busy) == []
    assert names(lists.show_queue(line.parts, boss, "closed").rows, busy) == ["reached"]
    counts = lists.show_queue(line.parts, noy).counts
    assert (counts.waiting, counts.due_now, counts.danger) == (6, 3, 1)
    assert (counts.mine, counts.later, counts.review) == (2, 2, 1)
    assert counts.oldest == line.callback(busy["danger, later"]).asked_at


def test_sql_orders_as_the_law_does(line: Desk, busy: dict[str, str]) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    rows = search.list_callbacks(line.parts, boss)
    places = [
        QueuePlace(
            priority=0 if row.priority == "danger" else 1,
            due_at=row.due_at,
            due_until=row.due_until,
            asked_at=row.asked_at,
            id=row.id,
        )
        for row in rows
    ]
    assert places == sorted(places, key=lambda place: sort_key(place, line.clock.now()))
    assert len(rows) == len(busy)


def test_a_row_says_what_may_be_seen_at_a_glance(light: Desk) -> None:
    noy, dao = light.person("Noy"), light.person("Dao")
    callback = light.requested(HER, when="now", phone_seen="sometimes", danger="yes", woman="yes")
    claim.claim_callback(light.parts, noy, callback)
    [mine] = lists.show_queue(light.parts, noy).rows
    [theirs] = lists.show_queue(light.parts, dao).rows
    assert (mine.phone, mine.priority, mine.claimed_by) == ("+856•••••345", "danger", "Noy")
    assert (mine.mine, theirs.mine, mine.due_now, mine.to_decide) == (True, False, True, False)
    assert (mine.wants_woman, mine.phone_seen, mine.sms_safe, mine.window) == (
        True,
        "sometimes",
        False,
        "now",
    )


def test_the_stamp_changes_when_something_looks_different(line: Desk) -> None:
    noy = line.person("Noy")
    seen = [lists.show_queue(line.parts, noy).stamp]
    assert lists.make_stamp(line.parts, noy) == seen[0]
    callback = line.requested(when="now")
    seen.append(lists.make_stamp(line.parts, noy))
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(seconds=1)
    claim.release_callback(line.parts, noy, callback)
    seen.append(lists.make_stamp(line.parts, noy))
    line.clock.forward(minutes=1)
    seen.append(lists.make_stamp(line.parts, noy))
    seen.append(lists.make_stamp(line.parts, noy, "mine"))
    assert len(set(seen)) == len(seen)
    claim.claim_callback(line.parts, noy, callback)
    before = lists.make_stamp(line.parts, noy)
    claim.renew_claim(line.parts, noy, callback)
    assert lists.make_stamp(line.parts, noy) == before


def test_one_callback_shows_her_words_and_what_happened(line: Desk) -> None:
    noy = line.person("Noy", number="+85620555900007")
    callback = line.requested(when="now", phone_seen="sometimes")
    line.clock.forward(minutes=1)
    claim.claim_callback(line.parts, noy, callback)
    line.clock.forward(minutes=1)
    call = attempts.begin_call(line.parts, noy, callback)
    queue_outcome.add_note(line.parts, noy, callback, "speaks softly")
    line.clock.forward(minutes=1)
    shown = lists.show_callback(line.parts, noy, callback)
    assert (shown.calling, shown.our_number) == ("Noy", "+85620555900007")
    queue_outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="no_answer", form=call.form)
    shown = lists.show_callback(line.parts, noy, callback)
    assert [(one.act, one.detail, one.who) for one in shown.history] == [
        ("asked", "", ""),
        ("claimed", "", "Noy"),
        ("reveal", "", "Noy"),
        ("outcome", "no_answer", "Noy"),
    ]
    assert [(one.who, one.text) for one in shown.notes] == [("Noy", "speaks softly")]
    assert shown.answers["phone_seen"] == "sometimes"
    assert shown.calling == ""
    assert shown.not_before is None  # her window is over for today


def test_of_somebody_elses_a_counsellor_sees_the_row_only(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    callback = light.requested()
    assert lists.show_callback(light.parts, dao, callback).answers
    claim.claim_callback(light.parts, noy, callback)
    theirs = lists.show_callback(light.parts, dao, callback)
    assert theirs.only_row
    assert (dict(theirs.answers), theirs.history, theirs.notes) == ({}, (), ())
    assert theirs.row.claimed_by == "Noy"
    assert lists.show_callback(light.parts, boss, callback).answers
    assert lists.show_callback(light.parts, noy, callback).answers


@pytest.mark.parametrize("role", [Role.ADMINISTRATOR, Role.READER])
def test_others_see_no_caller(light: Desk, role: Role) -> None:
    actor = light.person("Somebody", role)
    callback = light.requested()
    for look in (
        lambda: lists.show_queue(light.parts, actor),
        lambda: lists.make_stamp(light.parts, actor),
        lambda: lists.show_callback(light.parts, actor, callback),
        lambda: search.list_callbacks(light.parts, actor),
        lambda: search.export_callbacks(light.parts, actor),
    ):
        with pytest.raises(NotPermitted):
            look()


def test_a_counsellor_sees_no_export(light: Desk) -> None:
    with pytest.raises(NotPermitted):
        search.export_callbacks(light.parts, light.person("Noy"))
    boss = light.person("Boss", Role.SUPERVISOR)
    assert search.export_callbacks(light.parts, replace(boss, proved_at=light.clock.now())) == ()
    assert light.rows("SELECT act, subject FROM audit") == [("exported", "main")]


@pytest.mark.parametrize(
    ("minutes", "leaves"), [(None, False), (0, True), (9, True), (10, False), (90, False)]
)
def test_nothing_leaves_unless_it_was_shown_just_now_who_asks(
    light: Desk, minutes: int | None, leaves: bool
) -> None:
    proved_at = None if minutes is None else light.clock.now()
    boss = replace(light.person("Boss", Role.SUPERVISOR), proved_at=proved_at)
    light.clock.forward(minutes=minutes or 0)
    if leaves:
        assert search.export_callbacks(light.parts, boss) == ()
    else:
        with pytest.raises(NotFresh):
            search.export_callbacks(light.parts, boss)
    assert len(light.rows("SELECT act FROM audit")) == int(leaves)


def test_there_is_no_such_callback_or_tab(light: Desk) -> None:
    noy = light.person("Noy")
    with pytest.raises(NoSuchCallback):
        lists.show_callback(light.parts, noy, "none")
    with pytest.raises(ValueError):
        lists.show_queue(light.parts, noy, "everything")


def test_the_shape_for_other_programs(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR)
    callback = line.requested(HER, when="evening")
    [row] = search.list_callbacks(line.parts, boss)
    assert search.format_row(row) == {
        "id": callback,
        "code": line.callback(callback).code,
        "state": "waiting",
        "priority": "normal",
        "topic": "pay",
        "path": ["main", "pay"],
        "language": "lo",
        "script": "lo",
        "channel": "simulator",
        "asked_at": "2026-11-24T07:05:00Z",
        "due_at": "2026-11-24T11:00:00Z",
        "due_until": "2026-11-24T14:00:00Z",
        "attempts": 0,
        "claimed_by": None,
        "phone": "+856•••••345",
    }
    shown = search.format_callback(lists.show_callback(line.parts, boss, callback))
    assert shown["answers"]["when"] == "evening"
    assert shown["history"] == [{"at": "2026-11-24T07:05:00Z", "what": "asked", "who": None}]


def test_no_number_leaves_by_any_list(line: Desk, busy: dict[str, str], people) -> None:
    _, _, boss = people
    written = [search.format_row(row) for row in search.list_callbacks(line.parts, boss, closed=True)]
    written += [search.format_callback(lists.show_callback(line.parts, boss, one)) for one in busy.values()]
    words = json.dumps(written) + str(lists.show_queue(line.parts, boss))
    assert "20555" not in words
    assert OTHER not in words


def test_with_closed_what_is_over_stands_behind(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    first, second = light.requested(HER), light.requested(OTHER)
    queue_outcome.close_callback(light.parts, boss, first, reason="duplicate")
    assert [row.id for row in search.list_callbacks(light.parts, boss)] == [second]
    assert [row.id for row in search.list_callbacks(light.parts, boss, closed=True)] == [second, first]


def test_a_window_that_is_open_says_from_when_her_phone_may_ring_again(line: Desk) -> None:
    noy = line.person("Noy")
    first = line.requested(when="now", phone_seen="sometimes")
    line.clock.set("2026-11-24T17:00:00+07:00")
    evening = line.requested(when="evening", phone_seen="sometimes")
    second = line.requested(when="now", phone_seen="sometimes")
    line.calling(noy, second)
    queue_outcome.record_outcome(line.parts, noy, callback_id=second, outcome="no_answer")
    line.clock.set("2026-11-24T18:10:00+07:00")
    assert lists.show_callback(line.parts, noy, evening).not_before == at(24, 19)
    line.clock.set("2026-11-24T19:00:00+07:00")
    assert lists.show_callback(line.parts, noy, evening).not_before is None
    call = line.calling(noy, evening)
    queue_outcome.record_outcome(line.parts, noy, callback_id=evening, outcome="busy", form=call.form)
    assert lists.show_callback(line.parts, noy, evening).not_before is None
    line.clock.set("2026-11-24T19:20:00+07:00")
    assert lists.show_callback(line.parts, noy, evening).row.due_now
    assert lists.show_callback(line.parts, noy, evening).not_before is None
    line.calling(noy, evening)
    assert lists.show_callback(line.parts, noy, first).not_before is None


def test_a_window_that_had_its_calls_says_when_it_is_over(light: Desk) -> None:
    noy = light.person("Noy")
    one = light.requested(when="evening", phone_seen="sometimes")
    two = light.requested(when="evening", phone_seen="sometimes")
    light.clock.set("2026-11-24T18:10:00+07:00")
    light.calling(noy, one)
    queue_outcome.record_outcome(light.parts, noy, callback_id=one, outcome="no_answer")
    assert lists.show_callback(light.parts, noy, two).not_before == at(24, 21)
