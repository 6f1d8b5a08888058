"""Where a Thai word may stand inside a run: beginnings and ends, each with its reason."""

import pytest

from gateway.menus.keywords.lao_and_thai import may_begin, may_end

ENDS = [
    ("ตีฉัน", 2, True),  # ฉ never ends a syllable
    ("ตีน", 2, False),  # foot
    ("ตีนะ", 2, True),  # น has its own vowel
    ("ตีคน", 2, True),  # a common syllable without a written vowel
    ("ตีกลับ", 2, True),  # a cluster with a vowel
    ("ฆ่าครอบครัว", 3, True),  # อ is the vowel of a cluster
    ("ตีนอก", 2, True),  # อ is the vowel of น
    ("ตีนออก", 2, False),  # อ begins the next word
    ("ตีสวย", 2, True),  # ว is the vowel of ส
    ("ตี้", 2, False),  # a tone belongs to the word
    ("ขังคน", 3, True),
    ("โทร์", 2, False),  # a silenced letter belongs to the word before
    ("โทม", 2, False),
]


@pytest.mark.parametrize(("run", "end", "may"), ENDS)
def test_ends(run: str, end: int, may: bool) -> None:
    assert may_end(run, 0, end) is may


BEGINS = [
    ("เขาตี", 3, True),
    ("แตีก", 1, False),  # behind a leading vowel
    ("สตี", 1, False),  # one letter before it is left alone
    ("ตรัก", 1, False),
    ("มากรัก", 3, True),
    ("ขัง", 1, False),  # a vowel sign begins nothing
]


@pytest.mark.parametrize(("run", "start", "may"), BEGINS)
def test_begins(run: str, start: int, may: bool) -> None:
    assert may_begin(run, start) is may
