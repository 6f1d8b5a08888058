"""Suppresses small cells of a table of counts, and further cells from which they could be computed.

This is primary and secondary suppression as statistical offices practise it (OECD, Glossary of Statistical Terms).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

Place = tuple[int, int]
"""A (row, column) pair; ``TOTAL`` in either place means the total."""

TOTAL = -1


@dataclass(frozen=True, slots=True)
class HiddenGrid:
    """A table of counts with suppressed cells as None.

    Attributes:
        cells: by row, then column.
        totals: by row.
    """

    cells: tuple[tuple[int | None, ...], ...]
    totals: tuple[int | None, ...]


def hide_small_cells(
    counts: Sequence[Sequence[int]],
    smallest: int,
    *,
    told: Sequence[bool] | None = None,
    secret: Collection[Place] = (),
    known: Collection[Place] = (),
) -> HiddenGrid:
    """Return the table with every count from 1 to ``smallest`` - 1 suppressed, and the cells that would reveal one.

    A total is the sum of its cells. If it is known, a single hidden cell is the difference, and hidden cells that
    add up to less than ``smallest`` are all small. So the smallest shown cell is hidden too, until neither holds. A
    zero is shown unless it is such a partner. If nothing helps, the whole table is hidden.

    Args:
        counts: the table, by row, then column.
        smallest: the smallest count that may be shown.
        told: for each column, and last for the whole table, whether its total is published elsewhere (True) or hidden
            there (False). None if the columns add up to no published number.
        secret: places that must be hidden like a small count, because another table would give one away with them.
        known: places that another table tells, so that hiding them would cover nothing.
    """
    table = _Table(counts, smallest, told, frozenset(secret), frozenset(known))
    while any([table.guard_line(line) for line in table.lines()]):  # noqa: C419 - a list: guard every line
        pass
    if any(table.gives_small_away(line) for line in table.lines()):
        table.hidden.update(table.value)
    return HiddenGrid(
        cells=tuple(tuple(table.show((row, at)) for at in range(table.width)) for row in range(table.height)),
        totals=tuple(table.show((row, TOTAL)) for row in range(table.height)),
    )


class _Table:
    """The counts with their totals, the cells hidden so far, and those reopened because nothing can hide them."""

    def __init__(
        self,
        counts: Sequence[Sequence[int]],
        smallest: int,
        told: Sequence[bool] | None,
        secret: frozenset[Place],
        known: frozenset[Place],
    ) -> None:
        self.height, self.width = len(counts), len(counts[0]) if counts else 0
        self.smallest = smallest
        self.value: dict[Place, int] = {}
        for row, cells in enumerate(counts):
            self.value |= {(row, at): n for at, n in enumerate(cells)} | {(row, TOTAL): sum(cells)}
        self.secret = secret | {place for place, n in self.value.items() if 0 < n < smallest}
        self.hidden = set(self.secret)
        self.opened = set(known - self.secret)
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
        """Hide more in a line that reveals a hidden cell; return whether anything changed."""
        total, places = line
        if not self._gives_away(line):
            return False
        hidden = [place for place in places if place in self.hidden]
        return self._hide_smallest(total, places) or self._open_only(hidden)

    def gives_small_away(self, line: tuple[Place, list[Place]]) -> bool:
        """Return whether a small cell, or a hidden total, can be computed from this line."""
        hidden = [place for place in line[1] if place in self.hidden]
        return self._gives_away(line) and (not hidden or any(place in self.secret for place in hidden))

    def _gives_away(self, line: tuple[Place, list[Place]]) -> bool:
        total, places = line
        hidden = [self.value[place] for place in places if place in self.hidden]
        if total in self.hidden:
            return not hidden  # its shown cells add up to the hidden total
        return bool(hidden) and (len(hidden) == 1 or sum(hidden) < self.smallest)

    def _hide_smallest(self, total: Place, places: list[Place]) -> bool:
        shown = [place for place in places if place not in self.hidden and place not in self.opened]
        shown = [place for place in shown if self.value[place]] or shown
        if not shown and total[0] != TOTAL and total not in self.hidden and total not in self.opened:
            shown = [total]
        self.hidden.update(sorted(shown, key=lambda place: self.value[place])[:1])
        return bool(shown)

    def _open_only(self, hidden: list[Place]) -> bool:
        """Show a cell that its published total reveals anyway, so that it is nobody's partner."""
        if len(hidden) != 1 or hidden[0] in self.secret:
            return False
        self.hidden.discard(hidden[0])
        self.opened.add(hidden[0])
        return True

    def show(self, place: Place) -> int | None:
        """Return a count, or None if it is hidden."""
        return None if place in self.hidden else self.value[place]
