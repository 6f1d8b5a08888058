"""A caller is told of a service: who made the referral is asked on a day what came of it, and reads it afterwards."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from gateway.domain.permissions import Actor, NotPermitted, Role
from gateway.helpdesk.errors import Rejected
from gateway.helpdesk.queue import outcome as outcomes
from gateway.helpdesk.queue.call_sheet import CallSheet, finish_call
from gateway.helpdesk.requests import case_record, referrals, refuse
from gateway.helpdesk.requests.case_record import DUE_AFTER, REFERRAL_OUTCOMES
from gateway.operations.maintenance import apply_rules
from gateway.operations.reporting import monthly_report
from gateway.storage import audit
from gateway.storage.database import Store
from gateway.storage.notes import Referral
from tests.support.clocks import SetClock
from tests.support.desk_rig import HER, Desk, made_parts
from tests.support.house import publish


@pytest.fixture
def light(sqlite_store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    desk = Desk(made_parts(sqlite_store, clock, tmp_path), clock)
    publish(desk.parts)
    return desk


@pytest.fixture
def line(store: Store, clock: SetClock, tmp_path: Path) -> Desk:
    desk = Desk(made_parts(store, clock, tmp_path), clock)
    publish(desk.parts)
    return desk


def office_of(desk: Desk, name: str = "Labour office", **more: object) -> str:
    boss = Actor.of(person_id="boss", name="Boss", role=Role.SUPERVISOR)
    entry = Referral(id="", team="", name=name, number="+856 21 123 456", **more)  # type: ignore[arg-type]
    return referrals.save_entry(desk.parts, boss, entry)


def reached(desk: Desk, noy: Actor, number: str = HER, **answers: str) -> str:
    wanted = desk.requested(number, **({"when": "now"} | answers))
    desk.calling(noy, wanted)
    outcomes.record_outcome(desk.parts, noy, callback_id=wanted, outcome="reached")
    return wanted


def told(desk: Desk, noy: Actor, *offices: str, number: str = HER) -> str:
    """Her number was read out in a call, and the sheet was saved."""
    wanted = reached(desk, noy, number)
    finish_call(desk.parts, noy, wanted, CallSheet(reason="referred", told=offices))
    return wanted


def test_a_number_that_was_read_out_is_asked_about_after_two_weeks(line: Desk) -> None:
    noy, office = line.person("Noy"), office_of(line)
    wanted = told(line, noy, office)
    [made] = case_record.list_made(line.parts, noy)
    assert (made.callback_id, made.name, made.outcome, made.by) == (wanted, "Labour office", "", "Noy")
    assert made.code == line.callback(wanted).code
    assert made.due_on == (line.clock.now() + DUE_AFTER).date()


def test_a_number_that_is_texted_makes_one_referral_however_often_it_is_asked_for(line: Desk) -> None:
    noy, office = line.person("Noy"), office_of(line)
    wanted = reached(line, noy, sms_safe="yes", phone_seen="no")
    assert referrals.send_entry(line.parts, noy, wanted, office)
    assert referrals.send_entry(line.parts, noy, wanted, office) is None
    finish_call(line.parts, noy, wanted, CallSheet(reason="referred", told=(office,)))
    assert [one.referral_id for one in case_record.list_made(line.parts, noy)] == [office]


def test_what_must_not_be_passed_on_makes_none_and_keeps_the_sheet_open(light: Desk) -> None:
    noy = light.person("Noy")
    for office in (office_of(light, may_share=False), "nobody"):
        wanted = reached(light, noy, f"+8562055500{len(office):03}")
        with pytest.raises(Rejected):
            finish_call(light.parts, noy, wanted, CallSheet(reason="referred", told=(office,)))
        assert light.callback(wanted).state == "reached"
    assert case_record.list_made(light.parts, noy) == ()


def test_who_made_it_reads_it_and_a_supervisor_reads_all(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    office = office_of(light)
    told(light, noy, office)
    told(light, dao, office, number="+8562055500777")
    assert [one.by for one in case_record.list_made(light.parts, noy)] == ["Noy"]
    assert [one.by for one in case_record.list_made(light.parts, dao)] == ["Dao"]
    assert {one.by for one in case_record.list_made(light.parts, boss)} == {"Noy", "Dao"}
    for role in (Role.ADMINISTRATOR, Role.READER, Role.TRANSLATOR):
        with pytest.raises(NotPermitted):
            case_record.list_made(light.parts, light.person(str(role), role))
    elsewhere = Actor.of(person_id="far", name="Far", role=Role.SUPERVISOR, team="pakse")
    assert case_record.list_made(light.parts, elsewhere) == ()


def test_the_day_moves_until_the_outcome_is_known_and_then_both_stay(line: Desk) -> None:
    noy, office = line.person("Noy"), office_of(line)
    told(line, noy, office)
    [made] = case_record.list_made(line.parts, noy)
    later = date(2027, 1, 4)
    case_record.settle_made(line.parts, noy, made.id, due_on=later, outcome="")
    [moved] = case_record.list_made(line.parts, noy)
    assert (moved.due_on, moved.outcome) == (later, "")
    case_record.settle_made(line.parts, noy, made.id, due_on=None, outcome="helped")
    [known] = case_record.list_made(line.parts, noy)
    assert (known.due_on, known.outcome) == (later, "helped")
    for again in ("sent_away", ""):
        with pytest.raises(Rejected):
            case_record.settle_made(line.parts, noy, made.id, due_on=None, outcome=again)
    assert [one.outcome for one in case_record.list_made(line.parts, noy)] == ["helped"]


def test_open_ones_come_first_by_their_day(light: Desk) -> None:
    noy = light.person("Noy")
    first, second, third = (office_of(light, name) for name in ("A", "B", "C"))
    told(light, noy, first, second, third)
    by_name = {one.name: one for one in case_record.list_made(light.parts, noy)}
    case_record.settle_made(light.parts, noy, by_name["A"].id, due_on=None, outcome="unknown")
    sooner = by_name["C"].due_on - timedelta(days=3)
    case_record.settle_made(light.parts, noy, by_name["C"].id, due_on=sooner, outcome="")
    assert [one.name for one in case_record.list_made(light.parts, noy)] == ["C", "B", "A"]


def test_nobody_writes_what_came_of_somebody_elses(light: Desk) -> None:
    noy, dao, boss = light.person("Noy"), light.person("Dao"), light.person("Boss", Role.SUPERVISOR)
    told(light, noy, office_of(light))
    [made] = case_record.list_made(light.parts, noy)
    with pytest.raises(NotPermitted):
        case_record.settle_made(light.parts, dao, made.id, due_on=None, outcome="helped")
    for wrong in ("well", "HELPED", "helped "):
        with pytest.raises(Rejected):
            case_record.settle_made(light.parts, noy, made.id, due_on=None, outcome=wrong)
    with pytest.raises(Rejected):
        case_record.settle_made(light.parts, noy, "nobody", due_on=None, outcome="helped")
    with pytest.raises(Rejected):
        case_record.settle_made(light.parts, noy, made.id, due_on=date(2569, 1, 1), outcome="")
    case_record.settle_made(light.parts, boss, made.id, due_on=None, outcome="sent_away")
    with light.parts.store.read() as tx:
        [row] = audit.list_about(tx, "referral", made.id)
    assert (row.who, row.act, row.detail) == ("Boss", "written", "sent_away")


def test_the_month_counts_what_came_of_them(light: Desk) -> None:
    noy = light.person("Noy")
    offices = [office_of(light, f"Office {n}") for n in range(7)]
    told(light, noy, *offices)
    for one in case_record.list_made(light.parts, noy)[:6]:
        case_record.settle_made(light.parts, noy, one.id, due_on=None, outcome=REFERRAL_OUTCOMES[0])
    light.parts.count.flush(light.parts.store)
    reader = Actor.of(person_id="r", name="R", role=Role.READER)
    cells = monthly_report.report_month(light.parts, reader, "2026-11")
    assert [(cell.name, cell.n) for cell in cells if cell.section.what == "referral"] == [("helped", 6)]


def test_they_go_with_the_caller_who_is_erased_and_with_the_old_request(line: Desk) -> None:
    noy, office = line.person("Noy"), office_of(line)
    told(line, noy, office)
    told(line, noy, office, number="+8562055500777")
    assert refuse.forget_number(line.parts, HER)
    assert len(case_record.list_made(line.parts, noy)) == 1
    line.clock.forward(days=89)
    apply_rules(line.parts.store, {}, line.clock.now())
    assert line.rows("SELECT count(*) FROM referrals_made") == [(1,)]
    line.clock.forward(days=2)
    apply_rules(line.parts.store, {}, line.clock.now())
    assert line.rows("SELECT count(*) FROM referrals_made") == [(0,)]
