"""A folder is seen on a phone before it is live: no gateway runs, nothing is made, and what is live stays unseen."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import main
from gateway.cli.menus import read_sound_menu
from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import run_conversation as run_case
from tests.support import house
from tests.support.cli_house import MENUS

pytestmark = pytest.mark.fault("D7")


@pytest.fixture
def draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of which one word was changed, on a machine with nothing else on it."""
    monkeypatch.setenv("GATEWAY_DATA_DIR", str(tmp_path / "var"))
    monkeypatch.setenv("PORT", "9")
    folder = shutil.copytree(MENUS, tmp_path / "menus")
    for path in folder.glob("*.yaml"):
        written = path.read_text(encoding="utf-8")
        path.write_text(written.replace("Call me back", "Ring me back"), encoding="utf-8")
    return folder


def dial(folder: Path, *more: str, typed: str | None = None) -> Result:
    arguments = ("dial", "*123*4#", "--draft", str(folder), *more)
    return CliRunner().invoke(main, arguments, input=typed, catch_exceptions=False)


def test_the_changed_word_is_read_and_nothing_is_made(draft: Path) -> None:
    result = dial(draft, "--language", "en", "--keys", "1")
    assert result.exit_code == 0
    assert "7 Ring me back" in result.stdout
    assert "Nothing is recorded" in result.stderr
    assert not (draft.parent / "var").exists()
    assert "Ring me back" not in dial(MENUS, "--language", "en", "--keys", "1").stdout


@pytest.mark.parametrize("language", ["lo", "lo-Latn", "th", "en"])
def test_a_request_is_walked_in_each_language_and_is_on_no_record(draft: Path, language: str) -> None:
    keys = "7,1,1,1,1,1,1"
    pages = json.loads(dial(house.MENUS, "--language", language, "--keys", keys, "--json").stdout)
    assert [each["screen"] for each in pages][-2:] == ["code", "thanks"]
    assert "4821" in pages[-2]["text"]
    assert all(0 < each["units"] <= each["limit"] for each in pages)
    assert not (draft.parent / "var").exists()


def test_what_is_typed_by_hand_becomes_a_conversation_that_passes(draft: Path) -> None:
    printed = dial(draft, typed="4\n1\nq\n").stdout
    written = printed[printed.index("- it:") :]
    cases, problems = read_conversations({"tests/new.yaml": written.encode()}, "Asia/Vientiane")
    assert not problems
    ran = [run_case(read_sound_menu(draft), case, zone="Asia/Vientiane") for case in cases]
    assert [each.differences for each in ran] == [[]]


def test_drops_redials_and_a_second_phone_work_as_on_a_line(draft: Path) -> None:
    pages = json.loads(
        dial(
            draft, "--from", "+8562055500001", "--from", "+66800000001", "--keys", "4,d,r,4,s,t", "--json"
        ).stdout
    )
    assert [each.get("screen", "") for each in pages] == [
        "language",
        "main",
        "",
        "language",
        "main",
        "language",
        "",
    ]
    assert {each["from"] for each in pages} == {"+8562055500001", "+66800000001"}


def test_a_folder_with_an_error_is_not_shown_but_its_error_is(draft: Path) -> None:
    head = draft / "head.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("start: ", "start: nowhere_"), encoding="utf-8")
    result = dial(draft, "--keys", "1")
    assert result.exit_code == 1
    assert "nowhere_" in result.output
    assert "CON" not in result.output
