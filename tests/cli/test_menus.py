"""The commands for authors and administrators, as they are typed."""

import json
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

from config import settings as config
from gateway.bootstrap import open_ledger
from gateway.cli.main import main
from gateway.cli.menus import menus
from gateway.storage import migrate
from tests.support.menu_folders import HERE
from tests.support.reviewed import reviewed_copy

BASE = HERE / "base"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def at(monkeypatch, tmp_path):
    """A house of its own on 24 November 2026: a data folder, and a copy of the sound menu as its menus folder."""
    folder = reviewed_copy(BASE, tmp_path / "menus")
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("GATEWAY_MENUS_DIR", str(folder))
    return folder


@pytest.fixture
def ledger(at):
    store = open_ledger(config.from_process())
    migrate.upgrade(store)
    store.close()


def told(*words: object):
    return CliRunner().invoke(menus, [str(word) for word in words])


def broken(at, name: str) -> None:
    for path in (HERE / "broken" / name).glob("*.yaml"):
        shutil.copy(path, at / path.name)


def test_a_sound_menu_passes_and_its_warnings_fail_only_when_strict(at):
    found = told("check")
    assert found.exit_code == 0
    assert "helpline} is not set" in found.output
    assert found.output.endswith(f"{at}: 0 errors, 1 warnings\n")
    assert told("check", at, "--strict").exit_code == 1


def test_an_error_fails_with_place_frame_and_hint(at):
    broken(at, "unknown-screen")
    found = told("check", at)
    assert found.exit_code == 1
    assert f"{at}/screens.yaml:12:24: error: there is no screen 'pya' [unknown-screen]\n" in found.output
    assert '>   12 |       - {key: "1", to: pya, label: {en: My pay, lo: ຄ່າແຮງ}}\n' in found.output
    assert "  hint: did you mean 'pay'?\n" in found.output


def test_problems_as_json_have_the_promised_shape(at):
    broken(at, "unknown-screen")
    found = told("check", at, "--json")
    assert found.exit_code == 1
    errors = [problem for problem in json.loads(found.output) if problem["level"] == "error"]
    assert errors == [
        {
            "code": "unknown-screen",
            "level": "error",
            "file": "screens.yaml",
            "line": 12,
            "column": 24,
            "screen": "main",
            "language": "",
            "message": "there is no screen 'pya'",
            "hint": "did you mean 'pay'?",
        }
    ]


def test_one_file_can_be_checked_and_a_missing_folder_is_said(at):
    assert f"{at / 'words.yaml'}:" in told("check", at / "words.yaml").output
    found = told("check", at / "nowhere")
    assert found.exit_code == 1
    assert "cannot read" in found.output


def test_settings_that_cannot_be_used_are_named(at, monkeypatch):
    monkeypatch.setenv("PORT", "many")
    found = CliRunner().invoke(main, ["menus", "check", str(at)])
    assert found.exit_code == 2
    assert found.output.startswith("PORT: ")


def test_conversations_run_and_a_difference_fails(at):
    (at / "tests").mkdir()
    test = at / "tests" / "pay.yaml"
    test.write_text(
        "- it: reads pay\n  steps:\n    - {dial: x, screen: language}\n    - {sends: '4', screen: main}\n"
    )
    found = told("test", at)
    assert found.exit_code == 0
    assert "  1/1 ok  reads pay\n" in found.output
    assert "screens                2/12     0/11\n" in found.output
    assert "screens are shown by no conversation: call_me" not in found.output
    assert found.output.endswith(f"{at}: 1 conversations, 0 failed\n")
    test.write_text(test.read_text().replace("screen: main", "screen: mian"))
    found = told("test", at)
    assert found.exit_code == 1
    assert (
        f"  {at}/tests/pay.yaml:4:7: step 2, sends 4: expected screen mian, got main\n    | 1 My pay"
        in found.output
    )


