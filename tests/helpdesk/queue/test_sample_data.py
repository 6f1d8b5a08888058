"""Sample data goes in and out again without a trace but the two presses, and nothing counts or tells of it.

The kinds come from reports about other products: samples that cannot be removed, or that take people's own records with
them; that come twice; that are counted in reports; that alert people; that were never asked for on a live system.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gateway.delivery import clock_guard
from gateway.domain.callbacks.states import CallbackState
from gateway.domain.permissions import Actor, AuditAct, NotPermitted, Role
from gateway.helpdesk.alerts import line_alerts
from gateway.helpdesk.calls import attempts
from gateway.helpdesk.errors import NoSuchCallback
from gateway.helpdesk.queue import claim, outcome, queue_page, sample_data, search, timers, transfer, undo
from gateway.helpdesk.queue.queue import show_callback, show_queue
from gateway.helpdesk.queue.sample_data import SAMPLES, SampleFault, SamplesRefused
from gateway.helpdesk.requests import planning
from gateway.helpdesk.staff import centre_policy
from gateway.operations.reporting import monthly_report
from gateway.operations.reporting.metrics import render_metrics, show_quality
from gateway.storage import audit, callers, people, queue_counts, reports, retention
from gateway.storage.tables import SAMPLE, metadata
from tests.support.desk_rig import HER, OTHER, Desk

OURS = ("+1202555", "01")
"""How a sample's number begins and goes on: 0100 to 0199."""


def admin(desk: Desk, name: str = "Ada") -> Actor:
    return desk.person(name, Role.ADMINISTRATOR, number=None)


def put_in(desk: Desk, who: Actor | None = None) -> tuple[str, ...]:
    """The ids of the samples, in the order of their list."""
    sample_data.put_samples_in(desk.parts, who or admin(desk), note="A note.")
    return list_samples(desk)


def list_samples(desk: Desk) -> tuple[str, ...]:
    return tuple(
        row[0]
        for row in desk.rows(
            f"SELECT id FROM callbacks WHERE channel = '{SAMPLE}' ORDER BY asked_at DESC, id"
        )
    )


def count_rows(desk: Desk) -> dict[str, int]:
    with desk.parts.store.read() as tx:
        return {
            name: int(tx.execute(select(func.count()).select_from(table)).scalar_one())
            for name, table in metadata.tables.items()
        }


def find_due(desk: Desk) -> list[str]:
    """The samples that may ring now, which a counsellor can try."""
    now = desk.clock.now()
    found = [desk.callback(one) for one in list_samples(desk)]
    return [one.id for one in found if one.state == "waiting" and one.due_at <= now < one.due_until]


def work_through(desk: Desk, noy: Actor, boss: Actor) -> None:
    """Everything that staff may do to samples: call, undo, close, note, pass on, decide, claim and leave."""
    first, second, third = find_due(desk)[:3]
    desk.calling(noy, first)
    done = outcome.record_outcome(desk.parts, noy, callback_id=first, outcome="no_answer")
    undo.undo_step(desk.parts, noy, first, done.undo)
    outcome.record_outcome(desk.parts, noy, callback_id=first, outcome="reached")
    outcome.add_note(desk.parts, noy, first, "Imagined.")
    outcome.close_callback(desk.parts, noy, first, reason="helped")
    desk.calling(noy, second)
    claim.claim_callback(desk.parts, noy, third)
    review = next(one for one in list_samples(desk) if desk.callback(one).state is CallbackState.REVIEW)
    outcome.decide_review(desk.parts, boss, review, decision="given_up", reason="other")


