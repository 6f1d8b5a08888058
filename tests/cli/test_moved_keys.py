"""A key that callers know by heart: check and diff tell what moves, and a publish of a grave one wants a reason."""

import json
import shutil

import pytest

from gateway.storage import audit, versions
from tests.support.cli_house import MENUS

pytestmark = pytest.mark.fault("M6")


def folder(tmp_path, old, new):
    made = shutil.copytree(MENUS, tmp_path / "menu")
    text = (made / "screens.yaml").read_text(encoding="utf-8")
    assert old in text
    (made / "screens.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return made


MILD = ('{key: "1", to: pay', '{key: "6", to: pay')
GRAVE = ('{key: "9", to: sos, label: {en: SOS, lo', '{key: "2", to: sos, label: {en: SOS, lo')


def test_a_moved_key_is_told_by_check_diff_and_publish_and_goes_live(machine, tmp_path):
    made = folder(tmp_path, *MILD)
    line = "key 1 was 'My pay' and is no choice any more; 'My pay' has key 6 now"
    checked = machine.run("menus", "check", made)
    assert (checked.exit_code, line in checked.output) == (0, True)
    assert line in machine.run("menus", "diff", made).output
    published = machine.run("menus", "publish", made)
    assert (published.exit_code, line in published.output) == (0, True)
    assert "key 1" not in machine.run("menus", "check", made).output  # it is what callers know now


def test_a_moved_danger_key_is_refused_until_somebody_says_why(machine, tmp_path):
    made = folder(tmp_path, *GRAVE)
    checked = machine.run("menus", "check", "--json", made)
    told = {each["code"]: each["level"] for each in json.loads(checked.output)}
    assert (checked.exit_code, told["key-moved"]) == (1, "error")
    assert "'SOS' has key 2 now" in machine.run("menus", "diff", made).output
    refused = machine.run("menus", "publish", made, "--why", "tidier")
    assert (refused.exit_code, "nothing was published" in refused.output) == (1, True)
    assert machine.run("menus", "publish", made, "--move-keys", "  ").exit_code == 1
    passed = machine.run("menus", "publish", made, "--why", "tidier", "--move-keys", "9 is the police here")
    assert passed.exit_code == 0, passed.output
    parts = machine.parts()
    with parts.store.read() as tx:
        version = versions.get_version(tx, versions.find_live_ids(tx)["helpline"])
        said = [entry.detail for entry in audit.list_about(tx, "version", version.id)]
    assert version.why == "tidier; keys moved: 9 is the police here"
    assert any("keys moved: 9 is the police here" in each for each in said)


def test_a_folder_with_moved_keys_can_be_tried_and_a_menu_that_is_not_live_is_compared_with_nothing(
    machine, tmp_path
):
    made = folder(tmp_path, *GRAVE)
    dialled = machine.run("dial", "*123*4#", "--draft", made, "--keys", "4")
    assert (dialled.exit_code, "2 SOS" in dialled.output) == (0, True), dialled.output
    head = (made / "head.yaml").read_text(encoding="utf-8")
    (made / "head.yaml").write_text(head.replace("menu: helpline", "menu: other"), encoding="utf-8")
    assert "key-moved" not in machine.run("menus", "check", made).output


def go_live(machine, folder, *words):
    done = machine.run("menus", "publish", folder, *words)
    assert done.exit_code == 0, done.output


def read_record(machine):
    parts = machine.parts()
    with parts.store.read() as tx:
        version = versions.get_version(tx, versions.find_live_ids(tx)["helpline"])
        return version.number, [entry.detail for entry in audit.list_about(tx, "version", version.id)]


def test_a_rollback_tells_the_keys_that_it_moves(machine, tmp_path):
    go_live(machine, folder(tmp_path, *MILD))
    told = machine.run("menus", "rollback", "--why", "the old way")
    assert told.exit_code == 0, told.output
    assert "main: key 6 was 'My pay' and is no choice any more; 'My pay' has key 1 now" in told.output
    assert "helpline: version 1 is live now" in told.output


@pytest.mark.parametrize("number", [(), ("1",)])
@pytest.mark.parametrize("more", [(), ("--withdraw",), ("--move-keys", " ")])
def test_a_rollback_that_moves_a_danger_key_is_refused_until_somebody_says_why(
    machine, tmp_path, number, more
):
    go_live(machine, folder(tmp_path, *GRAVE), "--move-keys", "9 is the police here")
    refused = machine.run("menus", "rollback", *number, *more)
    assert refused.exit_code == 1
    assert "nothing went live" in refused.output
    assert "key 2 was 'SOS' and is no choice any more; 'SOS' has key 9 now" in refused.output
    assert "say --move-keys and the reason" in refused.output
    assert read_record(machine)[0] == 2


def test_a_reason_lets_the_rollback_pass_and_stands_on_record(machine, tmp_path):
    go_live(machine, folder(tmp_path, *GRAVE), "--move-keys", "9 is the police here")
    passed = machine.run("menus", "rollback", "--why", "people press 9", "--move-keys", "9 was right")
    assert passed.exit_code == 0, passed.output
    assert "'SOS' has key 9 now" in passed.output
    number, said = read_record(machine)
    assert number == 1
    assert any("people press 9; keys moved: 9 was right" in each for each in said), said


def test_a_rollback_that_moves_no_key_says_nothing_of_keys(machine, tmp_path):
    go_live(machine, folder(tmp_path, "We are not the police", "We are no police"))
    told = machine.run("menus", "rollback", "--why", "as it was")
    assert (told.exit_code, "key" in told.output) == (0, False)
