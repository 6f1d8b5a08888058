"""Cutting text without hurting it, against published cases and an oracle that shares nothing with the cutter."""

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gateway.menus.engine.text_breaks import find_best_cut, find_safe_cuts, split_text
from gateway.menus.engine.text_size import count_units
from gateway.menus.keywords.lao_and_thai import find_edges

CASES = json.loads((Path(__file__).parent / "fixtures" / "cuts.json").read_text(encoding="utf-8"))

# The oracle: one pattern for each thing that must stay whole, written from the scripts' own rules.
WHOLE = [
    re.compile(pattern)
    for pattern in (
        # Thai and Lao: leading vowel, consonant, what is written above, below and behind it.
        r"[เแโใไ]?[ก-ฮ][\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]*[ะาำๅๆฯ]*",
        r"[ເແໂໃໄ]?[ກ-ຮໜໝ][\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd]*[ະາຳຽໆຯ]*",
        # The short a and o need a final consonant.
        r"[ก-ฮ]\u0e31[\u0e48-\u0e4b]*[ก-ฮ]",
        r"[ກ-ຮໜໝ][\u0eb1\u0ebb][\u0ec8-\u0ecb]*[ກ-ຮໜໝຽ]",
        # Khmer and Burmese stacks.
        r"[\u1780-\u17b3](?:\u17d2[\u1780-\u17b3])+[\u17b4-\u17d3]*",
        r"[\u1000-\u1021\u103f](?:\u1039[\u1000-\u1021])+[\u102b-\u103e]*",
        r"[\u1000-\u1021][\u1037\u103b-\u103e]*\u103a",
        # Numbers, sums, ranges, dates, phone numbers, placeholders.
        r"\+?\d+(?:[-.,/:]\d+)*",
        r"\{[a-z0-9_.]+\}",
        # Pairs.
        r"\r\n",
        r"[\U0001F44B-\U0001F450][\U0001F3FB-\U0001F3FF]",
        r"\S\u200d\S",
        r"\w[.,;:!?)]+",
        r"\(\w",
    )
]
# Flags pair up from the left, so they alone are not sought at every place.
FLAG = re.compile(r"[\U0001F1E6-\U0001F1FF]{2}")
ATOMS = [
    "a", "word", " ", " ", ". ", ", ", "\n", "\r\n", "1546", "2.5", "18-21", "1/7/2025", "+85620555", "1,200", "(x)",
    "{code}", "{th.wage.bangkok}", "{when}", "😀", "👋🏽", "🇱🇦", "👩\u200d🌾",
    "ນ້ຳ", "ໄດ້", "ບໍ່", "ແຮງ", "ຄ່າ", "ວັນ", "ຄົນ", "ຊື່", "ໝູ່", "ເງິນ", "ຕ່າງໆ",
    "ค่า", "จ้าง", "ได้", "น้ำ", "วัน", "ใช่", "เก็บ", "ฯลฯ", "ต่างๆ",
    "ပတ်စ်ပို့", "မန္တလေး", "ရွှေ", "ខ្ញុំ", "ប្រាក់", "ច្បាប់",
]  # fmt: skip
MIXED = st.lists(st.sampled_from(ATOMS), max_size=40).map("".join)


def forbidden(text):
    """Every place inside something that must stay whole."""
    flags = {found.start() + 1 for found in FLAG.finditer(text)}
    return flags | {
        place
        for pattern in WHOLE
        for start in range(len(text))
        if (found := pattern.match(text, start))
        for place in range(found.start() + 1, found.end())
    }


def ends(parts):
    places, at = [], 0
    for part in parts[:-1]:
        at += len(part)
        places.append(at)
    return places


@pytest.mark.parametrize("script", CASES)
def test_published_places_are_never_cut(script):
    case = CASES[script]
    assert count_units(case["text"]) == case["units"]
    assert not set(find_safe_cuts(case["text"])) & set(case["forbidden"])


