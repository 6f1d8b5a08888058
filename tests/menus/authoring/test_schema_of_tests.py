"""The schema that an editor holds conversations to allows what the reader reads, and marks what it refuses."""

import json
from pathlib import Path

import fastjsonschema
import pytest
from ruamel.yaml import YAML

from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.folder import read_folder, read_tests, start_menu
from gateway.menus.authoring.json_schema import build_json_schema, build_tests_schema
from tests.support.menu_folders import TODAY

pytestmark = pytest.mark.fault("M9")

SAMPLE = Path("menus")
TESTS = fastjsonschema.compile(build_tests_schema())
MENU = fastjsonschema.compile(build_json_schema())


def fault(schema, value):
    """What an editor would mark first, or nothing."""
    try:
        schema(value)
    except fastjsonschema.JsonSchemaValueException as error:
        return error.message
    return ""


def loaded(content):
    return YAML(typ="safe", pure=True).load(content.decode())


@pytest.mark.parametrize("name", sorted(read_tests(SAMPLE)))
def test_every_conversation_of_the_sample_is_allowed(name):
    assert fault(TESTS, loaded(read_tests(SAMPLE)[name])) == ""


@pytest.mark.parametrize("name", sorted(read_folder(SAMPLE)))
def test_every_file_of_the_sample_is_allowed(name):
    text = read_folder(SAMPLE)[name].decode()
    dates = json.loads(json.dumps(loaded(text.encode()), default=str))
    assert fault(MENU, dates) == ""


def test_the_conversations_of_a_new_menu_are_allowed():
    made = start_menu("safeline", ["km", "en"], TODAY)
    written = [text for name, text in made.items() if name.startswith("tests/")]
    assert written
    assert [fault(TESTS, loaded(text.encode())) for text in written] == [""] * len(written)


def test_the_two_schemas_tell_each_other_apart():
    assert fault(MENU, [])
    assert fault(TESTS, {"schema": 1})


GOOD = "- it: pays\n  steps:\n    - {dial: '*1#', screen: language}\n"

ALLOWED = {
    "plain numbers and words": "{dial: '*1#', screen: language, ends: true}",
    "a number without quotes": "{sends: 10, sees: 5}",
    "an empty text": "{texts: '', sees: ''}",
    "an effect by its name": "{sends: '1', screen: code, effects: [refuse]}",
    "an effect with fields": "{sends: '1', screen: code, effects: [{callback: {topic: pay, danger: no}}]}",
    "no effect": "{sends: '1', screen: main, effects: []}",
    "a wait": "{texts: stop, contains: ok, after: 10 min}",
}
REFUSED = {
    "a step that does nothing": "{screen: language}",
    "a step that asserts nothing": "{dial: '*1#'}",
    "an unknown key": "{dial: '*1#', scren: language}",
    "a wait that is none": "{dial: '*1#', screen: main, after: soon}",
    "a list for a text": "{dial: ['*1#'], screen: main}",
    "ends with another word": "{dial: '*1#', screen: main, ends: perhaps}",
}


def both(step):
    """What the reader and the schema say of one step."""
    content = GOOD.replace("{dial: '*1#', screen: language}", step).encode()
    _, problems = read_conversations({"tests/a.yaml": content}, "Asia/Vientiane")
    return not problems, not fault(TESTS, loaded(content))


@pytest.mark.parametrize("name", ALLOWED)
def test_what_the_reader_reads_is_allowed(name):
    assert both(ALLOWED[name]) == (True, True)


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_reader_refuses_is_marked(name):
    assert both(REFUSED[name]) == (False, False)


@pytest.mark.parametrize(
    "text",
    [
        "- {it: a}",
        "- {steps: []}",
        "- {it: a, steps: [], at: noon}",
        "- {it: a, steps: [], phone_seen: perhaps}",
        "it: a",
    ],
)
def test_a_conversation_that_cannot_be_read_is_marked(text):
    assert read_conversations({"tests/a.yaml": text.encode()}, "Asia/Vientiane")[1]
    assert fault(TESTS, loaded(text.encode()))
