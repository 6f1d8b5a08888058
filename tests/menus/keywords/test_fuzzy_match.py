"""Words that are nearly right: by sound and by distance, bounded, and never danger, STOP, START or a short word."""

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.menus.engine.model import Keyword, Menu, Reaction
from gateway.menus.keywords import understand_text
from gateway.menus.keywords.fuzzy_match import find_near_words, list_likely_words, measure_distance
from gateway.menus.keywords.phonetic import sound_out, strip_tones
from tests.support.examples import count_examples

LETTERS = "abcdefgh"


@pytest.mark.parametrize(
    ("spellings"),
    [
        ("kha", "khaa", "ka", "kah"),
        ("ngeun", "ngern", "ngoen"),
        ("deuan", "duan", "duean"),
        ("viak", "wiak"),
        ("chang", "jang"),
        ("heng", "haeng"),
        ("bo", "bor", "boh"),
        ("nai", "nay"),
        ("yeut", "yued", "yeud"),
        ("puay", "puai"),
        ("theu", "tue"),
        ("pasapo", "pasapor"),
    ],
)
def test_spellings_that_sound_alike_are_one(spellings: tuple[str, ...]) -> None:
    assert len({sound_out(each) for each in spellings}) == 1


def test_words_that_sound_apart_stay_apart() -> None:
    words = [
        "kha",
        "khao",
        "ban",
        "bang",
        "pai",
        "phak",
        "thong",
        "tong",
        "mae",
        "mi",
        "ngan",
        "nyang",
        "viak",
        "vela",
    ]
    assert (
        len({sound_out(each) for each in words}) == len(words) - 1
    )  # thong and tong differ by their tone only


@pytest.mark.parametrize(
    ("one", "other", "script"),
    [
        ("ຄ່າແຮງ", "ຄາແຮງ", "lao"),
        ("ເງິນ", "ເງີນ", "lao"),
        ("ໃຫ້", "ໄຫ", "lao"),
        ("พาสปอร์ต", "พาสปอต", "thai"),
        ("ค่าแรง", "คาแรง", "thai"),
        ("ชั่วโมง", "ชัวโมง", "thai"),
    ],
)
def test_what_is_left_out_in_haste_changes_nothing(one: str, other: str, script: str) -> None:
    assert strip_tones(one, script)[0] == strip_tones(other, script)[0]


@given(st.text("ກຂຄງຈຍດຕນມາີິ່້ໄໃເແ", max_size=20))
def test_every_letter_that_is_left_knows_where_it_stood(text: str) -> None:
    letters, places = strip_tones(text, "lao")
    assert len(places) == len(letters) + 1
    assert list(places) == sorted(set(places)) or not text
    assert places[-1] == len(text)


def oracle(one: str, other: str) -> int:
    """The same distance, by its definition."""

    @cache
    def of(i: int, j: int) -> int:
        if min(i, j) == 0:
            return max(i, j)
        best = min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
        if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            best = min(best, of(i - 2, j - 2) + 1)
        return best

    return of(len(one), len(other))


@given(st.text(LETTERS, max_size=8), st.text(LETTERS, max_size=8), st.integers(0, 3))
def test_the_distance_is_the_one_of_its_definition(one: str, other: str, most: int) -> None:
    assert measure_distance(one, other, most) == min(oracle(one, other), most + 1)


@pytest.mark.parametrize(
    ("text", "topic", "why"),
    [
        ("salery", "pay", "show: salary, one letter off"),
        ("overitme", "overtime", "show: overtime, one letter off"),
        ("minimun wgae", "wage_area", "show: minimum wage, two letters off"),
        ("ngern duan bo ork", "pay", "show: ngeun deuan, by its sound"),
        ("over time", "overtime", "show: overtime, by its sound"),
        ("cal me", "call_me", "call_me: call me, one letter off"),
        ("ຄາແຮງ", "pay", "show: ຄ່າແຮງ, by its sound"),
        ("เงินเดือร", "pay", "show: เงินเดือน, one letter off"),
    ],
)
def test_why_tells_how_it_was_found(menu: Menu, text: str, topic: str, why: str) -> None:
    match = understand_text(menu, text)
    assert match
    assert (match.topic, match.why) == (topic, why)


@pytest.mark.parametrize(
    "text",
    [
        "polise",
        "plice",
        "emergancy",
        "dangr",
        "lockd up",
        "hlep me",
        "tamrvat x",
        "ຕຳຫວດ",
        "ຂ່ມຄືນ",
        "ตำรวด",
    ],
)
def test_a_danger_word_is_never_matched_by_likeness(menu: Menu, text: str) -> None:
    match = understand_text(menu, text)
    assert match is None or not match.keyword.danger
    assert not any(near.keyword.danger for near in find_near_words(menu, text))


@pytest.mark.parametrize("text", ["unsubscrbe", "stpo", "startt", "ຢດສົ່ງຂໍ້ຄວາມ"])
def test_stop_and_start_are_never_matched_by_likeness(menu: Menu, text: str) -> None:
    match = understand_text(menu, text)
    assert match is None or match.keyword.reaction not in (Reaction.STOP, Reaction.START)


@pytest.mark.parametrize(
    "text", ["pey", "wege", "ilf", "rast", "mony", "bnak", "sik", "hrut", "broken", "number", "homework"]
)
def test_a_short_word_and_another_word_are_no_typing_error(menu: Menu, text: str) -> None:
    assert understand_text(menu, text) is None


def test_a_word_that_stands_whole_wins_over_any_that_is_nearly_there(menu: Menu) -> None:
    match = understand_text(menu, "passprt overtime")
    assert match
    assert match.why == "show: overtime"


def test_danger_anywhere_wins_over_what_is_nearly_there(menu: Menu) -> None:
    match = understand_text(menu, "salery late he hit me")
    assert match
    assert match.keyword.danger


@settings(max_examples=count_examples(150), deadline=None)
@given(data=st.data())
def test_one_slip_in_a_long_word_is_forgiven_and_bounded(sample: object, data: st.DataObject) -> None:
    """Any word of ten letters and more with one letter changed leads where it stands, or to an equally near one."""
    menu: Menu = sample.menu  # type: ignore[attr-defined]  # a fixture behind a short name
    words = [
        each for each in list_likely_words(menu) if each[1] == "en" and len(each[2].replace(" ", "")) >= 10
    ]
    keyword, _, word = data.draw(st.sampled_from(words))
    place = data.draw(st.integers(1, len(word) - 1).filter(lambda at: word[at] != " "))
    typed = word[:place] + data.draw(st.sampled_from(LETTERS)) + word[place + 1 :]
    found = {near.keyword.to for near in find_near_words(menu, typed)}
    assert keyword.to in found


def test_a_menu_of_danger_words_only_is_never_nearly_matched() -> None:
    keyword = Keyword(words={"en": ("emergency",)}, to="sos", danger=True)
    menu = Menu(
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
        keywords=(keyword,),
    )
    assert understand_text(menu, "emergancy") is None
    assert understand_text(menu, "emergency")