def test_in_and_out_leave_every_table_as_it_was_but_the_audit(line: Desk) -> None:
    ada, noy, boss = admin(line), line.person("Noy"), line.person("Boss", Role.SUPERVISOR)
    line.requested("+8562055550111", when="now", trial=True)
    before = count_rows(line)
    put_in(line, ada)
    within = count_rows(line)
    assert within["callbacks"] == before["callbacks"] + len(SAMPLES)
    grown = {name for name, count in within.items() if count != before[name]}
    assert grown == {"callbacks", "callers", "attempts", "notes", "settings", "audit"}
    work_through(line, noy, boss)
    assert sample_data.take_samples_out(line.parts, ada) == len(SAMPLES)
    after = count_rows(line)
    assert {name: n for name, n in after.items() if name != "audit"} == {
        name: n for name, n in before.items() if name != "audit"
    }
    assert after["audit"] > before["audit"], "what was done stays on record"


def test_the_record_holds_the_presses_alone_at_the_time_when_they_were_made(light: Desk) -> None:
    ada = admin(light)
    was = light.rows("SELECT id FROM audit")
    put_in(light, ada)
    light.clock.forward(minutes=3)
    sample_data.take_samples_out(light.parts, ada)
    with light.parts.store.read() as tx:
        found = audit.list_page(tx, before="", person_id="", kind="", limit=10)
    fresh = [row for row in found if (row.id,) not in was]
    assert [(row.act, row.who) for row in fresh] == [
        (AuditAct.SAMPLES_OUT, ada.name), (AuditAct.SAMPLES_IN, ada.name),
    ]  # fmt: skip
    assert fresh[0].at == light.clock.now()
    assert fresh[0].at - fresh[1].at == timedelta(minutes=3)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_an_administrator_presses(light: Desk, role: Role) -> None:
    who = light.person("Somebody", role)
    before = count_rows(light)
    with pytest.raises(NotPermitted):
        sample_data.put_samples_in(light.parts, who, note="")
    with pytest.raises(NotPermitted):
        sample_data.take_samples_out(light.parts, who)
    assert count_rows(light) == before


def had_a_caller(desk: Desk) -> Desk:
    desk.requested()
    return desk


def had_a_ring(desk: Desk) -> Desk:
    with desk.parts.store.write() as tx:
        callers.upsert_caller(tx, HER, now=desk.clock.now())
    return desk


def has_a_line(desk: Desk) -> Desk:
    return desk.with_bridge()


@pytest.mark.parametrize("make", [had_a_caller, had_a_ring, has_a_line], ids=lambda one: one.__name__)
def test_a_line_that_callers_reach_takes_none(light: Desk, make: Callable[[Desk], Desk]) -> None:
    desk = make(light)
    ada = admin(desk)
    before = count_rows(desk)
    with pytest.raises(SamplesRefused) as refused:
        sample_data.put_samples_in(desk.parts, ada, note="")
    assert refused.value.why is SampleFault.LIVE
    assert count_rows(desk) == before


def test_pressed_twice_is_once_and_out_twice_is_out(line: Desk) -> None:
    ada = admin(line)
    first = put_in(line, ada)
    with pytest.raises(SamplesRefused) as refused:
        sample_data.put_samples_in(line.parts, ada, note="")
    assert refused.value.why is SampleFault.THERE
    assert list_samples(line) == first
    assert sample_data.take_samples_out(line.parts, ada) == len(SAMPLES)
    assert sample_data.take_samples_out(line.parts, ada) == 0
    assert list_samples(line) == ()
    assert len(put_in(line, ada)) == len(SAMPLES), "in again"


def test_presses_at_once_are_once(line: Desk) -> None:
    ada, ben = admin(line), admin(line, "Ben")

    def press(who: Actor) -> int:
        with suppress(SamplesRefused):
            return sample_data.put_samples_in(line.parts, who, note="")
        return 0

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(press, [ada, ben] * 2)) == [0, 0, 0, len(SAMPLES)]
        assert len(list_samples(line)) == len(SAMPLES)
        out = pool.map(lambda who: sample_data.take_samples_out(line.parts, who), [ada, ben] * 2)
        assert sorted(out) == [0, 0, 0, len(SAMPLES)]
    assert list_samples(line) == ()


