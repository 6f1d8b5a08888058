"""Telling those on duty: once a person, without a word of her, and supervisors when something stands still."""

import json

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.alerts import announce
from gateway.helpdesk.queue import claim, outcome, timers
from gateway.helpdesk.queue.search import list_callbacks
from gateway.helpdesk.requests import accept
from gateway.menus.engine.effects import CancelCallback
from gateway.storage import outbox
from tests.support.desk_rig import HER, OTHER, Desk


def told(line: Desk) -> list[str]:
    """Work every inside row once and return who got an alert."""
    with line.parts.store.write() as tx:
        for row in reversed(outbox.list_rows(tx)):
            if row.kind in ("announce", "escalate"):
                getattr(announce, f"{row.kind}_request")(line.parts, tx, row)
    return [
        name
        for (name,) in line.rows(
            "SELECT people.name FROM outbox JOIN people ON people.id = person_id WHERE kind = 'alert' ORDER BY outbox.id"
        )
    ]


def test_everybody_on_duty_with_a_phone_is_told_once(line: Desk) -> None:
    line.person("Noy", on_duty=True)
    line.person("Dao", on_duty=False)
    line.person("Kham", on_duty=True, number=None)
    line.person("Reader", Role.READER, on_duty=True)
    line.person("Boss", Role.SUPERVISOR, on_duty=True)
    line.requested()
    assert sorted(told(line)) == ["Boss", "Noy"]
    line.requested()
    assert sorted(told(line)) == ["Boss", "Noy"]


@pytest.mark.fault("C4")
def test_where_no_shifts_exist_an_open_line_tells_all_who_work_there(light: Desk) -> None:
    light.person("Noy")
    light.person("Reader", Role.READER)
    light.requested(when="now")
    assert told(light) == ["Noy"]


def test_those_who_are_fit_are_told_first(light: Desk) -> None:
    light.person("Thai", on_duty=True, languages=("th",), gender="woman")
    light.person("Lao man", on_duty=True, languages=("lo",), gender="man")
    light.person("Lao woman", on_duty=True, languages=("lo",), gender="woman")
    light.requested(woman="yes")
    assert told(light) == ["Lao woman"]


@pytest.mark.parametrize(("danger", "word"), [("yes", "urgent"), ("no", "waiting")])
def test_an_alert_says_nothing_of_her(light: Desk, danger: str, word: str) -> None:
    light.person("Noy", on_duty=True)
    callback = light.requested(HER, danger=danger)
    told(light)
    with light.parts.store.read() as tx:
        [row] = [outbox.open_row(tx, row) for row in outbox.list_rows(tx) if row.kind == "alert"]
    assert row.payload is not None
    assert word in row.payload["text"]
    written = json.dumps(dict(row.payload))
    for secret in (HER[-6:], "pay", "danger", light.callback(callback).code, "helpline"):
        assert secret not in written.lower()
    assert (row.expires_at - row.due_at).total_seconds() == 3600
    assert row.caller_id is None


def test_nobody_is_told_of_what_is_over(light: Desk) -> None:
    light.person("Noy", on_duty=True)
    callback = light.requested()
    light.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    assert told(light) == []


def test_supervisors_are_told_of_what_stands_in_review(line: Desk) -> None:
    noy = line.person("Noy", on_duty=True)
    line.person("Boss", Role.SUPERVISOR, on_duty=True)
    callback = line.requested(when="now")
    line.calling(noy, callback)
    outcome.record_outcome(line.parts, noy, callback_id=callback, outcome="not_safe")
    assert timers.escalate_stalled(line.parts) == 0
    line.clock.forward(minutes=30)
    assert timers.escalate_stalled(line.parts) == 1
    assert timers.escalate_stalled(line.parts) == 0
    assert sorted(told(line)) == ["Boss", "Boss", "Noy"]  # the request itself, and that it stands still
    line.clock.forward(hours=4)
    assert timers.escalate_stalled(line.parts) == 1


def test_danger_that_nobody_takes_is_told_when_her_window_is_open(light: Desk) -> None:
    light.person("Boss", Role.SUPERVISOR, on_duty=True)
    light.requested(when="evening", danger="yes")
    light.requested("+8562055500001", when="evening")
    light.clock.set("2026-11-24T18:09:00+07:00")
    assert timers.escalate_stalled(light.parts) == 0
    light.clock.set("2026-11-24T18:10:00+07:00")
    assert timers.escalate_stalled(light.parts) == 1


def test_whoever_holds_it_is_not_pressed_and_what_is_given_back_is(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR, on_duty=True)
    callback = light.requested(when="evening", danger="yes")
    light.clock.set("2026-11-24T18:05:00+07:00")
    claim.claim_callback(light.parts, boss, callback)
    light.clock.set("2026-11-24T18:15:00+07:00")
    assert timers.escalate_stalled(light.parts) == 0
    claim.release_callback(light.parts, boss, callback)
    assert timers.escalate_stalled(light.parts) == 0
    light.clock.set("2026-11-24T18:25:00+07:00")
    assert timers.escalate_stalled(light.parts) == 1


@pytest.mark.fault("K11")
def test_many_requests_in_danger_make_few_texts_and_every_request_stays_in_sight(line: Desk) -> None:
    boss = line.person("Boss", Role.SUPERVISOR, on_duty=True)
    made = [line.requested(f"+8562055{n:06}", danger="yes") for n in range(40)]
    assert len(told(line)) == 13  # twelve by themselves, and one for the rest of these ten minutes
    seen = {row.id for row in list_callbacks(line.parts, boss)}
    assert set(made) <= seen
    line.clock.forward(minutes=11)
    line.requested("+8562055999999", danger="yes")
    assert len(told(line)) == 14  # the real one is told of: a flood delays it by ten minutes at the most


@pytest.mark.fault("K11")
def test_one_number_that_asks_and_cancels_again_and_again_does_not_tire_those_on_duty(line: Desk) -> None:
    line.person("Noy", on_duty=True)
    for _ in range(30):
        callback = line.requested(danger="yes")
        told(line)
        line.does(accept.cancel_request, effect=CancelCallback(callback=callback))
    assert len(told(line)) == 5  # four by themselves, and one for the rest of these ten minutes
    line.requested(OTHER, danger="yes")
    assert len(told(line)) == 6  # what one phone does all day takes no alert from another
