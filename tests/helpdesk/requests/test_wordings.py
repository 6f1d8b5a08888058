"""Texts to callers and to our own people are messages of the live menu, in its languages, whichever those are."""

from dataclasses import replace

import pytest

from gateway.helpdesk.requests.planning import LAST, fill_message, fill_opener
from gateway.menus.engine import serialization
from gateway.menus.engine.shapes import BESIDE_MESSAGES
from tests.support.desk_rig import Desk
from tests.support.house import publish, sample
from tests.support.wordings import MESSAGES

KHMER = {
    "opener": "សួស្តី លេខនេះបញ្ចប់ដោយ {code} មែនទេ?",
    "opener_wrong": "សូមទោស ច្រឡំលេខ",
    "ours_missed": "សួស្តី យើងបានទូរស័ព្ទ",
}


@pytest.fixture
def khmer(light: Desk) -> Desk:
    menu = serialization.load_menu(sample())
    messages = {
        name: {**text, **({"km": KHMER[name]} if name in KHMER else {})}
        for name, text in menu.messages.items()
    }
    menu = replace(menu, languages={**menu.languages, "km": "ខ្មែរ"}, messages=messages)
    publish(light.parts, serialization.dump_menu(menu))
    return light


@pytest.mark.fault("H3")
def test_every_text_beside_the_screens_is_in_the_sample_and_has_last_words() -> None:
    assert set(BESIDE_MESSAGES) == set(LAST)
    assert set(BESIDE_MESSAGES) <= set(MESSAGES)
    assert all(text.get("en") == LAST[name] for name, text in MESSAGES.items() if name in LAST)


@pytest.mark.fault("H3")
def test_a_khmer_caller_is_texted_and_greeted_in_khmer(khmer: Desk) -> None:
    assert fill_message(khmer.parts, "ours_missed", ("km",)) == KHMER["ours_missed"]
    said = fill_opener(khmer.parts, "km", "4821")
    assert [tongue for tongue, _, _ in said] == ["km", "en"]
    assert "4821" in said[0][1]
    assert said[0][2] == KHMER["opener_wrong"]


@pytest.mark.parametrize(
    ("language", "tongues"),
    [("lo", ["lo", "en"]), ("lo-Latn", ["lo", "en"]), ("th", ["th", "en"]), ("en", ["en"]), ("vi", ["en"])],
)
def test_the_opener_is_in_her_language_then_english_and_says_nothing_of_us(
    light: Desk, language: str, tongues: list[str]
) -> None:
    publish(light.parts)
    said = fill_opener(light.parts, language, "4821")
    assert [tongue for tongue, _, _ in said] == tongues
    for _, hello, sorry in said:
        assert "4821" in hello
        assert "4821" not in sorry
        assert not any(word in (hello + sorry).lower() for word in ("helpline", "union", "ສາຍດ່ວນ", "สายด่วน"))


def test_a_value_with_braces_is_shown_and_never_filled(light: Desk) -> None:
    publish(light.parts)
    assert fill_message(light.parts, "ours_number", ("en",), number="{code}") == "Hello, the number: {code}"


@pytest.mark.parametrize("name", sorted(LAST))
def test_before_a_menu_says_it_the_words_are_plain_english(light: Desk, name: str) -> None:
    assert fill_message(light.parts, name, ("km", "lo"))
