"""Hides small cells of a table together with partners, so that no subtraction brings one back.

This is primary and secondary suppression as statistical offices practise it (OECD, Glossary of Statistical Terms).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

Place = tuple[int, int]
"""A row and a column; ``TOTAL`` stands for the total of either."""

TOTAL = -1


@dataclass(frozen=True, slots=True)
class HiddenGrid:
    """A table of counts whose small cells are hidden, which is None, with the total of each row.

    Attributes:
        cells: by row and column.
        totals: of each row.
    """

    cells: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]


def hide_small_cells(
    counts: Sequence[Sequence[int]], smallest: int, *, told: Sequence[bool] | None = None
) -> HiddenGrid:
    """Return the table with every count from 1 to below ``smallest`` hidden, and with the partners that this needs.

    Along a row, and along a column whose total is told elsewhere, a total is the sum of its cells. Where it is known
    and one cell is hidden, that cell is the difference; where all that is hidden adds up to less than ``smallest``, the
    difference is small again. So the smallest shown cell goes too, until neither holds. A zero is nobody: it is shown
    unless it is a partner. Where nothing helps, the whole table is hidden.

    Args:
        counts: the table, by row and column.
        smallest: the smallest count that may be shown.
        told: for each column, and last for the whole table, whether its total is told elsewhere (True) or hidden there
            (False). None where the columns of this table add up to nothing that is told anywhere.
    """
    table = _Table(counts, smallest, told)
    while any([table.guard_line(line) for line in table.lines()]):  # noqa: C419 - each line in turn, whatever came of the first
        pass
    if any(table.gives_small_away(line) for line in table.lines()):
        table.hidden.update(table.value)
    return HiddenGrid(
        cells=tuple(tuple(table.show((row, at)) for at in range(table.width)) for row in range(table.height)),
        totals=tuple(table.show((row, TOTAL)) for row in range(table.height)),
    )


class _Table:
    """The counts with their totals; which are hidden so far, and which were opened since nothing can hide them."""

    def __init__(self, counts: Sequence[Sequence[int]], smallest: int, told: Sequence[bool] | None) -> None:
        self.height, self.width = len(counts), len(counts[0]) if counts else 0
        self.smallest = smallest
        self.value: dict[Place, int] = {}
        for row, cells in enumerate(counts):
            self.value |= {(row, at): n for at, n in enumerate(cells)} | {(row, TOTAL): sum(cells)}
        self.hidden = {place for place, n in self.value.items() if 0 < n < smallest}
        self.opened: set[Place] = set()
        self.columns = (*range(self.width), TOTAL) if told is not None else ()
        self.hidden |= {
            (TOTAL, at) for at, is_told in zip(self.columns, told or (), strict=True) if not is_told
        }

    def lines(self) -> Iterator[tuple[Place, list[Place]]]:
        """Yield the place of each total with the places that add up to it."""
        for row in range(self.height):
            yield (row, TOTAL), [(row, at) for at in range(self.width)]
        for at in self.columns:
            yield (TOTAL, at), [(row, at) for row in range(self.height)]

    def guard_line(self, line: tuple[Place, list[Place]]) -> bool:
        """Mend a line that gives a hidden cell away; say whether anything was changed."""
        total, places = line
        if not self._gives_away(line):
            return False
        gone = [place for place in places if place in self.hidden]
        return self._hide_smallest(total, places) or self._open_only(gone)

    def gives_small_away(self, line: tuple[Place, list[Place]]) -> bool:
        """Say whether a small cell, or a hidden total, can be worked out of this line."""
        gone = [place for place in line[1] if place in self.hidden]
        small = any(0 < self.value[place] < self.smallest for place in gone)
        return self._gives_away(line) and (small or not gone)

    def _gives_away(self, line: tuple[Place, list[Place]]) -> bool:
        total, places = line
        gone = [self.value[place] for place in places if place in self.hidden]
        if total in self.hidden:
            return not gone  # its cells add up to it
        return bool(gone) and (len(gone) == 1 or sum(gone) < self.smallest)

    def _hide_smallest(self, total: Place, places: list[Place]) -> bool:
        shown = [place for place in places if place not in self.hidden and place not in self.opened]
        shown = [place for place in shown if self.value[place]] or shown
        if not shown and total[0] != TOTAL and total not in self.hidden and total not in self.opened:
            shown = [total]
        self.hidden.update(sorted(shown, key=lambda place: self.value[place])[:1])
        return bool(shown)

    def _open_only(self, gone: list[Place]) -> bool:
        """Show a cell that its total, which is told elsewhere, gives away all the same: it is nobody's partner."""
        if len(gone) != 1 or 0 < self.value[gone[0]] < self.smallest:
            return False
        self.hidden.discard(gone[0])
        self.opened.add(gone[0])
        return True

    def show(self, place: Place) -> int | None:
        """Return a count, or None where it is hidden."""
        return None if place in self.hidden else self.value[place]