@pytest.mark.parametrize("script", CASES)
def test_published_cuts_at_twenty(script):
    case = CASES[script]
    assert ends(split_text(case["text"], 20, count_units)) == case["limit20"]


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 20, 67, 70])
@pytest.mark.parametrize("script", CASES)
def test_published_texts_join_back_at_every_limit(script, limit):
    text = CASES[script]["text"]
    assert "".join(split_text(text, limit, count_units)) == text


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("call 1546 now", "1546"),
        ("from 18-21 daily", "18-21"),
        ("1.5 times", "1.5"),
        ("on 1/7/2025 it", "1/7/2025"),
        ("at 18:30 sharp", "18:30"),
        ("+85620555123 x", "+85620555123"),
        ("ring +856 20 555 000 at", "+856 20 555 000"),
        ("ring 021 212 345 at", "021 212 345"),
        ("Your {code} is", "{code}"),
        ("{a}-{b} baht", "{a}-{b}"),
        ("{fact.one}.5 baht", "{fact.one}.5"),
        ("a\r\nb", "\r\n"),
        ("(1362)", "(1362)"),
        ("pay: 7", "y:"),
        ("ໂທ ໑໕໔໖", "໑໕໔໖"),
        ("ห้า ๑๐-๒๐", "๑๐-๒๐"),
        ("🇱🇦🇹🇭", "🇱🇦"),
        ("hi 👍🏽", "👍🏽"),
        ("ភាសាខ្មែរ", "ខ្មែ"),
        ("ပတ်စ်ပို့", "ပတ်စ်"),
    ],
)
def test_what_stays_whole(text, whole):
    start = text.index(whole)
    assert not [place for place in find_safe_cuts(text) if start < place < start + len(whole)]


@pytest.mark.parametrize(
    ("text", "place"),
    [("ab", 1), ("one two", 4), ("1) Write", 3), ("🇱🇦🇹🇭", 2), ("a-b", 1), ("7 ໂທ", 2), ("1546, 1506", 6)],
)
def test_what_may_be_cut(text, place):
    assert place in find_safe_cuts(text)


@pytest.mark.parametrize("text", ["", "a", "\u0300", "\ud83d\ude00", "{", "{x"])
def test_small_texts_have_no_cut_that_hurts(text):
    assert all(0 < place < len(text) for place in find_safe_cuts(text))


def test_a_surrogate_pair_in_two_halves_stays_whole():
    assert find_safe_cuts("\ud83d\ude00") == []


@given(MIXED)
@example("ບໍ່ວັນ")
@example("18-21-{code}.5")
def test_the_oracle_agrees(text):
    assert not set(find_safe_cuts(text)) & forbidden(text)


@given(MIXED, st.integers(20, 80))
def test_splitting_joins_back_within_the_limit_and_cuts_nothing_whole(text, limit):
    parts = split_text(text, limit, count_units)
    assert "".join(parts) == text
    assert all(count_units(part) <= limit for part in parts)
    hurt = set(ends(parts)) & forbidden(text)
    assume(not hurt or all(_room_for_atoms(text, limit)))
    assert not hurt


def _room_for_atoms(text, limit):
    """Whether everything between two safe places fits the limit, so that nothing had to be forced."""
    places = [0, *find_safe_cuts(text), len(text)]
    return [count_units(text[a:b]) <= limit for a, b in pairwise(places)]


@given(st.text(max_size=60), st.integers(1, 30))
def test_any_text_joins_back(text, limit):
    parts = split_text(text, limit, count_units)
    assert "".join(parts) == text
    assert all(count_units(part) <= limit or len(part) == 1 for part in parts)


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        ("one two three", 9, ("one two ", "three")),
        ("a bcdefghijklm", 10, ("a bcdefghi", "jklm")),
        ("abc", 10, ("abc",)),
        ("", 5, ("",)),
        ("12345678901", 4, ("1234", "5678", "901")),
        ("{placeholder} x", 4, ("{placeholder}", " x")),
    ],
)
def test_a_space_in_the_last_half_is_preferred(text, limit, parts):
    assert split_text(text, limit, count_units) == parts


@pytest.mark.parametrize(
    ("text", "room", "before"),
    [
        ("One is. Two is long", 15, "One is. "),
        ("A. Two is a long one", 15, "A. Two is a "),
        ("No end here at all", 10, "No end "),
        ("1) Write. 2) Keep it.", 17, "1) Write. "),
    ],
)
def test_the_end_of_a_sentence_is_preferred_where_asked(text, room, before):
    assert text[: find_best_cut(text, lambda part: len(part) <= room, sentences=True)] == before


def test_no_place_where_nothing_fits():
    assert find_best_cut("12345", lambda part: len(part) <= 3) == 0


LAO = (
    "ທ່ານມີສິດໄດ້ຮັບຄ່າແຮງງານເຕັມຈຳນວນນາຍຈ້າງຍຶດໜັງສືຜ່ານແດນບໍ່ໄດ້ລູກຄ້າໃຫຍ່ຂອງພວກເຮົາຄືນເງິນໃຫ້ທ່ານທຸກເດືອນ"
    "ຖ້ານາຍຈ້າງບໍ່ຈ່າຍໃຫ້ຮ້ອງທຸກທີ່ຫ້ອງການແຮງງານເກັບເອກະສານໄວ້ກັບຕົວຢ່າໃຫ້ໃຜຍຶດໜັງສືຜ່ານແດນຂອງທ່ານ"
)


