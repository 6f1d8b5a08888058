"""Figures and pictures that are typed in a text: which are told, in every language, and which are none."""

import pytest

from gateway.menus.authoring.checks.facts import find_figure, find_unit
from gateway.menus.authoring.checks.languages import find_emoji
from gateway.menus.authoring.problems import Level
from tests.support.menu_folders import base, checked, with_change

pytestmark = pytest.mark.fault("M9")

UNITS = {
    "en": ("baht", "hour", "day", "week", "month", "year", "percent", "per cent", "min"),
    "lo": ("ບາດ", "ກີບ", "ຊົ່ວໂມງ", "ມື້", "ອາທິດ", "ເດືອນ", "ປີ"),
    "lo-Latn": ("baht", "kip", "sua mong", "meu", "deuan"),
    "th": ("บาท", "ชั่วโมง", "วัน", "เดือน", "ปี"),
}
TYPED = [
    ("en", "You get 50 baht.", "50 baht"),
    ("en", "At most 8 hours a day.", "8 hours"),
    ("en", "An 8-hour day", "8-hour"),
    ("en", "8hours", "8hours"),
    ("en", "every 6.5 Hours", "6.5 Hours"),
    ("en", "within 15 days", "15 days"),
    ("en", "9 per cent", "9 per cent"),
    ("en", "pay ฿50 now", "฿50"),
    ("en", "pay 50฿ now", "50฿"),
    ("en", "$ 5 a day", "$ 5"),
    ("lo", "ໄດ້ 50 ບາດ/ມື້", "50 ບາດ"),
    ("lo", "8 ຊົ່ວໂມງ", "8 ຊົ່ວໂມງ"),
    ("lo", "8ຊົ່ວໂມງຕໍ່ມື້", "8ຊົ່ວໂມງ"),
    ("lo", "໘ ຊົ່ວໂມງ", "໘ ຊົ່ວໂມງ"),
    ("lo", "ພາຍໃນ 15 ມື້", "15 ມື້"),
    ("lo-Latn", "8 sua mong to meu", "8 sua mong"),
    ("lo-Latn", "50 Kip", "50 Kip"),
    ("th", "8 ชั่วโมงต่อวัน", "8 ชั่วโมง"),
    ("th", "๘ ชั่วโมง", "๘ ชั่วโมง"),
    ("th", "ได้50บาท", "50บาท"),
]
NONE = [
    ("en", "{th.wage} baht a day"),
    ("en", "{a} 8 {b} hours"),
    ("en", "Day 8"),
    ("en", "press 8 daylong"),
    ("en", "1 My pay"),
    ("en", "1 no 2 sometimes"),
    ("en", "18:30 hours"),
    ("en", "Form ID4 days"),
    ("en", "hours and days"),
    ("lo", "1 ຄ່າແຮງ"),
    ("lo-Latn", "1 meuang"),
    ("lo-Latn", "8 sua mongkhon"),
    ("th", "1 เวลา"),
]


@pytest.mark.parametrize(("language", "words", "found"), TYPED)
def test_a_small_number_beside_a_unit_is_a_figure(language, words, found):
    assert find_unit(words, UNITS[language]) == found


@pytest.mark.parametrize(("language", "words"), NONE)
def test_what_is_no_figure_is_not_told(language, words):
    assert find_unit(words, UNITS[language]) == ""
    assert find_figure(words) == ""


def figures(files, **others):
    return [
        (each.level, each.language, each.about)
        for each in checked(files, **others).problems
        if each.code == "figure-in-text"
    ]


@pytest.mark.parametrize(
    ("file", "old", "new", "language", "about"),
    [
        ("screens.yaml", "en: My pay", "en: My 50 baht", "en", "50 baht"),
        ("screens.yaml", "ບາດ/ມື້", "ບາດ/ມື້ 8 ຊົ່ວໂມງ", "lo", "8 ຊົ່ວໂມງ"),
        ("head.yaml", "en: We begin again.", "en: Wait 5 percent.", "en", "5 percent"),
    ],
)
def test_it_is_a_warning_with_a_fact_as_the_way_out(file, old, new, language, about):
    assert figures(with_change(file, old, new)) == [(Level.WARNING, language, about)]


def test_three_digits_stay_an_error_and_are_told_once():
    assert figures(with_change("screens.yaml", "en: My pay", "en: My 500 baht")) == [
        (Level.ERROR, "en", "500")
    ]


def test_the_numbers_of_answers_and_a_menu_without_units_are_not_told():
    form = with_change("head.yaml", "1 no 2 sometimes 3 not mine", "1 day 2 week 3 month")
    assert figures(form) == []
    bare = with_change(
        "head.yaml", "units: {en: [baht, hour, day, week, month, year, percent]", "units: {en: [hour]"
    )
    text = bare["screens.yaml"].decode().replace("en: My pay", "en: My 50 baht").encode()
    assert figures(bare | {"screens.yaml": text}) == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Pay 💰", "💰"),
        ("Call ☎ us", "☎"),
        ("Call ☎️ us", "☎️"),
        ("👍🏽 good", "👍🏽"),
        ("👩‍⚖️", "👩‍⚖️"[:2]),
        ("go → there", "→"),
        ("7️⃣", "7️⃣"),
        ("✓ done", "✓"),
        ("ຄ່າແຮງ 🆘", "🆘"),
        ("Pay – ok", ""),
        ("“Pay”", ""),
        ("฿50 €5 ₭", ""),
        ("ໆ ฯ ๆ ·", ""),
        ("1 # * 7", ""),
        ("", ""),
    ],
)
def test_a_picture_is_found_with_what_belongs_to_it(words, found):
    assert find_emoji(words).startswith(found)
    assert bool(find_emoji(words)) == bool(found)


@pytest.mark.parametrize("old", ["en: My pay", "lo: ຄ່າແຮງ}"])
def test_one_picture_is_one_problem_in_whichever_alphabet(old):
    new = f"{old.rstrip('}')} 💰" + ("}" if old.endswith("}") else "")
    codes = [each.code for each in checked(with_change("screens.yaml", old, new)).problems]
    assert codes == ["emoji-in-text"]


def test_the_sound_menu_has_neither():
    assert checked(base()).problems == ()
