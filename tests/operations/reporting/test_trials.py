"""What is done on a trial phone is counted apart (Q11): in no report, no watch and no month of the centre."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.domain.contact_safety import PhoneSeen, When
from gateway.domain.permissions import Actor, Role
from gateway.helpdesk.calls import bridged_calls
from gateway.helpdesk.queue import outcome, timers, undo
from gateway.helpdesk.queue.call_sheet import CallSheet, finish_call
from gateway.helpdesk.requests import add, case_record, referrals
from gateway.operations.reporting import monthly_report
from gateway.operations.reporting.metrics import render_metrics, show_quality
from gateway.storage import callers, conversations, reports
from gateway.storage.counts import TRIAL, Counters
from gateway.storage.database import Store
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk, made_parts

pytestmark = pytest.mark.fault("Q11")


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    return Desk(made_parts(sqlite_store, clock, tmp_path), clock)


def reached(desk: Desk, noy: Actor, wanted: str) -> None:
    desk.calling(noy, wanted)
    outcome.record_outcome(desk.parts, noy, callback_id=wanted, outcome="reached")


def closes(desk: Desk, noy: Actor, wanted: str) -> None:
    reached(desk, noy, wanted)
    case_record.save_form(desk.parts, noy, wanted, {"person": "woman"})
    outcome.close_callback(desk.parts, noy, wanted, reason="helped")


def saves_the_sheet(desk: Desk, noy: Actor, wanted: str) -> None:
    reached(desk, noy, wanted)
    finish_call(desk.parts, noy, wanted, CallSheet(reason="helped", ticks={"person": "woman"}))


def takes_back(desk: Desk, noy: Actor, wanted: str) -> None:
    reached(desk, noy, wanted)
    done = finish_call(desk.parts, noy, wanted, CallSheet(reason="helped", ticks={"person": "woman"}))
    undo.undo_step(desk.parts, noy, wanted, done.undo)


def plans_another(desk: Desk, noy: Actor, wanted: str) -> None:
    reached(desk, noy, wanted)
    case_record.save_form(desk.parts, noy, wanted, {"person": "woman"})
    referrals.follow_up(desk.parts, noy, wanted, on=desk.clock.now().date())


def talks(desk: Desk, noy: Actor, wanted: str) -> None:
    bridged_calls.begin_talk(desk.parts, noy, wanted)


def is_prank(desk: Desk, noy: Actor, wanted: str) -> None:
    desk.calling(noy, wanted)
    case_record.save_form(desk.parts, noy, wanted, {"person": "man"})
    outcome.record_outcome(desk.parts, noy, callback_id=wanted, outcome="prank")


def nobody_calls(desk: Desk, _noy: Actor, _wanted: str) -> None:
    desk.clock.forward(minutes=45)
    timers.roll_windows(desk.parts)
    timers.note_broken_promises(desk.parts)


DEEDS: tuple[Callable[[Desk, Actor, str], None], ...] = (
    closes, saves_the_sheet, takes_back, plans_another, talks, is_prank, nobody_calls,
)  # fmt: skip


def list_counted(desk: Desk) -> dict[str, int]:
    """What was counted, by metric, without what is about programs."""
    desk.parts.count.flush(desk.parts.store)
    rows = desk.rows("SELECT what, sum(n) FROM figures GROUP BY what HAVING sum(n) <> 0")
    return {what: int(n) for what, n in rows if what != "attempt"}


@pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.__name__)
def test_whatever_becomes_of_a_trial_request_is_counted_apart(light: Desk, deed) -> None:
    noy = light.person("Noy")
    deed(light, noy, light.requested(when="now", trial=True))
    assert set(list_counted(light)) == {TRIAL}
    seen = show_quality(light.parts, light.person("Rea", Role.READER))
    assert (seen.asked, seen.outcomes, seen.talks, seen.unsafe, seen.ended) == (0, {}, 0, 0, 0)
    deed(light, noy, light.requested("+8562055554321", when="now"))
    assert set(list_counted(light)) - {TRIAL}, "the same by a caller is counted"


def test_a_request_made_from_a_text_of_the_simulator_is_a_trial_too(light: Desk) -> None:
    now, noy = light.clock.now(), light.person("Noy")
    with light.parts.store.write() as tx:
        caller = callers.upsert_caller(tx, HER, now=now, trial=True)
        conversations.add_text(
            tx, channel="simulator", caller_id=caller.id, text="call me", understood="", now=now
        )
    ((text_id,),) = light.rows("SELECT id FROM texts")
    asked = add.ManualRequest(
        how=add.RequestOrigin.TEXTED, number="", consented=True, phone_seen=PhoneSeen.NO, when=When("evening"),
        language="lo", text_id=text_id,
    )  # fmt: skip
    add.add_request(light.parts, noy, asked, form="f")
    assert list_counted(light) == {TRIAL: 1}


def test_a_line_without_real_phones_counts_apart_what_people_do_and_as_usual_what_programs_do(
    light: Desk, clock: SetClock
) -> None:
    count = Counters(clock, "Asia/Vientiane", frozenset({"simulator"}))
    for channel in ("simulator", "africastalking", "desk", ""):
        for what, item in (
            ("asked", "pay"),
            ("dialled", ""),
            (f"{reports.FACT}th.wage", "pay"),
            ("fault", ""),
        ):
            count.add(what, item, channel=channel)
    count.flush(light.parts.store)
    rows = light.rows("SELECT what, item, channel FROM figures")
    assert {(what, item) for what, item, channel in rows if channel == "simulator"} == {
        (TRIAL, "asked"), (TRIAL, "dialled"), (f"{reports.FACT}th.wage", "pay"), ("fault", ""),
    }  # fmt: skip
    assert not [row for row in rows if row[0] == TRIAL and row[2] != "simulator"]
    boss = light.person("Boss", Role.SUPERVISOR)
    assert monthly_report.count_trials(light.parts, boss, "2026-11") == 1
    assert 'item="asked",what="trial"' in render_metrics(light.parts).decode()
