"""Whichever way a menu came to a line that reaches real phones, callers read only what somebody reviewed."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.foundation.services import Services
from gateway.storage import callers, conversations
from gateway.storage import versions as stored
from tests.support.cli_house import MENUS, Machine
from tests.support.house import Phone, rows
from tests.support.reviewed import reviewed_copy

pytestmark = pytest.mark.fault("D1")
REAL = {"AFRICASTALKING_USERNAME": "centre", "AFRICASTALKING_API_KEY": "a key"}
LAO = range(0x0E80, 0x0F00)
MENU_OF = {"draft": None, "English alone": ["en"], "reviewed": []}
"""What was read of the menu; an empty list is all of it."""


@dataclass
class House:
    """One machine, the folder that comes through the door, and another that was live before it."""

    machine: Machine
    next_machine: Machine
    folder: Path
    before: Path

    @property
    def menus(self) -> dict[str, str]:
        return {"GATEWAY_MENUS_DIR": str(self.folder)}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=[pytest.mark.store, pytest.mark.slow])])
def machines(request, tmp_path, monkeypatch) -> Iterator[list[Machine]]:
    made = [Machine(tmp_path / name, monkeypatch) for name in ("first", "next")]
    if request.param == "postgresql":
        for each in made:
            each.database = request.getfixturevalue("postgresql_ledgers").empty_url()
    yield made
    for each in made:
        each.close()


@pytest.fixture(params=MENU_OF)
def state(request) -> str:
    return request.param


@pytest.fixture
def house(machines, tmp_path, state) -> House:
    languages = MENU_OF[state]
    folder = MENUS if languages is None else reviewed_copy(MENUS, tmp_path / "menus", languages)
    before = reviewed_copy(MENUS, tmp_path / "before", languages or [])
    text = (before / "screens.yaml").read_text(encoding="utf-8")
    (before / "screens.yaml").write_text(text.replace("At least", "Not under"), encoding="utf-8")
    return House(machines[0], machines[1], folder, before)


def first_start(house: House) -> Services:
    house.machine.starts(**house.menus, **REAL)
    return house.machine.parts(**REAL)


def account_added(house: House) -> Services:
    house.machine.starts(**house.menus)
    return house.machine.parts(**REAL)


def publish(house: House) -> Services:
    house.machine.starts(GATEWAY_MENUS_DIR=str(house.before))
    words = ("menus", "publish", house.folder, *_without(house))
    assert house.machine.run(*words, **REAL).exit_code == 0
    return house.machine.parts(**REAL)


def rollback(house: House) -> Services:
    house.machine.starts(**house.menus)
    assert house.machine.run("menus", "publish", house.before).exit_code == 0
    assert house.machine.run("menus", "rollback", *_without(house), **REAL).exit_code == 0
    return house.machine.parts(**REAL)


def restart(house: House) -> Services:
    first_start(house).versions.refresh()
    return house.machine.parts(**REAL)


def restart_without_sql(house: House) -> Services:
    parts = first_start(house)
    parts.versions.refresh()
    again = house.machine.parts(**REAL)
    again.versions._read_files()
    assert again.versions.loaded() == parts.versions.loaded()
    return again


def a_line_that_runs(house: House) -> Services:
    """The line's own process takes up what another one published, at its next look."""
    house.machine.starts(GATEWAY_MENUS_DIR=str(house.before), **REAL)
    running = house.machine.parts(**REAL)
    running.versions.refresh()
    assert house.machine.run("menus", "publish", house.folder, *_without(house), **REAL).exit_code == 0
    return running


def restore(house: House) -> Services:
    said = house.machine.starts(**house.menus)
    sheet = next(line.strip() for line in said if line.startswith("    ") and len(line.split()) == 14)
    backup = house.machine.folder / "backup"
    assert house.machine.run("backup", backup).exit_code == 0
    done = house.next_machine.run("restore", backup, typed=f"{sheet}\n")
    assert done.exit_code == 0, done.output
    return house.next_machine.parts(**REAL)


def _without(house: House) -> tuple[str, ...]:
    """Say that languages may leave, where the folder has fewer than the one before: else no such door opens."""
    return ("--without", "lo", "--without", "en") if house.folder == MENUS else ()


DOORS: list[Callable[[House], Services]] = [
    first_start,
    account_added,
    publish,
    rollback,
    restart,
    restart_without_sql,
    a_line_that_runs,
    restore,
]


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_real_phones_read_only_what_was_reviewed(door, house, state):
    parts = door(house)
    parts.versions.refresh()
    real, trial = Phone(parts), Phone(parts, channel="simulator")
    shown = {"draft": "", "English alone": "4 English\n9 SOS", "reviewed": "1 Phasa Lao\n4 English\n9 SOS"}[
        state
    ]
    first = real.dial()
    assert shown in first.text
    assert first.ends == (not shown)
    assert ("Phasa Lao" in first.text) == (state == "reviewed")
    assert "1 Phasa Lao\n4 English" in trial.dial().text
    walked = first.text if first.ends else real.press("1").text
    assert _has_lao(walked) == (state == "reviewed")
    assert _has_lao(trial.press("1").text)
    answers = real.texts("ຄ່າແຮງ")
    assert len(answers) == (state != "draft")
    assert _has_lao("".join(answers)) == (state == "reviewed")


def _has_lao(text: str) -> bool:
    return any(ord(letter) in LAO for letter in text)


def _edited(house: House, tmp_path: Path, file: str, old: str, new: str) -> Path:
    """A copy of the folder with one change, its reviews as they were."""
    folder = tmp_path / "edited"
    shutil.copytree(house.folder, folder)
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return folder