def read_figures(desk: Desk, boss: Actor) -> dict[str, object]:
    """All that is counted of requests and calls: reports, watch, monitoring, export."""
    desk.parts.count.flush(desk.parts.store)
    metrics = render_metrics(desk.parts).decode()
    told = [one for one in metrics.splitlines() if "gateway_callbacks" in one or "first_attempt" in one]
    proved = replace(boss, proved_at=desk.clock.now())
    quality = show_quality(desk.parts, boss)
    with desk.parts.store.read() as tx:
        open_ones = queue_counts.count_open(tx)
    return {
        "months": [
            monthly_report.report_month(desk.parts, boss, one, exact=True)
            for one in ("2026-11", "2026-Q4", "2026-H2")
        ],
        "trials": monthly_report.count_trials(desk.parts, boss, "2026-11"),
        "quality": replace(quality, since=desk.clock.now()),
        "monitoring": told,
        "export": search.export_callbacks(desk.parts, proved),
        "open": open_ones,
        "figures": desk.rows(
            "SELECT what, item, sum(n) FROM figures WHERE what <> 'trial' GROUP BY what, item"
        ),
    }


def test_no_figure_knows_of_them(light: Desk) -> None:
    noy, boss = light.person("Noy"), light.person("Boss", Role.SUPERVISOR)
    before = read_figures(light, boss)
    put_in(light)
    assert read_figures(light, boss) == before
    work_through(light, noy, boss)
    assert read_figures(light, boss) == before
    day = light.clock.now().date()
    seen = centre_policy.show_day(light.parts, boss, noy.person_id, day)
    assert (dict(seen.outcomes), seen.talks) == ({}, 0)
    assert seen.rows, "what was done is on record"
    sample_data.take_samples_out(light.parts, admin(light, "Ben"))
    assert read_figures(light, boss) == before
    gone = centre_policy.show_day(light.parts, boss, noy.person_id, day)
    assert (dict(gone.outcomes), gone.talks, len(gone.rows)) == ({}, 0, len(seen.rows))


def test_nobody_is_told_whatever_time_passes(light: Desk) -> None:
    """Over three weeks of chores: no alert, nudge, job, broken promise, or question to a person about an ending."""
    nudged: list[str] = []
    desk = Desk(replace(light.parts, nudge=lambda row: bool(nudged.append(row))), light.clock)
    noy, boss = (
        desk.person("Noy", by_text=True, on_duty=True),
        desk.person("Boss", Role.SUPERVISOR, on_duty=True),
    )
    put_in(desk)
    work_through(desk, noy, boss)
    for _day in range(21):
        for step in (
            timers.roll_windows,
            timers.release_leases,
            timers.escalate_stalled,
            timers.expire_requests,
        ):
            step(desk.parts)
        assert timers.note_broken_promises(desk.parts) == 0
        desk.clock.forward(days=1)
    assert nudged == []
    assert desk.rows("SELECT id FROM outbox") == []
    assert desk.rows("SELECT callback_id FROM broken_promises") == []
    assert not desk.rows("SELECT name FROM settings WHERE name LIKE '%share%' OR name LIKE '%ending%'")


def test_nothing_sounds_for_them_and_real_ones_come_first(light: Desk) -> None:
    noy = light.person("Noy")
    put_in(light)
    bar = queue_page.build_bar(light.parts, noy)
    assert len(find_due(light)) == 3
    assert (bar.has_samples, bar.urgency.due_now, bar.urgency.newest_danger) == (True, 0, "")
    real = light.requested(OTHER, when="now")
    assert queue_page.build_bar(light.parts, noy).urgency.due_now == 1
    assert claim.take_next(light.parts, noy).callback_id == real
    summary = queue_page.build_queue_page(light.parts, noy).summary
    assert summary.came == 0, "it is the viewer's by now, and samples are no news"
    boss = light.person("Boss", Role.SUPERVISOR)
    assert show_quality(light.parts, boss).oldest is None


