"""Two administrators and one menu: nobody undoes another in silence, and what was published can be had again."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.domain.permissions import Role
from gateway.helpdesk.staff import people
from gateway.storage import audit
from tests.support.cli_house import MENUS, Machine


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.store)])
def machine(request, tmp_path, monkeypatch):
    made = Machine(tmp_path / "house", monkeypatch)
    if request.param == "postgresql":
        made.database = request.getfixturevalue("postgresql_ledgers").empty_url()
    made.starts()
    yield made
    made.close()


def folder(tmp_path: Path, name: str, *edits: tuple[str, str, str], source: Path = MENUS) -> Path:
    """A copy of a folder with some words changed."""
    made = shutil.copytree(source, tmp_path / name)
    for file, old, new in edits:
        text = (made / file).read_text(encoding="utf-8")
        assert old in text
        (made / file).write_text(text.replace(old, new), encoding="utf-8")
    return made


POLICE = ("words.yaml", 'value: "191"', 'value: "192"')
PAY = ("screens.yaml", "At least", "Not under")
THANKS = ("callback.yaml", "en: Thank you.,", "en: Thanks.,")


def published(machine: Machine, *words: object) -> tuple[int, str]:
    result = machine.run("menus", "publish", *(str(word) for word in words))
    return result.exit_code, result.output


# --- D5: from which version


@pytest.mark.fault("D5")
@pytest.mark.parametrize("theirs", [POLICE, PAY], ids=["a fact", "a text"])
@pytest.mark.parametrize("mine", [POLICE, PAY], ids=["a fact", "a text"])
def test_an_older_folder_does_not_undo_what_somebody_published(machine, tmp_path, theirs, mine):
    assert published(machine, folder(tmp_path, "theirs", theirs))[0] == 0
    code, said = published(machine, folder(tmp_path, "mine", mine))
    if theirs == mine:
        assert "live already" in said
        return
    assert code == 1
    assert "made from version 1, which is not live any more; version 2 is live" in said
    undone = said[said.index("It would undo:") : said.index("Take version 2 up")]
    assert ("“192” → “191”" if theirs is POLICE else "“Not under {th.wage}") in undone
    assert ("“191” → “192”" if mine is POLICE else "→ “Not under") not in undone
    assert "--over" in said
    assert "helpline    3" not in machine.run("menus", "versions").output


@pytest.mark.fault("D5")
def test_whoever_edits_what_is_live_is_never_stopped_and_reads_what_changes(machine, tmp_path):
    live = folder(tmp_path, "live", POLICE)
    assert published(machine, live)[0] == 0
    for number, edit in ((3, PAY), (4, THANKS), (5, ("words.yaml", 'value: "192"', 'value: "193"'))):
        live = folder(tmp_path, f"live{number}", edit, source=live)
        code, said = published(machine, live)
        assert code == 0, said
        assert f"made from version {number - 1}\nhelpline: version {number} is live now\n" in said
    assert "fact th.police from 2020-01-01: “192” → “193”" in said


@pytest.mark.fault("D5")
def test_who_says_so_publishes_over_it_or_says_where_the_folder_came_from(machine, tmp_path):
    published(machine, folder(tmp_path, "theirs", POLICE))
    mine = folder(tmp_path, "mine", PAY)
    assert published(machine, mine, "--base", "1")[0] == 1
    assert "Error: the menu helpline has no version 9\n" in published(machine, mine, "--base", "9")[1]
    assert published(machine, mine, "--base", "2")[0] == 0
    assert published(machine, folder(tmp_path, "again", THANKS), "--over")[0] == 0


@pytest.mark.fault("D5")
def test_the_difference_is_told_in_words_and_writes_nothing(machine, tmp_path):
    published(machine, folder(tmp_path, "theirs", POLICE))
    mine = folder(tmp_path, "mine", PAY, ("screens.yaml", "lo: ຄ່າແຮງ}", "lo: ເງິນເດືອນ}"))
    said = machine.run("menus", "diff", mine)
    assert said.exit_code == 0
    assert (
        "  pay text in en: “At least {th.wage} baht a day.” → “Not under {th.wage} baht a day.”"
        in said.output
    )
    assert "  main key 1 in lo: “ຄ່າແຮງ” → “ເງິນເດືອນ”" in said.output
    words = "3 changes against what is live; made from version 1\nIt would set back:\n  fact th.police"
    assert words in said.output
    rows = json.loads(machine.run("menus", "diff", mine, "--json").output)
    assert {tuple(row["path"]) for row in rows} == {
        ("pay", "text", "in en"),
        ("main", "key 1", "in lo"),
        ("fact", "th.police", "from 2020-01-01"),
    }
    assert "helpline    3" not in machine.run("menus", "versions").output


@pytest.mark.fault("D5")
def test_a_screen_that_somebody_added_does_not_go_in_silence(machine, tmp_path):
    pay = '{key: "1", to: pay,'
    more = '{key: "2", to: more, label: {en: More, lo: ອີກ}}\n      - ' + pay
    screen = "  more: {kind: information, text: {en: More., lo: ອີກ}}\n  offer:\n"
    edits = ("screens.yaml", pay, more), ("screens.yaml", "  offer:\n", screen)
    assert published(machine, folder(tmp_path, "theirs", *edits))[0] == 0
    code, said = published(machine, folder(tmp_path, "mine", PAY))
    assert code == 1
    assert "more text in en: “More.” → nothing" in said
    assert "main key 2 in lo: “ອີກ” → nothing" in said


# --- D6: got back, by whom and why


@pytest.mark.fault("D6")
def test_any_version_is_taken_out_byte_for_byte_with_its_conversations(machine, tmp_path):
    mine = folder(tmp_path, "mine", PAY)
    (mine / "tests").mkdir()
    test = "# a remark\r\n- it: reads the first screen\n  steps:\n    - {dial: x, screen: language}\n"
    (mine / "tests" / "first.yaml").write_bytes(test.encode())
    (mine / "head.yaml").write_bytes(b"# head\r\n" + (mine / "head.yaml").read_bytes())
    assert published(machine, mine)[0] == 0
    assert machine.run("menus", "rollback", "--withdraw").exit_code == 0
    for number, source in ((2, mine), (1, MENUS)):
        out = tmp_path / f"out{number}"
        assert machine.run("menus", "export", number, out).exit_code == 0
        assert contents(out) == contents(source)
    full = machine.run("menus", "export", 1, tmp_path / "out1")
    assert (full.exit_code, "is not empty" in full.output) == (1, True)
    assert "has no version 7" in machine.run("menus", "export", 7, tmp_path / "out7").output
    assert not (tmp_path / "out7").exists()


def contents(path: Path) -> dict[str, bytes]:
    return {each.relative_to(path).as_posix(): each.read_bytes() for each in path.rglob("*.yaml")}


@pytest.mark.fault("D6")
def test_after_a_rollback_the_folder_does_not_bring_the_mistake_back(machine, tmp_path):
    mistake = folder(tmp_path, "mistake", POLICE)
    published(machine, mistake)
    assert machine.run("menus", "rollback").exit_code == 0
    code, said = published(machine, mistake)
    assert code == 1
    assert "made from version 2, which was rolled back; version 1 is live" in said
    assert "It would bring back:\n  fact th.police from 2020-01-01: “191” → “192”" in said
    mended = folder(tmp_path, "mended", PAY, source=mistake)
    assert published(machine, mended)[0] == 1
    code, said = published(machine, mended, "--over")
    assert code == 0
    assert "Version 2 was rolled back; this brings back from it:" in said
    code, said = published(machine, folder(tmp_path, "next", THANKS, source=mended))
    assert (code, "rolled back" in said) == (0, False)


@pytest.mark.fault("D6")
def test_who_and_why_stand_on_record(machine, tmp_path):
    parts = machine.parts()
    people.add_person(
        parts, people.OWNER, name="Noy", role=Role.ADMINISTRATOR, password="lamp river seven cups"
    )
    people.add_person(parts, people.OWNER, name="Keo", role=Role.READER, password="lamp river seven cups")
    mine = folder(tmp_path, "mine", PAY)
    refused = published(machine, mine, "--as", "Keo", "--why", "plainer")
    assert (refused[0], "reader may not: menus:publish" in refused[1]) == (1, True)
    assert "Error: there is nobody of that name\n" in published(machine, mine, "--as", "nobody")[1]
    assert published(machine, mine, "--as", "Noy", "--why", "plainer")[0] == 0
    assert machine.run("menus", "rollback", "--why", "too plain").exit_code == 0
    assert " Noy plainer" in machine.run("menus", "versions").output
    with parts.store.read() as tx:
        rows = [row for row in audit.list_page(tx, limit=50) if row.kind == "version"]
    assert [row.act for row in rows] == ["menu.rollback", "menu.publish", "menu.publish"]
    assert rows[0].detail.startswith("helpline 1 from 2, by ")
    assert rows[0].detail.endswith(": too plain")
    assert (rows[1].who, rows[1].detail) == ("Noy", "helpline 2 from 1: plainer")


@pytest.mark.fault("D6")
def test_a_long_reason_is_kept_as_far_as_there_is_room(machine, tmp_path):
    mine = folder(tmp_path, "mine", PAY)
    assert published(machine, mine, "--why", "x" * 500, "--author", "y" * 90)[0] == 0


# --- D7: conversations


@pytest.mark.fault("D7")
def test_a_failing_conversation_keeps_a_folder_from_going_live(machine, tmp_path):
    mine = folder(tmp_path, "mine", PAY)
    (mine / "tests").mkdir()
    wrong = (
        "- it: reads the wage\n  steps:\n    - {dial: x, screen: language}\n    - {sends: '4', screen: pay}\n"
    )
    (mine / "tests" / "wage.yaml").write_text(wrong, encoding="utf-8")
    code, said = published(machine, mine)
    assert code == 1
    assert "nothing was published: conversations of the folder fail" in said
    assert "reads the wage: tests/wage.yaml:4:7: step 2" in said
    assert published(machine, mine, "--untested")[0] == 0
    (mine / "tests" / "wage.yaml").write_text("- it: x\n", encoding="utf-8")
    assert "a conversation needs 'steps'" in published(machine, mine)[1]
    (mine / "tests" / "wage.yaml").write_text(wrong.replace("screen: pay", "screen: main"), encoding="utf-8")
    assert published(machine, mine)[0] == 0


# --- D9: withdrawn, and the hour


@pytest.mark.fault("D9")
def test_a_withdrawn_version_is_said_to_be_withdrawn_and_times_are_those_of_the_line(machine, tmp_path):
    published(machine, folder(tmp_path, "mine", PAY))
    machine.run("menus", "rollback", "--withdraw")
    said = machine.run("menus", "rollback", 2)
    assert said.exit_code == 1
    assert "version 2 of the menu helpline was withdrawn" in said.output
    assert "gateway menus export 2 FOLDER" in said.output
    assert all("+07:00 " in line for line in machine.run("menus", "versions").output.splitlines())
