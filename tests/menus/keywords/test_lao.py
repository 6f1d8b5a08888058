"""Syllables of written Lao, against words cut by hand."""

import pytest

from gateway.menus.keywords.lao_and_thai import find_edges
from gateway.menus.keywords.script_runs import fold_text

CUT = [
    "ຂ້ອຍ ບໍ່ ໄດ້ ຄ່າ ແຮງ ສາມ ເດືອນ ແລ້ວ",
    "ໜັງ ສື ຜ່ານ ແດນ ຖືກ ຍຶດ",
    "ເຮັດ ວຽກ ຫຼາຍ ກວ່າ ແປດ ຊົ່ວ ໂມງ",
    "ກັບ ບ້ານ ແຂວງ ຫຼວງ ພະ ບາງ",
    "ວຽກ ວັນ ອາ ທິດ",
    "ເຈົ້າ ຂອງ ບໍ ລິ ສັດ ບອກ ວ່າ",
    "ອອກ ວຽກ ນອກ",
    "ເມຍ ຂອງ ນາຍ ຈ້າງ ຢາກ ຂ້າ",
    "ນ້ຳ ໃຈ ດີ",
    "ເກາະ ສະ ໝຸຍ",
    "ຕີ ນອກ ບ້ານ",
    "ຕີນ ອື່ນ",
    "ຄົນ ວັດ",
    "ໂທ ລະ ສັບ",
    "ເຂົ້າ ຈີ່",
    "ຫົວ ໜ້າ",
    "ເອົາ ອອກ",
    "ເຖົ້າ ແກ່",
    "ໃຫຍ່ ໄຫຼ ແຫວນ",
    "ຮຽນ ພາ ສາ",
]


@pytest.mark.parametrize("words", CUT)
def test_syllables(words: str) -> None:
    syllables = [fold_text(word) for word in words.split()]
    wanted = {0}
    for syllable in syllables:
        wanted.add(max(wanted) + len(syllable))
    assert find_edges("".join(syllables)) == frozenset(wanted)


def test_a_stray_letter_is_the_end_of_what_stands_before_it() -> None:
    assert 2 not in find_edges("ຕີຫ")


def test_nothing_and_signs_alone() -> None:
    assert find_edges("") == frozenset({0})
    assert find_edges("່້") == frozenset({0, 2})