@pytest.mark.parametrize(("number", "leads_on"), [("02012345678", False), ("+8562012345678", True)])
def test_conversations_walk_the_pages_that_the_settings_need(at, tmp_path, monkeypatch, number, leads_on):
    """The page has room for a number of eleven digits, as one that is not set, and for none of fourteen."""
    file = tmp_path / "gateway.toml"
    file.write_text((ROOT / "config" / "gateway.toml").read_text().replace('mrc = ""', f'mrc = "{number}"'))
    monkeypatch.setenv("GATEWAY_CONFIG", str(file))
    words = ("Write down every day and every hour, and keep it safe. " * 3)[:131]
    screens = (at / "screens.yaml").read_text()
    (at / "screens.yaml").write_text(screens.replace("At least {th.wage} baht a day.", f"{{mrc}} {words}"))
    (at / "tests").mkdir()
    (at / "tests" / "pay.yaml").write_text(
        "- it: reads pay\n  steps:\n    - {dial: x, screen: language}\n    - {sends: '4', screen: main}\n"
        "    - {sends: '1', screen: pay, contains: '98 More'}\n"
    )
    assert told("test", at).exit_code == (0 if leads_on else 1)


def test_conversations_that_cannot_be_read_or_a_broken_menu_fail(at):
    assert told("test", at).exit_code == 1  # none at all
    (at / "tests").mkdir()
    (at / "tests" / "pay.yaml").write_text("- it: x\n")
    found = told("test", at)
    assert found.exit_code == 1
    assert "a conversation needs 'steps'" in found.output
    broken(at, "unknown-screen")
    found = told("test", at)
    assert found.exit_code == 1
    assert "there is no screen 'pya'" in found.output


def test_every_screen_with_its_languages_is_shown_where_asked(at):
    (at / "tests").mkdir()
    (at / "tests" / "pay.yaml").write_text("- it: dials\n  steps:\n    - {dial: x, screen: language}\n")
    found = told("test", at, "--coverage").output
    assert "language                yes         \n" in found
    assert "pay                      no       no\n" in found


def test_sizes_of_all_pages_and_keys_to_help_are_printed(at):
    found = told("sizes", at)
    assert found.exit_code == 0
    lines = [" ".join(line.split()) for line in found.output.splitlines()]
    assert lines[0] == "units of each page lo en"
    assert "pay 48/70 49/160" in lines
    assert "code 48/70 64/160" in lines
    assert "sos lo 1 1 2, danger" in lines
    assert "call_me en 2 1 2, language" in lines
    assert "pay 48/201 49/459" in [
        " ".join(line.split()) for line in told("sizes", at, "--sms").output.splitlines()
    ]


def test_the_menu_is_drawn(at, tmp_path):
    assert told("draw", at).output.startswith("flowchart LR\n")
    found = told("draw", at, "--svg", tmp_path / "menu.svg")
    assert found.exit_code == 0
    assert ET.parse(tmp_path / "menu.svg").getroot().tag.endswith("svg")


@pytest.mark.fault("M10")
def test_a_menu_with_errors_is_drawn_with_them(at, tmp_path):
    broken(at, "text-too-long")
    assert "  class s_thanks error\n" in told("draw", at).output
    broken(at, "unknown-screen")
    found = told("draw", at)
    assert found.exit_code == 0
    assert "there is no screen 'pya'" in found.output
    assert "nobody wrote a screen 'pya'" in found.output
    assert ", 1 errors in red" in told("draw", at, "--svg", tmp_path / "menu.svg").output
    (at / "screens.yaml").write_text("schema: 1\n")
    (at / "callback.yaml").unlink()
    assert told("draw", at).exit_code == 1


def test_the_schema_is_json(at):
    assert json.loads(told("schema").output)["title"] == "A file of a menu"


@pytest.mark.fault("H6")
def test_the_only_menu_is_the_one_that_is_meant_whatever_it_is_called(at, ledger):
    for words in ("menu: helpline", "menu: safeline"):
        (at / "head.yaml").write_text((at / "head.yaml").read_text().replace("menu: helpline", words))
    assert told("publish").output.endswith("safeline: version 1 is live now\n")
    (at / "screens.yaml").write_text((at / "screens.yaml").read_text().replace("At least", "Not under"))
    assert told("publish").output.endswith("safeline: version 2 is live now\n")
    assert told("rollback").output == "safeline: version 1 is live now\n"


