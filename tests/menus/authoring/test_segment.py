"""Dictionaries say where words end; letters have the last word, and without a dictionary all goes on as before."""

import pytest

from gateway.domain.events import USSD_LIMITS
from gateway.menus.authoring import graph
from gateway.menus.authoring.graph import line_breaks
from gateway.menus.authoring.pages import add_pages, cut_menu
from gateway.menus.engine.engine import begin_session
from gateway.menus.engine.model import make_page_key
from gateway.menus.engine.session import Known
from gateway.menus.engine.text_breaks import (
    SOFT_BREAK,
    find_best_cut,
    find_safe_cuts,
    split_text,
    strip_soft_breaks,
)
from gateway.menus.engine.text_size import count_units
from tests.menus.engine.test_text_breaks import CASES, ends
from tests.support.menu_builders import told, walk
from tests.support.menu_folders import base, checked, with_change

LANGUAGES = {"lao": "lo", "thai": "th", "burmese": "my", "khmer": "km"}
LONG = "ທ່ານມີສິດໄດ້ຮັບຄ່າແຮງງານເຕັມຈຳນວນ" * 3


@pytest.fixture
def breaks():
    pytest.importorskip("icu4py")
    return line_breaks


@pytest.fixture
def no_dictionary(monkeypatch):
    monkeypatch.setattr(graph, "_line_breaker", lambda: None)
    line_breaks.cache_clear()
    yield
    line_breaks.cache_clear()


@pytest.mark.parametrize("script", CASES)
def test_published_cuts_between_words(script, breaks):
    case = CASES[script]
    parts = split_text(case["text"], 20, count_units, breaks=breaks(LANGUAGES[script]))
    assert "".join(parts) == case["text"]
    assert ends(parts) == case["words20"]
    assert not set(ends(parts)) & set(case["forbidden"])


def test_a_break_of_the_dictionary_inside_a_syllable_is_not_taken(breaks):
    text = CASES["burmese"]["text"]
    offered = set(breaks("my")(text))
    assert offered & set(CASES["burmese"]["forbidden"])  # the loanword for passport
    for room in range(2, 60):
        place = find_best_cut(text, lambda part, room=room: len(part) <= room, breaks=breaks("my"))
        assert place == 0 or place in find_safe_cuts(text)


def test_a_syllable_stays_whole_and_with_the_dictionary_the_word(breaks):
    text = "ໄດ້ຮັບຄ່າແຮງງານ"
    assert split_text(text, 11, count_units)[0] == "ໄດ້ຮັບຄ່າ"
    assert split_text(text, 11, count_units, breaks=breaks("lo")) == ("ໄດ້ຮັບ", "ຄ່າແຮງງານ")


@pytest.mark.parametrize("language", ["en", "lo-Latn", "hmn-Latn", "vi-x-ascii", "no-such-tongue"])
def test_any_language_may_be_asked(language, breaks):
    assert set(breaks(language)("one two {code} 15")) == {4, 8, 15, 17}
    assert set(breaks(language)("")) == set()


def test_without_a_dictionary_the_letters_alone_decide(no_dictionary):
    assert line_breaks("lo") is None
    assert cut_menu(checked(base()).menu, (USSD_LIMITS,)).faults == []


def test_where_the_package_is_missing_there_is_no_dictionary(monkeypatch):
    graph._line_breaker.cache_clear()
    monkeypatch.setattr(graph, "import_module", _missing)
    assert graph._line_breaker() is None
    graph._line_breaker.cache_clear()


def _missing(name: str):
    raise ImportError(name)


def test_what_is_stored_at_publish_is_cut_between_words(breaks):
    menu = checked(with_change("screens.yaml", "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້", LONG)).menu
    first, *_ = add_pages(menu, (USSD_LIMITS,)).pages[make_page_key("ussd", "lo", "pay", -1)]
    shown = first[0].text
    assert LONG.startswith(shown)
    assert len(shown) in breaks("lo")(LONG)


def test_marks_for_cutting_are_taken_out_with_their_places():
    assert strip_soft_breaks(f"ab{SOFT_BREAK}cd{SOFT_BREAK}") == ("abcd", {2, 4})
    assert strip_soft_breaks(f"{SOFT_BREAK}{SOFT_BREAK}a") == ("a", {0})
    assert strip_soft_breaks("") == ("", frozenset())


@pytest.mark.parametrize(
    ("text", "soft", "place"),
    [
        ("ທ່ານມີສິດໄດ້ຮັບ", {6}, 6),
        ("ທ່ານມີສິດໄດ້ຮັບ", {1}, 9),  # inside a syllable, and too far from the end
        ("one two three", {5}, 5),  # before a space
        ("One. Two three", {6}, 6),  # and before the end of a sentence
    ],
)
def test_an_author_s_mark_comes_first_where_it_is_safe(text, soft, place):
    assert find_best_cut(text, lambda part: len(part) <= 10, sentences=True, soft=soft) == place


@pytest.mark.parametrize("mark", [r"\u200b", SOFT_BREAK])
def test_marks_in_a_menu_cut_and_are_never_sent(mark):
    marked = f"ຄ່າແຮງ{mark}".join(["ທ່ານມີສິດໄດ້ຮັບຄ່າແຮງງານ"] * 5)
    files = with_change("screens.yaml", "ຢ່າງໜ້ອຍ {th.wage} ບາດ/ມື້", marked)
    files |= {"screens.yaml": files["screens.yaml"].replace(b"en: My pay", f'en: "My{mark} pay"'.encode())}
    found = checked(files)
    assert {each.code for each in found.problems} <= {"placeholders-differ", "long-screen"}
    pages = cut_menu(found.menu, (USSD_LIMITS,)).pages
    assert not any(SOFT_BREAK in piece.text for cuts in pages.values() for page in cuts for piece in page)
    assert pages[make_page_key("ussd", "lo", "pay", -1)][0][0].text.endswith("ງານຄ່າແຮງ")
    assert pages[make_page_key("ussd", "en", "main", -1)][0][0].text == "1 My pay"


def test_a_run_without_stored_pages_sends_no_mark_either():
    menu = checked(with_change("screens.yaml", "baht a day.", f"{SOFT_BREAK}baht{SOFT_BREAK} a day.")).menu
    moved = walk(menu, "1", begin_session(menu, Known(language="en", script="en"))).session
    assert told(menu, moved).text.startswith("At least 400 baht a day.")


@pytest.mark.fault("T3")
@pytest.mark.parametrize("before", ["", "😀", "😀😀 ", "𐍈a😀 "])
@pytest.mark.parametrize(("language", "words"), [("th", "ไปไหนมา"), ("lo", "ໄປໃສມາ"), ("en", "one two")])
def test_advice_lies_where_the_words_are_whatever_stands_before_them(breaks, before, language, words):
    plain = set(breaks(language)(words))
    found = set(breaks(language)(f"{before}{words}"))
    assert {len(before) + place for place in plain if place} <= found
    assert max(found) == len(before) + len(words)
