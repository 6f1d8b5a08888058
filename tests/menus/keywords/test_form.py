"""The answer to the questions of the callback in one text."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.menus.engine.model import Menu
from gateway.menus.keywords import fold_digits, read_form_answer

WANTED = {"phone_seen": "sometimes", "when": "evening"}


@pytest.mark.parametrize(
    "text",
    [
        "2 3", "2,3", "2-3", "23", "2. 3", "2.3", " 2  3 ", "2/3", "2 and 3", "(2) (3)", "2\n3", "2 3.", "2&3",
        "໒ ໓", "໒໓", "๒ ๓", "２ ３", "2️⃣ 3️⃣", "2 ແລະ 3", "2 และ 3", "ok 2 3", "2 3 thank you",
    ],
)  # fmt: skip
def test_two_numbers_however_written(menu: Menu, text: str) -> None:
    assert read_form_answer(menu, text) == WANTED


PHONE = ("no", "sometimes", "not_mine")
WHEN = ("morning", "noon", "evening", "sunday", "now", "never")


@pytest.mark.parametrize("first", range(10))
@pytest.mark.parametrize("second", range(10))
def test_every_pair_of_digits(menu: Menu, first: int, second: int) -> None:
    answer = read_form_answer(menu, f"{first} {second}")
    if 1 <= first <= 3 and 1 <= second <= 6:
        assert answer == {"phone_seen": PHONE[first - 1], "when": WHEN[second - 1]}
    else:
        assert answer is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "2",
        "2 3 1",
        "233",
        "I have 2 children and 3 jobs",
        "2 3 but not today",
        "x",
        "²³",
        "no",
        "2" * 500,
    ],
)
def test_anything_else_is_no_consent(menu: Menu, text: str) -> None:
    assert read_form_answer(menu, text) is None


@given(st.text(max_size=60))
def test_no_text_raises(sample: Any, text: str) -> None:
    answer = read_form_answer(sample.menu, text)
    assert answer is None or set(answer) == {"phone_seen", "when"}


def test_digits_of_every_script() -> None:
    assert fold_digits("໐໑໒໓໔໕໖໗໘໙ ๐๑๒ ၀ ០ ４ x²") == "0123456789 012 0 0 4 x²"


TABLE = Path(__file__).with_name("form_answers.tsv")
ROWS = [
    line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("# ")
]


@pytest.mark.fault("W6")
@pytest.mark.fault("W10")
@pytest.mark.parametrize(("text", "wanted"), ROWS)
def test_numbers_in_figures_words_and_hours_in_every_language(menu: Menu, text: str, wanted: str) -> None:
    answer = read_form_answer(menu, text)
    assert (" ".join(answer.values()) if answer else "-") == wanted


def test_the_table_holds_enough_of_each(menu: Menu) -> None:
    assert len(ROWS) >= 160
    assert sum(wanted == "-" for _, wanted in ROWS) >= 50