def test_an_earlier_sample_is_handed_out_after_a_real_request(light: Desk) -> None:
    """By their windows and places alone the sample would come first."""
    noy = light.person("Noy")
    put_in(light)
    light.clock.set("2026-11-25T18:30:00+07:00")
    timers.roll_windows(light.parts)
    real = light.requested(OTHER, when="evening")
    ready = [light.callback(one) for one in find_due(light)]
    assert {one.due_until for one in ready} == {light.callback(real).due_until}
    assert claim.take_next(light.parts, noy).callback_id == real
    assert light.callback(claim.take_next(light.parts, noy).callback_id).channel == SAMPLE


def test_many_that_end_at_once_ask_nobody_and_none_is_kept_for_a_purge(light: Desk) -> None:
    put_in(light)
    light.clock.forward(days=100)
    timers.expire_requests(light.parts)
    assert clock_guard.find_refused(light.parts) == {}
    assert {light.callback(one).state.value for one in list_samples(light)} == {"expired", "closed"}
    with light.parts.store.read() as tx:
        old = {rule.table.name: retention.count_over(tx, rule, light.clock.now()) for rule in retention.RULES}
    assert {name: old[name] for name in ("callbacks", "attempts", "notes")} == dict.fromkeys(
        ("callbacks", "attempts", "notes"), 0
    )


def test_a_wrong_fact_names_none_of_them(light: Desk) -> None:
    put_in(light)
    now = light.clock.now()
    with light.parts.store.read() as tx:
        assert reports.open_between(tx, "main", now - timedelta(days=30), now) == ()


def test_they_take_no_room_among_the_numbers_that_may_be_shown(light: Desk) -> None:
    desk = Desk(replace(light.parts, line=replace(light.parts.line, reveals=1)), light.clock)
    noy = desk.person("Noy")
    put_in(desk)
    for one in find_due(desk)[:2]:
        desk.calling(noy, one)
        outcome.record_outcome(desk.parts, noy, callback_id=one, outcome="no_answer")


def test_a_colleague_who_works_by_text_is_not_texted_of_one(light: Desk) -> None:
    put_in(light)
    one = next(one for one in find_due(light) if not light.callback(one).wants_woman)
    speaks = (light.callback(one).language,)
    noy, dao, _mali, _bee = (
        light.person(name, languages=speaks, on_duty=True, number=f"+8562055590009{n}")
        for n, name in enumerate(("Noy", "Dao", "Mali", "Bee"))
    )
    with light.parts.store.write() as tx:
        people.set_by_text(tx, dao.person_id, on=True)
    claim.claim_callback(light.parts, noy, one)
    transfer.hand_over(light.parts, noy, one, dao.person_id)
    assert light.callback(one).holder_id == dao.person_id
    assert light.rows("SELECT kind FROM outbox") == []


def test_a_request_between_in_and_out_is_untouched(line: Desk) -> None:
    ada, noy = admin(line), line.person("Noy")
    put_in(line, ada)
    real = line.requested(when="now")
    line.calling(noy, real)
    before = line.callback(real)
    sample_data.take_samples_out(line.parts, ada)
    assert line.callback(real) == before
    outcome.record_outcome(line.parts, noy, callback_id=real, outcome="reached")
    assert line.callback(real).state is CallbackState.REACHED


def test_a_simulator_with_such_a_number_keeps_its_requests(light: Desk) -> None:
    """One that asked before is passed over; one that asks later is another request, and its caller stays."""
    before = light.requested("+12025550100", when="now", trial=True)
    put_in(light)
    with light.parts.store.read() as tx:
        used = {callers.by_id(tx, light.callback(one).caller_id).number for one in list_samples(light)}
    assert "+12025550100" not in used
    later = light.requested(min(used), phone_seen="sometimes", when="now", trial=True)
    sample_data.take_samples_out(light.parts, admin(light, "Ben"))
    assert light.callback(before).caller_id
    assert light.callback(later).caller_id
    assert len(light.rows("SELECT id FROM callers")) == 2


