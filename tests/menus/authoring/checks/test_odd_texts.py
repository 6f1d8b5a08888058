"""A text that the shared look leaves out is one in which no check of characters, figures or scripts finds anything."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.menus.authoring.checks import characters, facts, languages
from gateway.menus.authoring.checks.context import Subject, list_odd_texts, may_be_odd
from gateway.menus.authoring.graph import AuthoredText, list_filled_texts, list_sent_texts, list_texts
from gateway.menus.engine.text_breaks import PLACEHOLDER
from tests.support.examples import count_examples
from tests.support.menu_folders import asked, base, checked

MENU = checked(base()).menu
assert MENU is not None
FACTS = ["th.wage", "th.phone.police", "price.x-ray"]
UNITS = ("baht", "days", "ບາດ", "ມື້", "วัน")
TAGS = ["en", "lo", "lo-Latn", "th", "km", "my", "vi", "xx"]
PARTS = st.one_of(
    st.sampled_from(
        ["word", " ", "SOS", "ຄ່າແຮງ", "ບໍ່", "ค่าจ้าง", "ກ", "ก", "ំ", "{th.wage}", "{code}", "{", "}", "th.wage", ".", "?",
         "??", "%", "s", "%s", "$", "<", "b>", "&", "amp;", "\\", "n", "\\u0ec1", "1", "23", "½", "²", "໑", "๒", "٣", "baht",
         " ບາດ", "days", "€", "₭", "А", "α", "é", "ÀÉ", "\ue000", "\ufffd", "｛", "❵", "☎", "\U0001f600", "#\ufe0f\u20e3",
         "\u0ecd\u0eb2", "\u0ecd\u0ec9\u0eb2", "\u0e4d\u0e32", "ເເ", "เเ", "ກ\u0e48", "ก\u0ec8", "\u200b", "’", "–"]
    ),
    st.text(max_size=3),
)  # fmt: skip
TEXTS = st.lists(PARTS, max_size=8).map("".join)


def find_oddities(language, words):
    """What the careful ways find in a text, one after the other."""
    return [
        found
        for found in (
            characters._find_twin(words),
            characters._find_mixed(words),
            characters._find_strange(words),
            characters.is_legacy(language, words),
            facts.find_figure(words),
            facts.find_unit(words, UNITS),
            languages.find_emoji(words),
            characters.find_leftover(words, []),
        )
        if found
    ]


@settings(max_examples=count_examples(400), deadline=None)
@given(st.sampled_from(TAGS), TEXTS)
@example("lo", "ກ\u0e48")
@example("en", "What????")
@example("en", "5 {th.wage}baht")
def test_nothing_is_found_in_a_text_that_is_left_out(language, words):
    assert may_be_odd(words) or find_oddities(language, words) == []


@pytest.mark.parametrize(
    "words",
    ["\ue000", "ÀÉ", "12345", "5 baht", "$5", "?????", "a\ufffd", "<b>", "&nbsp;", "%s", "#{x}", "@{x}", "${x}", "\\n", "｛", "❵",
     "☎", "1\u20e3", "〰", "㊗", "\U0001f600", "Аccess", "αlpha", "ກ\u0e48", "ก\u0ec8", "\u0ecd\u0ec9\u0eb2", "\u0e4d\u0e32", "ເເ", "เเ"],
)  # fmt: skip
def test_each_kind_of_oddity_is_looked_at(words):
    assert find_oddities("lo", words)
    assert may_be_odd(words)


@settings(max_examples=count_examples(200), deadline=None)
@given(TEXTS)
@example("see th.wage")
@example("a {code}.th.wage")
def test_no_name_of_a_fact_stands_in_a_text_without_an_inner_dot(words):
    found = characters.find_leftover(words, FACTS)
    assert may_be_odd(words) or characters._INNER_DOT.search(words) or found is None


@settings(max_examples=count_examples(300), deadline=None)
@given(st.sampled_from(TAGS), TEXTS)
def test_a_text_in_its_script_has_no_strange_letter(language, words):
    script = languages.find_script(MENU, language)
    one = AuthoredText(("screens", "main", "text"), {language: words}, "main")
    found = languages._count_letters(words)
    strange = languages._find_strange(Subject(MENU, asked()), one, language, script, found)
    assert not (script and languages._is_in_script(words, script)) or not found or list(strange) == []


def test_texts_are_left_out_in_their_order_and_only_the_plain_ones():
    sent = list_sent_texts(MENU)
    assert list_odd_texts(MENU) == tuple(each for each in sent if may_be_odd(each[2]))
    assert 0 < len(list_odd_texts(MENU)) * 4 < len(sent)
    filled = {one.path for one in list_filled_texts(MENU)}
    named = {one.path for one in list_texts(MENU) if any(map(PLACEHOLDER.search, one.text.values()))}
    assert named <= filled


@pytest.mark.parametrize(
    "words", ["Ask us about your pay; it is free.", "ບໍ່ໄດ້ເງິນ: ຖາມພວກເຮົາ", "กลับบ้าน ขอความช่วยเหลือ"]
)
def test_a_usual_text_is_left_out(words):
    assert not may_be_odd(words)
