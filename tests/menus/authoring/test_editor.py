"""What an author sees while typing: the real YAML language server completes, explains and marks by our schema."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.menus.authoring.json_schema import build_json_schema
from tests.support.editor import Editor

SERVER = "yaml-language-server@1.18.0"
TEXT = """# yaml-language-server: $schema=./schema.json
schema: 1
screens:
  pay:
    kind: information
    text: {en: At least 400 baht a day.}
    choices:
      - {key: "1", to: pay, labl: {en: Again}}
  safe:
    kind: question
    asks: ~
    text: {en: When?}
    choices: []
  new:
    ~
facts:
  wage:
    - {valid_from: 2025-07-01, source: Gazette, checked_on: 2026-11-24, expires_on: 2027-05-24,
      date: 2021,
      when_old: {en: ask us}}
  other:
    - {valid_from: 2025-07-01, source: Gazette, checked_on: 2026-11-24, expires_on: 2027-05-24,
      date: July}
""".replace("~", "")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def editor(tmp_path_factory):
    if not shutil.which("npm") or not shutil.which("node"):
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no npm on this machine")
    folder = tmp_path_factory.mktemp("editor")
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--silent", SERVER], cwd=folder, check=True, timeout=300
    )
    (folder / "schema.json").write_text(json.dumps(build_json_schema()))
    file = folder / "menu.yaml"
    file.write_text(TEXT)
    command = [str(folder / "node_modules" / ".bin" / "yaml-language-server"), "--stdio"]
    found = Editor(command, folder.as_uri())
    opened = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": TEXT}
    found.tell("textDocument/didOpen", {"textDocument": opened})
    yield found, file
    found.close()


def position(file: Path, line: int, character: int):
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": character}}


def labels(editor, line, character):
    found, file = editor
    result = found.ask("textDocument/completion", position(file, line, character))
    items = result["items"] if isinstance(result, dict) else result
    return {item["label"] for item in items}


def test_keys_of_a_screen_are_offered(editor):
    assert {"text", "choices", "kind", "topic", "variants"} <= labels(editor, 14, 4)


def test_the_fields_that_a_question_may_ask_are_offered(editor):
    assert {"danger", "phone_seen", "when", "consent"} <= labels(editor, 10, 10)


@pytest.mark.parametrize(
    ("line", "character", "words"),
    [
        (4, 5, "What sort of screen this is"),
        (7, 10, "What she types"),
        (10, 5, "field of the callback form"),
        (18, 8, "each language tells it in its own words and calendar"),
        (19, 8, "What stands in for the value"),
    ],
)
def test_a_key_is_explained(editor, line, character, words):
    found, file = editor
    told = found.ask("textDocument/hover", position(file, line, character))
    assert words in json.dumps(told)


def test_a_slip_is_marked_at_its_place(editor):
    found, _ = editor
    marks = found.wait_for("textDocument/publishDiagnostics")["diagnostics"]
    assert any(mark["range"]["start"]["line"] == 7 and "labl" in mark["message"] for mark in marks), marks


def test_a_date_may_be_a_year_and_must_be_a_date(editor):
    found, _ = editor
    marks = found.wait_for("textDocument/publishDiagnostics")["diagnostics"]
    marked = {mark["range"]["start"]["line"] for mark in marks}
    assert 22 in marked
    assert not marked & {17, 18, 19}