def test_publish_versions_and_rollback(at, ledger):
    assert told("publish").output.endswith("helpline: version 1 is live now\n")
    assert told("publish").output.endswith("helpline: version 1 is live already, nothing changed\n")
    screens = at / "screens.yaml"
    screens.write_text(screens.read_text().replace("At least", "Not under"))
    assert told("publish", at, "--why", "plainer words", "--author", "Noy").output.endswith(
        "version 2 is live now\n"
    )
    first, second = told("versions").output.splitlines()
    assert first.startswith("helpline    2 ")
    assert first.endswith(" Noy plainer words *")
    assert second.startswith("helpline    1 ")
    assert told("rollback").output == "helpline: version 1 is live now\n"
    assert told("rollback", 2, "--withdraw").output == "helpline: version 2 is live now\n"
    assert "withdrawn" in told("versions", "helpline").output
    found = told("rollback", 9)
    assert found.exit_code == 1
    assert "has no version 9" in found.output


def test_a_broken_folder_is_not_published(at, ledger):
    told("publish")
    broken(at, "unknown-screen")
    found = told("publish")
    assert found.exit_code == 1
    assert "did you mean 'pay'?" in found.output
    assert "nothing was published; what is live goes on" in found.output
    assert told("versions").output.count("\n") == 1


def test_for_real_phones_drafts_on_the_way_to_a_callback_fail(at):
    (at / "reviews" / "lo.yaml").unlink()
    assert told("check", at).exit_code == 0
    found = told("check", at, "--real")
    assert found.exit_code == 1
    words = "'when' stands on the way to a callback and nobody has reviewed its lo [unreviewed]"
    assert words in found.output


@pytest.mark.fault("U4")
@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("facts.yaml.txt", "facts.yaml"),
        ("pay.YAML", "pay.yaml"),
        ("pay.yaml~", "pay.yaml"),
        ("pay.yml.bak", "pay.yaml"),
        ("pay.yaml - Copy", "pay.yaml"),
        ("pay.txt", "pay.yaml"),
        ("more/pay.Yml", "more/pay.yaml"),
        ("tests/one.yml", "tests/one.yaml"),
    ],
)
def test_a_file_that_looks_like_a_menu_and_is_not_read_is_named(at, name, plain):
    (at / name).parent.mkdir(exist_ok=True)
    (at / name).write_text("# notes\nschema: 1\nscreens: {}\n")
    found = json.loads(told("check", "--json").output)
    unread = [each for each in found if each["code"] == "file-not-read"]
    assert [(each["file"], each["level"]) for each in unread] == [(name, "warning")]
    assert unread[0]["hint"] == f"give it the name {plain}, or move it out of the folder"


@pytest.mark.parametrize("name", ["README.md", "notes.txt", ".pay.yaml.swp", "photo.png"])
def test_other_files_of_the_folder_are_let_alone(at, name):
    (at / name).write_bytes(b"\x89 notes of the author: schema: 1")
    assert "file-not-read" not in told("check").output


@pytest.mark.fault("U4")
@pytest.mark.parametrize(
    ("missing", "hint"),
    [("hurt", ""), ("pays", "pay"), ("pya", "pay"), ("privacy", ""), ("thankss", "thanks")],
)
def test_no_screen_is_named_that_is_only_alike(at, missing, hint):
    text = (at / "screens.yaml").read_text().replace("to: pay,", f"to: {missing},")
    hours = "  hours: {kind: information, text: {en: Rest days, lo: ມື້ພັກ}}\n"
    (at / "screens.yaml").write_text(text + hours)
    found = [
        each["hint"]
        for each in json.loads(told("check", "--json").output)
        if each["code"] == "unknown-screen"
    ]
    assert len(found) == 1
    assert found[0].startswith(f"did you mean '{hint}'?" if hint else f"add {missing}: under screens")
