"""The arithmetic of phones: alphabets, units, parts, against the published cases."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import SMS_LIMITS, USSD_LIMITS
from gateway.menus.engine import text_size
from gateway.menus.engine.text_size import (
    BASIC,
    EXTENSION,
    EscapeNotAllowed,
    NotGsm7,
    Size,
    count_septets,
    count_units,
    find_coding,
    fold_to_gsm7,
    measure_text,
    split_parts,
)

SIZES = json.loads((Path(__file__).parent / "fixtures" / "sizes.json").read_text(encoding="utf-8"))
PHONE_TEXT = st.lists(
    st.sampled_from([*"abc 019.,{}€^[]~|\r\nÇçéñ’–…", "a" * 60, "ກ", "ກ" * 30, "ນ້ຳ", "😀", "\u200d", "\r\n"]),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("case", SIZES, ids=lambda case: case["it"])
def test_sizes(case):
    text = "".join(run * count for run, count in case["runs"])
    assert measure_text(text) == Size(case["coding"], case["units"])
    assert [len(part) for part in split_parts(text)] == case["parts"]


def test_alphabet_is_whole():
    # 128 codes less the escape; ten codes behind the escape.
    assert len(BASIC) == 127
    assert len(EXTENSION) == 10
    assert not BASIC & EXTENSION


@pytest.mark.parametrize("count", [find_coding, count_septets, measure_text, split_parts, fold_to_gsm7])
def test_escape_is_no_character(count):
    with pytest.raises(EscapeNotAllowed):
        count("a\x1bb’")


def test_septets_of_another_alphabet_are_refused():
    with pytest.raises(NotGsm7):
        count_septets("ກ")


def test_a_screen_holds_80_units_and_not_half_of_182():
    assert USSD_LIMITS.gsm7_stop == 160 * 8 // 7
    assert USSD_LIMITS.ucs2_stop == 160 // 2
    assert USSD_LIMITS.ucs2_stop != USSD_LIMITS.gsm7_stop // 2


def test_a_text_of_three_parts_holds_what_the_limits_say():
    assert len(split_parts("a" * SMS_LIMITS.gsm7)) == 3
    assert len(split_parts("a" * (SMS_LIMITS.gsm7 + 1))) == 4
    assert len(split_parts("ກ" * SMS_LIMITS.ucs2)) == 3
    assert len(split_parts("ກ" * (SMS_LIMITS.ucs2 + 1))) == 4


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("x" * 70 + "’", "x" * 70 + "'"),
        ("“Pay” – now…", '"Pay" - now...'),
        ("a\u00a0b\tc", "a b c"),
        ("ຄ່າແຮງ – ’", "ຄ່າແຮງ – ’"),
        ("ค่าจ้าง…", "ค่าจ้าง…"),
        ("çedilla’", "çedilla’"),
        ("plain", "plain"),
        ("", ""),
    ],
)
def test_typography_is_folded_only_where_that_alone_helps(text, folded):
    assert fold_to_gsm7(text) == folded


@given(PHONE_TEXT)
def test_parts_join_back_and_keep_within_their_room(text):
    parts = split_parts(text)
    assert "".join(parts) == text
    room = {1: {"gsm7": 160, "ucs2": 70}}.get(len(parts), {"gsm7": 153, "ucs2": 67})
    for part in parts:
        cost = count_septets(part) if find_coding(text) == "gsm7" else len(part.encode("utf-16-le")) // 2
        assert cost <= room[find_coding(text)]


@given(PHONE_TEXT)
def test_parts_keep_a_line_break_whole(text):
    parts = split_parts(text)
    assert not any(a.endswith("\r") and b.startswith("\n") for a, b in pairwise(parts))


@given(st.text())
def test_units_are_what_utf_16_takes(text):
    assert count_units(text) == len(text.encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(st.characters(exclude_characters="\x1b")))
def test_folding_never_lengthens_beyond_its_dots_and_never_changes_a_ucs2_text(text):
    folded = fold_to_gsm7(text)
    assert folded == text or find_coding(folded) == "gsm7"
    assert fold_to_gsm7(folded) == folded


# The alphabet in the order of its codes, for the test alone: what is counted is what is packed.
CODES = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
BEHIND_ESCAPE = {"\f": 10, "^": 20, "{": 40, "}": 41, "\\": 47, "[": 60, "~": 61, "]": 62, "|": 64, "€": 101}


def packed(text):
    """The octets of a screen: seven bits a code, filled up with a carriage return where seven bits are left."""
    codes = []
    for character in text:
        codes += [27, BEHIND_ESCAPE[character]] if character in BEHIND_ESCAPE else [CODES.index(character)]
    if len(codes) % 8 == 7:
        codes.append(13)
    bits = "".join(format(code, "07b")[::-1] for code in codes)
    return bytes(int(bits[at : at + 8][::-1], 2) for at in range(0, len(bits), 8))


@pytest.mark.parametrize(
    ("text", "octets"),
    [("1234567", "31D98C56B3DD1A"), ("ABCDEFG", "41E19058341E1B"), ("12345678", "31D98C56B3DD70")],
)
def test_packing_is_as_published(text, octets):
    assert packed(text).hex().upper() == octets


@given(st.text(st.sampled_from([*BASIC, *EXTENSION]), max_size=200))
def test_what_we_count_is_what_a_network_packs(text):
    assert set(CODES) - {"\x1b"} == BASIC
    size = count_septets(text)
    assert len(packed(text)) == -(-(size + (size % 8 == 7)) * 7 // 8)
    assert (size <= USSD_LIMITS.gsm7_stop) == (len(packed(text)) <= 160)


@pytest.mark.fault("T1")
@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("Phone\u200e 1546", "Phone 1546"),
        ("a\u200cb\u200db\u200fc\u202ad\u2066e\u061cf", "abbcdef"),
        ("one\u2002two\u2003three\u3000four\u205ffive", "one two three four five"),
        ("don´t don`t donʼt don′t", "don't don't don't don't"),
        ("«Hi» you", '"Hi" you'),
        ("Ｈｅｌｌｏ　１２３：", "Hello 123:"),
        ("oﬃce, ﬁne, 10²", "office, fine, 102"),
        ("a\u2028b", "a\nb"),
        ("1⁄2 ½ 3×4", "1/2 1/2 3x4"),
        ("6‒9, 6−9, 6－9", "6-9, 6-9, 6-9"),
        ("★ Hi\u200e", "★ Hi\u200e"),
        ("ສະບາຍດີ\u200e", "ສະບາຍດີ\u200e"),
        ("Việt\u200e", "Việt\u200e"),
    ],
)
def test_what_has_a_plain_form_or_is_not_seen_does_not_turn_the_page(text, sent):
    assert fold_to_gsm7(text) == sent


@pytest.mark.fault("T1")
@given(st.text("abc 12,.", min_size=1), st.characters(categories=["Cf", "Zs"]), st.integers(0, 100))
def test_no_invisible_character_anywhere_costs_the_small_alphabet(plain, odd, at):
    place = at % (len(plain) + 1)
    assert find_coding(fold_to_gsm7(f"{plain[:place]}{odd}{plain[place:]}")) == "gsm7"


# Kinds of public reports on counting parts, worked out by hand from 3GPP TS 23.040: 153 septets or 67 units a part, and
# neither a pair of septets nor a pair of units is parted.
@pytest.mark.fault("T1")
@pytest.mark.parametrize(
    ("report", "text", "parts"),
    [
        ("TwilioDevEd/message-segment-calculator#18", "this is a " + "]" * 75 + "😘", 2),
        ("TwilioDevEd/message-segment-calculator#39", "]" * 153, 3),
        ("one bracket fewer", "]" * 152, 2),
        ("instasent/sms-counter-php#15", "😎" * 70, 3),
        ("as many as fit one", "😎" * 35, 1),
        ("as many as fit two", "😎" * 66, 2),
        ("Nexmo/nexmo-developer#1866", "[" * 160, 3),
        ("exactly one", "]" * 80, 1),
        ("the last septet stays empty", "a" * 159 + "[", 2),
        ("playsms/playsms#213", '"' * 160, 1),
        ("playsms/playsms#169", "ກ" * 134, 2),
        ("one letter more", "ກ" * 135, 3),
        ("warthog618/sms#6", ("x" * 66 + "👋") * 3, 4),
        ("livebg/smstools#8", "🤾🏽\u200d♀️" * 10, 1),
    ],
)
def test_parts_are_counted_as_the_network_counts(report: str, text: str, parts: int) -> None:
    assert ("".join(split_parts(text)), len(split_parts(text))) == (text, parts), report


def _fold_plainly(text: str) -> str:
    folded = text.translate(text_size._FOLDING)
    return folded if folded != text and find_coding(folded) == "gsm7" else text


@pytest.mark.parametrize("beside", ["", "a‘", "ກ", "1×"])
def test_what_is_not_looked_at_would_not_have_changed(beside: str) -> None:
    for letter in map(chr, [*range(0x3100), *range(0xFF00, 0xFFFF)]):
        for text in (letter + beside, f"{beside}…{letter}"):
            if "\x1b" in text:
                continue
            assert fold_to_gsm7(text) == _fold_plainly(text)
    with pytest.raises(EscapeNotAllowed):
        fold_to_gsm7(f"…ກ{beside}\x1b")
