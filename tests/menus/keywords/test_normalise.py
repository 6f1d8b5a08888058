"""Spellings that look the same are the same word."""

import pytest

from gateway.menus.keywords.script_runs import fold_text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ຫນັງ", "ໜັງ"),
        ("ຫມູ່", "ໝູ່"),
        ("ຫຼາຍ", "ຫລາຍ"),
        ("ຕ\u0ecd\u0ec8າ", "ຕ\u0ec8ຳ"),  # am in two halves, tone between them
        ("ນ\u0ecdາ", "ນຳ"),
        ("ນຳ\u0ec9", "ນ\u0ec9ຳ"),
        ("ຊ\u0ec8\u0eb5", "ຊ\u0eb5\u0ec8"),  # tone typed before its vowel
        ("ເເຮງ", "ແຮງ"),
        ("ບ\u0ecd\u0ec8\u0ec8", "ບ\u0ecd\u0ec8"),
        ("น\u0e4d\u0e49า", "น\u0e49ำ"),
        ("ทำ\u0e49", "ท\u0e49ำ"),
        ("เเรง", "แรง"),
        ("ท\u0e48\u0e35", "ท\u0e35\u0e48"),
        ("Kha Hèng", "kha heng"),
        ("ＰＡＹ", "pay"),
        ("pa\u00ady\u200d", "pay"),
        ("໑໕໔໖", "1546"),
    ],
)
def test_twins(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


def test_am_is_never_taken_apart() -> None:
    assert fold_text("ນ້ຳ") == "ນ້ຳ"
