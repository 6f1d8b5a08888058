"""Cries for help that are put together from parts, and the lists of words behind them.

The first 105 texts were written before the phrases, the other 76 after the first of them and before the rest were
mended. Without the phrases 60 and 46 of them were mistaken; with the first phrases 14 of the later ones were.
"""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.authoring.checks.characters import write_samples
from gateway.menus.engine.model import Keyword, Menu, Speech
from gateway.menus.keywords import understand_text
from gateway.menus.keywords.lexicon import find_lists, has_lists
from gateway.menus.keywords.match import find_danger
from tests.menus.keywords import tables
from tests.menus.keywords.conftest import Held
from tests.menus.keywords.test_neighbours import is_as_meant

ROWS = tables.rows("said_in_parts.tsv")


def test_the_table_is_what_it_says_it_is() -> None:
    assert len(ROWS) == len({text for text, *_ in ROWS}) > 170
    assert {language for *_, language in ROWS} == {"en", "lo", "lo-Latn", "th"}
    assert sum(meant == "sos" for _, meant, _ in ROWS) > 100


@pytest.mark.fault("W4")
@pytest.mark.fault("W8")
def test_sentences_in_parts_are_understood_as_meant(menu: Menu) -> None:
    assert [text for text, meant, _ in ROWS if not is_as_meant(menu, text, meant)] == []


def list_phrases(menu: Menu) -> list[tuple[str, str]]:
    return [
        (language, word)
        for keyword in menu.keywords
        for language, words in keyword.words.items()
        for word in words
        if keyword.danger and has_lists(word)
    ]


def test_each_word_of_each_list_is_heard(menu: Menu) -> None:
    unheard = [
        sentence
        for language, word in list_phrases(menu)
        for sentence in write_samples(menu, word, language)
        if not is_as_meant(menu, sentence, "sos")
    ]
    assert unheard == []


@given(st.data())
def test_any_combination_is_heard_among_other_words(sample: Held, data: st.DataObject) -> None:
    language, word = data.draw(st.sampled_from(list_phrases(sample.menu)))
    sentence = word
    for name, words in find_lists(sample.menu, word, language).items():
        sentence = sentence.replace(f"{{{name}}}", data.draw(st.sampled_from(words)))
        sentence = sentence.replace(f"{{{name}?}}", data.draw(st.sampled_from(("", *words))))
    before = data.draw(st.sampled_from(("", "hello, ", "yesterday ", "1. ")))
    after = data.draw(st.sampled_from(("", "!!", " again", ", come")))
    match = understand_text(sample.menu, f"{before}{sentence}{after}")
    assert match is not None
    # Another danger word of the sentence may be reported, and a phrase that is harmless as a whole is not written here.
    assert match.keyword.danger


def build_small_menu(menu: Menu, *words: str, **lists: tuple[str, ...]) -> Menu:
    keyword = Keyword(words={"en": words}, to="sos", danger=True)
    speech = Speech(who={"en": ("me",)}, lists={name: {"en": found} for name, found in lists.items()})
    return replace(menu, keywords=(keyword,), speech=speech)


def test_a_phrase_is_the_product_of_its_lists_and_nothing_else(menu: Menu) -> None:
    they, will, cut, who = ("boss", "he"), ("will", "often"), ("cut", "has cut"), ("me",)
    small = build_small_menu(menu, "{they} {will?} {cut} {who}", they=they, will=will, cut=cut)
    for parts in product(they, ("", *will), cut, who):
        assert understand_text(small, " ".join(filter(None, parts))), parts
    for text in (
        "boss me", "cut me", "he will will cut me", "he will", "he cut", "he cuts me", "hecutme",
        "he cut men", "he cut. me", "he cut some", "he, me cut",
    ):  # fmt: skip
        assert understand_text(small, text) is None, text


