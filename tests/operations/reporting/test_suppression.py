"""What is hidden stays hidden: an attacker who tries every table that fits what is shown cannot tell a small cell."""

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.operations.reporting.periods import HiddenGrid, hide_small_cells
from tests.support.examples import count_examples

SMALLEST = 3
MOST = 5
grids = st.integers(1, 3).flatmap(
    lambda width: st.lists(
        st.lists(st.integers(0, MOST), min_size=width, max_size=width), min_size=1, max_size=3
    )
)


def totals_of_columns(counts: list[list[int]]) -> tuple[HiddenGrid, list[bool]]:
    """The totals of the columns as another table tells them, and which of them it does tell."""
    whole = hide_small_cells([[sum(column) for column in zip(*counts, strict=True)]], SMALLEST)
    return whole, [n is not None for n in (*whole.cells[0], *whole.totals)]


def tables_that_fit(shown: HiddenGrid, whole: HiddenGrid | None) -> list[tuple[int, ...]]:
    """Every table of counts that agrees with all that is shown, here and of the totals of columns elsewhere."""
    places = [(row, at) for row, cells in enumerate(shown.cells) for at, n in enumerate(cells) if n is None]
    found = []
    for guess in product(range(2 * MOST + 1), repeat=len(places)):
        tried = [list(cells) for cells in shown.cells]
        for (row, at), n in zip(places, guess, strict=True):
            tried[row][at] = n
        rows = [sum(row) for row in tried]
        columns = [sum(column) for column in zip(*tried, strict=True)]
        fits = all(total in (None, n) for total, n in zip(shown.totals, rows, strict=True))
        if whole is not None:
            told = (*whole.cells[0], *whole.totals)
            fits = fits and all(t in (None, n) for t, n in zip(told, (*columns, sum(rows)), strict=True))
        if fits:
            found.append(guess)
    return found


@given(grids, st.booleans())
@example([[4, 1, 4]], True)
@example([[4, 1], [4, 4]], True)
@example([[1, 1, 0], [4, 4, 4]], True)
@settings(max_examples=count_examples(150))
def test_no_small_cell_can_be_worked_out(counts: list[list[int]], is_told: bool) -> None:
    whole, told = totals_of_columns(counts)
    shown = hide_small_cells(counts, SMALLEST, told=told if is_told else None)
    hidden = [(row, at) for row, cells in enumerate(shown.cells) for at, n in enumerate(cells) if n is None]
    for row, cells in enumerate(shown.cells):
        for at, n in enumerate(cells):
            assert n is None or n == counts[row][at], "what is shown is true"
            assert n is None or n == 0 or n >= SMALLEST, "and never small"
    if len(hidden) > 4:
        return  # more than an attacker of this test can try
    guesses = tables_that_fit(shown, whole if is_told else None)
    for at, (row, column) in enumerate(hidden):
        if 0 < counts[row][column] < SMALLEST:
            assert len({guess[at] for guess in guesses}) > 1, "only one table fits what is shown"


def test_what_is_not_small_is_shown() -> None:
    counts = [[5, 0, 12], [7, 9, 0]]
    assert hide_small_cells(counts, 5) == HiddenGrid(((5, 0, 12), (7, 9, 0)), (17, 16))


@pytest.mark.parametrize(
    ("counts", "cells"),
    [
        ([[9, 2, 30]], ((None, None, 30),)),  # 2 and the smallest beside it
        ([[9, 2, 2, 30]], ((None, None, None, 30),)),  # 2 and 2 are 4: still small, so 9 goes too
        ([[2, 2, 0]], ((None, None, 0),)),  # the total is small itself, and a zero is nobody
    ],
)
def test_partners_are_the_smallest_that_do(counts: list[list[int]], cells: object) -> None:
    assert hide_small_cells(counts, 5).cells == cells


def test_an_empty_table_is_empty() -> None:
    assert hide_small_cells([], 5) == HiddenGrid((), ())
