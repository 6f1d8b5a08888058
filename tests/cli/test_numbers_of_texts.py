"""A number is demanded where a text names it, and nowhere else: at a start, a publish, a rollback, in the doctor."""

import shutil
from pathlib import Path

import pytest

from gateway.foundation.services import Services
from tests.support.cli_house import MENUS, Machine
from tests.support.house import Phone
from tests.support.reviewed import review_folder

pytestmark = pytest.mark.fault("H6")
REAL = {"AFRICASTALKING_USERNAME": "centre", "AFRICASTALKING_API_KEY": "a key"}
HELPLINE = '[line]\nhelpline = "+85620555000000"\n'
CENTRE = f'{HELPLINE}mrc = "+85620555000001"\n'
PLACES = {
    "a message": ("head.yaml", "{helpline}", "{helpline} {mrc}"),
    "a screen": ("screens.yaml", "{th.police}", "{th.police} {mrc}"),
    "a choice": ("screens.yaml", "{en: My pay, lo: ຄ່າແຮງ}", '{en: "My pay {mrc}", lo: "ຄ່າແຮງ {mrc}"}'),
}


def write_folder(place: Path, named: str = "") -> Path:
    """The small menu, read by the tests' reviewer; with the centre's number in all languages of one text if asked."""
    folder = Path(shutil.copytree(MENUS, place))
    if named:
        file, old, new = PLACES[named]
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return review_folder(folder)


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path / "house", monkeypatch)
    made.numbers = HELPLINE
    yield made
    made.close()


def open_line(machine: Machine) -> Services:
    parts = machine.parts(**REAL)
    parts.versions.refresh()
    return parts


def doctor(machine: Machine, part: str) -> str:
    lines = machine.run("doctor", **REAL).output.splitlines()
    (at,) = [number for number, line in enumerate(lines) if f"  {part} " in line]
    return "\n".join(lines[at : at + 2])


def test_a_helpline_without_a_centre_starts_on_real_phones(machine, tmp_path):
    menus = {"GATEWAY_MENUS_DIR": str(write_folder(tmp_path / "menus"))}
    said = "\n".join(machine.starts(**menus, **REAL))
    assert "not set" not in said
    parts = open_line(machine)
    assert parts.channels["africastalking"].contract.real
    assert "English" in Phone(parts).dial().text
    assert doctor(machine, "line.mrc").startswith("green")
    assert doctor(machine, "account").startswith("green")


@pytest.mark.parametrize("named", PLACES)
def test_a_start_whose_texts_name_a_number_that_is_not_set_is_closed_to_real_phones(machine, tmp_path, named):
    menus = {"GATEWAY_MENUS_DIR": str(write_folder(tmp_path / "menus", named))}
    said = "\n".join(machine.starts(**menus, **REAL))
    words = "africastalking is closed: texts name {mrc}, which is not set"
    assert f"Number not set {words}" in said
    assert "reviews list" not in said
    parts = open_line(machine)
    told = Phone(parts).dial()
    assert (told.ends, "English" in told.text, "{" in told.text, "‹" in told.text) == (
        True,
        False,
        False,
        False,
    )
    assert Phone(parts).texts("pay") == []
    assert "English" in Phone(parts, channel="simulator").dial().text
    found = doctor(machine, "line.mrc")
    assert found.startswith("red")
    assert "take {mrc} out of the texts" in found
    assert words in doctor(machine, "reviews")
    machine.numbers = CENTRE
    assert "English" in Phone(open_line(machine)).dial().text
    assert doctor(machine, "line.mrc").startswith("green")


def test_a_publish_and_a_rollback_that_would_close_the_line_are_refused(machine, tmp_path):
    plain, naming = write_folder(tmp_path / "menus"), write_folder(tmp_path / "naming", "a message")
    machine.numbers = CENTRE
    machine.starts(GATEWAY_MENUS_DIR=str(naming), **REAL)
    assert machine.run("menus", "publish", plain, **REAL).exit_code == 0
    machine.numbers = HELPLINE
    for words in (("publish", naming, "--over"), ("rollback",)):
        refused = machine.run("menus", *words, **REAL)
        assert refused.exit_code == 1
        assert "texts name {mrc}, which is not set" in refused.output
        assert "live now" not in refused.output
    assert "English" in Phone(open_line(machine)).dial().text
    assert machine.run("menus", "rollback").exit_code == 0  # a trial shows that it is not set


def test_a_text_is_corrected_while_the_line_is_closed_already(machine, tmp_path):
    naming = write_folder(tmp_path / "menus", "a message")
    machine.starts(GATEWAY_MENUS_DIR=str(naming), **REAL)
    text = (naming / "words.yaml").read_text(encoding="utf-8")
    (naming / "words.yaml").write_text(text.replace('"191"', '"192"'), encoding="utf-8")
    assert machine.run("menus", "publish", naming, **REAL).exit_code == 0


def test_the_helplines_own_number_is_always_demanded(machine, tmp_path):
    machine.numbers = "[line]\n"
    machine.starts(GATEWAY_MENUS_DIR=str(write_folder(tmp_path / "menus")), **REAL)
    assert not machine.parts(**REAL).channels["africastalking"].contract.real
    assert doctor(machine, "line.helpline").startswith("red")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("number_a_day = 0", "greater than or equal to 1"),
        ("number_a_day = 1001", "less than or equal to 1000"),
        ("strangers_an_hour = 100001", "less than or equal to 100000"),
        ('code_an_hour = "many"', "integer"),
        ("number_a_dya = 4", "did you mean 'number_a_day'?"),
    ],
)
def test_a_brake_that_cannot_be_is_named(machine, row, words):
    machine.numbers = f"{HELPLINE}[answers]\n{row}\n"
    said = machine.run("doctor").output
    assert f"[answers.{row.partition(' ')[0]}]" in said
    assert words in said


def test_a_start_takes_the_brakes_of_its_file(machine, tmp_path):
    machine.numbers = f"{HELPLINE}[answers]\nnumber_a_day = 2\ndanger_an_hour = 7\n"
    machine.starts(GATEWAY_MENUS_DIR=str(write_folder(tmp_path / "menus")))
    parts = open_line(machine)
    assert (parts.answers.danger_an_hour, parts.answers.equal_texts) == (7, 5)
    phone = Phone(parts, channel="simulator")
    assert [len(phone.texts("pay")) for _ in range(3)] == [1, 1, 0]