@pytest.mark.parametrize("word", ["{nobody} cuts me", "cuts {who} {limb?}", "{limb?} cuts me", "{limb?}"])
def test_a_phrase_with_an_empty_list_or_an_open_beginning_matches_nothing(menu: Menu, word: str) -> None:
    assert understand_text(build_small_menu(menu, word, limb=()), "he cuts me cuts me") is None


def test_a_gap_at_the_end_reaches_the_farthest_word(menu: Menu) -> None:
    small = build_small_menu(menu, "cuts {who} {deep?}", deep=("deep", "deep down"))
    match = understand_text(small, "he cuts me deep down")
    assert match is not None
    assert match.why == "danger: cuts {who} {deep?}"


# Twins: a cry and a harmless sentence of the same words, written without looking at the lists.

TWINS, UNSEEN = tables.rows("danger_twins.tsv"), tables.rows("danger_unseen.tsv")
KINDS, HELD = tables.rows("danger_kinds.tsv"), tables.rows("danger_held.tsv")
ALARMS_ON_PURPOSE = {"the factory gate is chained on sunday, where do i clock in"}
"""A chained gate may be a prison, so it stays an alarm."""
KINDS_ALARMS_ON_PURPOSE = {
    "where do i show papers to the police",
    "last year my old boss locked the gate but now i am home and well",
    "ຕຳຫຼວດຢູ່ໃສ ຢາກຖາມທາງ",
    "tamluat yu sai",
    "ตำรวจอยู่ที่ไหน อยากถามทาง",
}
"""Whoever names the police may need them, and nobody can tell from a word whether what was is over."""


def count_right(menu: Menu, rows: list[list[str]], sort: str, language: str = "") -> tuple[int, int]:
    """Return how many texts of a sort were rightly taken for danger or not, and how many there are."""
    texts = [text for text, what, tag in rows if what == sort and language in ("", tag)]
    return sum((find_danger(menu, text) is not None) == (sort == "danger") for text in texts), len(texts)


@pytest.mark.fault("W4")
@pytest.mark.fault("W8")
def test_twins_are_told_apart(menu: Menu) -> None:
    """Before their kinds were mended 51 of 75 cries and 58 of 64 twins were."""
    wrong = {text for text, sort, _ in TWINS if (find_danger(menu, text) is not None) != (sort == "danger")}
    assert wrong == ALARMS_ON_PURPOSE
    assert count_right(menu, TWINS, "danger") == (75, 75)


@pytest.mark.fault("W4")
@pytest.mark.fault("W8")
def test_kinds_of_danger_are_heard_and_their_twins_are_not(menu: Menu) -> None:
    """Before the lists were made by kinds 48 of 80 cries were heard and 68 of 80 twins left alone."""
    wrong = {text for text, sort, _ in KINDS if (find_danger(menu, text) is not None) != (sort == "danger")}
    assert wrong == KINDS_ALARMS_ON_PURPOSE


def print_figures(menu: Menu, rows: list[list[str]]) -> None:
    for language in ("en", "lo", "lo-Latn", "th", ""):
        cries, twins = (count_right(menu, rows, sort, language) for sort in ("danger", "harmless"))
        print(f"\n{language or 'all':8} cries {cries[0]}/{cries[1]}, twins {twins[0]}/{twins[1]}", end="")


def test_the_figures_of_cries_that_no_list_was_mended_for(
    menu: Menu, capsys: pytest.CaptureFixture[str]
) -> None:
    """What strangers may expect of lists: by kinds 21 of 30 cries instead of 10, 29 of 30 twins as before.

    Of the second table, whose author also wrote the lists, 72 of 80 cries instead of 34, and 70 of 80 twins instead of 71.
    """
    with capsys.disabled():
        print_figures(menu, UNSEEN)
        print_figures(menu, HELD)
    assert count_right(menu, UNSEEN, "harmless")[0] >= 29
    assert count_right(menu, UNSEEN, "danger")[0] >= 20
    assert count_right(menu, HELD, "danger")[0] >= 68
    assert count_right(menu, HELD, "harmless")[0] >= 70
