"""What the doctor says of menus: a channel that wants another one, facts that nobody vouches for any more."""

import shutil
from datetime import UTC, datetime

import pytest

from gateway.operations import health
from tests.support.cli_house import MENUS, Machine


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path / "house", monkeypatch)
    yield made
    made.close()


def of_part(findings, part):
    (found,) = [each for each in findings if each.part == part]
    return found


@pytest.mark.fault("D8")
def test_a_channel_that_wants_another_menu_is_not_ready_and_both_are_named(machine, tmp_path, capsys):
    folder = shutil.copytree(MENUS, tmp_path / "menus")
    head = folder / "head.yaml"
    head.write_text(
        head.read_text(encoding="utf-8").replace("menu: helpline", "menu: safeline"), encoding="utf-8"
    )
    machine.starts(GATEWAY_MENUS_DIR=str(folder))
    words = "africastalking wants the menu helpline, simulator wants the menu helpline; live: safeline"
    assert f"Not ready      {words}" in capsys.readouterr().err
    said = machine.run("doctor", GATEWAY_MENUS_DIR=str(folder)).output
    assert words in said
    assert "name a menu that is live as `menu` of the channel" in said
    parts = machine.parts()
    parts.versions.refresh()
    assert not health.is_ready(health.look_around(parts))


@pytest.mark.fault("D3")
@pytest.mark.parametrize(
    ("day", "words"),
    [
        (datetime(2027, 3, 1, tzinfo=UTC), "none ends within 60 days"),
        (datetime(2027, 5, 1, tzinfo=UTC), "0 ended, 2 end within 60 days: th.police on 2027-05-24"),
        (datetime(2027, 5, 30, tzinfo=UTC), "2 ended, 0 end within 60 days: th.police on 2027-05-24"),
    ],
)
def test_facts_that_end_are_red_before_callers_meet_a_question_mark(machine, monkeypatch, day, words):
    machine.starts()
    parts = machine.parts()
    parts.versions.refresh()
    monkeypatch.setattr(type(parts.clock), "now", lambda _clock: day)
    found = of_part(health.look_around(parts), "facts")
    assert words in found.words
    assert found.ok == ("none ends" in words)
    assert found.ok or "check each at its source" in found.fix
