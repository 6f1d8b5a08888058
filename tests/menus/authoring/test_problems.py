"""How a problem reads: its place, the caret under the very letter, a hint that helps."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wcwidth import wcswidth

from gateway.menus.authoring.problems import (
    Level,
    Place,
    Problem,
    describe_problem,
    did_you_mean,
    has_errors,
    point_problem,
    show_place,
    sort_problems,
)


def problem(line: int = 1, column: int = 1, *, file: str = "a.yaml", **others) -> Problem:
    usual = {"code": "unknown-key", "message": "unknown key 'optoins'", "hint": "did you mean 'options'?"}
    return Problem(place=Place(file, line, column), **(usual | others))


def test_a_problem_is_shown_with_the_line_before_and_a_caret():
    source = "screens:\n  main:\n    optoins:\n"
    assert describe_problem(problem(3, 5), {"a.yaml": source}) == (
        "a.yaml:3:5: error: unknown key 'optoins' [unknown-key]\n"
        "     2 |   main:\n"
        ">    3 |     optoins:\n"
        "       |     ^\n"
        "  hint: did you mean 'options'?"
    )


@pytest.mark.parametrize("before", ["a: ", "ຄ່າແຮງ: ", "ที่นี่: ", "\t", "ກ່ຳ \u200b", "漢字: "])
def test_the_caret_stands_under_the_letter_however_wide_the_text_before_it(before):
    shown = describe_problem(problem(1, len(before) + 1), {"a.yaml": f"{before}X"}).splitlines()
    line, caret = shown[1].split("| ", 1)[1], shown[2].split("| ", 1)[1]
    assert caret.endswith("^")
    assert len(caret) - 1 == wcswidth(line.removesuffix("X"))


def test_without_a_line_there_is_no_frame():
    assert describe_problem(problem(9), {"a.yaml": "x"}).count("\n") == 1
    assert describe_problem(problem(1), {}).count("\n") == 1
    assert show_place(Place()) == ""
    assert show_place(Place("a.yaml")) == "a.yaml"


def test_the_order_is_that_of_the_files_and_each_is_told_once():
    one, two, three = problem(9), problem(2), problem(1, file="b.yaml")
    assert sort_problems([three, one, two, one]) == (two, one, three)


def test_a_warning_is_no_error():
    assert has_errors([problem()])
    assert not has_errors([problem(level=Level.WARNING)])


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("optoins", ["options", "choices"], "did you mean 'options'?"),
        ("only_if", ["if", "to"], "did you mean 'if'?"),
        ("zzz", ["b", "a"], "write one of: a, b"),
        ("zzz", [], "see `gateway menus schema`"),
        (
            "zzz",
            [f"k{n:02}" for n in range(20)],
            "write one of: " + ", ".join(f"k{n:02}" for n in range(12)) + ", …",
        ),
    ],
)
def test_a_hint_names_the_nearest_or_what_there_is(word, known, hint):
    assert did_you_mean(word, known) == hint


def test_the_place_moves_to_the_word_that_it_is_about():
    lines = ["a: |", "  one 400", "  two 400"]
    assert point_problem(problem(1, 4, about="400"), lines).place == Place("a.yaml", 2, 7)
    assert point_problem(problem(3, 1, about="400"), lines).place == Place("a.yaml", 3, 7)
    assert point_problem(problem(1, 4, about="500"), lines).place == Place("a.yaml", 1, 4)
    assert point_problem(problem(1, 4), lines).place == Place("a.yaml", 1, 4)


@given(st.text(max_size=60), st.integers(0, 80), st.integers(-1, 3))
def test_any_line_can_be_shown(text, column, line):
    assert describe_problem(problem(line, column), {"a.yaml": text}).endswith("did you mean 'options'?")