def test_the_doctor_and_the_start_say_what_waits(house, state):
    said = "\n".join(house.machine.starts(**house.menus, **REAL))
    doctor = house.machine.run("doctor", **REAL)
    (line,) = [line for line in doctor.output.splitlines() if "  reviews " in line]
    assert doctor.exit_code == 1  # no worker runs here
    if state == "reviewed":
        assert line.startswith("green")
        assert "Not reviewed" not in said
        return
    words = "africastalking is closed: " if state == "draft" else "africastalking offers only en: lo: "
    assert line.startswith("red")
    assert words in line
    assert words in said
    assert "texts wait for a review (" in line
    waiting = house.machine.run("menus", "reviews", "list", "lo", "--path", "--folder", house.folder).output
    assert f"lo: {waiting.splitlines()[-1].rsplit(', ', 1)[1].split()[0]} texts wait" in line


def test_before_an_account_is_set_the_doctor_is_content_with_drafts(house):
    house.machine.starts(**house.menus)
    (line,) = [line for line in house.machine.run("doctor").output.splitlines() if "  reviews " in line]
    assert line.startswith("green")


def test_a_fact_is_corrected_on_a_line_with_drafts(house, tmp_path, state):
    """The smallest correction of the fault: one digit of an emergency number, on whatever line."""
    house.machine.starts(**house.menus, **REAL)
    folder = _edited(house, tmp_path, "words.yaml", '"191"', '"192"')
    done = house.machine.run("menus", "publish", folder, **REAL)
    assert done.exit_code == 0, done.output
    assert "version 2 is live now" in done.output
    parts = house.machine.parts(**REAL)
    parts.versions.refresh()
    assert "Police 192" in Phone(parts, channel="simulator").dial("4 9").text
    if state != "draft":
        assert "Police 192" in Phone(parts).dial("4 9").text


def test_a_reviewed_text_is_corrected_beside_drafts(house, tmp_path, state):
    house.machine.starts(**house.menus, **REAL)
    folder = _edited(house, tmp_path, "screens.yaml", "We are not the police", "We are no police")
    if state != "draft":
        reader = ("--by", "Noy", "--folder", folder)
        assert house.machine.run("menus", "reviews", "read", "en", "sos", *reader).exit_code == 0
    done = house.machine.run("menus", "publish", folder, **REAL)
    assert done.exit_code == 0, done.output


def test_a_publish_that_takes_a_review_away_is_refused_with_its_text(house, tmp_path, state):
    house.machine.starts(**house.menus, **REAL)
    folder = _edited(house, tmp_path, "screens.yaml", "We are not the police", "We are no police")
    done = house.machine.run("menus", "publish", folder, **REAL)
    if state == "draft":
        assert done.exit_code == 0
        return
    assert done.exit_code == 1
    assert "en would leave the lines that reach real phones" in done.output
    assert "en: 1 text waits for a review (sos)" in done.output
    assert "live now" not in done.output
    again = house.machine.run("menus", "publish", folder, "--without", "en", **REAL)
    assert again.exit_code == 0
    assert house.machine.run("menus", "publish", folder).exit_code == 0  # a trial loses nothing


def test_a_rollback_that_takes_a_review_away_is_refused(house, state):
    house.machine.starts(**house.menus)
    assert house.machine.run("menus", "publish", house.before).exit_code == 0
    done = house.machine.run("menus", "rollback", **REAL)
    assert (done.exit_code == 1) == (state == "draft")
    assert ("would leave the lines" in done.output) == (state == "draft")


def test_a_closed_line_keeps_her_text_and_hears_what_cannot_wait(machines, tmp_path):
    """She gets no draft; STOP counts, a cry for help alarms, and everything is there for a person to read."""
    folder = shutil.copytree(MENUS, tmp_path / "menus")
    words = (folder / "words.yaml").read_text(encoding="utf-8")
    stop = "keywords:\n  - {words: {en: stop}, reaction: stop}\n"
    (folder / "words.yaml").write_text(words.replace("keywords:\n", stop), encoding="utf-8")
    machines[0].starts(GATEWAY_MENUS_DIR=str(folder), **REAL)
    parts = machines[0].parts(**REAL)
    parts.versions.refresh()
    phone = Phone(parts)
    for words in ("call me", "2 3", "help me", "STOP"):
        assert phone.texts(words) == []
    with parts.store.read() as tx:
        caller = callers.find_caller(tx, phone.number)
        assert caller is not None
        assert caller.stopped
        assert {one.text for one in conversations.list_unread(tx)} == {"call me", "2 3"}
        assert [one.text for one in conversations.list_dangers(tx)] == ["help me"]
    assert [row.kind for row in rows(parts) if row.kind != "answer"] == ["danger_text"]


def test_a_menu_of_an_earlier_release_keeps_its_drafts_from_real_phones(machines):
    """What was published before reviews by text knew its drafts by language."""
    machines[0].starts()
    parts = machines[0].parts(**REAL)
    with parts.store.write() as tx:
        live = stored.find_live_id(tx, "helpline")
        old = stored.find_compiled(tx, live)
        fields = json.loads(old)
        del fields["waiting"], fields["source"]
        fields |= {"format": 2, "drafts": ["lo"]}
        made = stored.add_version(tx, menu="helpline", source={}, compiled=json.dumps(fields), format=2,
                          hash="0", author="", why="", now=parts.clock.now())  # fmt: skip
        stored.point_live(tx, "helpline", made.id, seen=live, now=parts.clock.now())
    parts.versions.refresh()
    first = Phone(parts).dial()
    assert "4 English" in first.text
    assert "Phasa Lao" not in first.text
