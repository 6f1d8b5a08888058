"""`gateway report`: the month's counts, small ones hidden, and nothing of a caller."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from gateway.domain.permissions import NotPermitted, Role
from gateway.operations.reporting import monthly_report
from gateway.storage import reports
from tests.support.actors import actor
from tests.support.cli_house import Machine
from tests.support.house import Phone, made_parts, publish

NOVEMBER = date(2026, 11, 30)


def counted(machine: Machine, *rows: tuple[date, str, str, str, int]) -> None:
    with machine.parts().store.write() as tx:
        for day, what, item, language, n in rows:
            reports.add_count(tx, day, 9, "simulator", language, "v", what, item, n=n)


def cells(machine: Machine, month: str = "2026-11") -> list[tuple[str, str, object]]:
    result = machine.run("report", month, "--json")
    assert result.exit_code == 0
    return [(cell["what"], cell["name"], cell["n"]) for cell in json.loads(result.stdout)]


def test_the_counts_of_a_month_by_section(machine: Machine) -> None:
    counted(
        machine,
        (NOVEMBER, "shown", "main", "lo", 7),
        (NOVEMBER, "shown", "main", "th", 6),
        (NOVEMBER, "shown", "pay", "lo", 20),
        (date(2026, 11, 1), "dialled", "", "lo", 9),
        (date(2026, 10, 31), "dialled", "", "lo", 100),
        (date(2026, 12, 1), "dialled", "", "lo", 100),
        (NOVEMBER, "alarm", "clock", "", 9),
    )
    assert cells(machine) == [("dialled", "lo", 9), ("shown", "pay", 20), ("shown", "main", 13)]


def test_a_small_count_is_told_as_under_5_and_not_by_its_place(machine: Machine) -> None:
    counted(
        machine,
        (NOVEMBER, "asked", "pay", "lo", 5),
        (NOVEMBER, "asked", "danger", "lo", 4),
        (NOVEMBER, "asked", "papers", "lo", 1),
        (NOVEMBER, "asked", "going", "lo", 2),
    )
    assert cells(machine) == [
        ("asked", "pay", 5),
        ("asked", "danger", "under 5"),
        ("asked", "going", "under 5"),
        ("asked", "papers", "under 5"),
    ]
    printed = machine.run("report", "2026-11").output
    assert printed.splitlines() == [
        "Requests for a call, by topic",
        f"  {'pay':<32} {5:>10}",
        *(f"  {topic:<32} {'under 5':>10}" for topic in ("danger", "going", "papers")),
    ]


@pytest.mark.fault("G1")
def test_the_month_of_the_centre_is_printed_and_taken_into_a_sheet(machine: Machine) -> None:
    counted(machine, (NOVEMBER, "record_by", "sector:domestic:woman", "lo", 8))
    printed = machine.run("report", "2026-11").output
    assert re.search(r"sector +woman +man +rest +total\n  domestic +8 +0 +0 +8\n", printed)
    assert "sector,domestic,8,0,0,8" in machine.run("report", "2026-11", "--csv").output
    found = json.loads(machine.run("report", "2026-11", "--json").stdout)
    assert {
        "what": "record",
        "by": "sector",
        "name": "domestic",
        "n": 8,
        "woman": 8,
        "man": 0,
        "rest": 0,
    } in found


def test_no_figure_is_split_twice_nor_added_up() -> None:
    assert len({section.what for section in monthly_report.SECTIONS}) == len(monthly_report.SECTIONS)


def test_a_month_without_counts_says_so(machine: Machine) -> None:
    assert machine.run("report", "2026-02").output == "Nothing was counted in 2026-02.\n"
    assert cells(machine, "2026-02") == []


@pytest.mark.parametrize(
    "written", ["2026", "2026-13", "2026-00", "november", "2026-11-24", "-", "11-2026", "٢-x"]
)
def test_a_month_is_written_like_2026_11(machine: Machine, written: str) -> None:
    result = machine.run("report", "--", written)
    assert result.exit_code == 2
    assert "write the month like 2026-11" in result.output


@pytest.mark.parametrize("role", list(Role))
def test_figures_are_for_those_whose_role_says_so(machine: Machine, role: Role) -> None:
    parts = machine.parts()
    if role in {Role.COUNSELLOR, Role.TRANSLATOR}:
        with pytest.raises(NotPermitted):
            monthly_report.report_month(parts, actor(role), "2026-11")
    else:
        assert monthly_report.report_month(parts, actor(role), "2026-11") == ()


def test_a_walk_of_hers_is_counted_and_her_request_once(store, clock, tmp_path: Path) -> None:
    parts = made_parts(store, clock, tmp_path)
    publish(parts)
    for number in range(5):
        phone = Phone(parts, number=f"+856205551234{number}")
        phone.dial("4 7 2 2 3")
        phone.press("1")
        phone.post(phone.text)
    parts.count.flush(store)
    found = {
        (cell.section.what, cell.name): cell.n
        for cell in monthly_report.report_month(parts, actor(Role.READER), "2026-11")
    }
    assert found["asked", "other"] == 5
    assert found["shown", "main"] == 5
    assert sum(n or 0 for (what, _), n in found.items() if what == "dialled") == 5
    assert not [name for _, name in found if "555" in name]
