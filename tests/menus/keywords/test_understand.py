"""What texts are understood as: tables of real ways to write, and what may never be mistaken."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.authoring.checks.characters import write_out_word
from gateway.menus.engine.model import Keyword, Menu, Reaction
from gateway.menus.keywords import Match, understand_text
from gateway.menus.keywords.script_runs import fold_text
from tests.support.examples import count_examples

_PATH = Path(__file__).parent / "tables.py"
_SPEC = importlib.util.spec_from_file_location("engine_words_tables", _PATH)
assert _SPEC
assert _SPEC.loader
tables = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(tables)

LAO_HOLDS = tables.rows("lao_holds.tsv")
LAO_ONLY_LETTERS = tables.rows("lao_only_letters.tsv")
DANGER = tables.rows("danger.tsv")
WORDS = tables.rows("words.tsv")
NOTHING = tables.rows("nothing.tsv")


def leads_to(match: Match | None) -> str:
    if match is None:
        return ""
    return match.keyword.to or str(match.keyword.reaction)


@pytest.mark.parametrize(("place", "word", "target", "text"), LAO_HOLDS)
def test_a_word_is_found_in_an_unspaced_lao_sentence(
    menu: Menu, place: str, word: str, target: str, text: str
) -> None:
    at = fold_text(text).find(fold_text(word))
    where = "start" if at == 0 else "end" if fold_text(text).endswith(fold_text(word)) else "middle"
    assert (where, " " in text) == (place, False)
    match = understand_text(menu, text)
    assert leads_to(match) == target
    assert match
    assert match.language == "lo"


@pytest.mark.parametrize(("word", "text"), LAO_ONLY_LETTERS)
def test_letters_across_a_boundary_are_no_word(menu: Menu, word: str, text: str) -> None:
    assert fold_text(word) in fold_text(text)
    assert understand_text(menu, text) is None


def test_the_tables_are_as_long_as_they_should_be() -> None:
    assert len(LAO_HOLDS) >= 20
    assert len(LAO_ONLY_LETTERS) >= 20
    assert {row[0] for row in LAO_HOLDS} == {"start", "middle", "end"}


@pytest.mark.parametrize(("language", "word", "text"), DANGER)
def test_danger_is_never_missed(menu: Menu, language: str, word: str, text: str) -> None:
    match = understand_text(menu, text)
    assert match, word
    assert match.keyword.danger
    assert leads_to(match) == menu.sos
    assert match.language == language


@pytest.mark.parametrize(("language", "word", "text"), DANGER)
def test_danger_comes_before_every_other_word(menu: Menu, language: str, word: str, text: str) -> None:
    for other in ("stop. ", "call me. ", "ຄ່າແຮງ. ", "help, "):
        match = understand_text(menu, other + text)
        assert match
        assert match.keyword.danger


def test_every_danger_word_of_the_menu_is_understood_alone(menu: Menu) -> None:
    for keyword in menu.keywords:
        for language, words in keyword.words.items():
            for word in words if keyword.danger else ():
                for written in write_out_word(menu, word, language):
                    match = understand_text(menu, written.upper())
                    assert match, written
                    assert match.keyword.danger


@pytest.mark.parametrize(("language", "target", "text"), WORDS)
def test_words_in_the_ways_that_people_write_them(menu: Menu, language: str, target: str, text: str) -> None:
    match = understand_text(menu, text)
    assert leads_to(match) == target
    assert match
    assert match.language == language


@pytest.mark.parametrize("text", [row[0] for row in NOTHING])
def test_a_part_of_a_word_is_no_word(menu: Menu, text: str) -> None:
    assert understand_text(menu, text) is None


def test_every_word_of_the_menu_leads_where_it_stands(menu: Menu) -> None:
    for keyword in menu.keywords:
        for language, words in keyword.words.items():
            for word in words:
                for written in write_out_word(menu, word, language):
                    match = understand_text(menu, written, language)
                    assert match, written
                    meant = keyword.to, keyword.reaction, keyword.danger, language
                    found = match.keyword.to, match.keyword.reaction, match.keyword.danger, match.language
                    assert found == meant, written


def test_a_word_of_several_lists_is_answered_in_her_language(menu: Menu) -> None:
    told = {tag: understand_text(menu, "SOS", tag) for tag in ("lo", "lo-Latn", "th", "en", "")}
    assert [match.language for match in told.values() if match] == ["lo", "lo-Latn", "th", "en", "en"]


def test_why_names_the_word_of_the_menu_and_none_of_hers(menu: Menu) -> None:
    match = understand_text(menu, "My name is Noy and my WAGES are late")
    assert match
    assert match.why == "show: wages"


def test_the_longer_word_wins_but_never_over_danger() -> None:
    pay = Keyword(words={"en": ("boss hit pay",)}, to="pay")
    hit = Keyword(words={"en": ("hit",)}, to="sos", danger=True)
    menu = _menu(pay, hit)
    assert leads_to(understand_text(menu, "boss hit pay")) == "sos"
    wage = Keyword(words={"en": ("minimum wage",)}, to="wage_area")
    assert (
        leads_to(understand_text(_menu(Keyword(words={"en": ("wage",)}, to="pay"), wage), "minimum wage"))
        == "wage_area"
    )


@pytest.mark.parametrize(
    "text",
    ["my boss does not stop shouting at night", "we stop at six and then start", "วันหยุด", "ຢຸດວຽກໄດ້ບໍ"],
)
def test_stop_inside_a_sentence_stops_nothing(menu: Menu, text: str) -> None:
    match = understand_text(menu, text)
    assert match is None or match.keyword.reaction is not Reaction.STOP


@pytest.mark.fault("W8")
@pytest.mark.parametrize(
    ("text", "danger"),
    [("ຕີ 1", False), ("ຕີ.1", False), ("ตี-2", False), ("ລາວຕີ. 1", True), ("ລາວຕີ\n1", True), ("เขาตี. 2", True)],
)
def test_an_hour_does_not_reach_over_the_end_of_a_sentence(sample: Any, text: str, danger: bool) -> None:
    match = understand_text(sample.menu, text)
    assert (match is not None and match.keyword.danger) == danger


HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from("ກຂຄງຕນມວອຫໜໝເແໂໃໄະັາຳິີຶືຸູົຼຽ່້໊໋ໍໆ๐໑"),
        st.sampled_from("กขคตนมวอหเแโใไะัาำิีึืุู็่้์ๆ"),
        st.sampled_from(" -.'\u200b\u200d"),
    ),
    max_size=60,
)


@settings(max_examples=count_examples(300), deadline=None)
@given(text=HOSTILE)
def test_no_text_raises_and_folding_is_stable(sample: Any, text: str) -> None:
    understand_text(sample.menu, text)
    assert fold_text(fold_text(text)) == fold_text(text)


@settings(max_examples=count_examples(200), deadline=None)
@given(text=HOSTILE, row=st.sampled_from(DANGER))
def test_danger_apart_from_other_text_is_never_missed(sample: Any, text: str, row: list[str]) -> None:
    match = understand_text(sample.menu, f"{text}. {row[2]}. {text}")
    assert match
    assert match.keyword.danger


@pytest.mark.parametrize(
    "text",
    [
        'khoy "thuk khang"',
        '0". thuk khang. 0"',
        'Help me, I am "locked in"',
        "I am “locked in”",
        "ຂ້ອຍ “ຖືກຂັງ”",
        "ฉัน “ถูกขัง”",
    ],
)
def test_a_word_of_danger_that_is_quoted_is_hers_although_a_key_bears_it(sample: Any, text: str) -> None:
    match = understand_text(sample.menu, text)
    assert match
    assert match.keyword.danger


def test_a_very_long_text_is_cut_and_quick(menu: Menu) -> None:
    assert understand_text(menu, "ກ" * 100_000) is None


def _menu(*keywords: Keyword) -> Menu:
    return Menu(
        id="t",
        languages={"en": "English"},
        fallback={},
        start="s",
        home="s",
        offer="s",
        sos="s",
        call_me="s",
        screens={},
        messages={},
        keywords=keywords,
    )
