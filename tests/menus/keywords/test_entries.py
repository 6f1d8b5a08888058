"""A group of words finds in a run exactly what looking at each word in turn finds, in the same order."""

import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.engine.text_breaks import _PLAIN_LETTERS, _is_forbidden
from gateway.menus.keywords.lexicon import Group, LexiconEntry, Phrase, PhraseSet, Slot, build_lexicon
from gateway.menus.keywords.scanned_text import _ADDRESS, _INITIALS, _SIGNS, drop_unread
from gateway.menus.keywords.script_runs import (
    _ACCENTS,
    _TWINS,
    _cut_runs,
    _is_unseen,
    _plain,
    cut_letters,
    fold_text,
    split_runs,
    word_of,
)
from tests.support.examples import count_examples
from tests.support.menu_builders import small_menu

LETTERS = "abກຂ່າລ ັกข้าู"
words = st.text(LETTERS, min_size=1, max_size=6)
texts = st.text(LETTERS + "-.1", max_size=60)


def entries_of(some: list[str]) -> list[LexiconEntry]:
    found = [LexiconEntry(*word_of(word)) for word in some]
    return [each for each in found if each.letters]


def list_inside(entries: list[LexiconEntry], run) -> list[LexiconEntry]:
    """Each word in turn: in a short run by the place of its first letter, in a long one in the group's order."""
    if len(run.letters) > 40:
        return [each for each in entries if each.script == run.script and each.letters in run.letters]
    firsts = dict.fromkeys(run.letters)
    return [
        each
        for first in firsts
        for each in entries
        if each.letters[0] == first and each.letters in run.letters
    ]


@settings(max_examples=count_examples(60))
@given(st.lists(words, max_size=25), texts)
def test_a_group_finds_what_each_word_finds(some, text):
    entries = entries_of(some)
    group = Group(entries)
    for run in split_runs(text):
        assert list(group.find_inside(run)) == list_inside(entries, run)
        for place in range(len(run.letters) + 1):
            ends = [(each.ends(run, place), each) for each in entries]
            assert list(group.at(run, place)) == [(end, each) for end, each in ends if end > 0]


@settings(max_examples=count_examples(80))
@given(st.lists(st.tuples(st.lists(words, max_size=4), st.lists(words, max_size=4)), max_size=6), texts)
def test_phrases_are_found_list_by_list(pairs, text):
    made = [(Group(entries_of(one)), Group(entries_of(two))) for one, two in pairs]
    phrases = [(number, Phrase((Slot(one), Slot(two)))) for number, (one, two) in enumerate(made)]
    found = PhraseSet(phrases)
    for run in split_runs(text):
        in_turn = [
            (start, end, number)
            for number, phrase in phrases
            for start, place, _ in phrase.slots[0].words.places(run)
            if (end := phrase.find_end(run, place, {})) > 0
        ]
        assert list(found.places(run)) == in_turn


@settings(max_examples=count_examples(200))
@given(st.text(LETTERS + "\u200b\u200d\u0301É１①ຫນມໍ່ຳเเเแ์", max_size=12))
def test_folding_in_one_pass_is_folding_letter_by_letter(text):
    plain = "".join(_plain(each) for each in text.casefold() if not _is_unseen(each))
    plain = _ACCENTS.sub("", unicodedata.normalize("NFD", plain))
    for pattern, replacement in _TWINS:
        plain = pattern.sub(replacement, plain)
    if not text.casefold().isascii():
        assert fold_text(text) == unicodedata.normalize("NFC", plain)


@given(st.text("abZ ່{(1.", min_size=2, max_size=12))
def test_no_rule_forbids_a_cut_between_plain_letters(text):
    for place in range(1, len(text)):
        if text[place - 1] in _PLAIN_LETTERS and text[place] in _PLAIN_LETTERS:
            assert not _is_forbidden(text, place)


@settings(max_examples=count_examples(300))
@given(st.text(LETTERS + "abz059 .-'\u00e9ໆຯๆฯ฿\u0e3f\u0e4f\u0e50\u0ed1\u0eff\u200b\n", max_size=14))
def test_runs_of_one_script_are_cut_as_letter_by_letter(text):
    assert list(_cut_runs(text)) == list(cut_letters(text))


def test_every_letter_is_of_the_script_that_it_is_found_in():
    for letter in map(chr, range(0x1100)):
        for text in (letter, f"a {letter}", f"ກ {letter} ກ", f"ก{letter}"):
            assert list(_cut_runs(text)) == list(cut_letters(text))


@settings(max_examples=count_examples(300))
@given(
    st.text("aw.@/: sS.\U0001f198\U0001f6d1é1ກ", max_size=16)
    | st.sampled_from(["s.o.s", "WWW.x", "a@b.co", "b.la/x"])
)
def test_signs_that_are_not_there_need_not_be_looked_for(text):
    lexicon = build_lexicon(small_menu())
    plainly = _INITIALS.sub(" ", fold_text(_ADDRESS.sub("\n", text))).translate(str.maketrans(_SIGNS))
    assert drop_unread(lexicon, text) == (lexicon.clock.sub("\n", plainly) if lexicon.clock else plainly)
