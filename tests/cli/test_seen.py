"""`gateway menus seen`: what a reader of a wrong wage asks, in words and as JSON."""

import json
from datetime import date

import pytest

from gateway.storage import reports
from tests.support.cli_house import Machine

DAY = date(2027, 1, 2)
SPAN = ("--from", "2027-01-01", "--to", "2027-01-05")


def counted(machine: Machine, n: int) -> None:
    parts = machine.parts()
    parts.versions.refresh()
    version, _ = parts.versions.live("helpline")
    with parts.store.write() as tx:
        reports.add_count(tx, DAY, 9, "simulator", "en", version, f"{reports.FACT}th.wage", "pay", n=n)


def test_in_words(machine: Machine) -> None:
    counted(machine, 12)
    result = machine.run("menus", "seen", "th.wage", *SPAN)
    assert result.exit_code == 0
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["th.wage,", "2027-01-01", "to", "2027-01-05:", "read", "12", "times"],
        ["now", "on:", "pay"],
        ["2027-01-02", "pay", "410", "12"],
        ["open", "requests", "that", "came", "past", "it:", "0"],
    ]


def test_as_json(machine: Machine) -> None:
    counted(machine, 12)
    result = machine.run("menus", "seen", "th.wage", *SPAN, "--json")
    assert json.loads(result.stdout) == {
        "fact": "th.wage",
        "from": "2027-01-01",
        "to": "2027-01-05",
        "n": 12,
        "screens": ["pay"],
        "reads": [{"day": "2027-01-02", "screen": "pay", "value": "410", "n": 12}],
        "requests": [],
    }


def test_a_slip_ends_with_1_and_what_was_meant(machine: Machine) -> None:
    result = machine.run("menus", "seen", "th.wages", *SPAN)
    assert result.exit_code == 1
    assert result.stderr == "no menu has a fact 'th.wages'; did you mean 'th.wage'?\n"


@pytest.mark.parametrize("words", [("--from", "2027-01-01"), ("--from", "January", "--to", "2027-01-05")])
def test_both_days_must_be_days(machine: Machine, words: tuple[str, ...]) -> None:
    assert machine.run("menus", "seen", "th.wage", *words).exit_code == 2


@pytest.mark.fault("U6")
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_span_that_ends_before_it_begins_is_refused(machine: Machine, as_json: tuple[str, ...]) -> None:
    counted(machine, 12)
    result = machine.run("menus", "seen", "th.wage", "--from", "2027-01-05", "--to", "2027-01-01", *as_json)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "2027-01-01 comes before 2027-01-05" in result.stderr


@pytest.mark.fault("U6")
def test_a_single_day_is_a_span(machine: Machine) -> None:
    counted(machine, 12)
    result = machine.run("menus", "seen", "th.wage", "--from", "2027-01-02", "--to", "2027-01-02")
    assert "read 12 times" in result.stdout
