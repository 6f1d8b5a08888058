"""A walk on a phone becomes a conversation that passes, and fails as soon as a label is changed."""

import unicodedata
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.authoring.conversation_files import read_conversations
from gateway.menus.authoring.conversation_runner import run_conversation
from gateway.menus.authoring.conversation_writer import HER_CODE, Walk, quote_text, write_conversation
from gateway.menus.engine import serialization
from gateway.menus.engine.model import Choice, Fact, FactValue, Menu
from gateway.menus.engine.screens import Information
from tests.support.examples import count_examples
from tests.support.house import sample

ZONE = "Asia/Vientiane"
MENU = serialization.load_menu(sample())
AT = datetime(2026, 11, 24, 7, 5, 31, tzinfo=UTC)


def walk(keys: str = "", **more: object) -> Walk:
    return Walk(it="walks", number="+8562055500001", at=AT, dial="*123*4#", keys=tuple(keys.split()), **more)


def fails(text: str, menu=MENU) -> list[str]:
    cases, problems = read_conversations({"x.yaml": text.encode()}, ZONE)
    assert problems == []
    assert len(cases) == 1
    return [
        each.message for each in run_conversation(replace(menu, pages={}), cases[0], zone=ZONE).differences
    ]


@pytest.mark.parametrize(
    "keys", ["", "1 1", "1 1 7 2 2 3 1", "2 7 2 1 1 1 98 2 1", "3 1 7 1 7 1 1", "4 x", "9"]
)
def test_what_was_walked_is_a_test_that_passes(keys: str) -> None:
    written = write_conversation(MENU, walk(keys), zone=ZONE)
    assert written.differences == ()
    assert fails(written.text) == []


def test_it_says_what_the_author_needs_to_see() -> None:
    text = write_conversation(MENU, walk("1 1 7 2 2 3 1"), zone=ZONE).text
    assert text.startswith('- it: "walks"\n  from: "+8562055500001"\n  at: "2026-11-24 14:05"\n  steps:\n')
    assert '{dial: "*123*4#", screen: language, sees: "' in text
    last = text.splitlines()[-1]
    assert "ລະຫັດ {code}" in last
    assert "{when}" in last
    assert 'effects: [{callback: {topic: other, language: lo, script: lo, path: main, danger: "no"' in last


def test_a_changed_label_makes_it_fail() -> None:
    text = write_conversation(MENU, walk("4 1"), zone=ZONE).text
    source = sample().replace("1 My pay", "1 My wages").replace('"My pay"', '"My wages"')
    assert source != sample()
    assert "My wages" in fails(text, serialization.load_menu(source))[0]


def test_a_new_value_of_a_fact_does_not() -> None:
    text = write_conversation(MENU, walk("4 9"), zone=ZONE).text
    assert "{th." in text or "{la." in text


def test_windows_that_were_not_offered_are_not_offered_in_the_test() -> None:
    written = write_conversation(MENU, walk("4 7 2 2", offers=("morning",)), zone=ZONE)
    assert "  offers: [morning]\n" in written.text
    assert written.differences == ()


def test_what_was_remembered_of_her_is_in_the_test() -> None:
    written = write_conversation(MENU, walk("", language="lo", script="lo-Latn"), zone=ZONE)
    assert "  language: lo\n" in written.text or '  language: "lo"\n' in written.text
    assert written.differences == ()


def test_the_code_that_she_was_told_is_the_code_of_the_tests() -> None:
    written = write_conversation(MENU, walk(f"4 {HER_CODE} 1"), zone=ZONE)
    assert '{sends: "4821", screen: status,' in written.text
    assert written.differences == ()


def test_a_walk_that_went_elsewhere_on_the_phone_is_said_to_have() -> None:
    written = write_conversation(MENU, walk("4 1", seen=("language", "main", "status")), zone=ZONE)
    assert written.differences == ("step 3: the phone showed screen status, the test shows pay",)


def test_keys_after_the_end_are_left_out_and_said_to_be() -> None:
    written = write_conversation(MENU, walk("4 7 2 2 3 1 1 5 5"), zone=ZONE)
    assert fails(written.text) == []
    assert written.differences == ("step 9: the session of the test is over by then",)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=12))
@settings(max_examples=count_examples(60), deadline=None)
def test_whatever_is_typed_is_read_back_as_it_was(typed: str) -> None:
    cases, problems = read_conversations(
        {"x.yaml": f"- it: x\n  steps:\n  - {{sends: {quote_text(typed)}, screen: a}}".encode()}, ZONE
    )
    assert [each.message for each in problems if "cannot" in each.message] == []
    if cases:
        assert cases[0].steps[0].sends == unicodedata.normalize(
            "NFC", typed
        )  # as the loader reads every text


def value_of(value: str) -> FactValue:
    day = date(2020, 1, 1)
    return FactValue(value=value, valid_from=day, source="x", checked_on=day, expires_on=date(2030, 1, 1))


def menu_with(**facts: str) -> Menu:
    """A menu in which one value is short, and stands in keys and figures that are no fact of it as well."""
    text = "8 rules. At most {hours.day} hours a day, 98 a fortnight, 8.5 with rest, {hours.rest} for you"
    shown = Information(
        id="pay", text={"en": text}, choices=(Choice(key="8", to="pay", label={"en": "Again"}),)
    )
    own = {
        name.replace("_", "."): Fact(id=name.replace("_", "."), values=(value_of(value),))
        for name, value in facts.items()
    }
    return replace(MENU, facts={**MENU.facts, **own}, screens={**MENU.screens, "pay": shown}, pages={})


@pytest.mark.fault("Q37")
@pytest.mark.parametrize("rest", ["1", "8"], ids=["other value", "same value"])
def test_a_value_is_put_back_where_the_menu_names_it_and_nowhere_else(rest: str) -> None:
    text = write_conversation(menu_with(hours_day="8", hours_rest=rest), walk("4 1"), zone=ZONE).text
    assert (
        "8 rules. At most {hours.day} hours a day, 98 a fortnight, 8.5 with rest, {hours.rest} for you"
        in text
    )
    assert "8 Again" in text
    assert fails(text, menu_with(hours_day="6", hours_rest="2")) == []