def test_what_is_open_on_a_desk_when_they_go_is_refused_in_words(light: Desk) -> None:
    noy, ada = light.person("Noy"), admin(light)
    put_in(light, ada)
    held, called = find_due(light)[:2]
    claim.claim_callback(light.parts, noy, held)
    call = light.calling(noy, called)
    sample_data.take_samples_out(light.parts, ada)
    deeds: tuple[Callable[[], object], ...] = (
        lambda: attempts.begin_call(light.parts, noy, held),
        lambda: claim.release_callback(light.parts, noy, held),
        lambda: outcome.add_note(light.parts, noy, held, "typed"),
        lambda: outcome.record_outcome(
            light.parts, noy, callback_id=called, outcome="reached", form=call.form
        ),
        lambda: outcome.close_callback(light.parts, noy, called),
        lambda: show_callback(light.parts, noy, called),
    )
    for deed in deeds:
        with pytest.raises(NoSuchCallback):
            deed()
    assert claim.renew_claim(light.parts, noy, held) is None
    assert queue_page.build_bar(light.parts, noy).running is None
    real = light.requested(when="now")
    assert light.calling(noy, real).number == HER, "the next call is free"


def test_every_row_shows_that_it_is_a_sample_and_has_a_number_of_nobody(light: Desk) -> None:
    boss = light.person("Boss", Role.SUPERVISOR)
    put_in(light)
    rows = [
        row
        for tab in ("queue", "later", "review", "closed")
        for row in show_queue(light.parts, boss, tab).rows
    ]
    assert len(rows) == len(SAMPLES)
    assert all(row.sample and row.trial for row in rows)
    assert {row.state for row in rows} == {CallbackState.WAITING, CallbackState.REVIEW, CallbackState.CLOSED}
    assert not any(row.sms_safe for row in rows)
    assert not any(row.priority == "danger" for row in rows if row.state is not CallbackState.CLOSED)
    numbers = set()
    with light.parts.store.read() as tx:
        for row in rows:
            numbers.add(callers.by_id(tx, light.callback(row.id).caller_id).number)
    assert len(numbers) == len(SAMPLES)
    assert all(one.startswith(OURS[0]) and one[8:10] == OURS[1] and len(one) == 12 for one in numbers)


@pytest.mark.parametrize("hour", ["00:10", "05:59", "11:30", "20:40", "23:45"])
@pytest.mark.parametrize("hours", [{}, {"mon": ["08:00-12:00"]}], ids=["never", "monday"])
def test_some_can_be_tried_at_any_hour(light: Desk, hour: str, hours: dict[str, list[str]]) -> None:
    """It is Tuesday, and nobody is here: whoever sets the line up of an evening tries the desk then."""
    light.clock.set(f"2026-11-24T{hour}:00+07:00")
    desk = light.with_hours(**hours)
    put_in(desk)
    assert len(find_due(desk)) >= 3


def test_no_text_leaves_for_one_and_no_trial_number_goes_out_by_a_real_line(light: Desk) -> None:
    put_in(light)
    with light.parts.store.write() as tx:
        found = light.callback(list_samples(light)[0])
        safe = replace(found, contact=replace(found.contact, sms_safe=True))
        assert not planning.may_be_sent(safe, light.clock.now())
        real = light.with_bridge()
        assert line_alerts.choose_line(real.parts, tx, found.caller_id, SAMPLE, light.clock.now()) == SAMPLE


def test_the_checklist_asks_to_take_them_out(light: Desk) -> None:
    ada = admin(light)

    def words() -> list[tuple[str, bool]]:
        return [(one.word, one.done) for one in centre_policy.list_first_steps(light.parts, ada)]

    assert "samples" not in dict(words())
    put_in(light, ada)
    assert ("samples", False) in words()
    noy = light.person("Noy")
    one = find_due(light)[0]
    light.calling(noy, one)
    outcome.record_outcome(light.parts, noy, callback_id=one, outcome="reached")
    assert ("test_call", False) in words(), "a call to a sample is no test call"
    sample_data.take_samples_out(light.parts, ada)
    assert "samples" not in dict(words())