@pytest.mark.fault("T2")
@pytest.mark.parametrize("limit", [12, 20, 35, 67, 70])
def test_without_a_dictionary_running_lao_is_cut_between_syllables(limit):
    whole = find_edges(LAO)
    for start in range(60):
        if start not in whole:
            continue
        places = [start + each for each in ends(split_text(LAO[start:], limit, count_units))]
        assert set(places) <= whole | {len(LAO)}, [LAO[place - 3 : place + 3] for place in places]


SYLLABLES = ["ໃຫຍ່", "ຂອງ", "ຄືນ", "ແຮງ", "ງານ", "ທ່ານ", "ຄ່າ", "ເງິນ", "ເດືອນ", "ໄດ້", "ບໍ່", "ຮັບ", "ຕົວ", "ເຮົາ", "ວັນ"]


@pytest.mark.fault("T2")
@given(st.lists(st.sampled_from(SYLLABLES), min_size=12, max_size=60), st.integers(14, 70))
def test_no_syllable_of_any_running_lao_text_is_parted_where_the_house_can_read_it(syllables, limit):
    text = "".join(syllables)
    whole = find_edges(text)
    for place in ends(split_text(text, limit, count_units)):
        assert place in whole | {len(text)}, text[place - 4 : place + 4]


@pytest.mark.fault("T4")
@pytest.mark.parametrize(
    ("text", "room", "before"),
    [
        ("ເກາະສະໝຸຍ: 400 ບາດ/ມື້", 15, "ເກາະສະໝຸຍ: "),
        ("ລວມບໍ່ເກີນ 20 ສ່ວນຮ້ອຍ", 14, "ລວມບໍ່ເກີນ "),
        ("ຮ້ອງທຸກຟຣີ (ແບບ ຄຮ7) ທີ່ຫ້ອງການ", 15, "ຮ້ອງທຸກຟຣີ "),
        ("You get 400 baht a day", 12, "You get "),
        ("In Bangkok now: {th.wage} baht a day", 26, "In Bangkok now: "),
        ("It costs ฿300 here", 11, "It costs "),
        ("It costs 300฿ here", 12, "It costs "),
        ("Pay day (from 1 July) or", 14, "Pay day "),
        ("Go home 🏴󠁧󠁢󠁥󠁮󠁧󠁿 now", 10, "Go home "),
        ("Phone 1546, free of cost", 12, "Phone 1546, "),
        ("Pay 400\nbaht and so on", 9, "Pay 400\n"),
        # Kinds of public reports: unicode-org/icu4x#8243, w3c/sealreq#34; the words are our own.
        ("ໄປ ກຣຸງ\u2060ເທບ ດີ", 8, "ໄປ "),
        ("costs us 400\u00a0baht now", 15, "costs us "),
        ("it opens at 8:00 - 12:00 daily", 20, "it opens at "),
        ("it opens at 8:00 – 12:00 daily", 18, "it opens at "),
        ("ພາສາລາວ ຢູ່ ສ.ປ.ປ. ລາວ", 16, "ພາສາລາວ ຢູ່ "),
        ("please see No. 5 for it", 15, "please see "),
        ("ตั้งแต่ปี พ.ศ. 2569 นี้", 15, "ตั้งแต่ปี "),
        ("please see https://a.la/b", 20, "please see "),
        ("that is all. 5 days", 14, "that is all. "),
    ],
)
def test_what_belongs_together_stays_together(text, room, before):
    assert text[: find_best_cut(text, lambda part: len(part) <= room)] == before


@pytest.mark.fault("T4")
@given(st.integers(1, 9999), st.sampled_from(["ບາດ", "บาท", "baht", "kip"]), st.integers(26, 60))
def test_a_number_is_parted_from_its_unit_only_where_nothing_else_is_left(number, unit, room):
    text = " ".join(["word and more words", f"{number} {unit}"] * 4)
    for place in ends(split_text(text, room, count_units))[:-1]:
        left, right = text[:place].rstrip(), text[place:].lstrip()
        assert not (left[-1:].isdigit() and right.startswith(unit))


@given(MIXED, st.integers(1, 80), st.booleans())
def test_the_room_found_by_halving_is_the_one_found_by_trying_all(text, limit, sentences):
    def fits(part):
        return count_units(part.strip()) <= limit

    found = find_best_cut(text, fits, sentences=sentences)
    places = [place for place in find_safe_cuts(text) if fits(text[:place])]
    last = places[-1] if places else 0
    assert found == 0 if not places else found in places
    assert found <= last <= 2 * found or found == last
