"""A text as runs of one script, with the places at which a word of the menu may begin and end in each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from gateway.engine.words import lao, thai
from gateway.engine.words.fold import fold

LONGEST_TEXT = 1_000
"""Characters that are looked at; a text of three parts has fewer."""

LAO, THAI, PLAIN = "lao", "thai", "plain"
_GAP, _BREAK = "gap", "break"
_JOINS = frozenset("\u200b-_'’")
_REPEATS = frozenset("ໆຯๆฯ")


@dataclass(slots=True)
class Run:
    """Letters of one script between two breaks; ``gaps`` are the places where a space stood.

    ``first`` and ``last`` say whether the text begins and ends with this run.
    """

    script: str
    letters: str = ""
    gaps: set[int] = field(default_factory=set)
    edges: frozenset[int] = frozenset()
    first: bool = False
    last: bool = False

    def may_stand(self, start: int, end: int) -> bool:
        """Say whether a word may begin and end here without cutting another word."""
        if self.script != THAI:
            return start in self.edges and end in self.edges
        left, right = self._part(start)
        begins = thai.begins(self.letters[left:right], start - left)
        left, right = self._part(end - 1)
        return begins and thai.ends(self.letters[left:right], max(start - left, 0), end - left)

    def words(self) -> int:
        """Return how many words the run has, as far as spaces tell."""
        return len(self.gaps) + 1

    def _part(self, place: int) -> tuple[int, int]:
        left = max((gap for gap in self.gaps if gap <= place), default=0)
        return left, min((gap for gap in self.gaps if gap > place), default=len(self.letters))


@lru_cache(maxsize=64)
def _folded(text: str) -> str:
    return fold(text[:LONGEST_TEXT])


def runs_of(text: str) -> tuple[Run, ...]:
    """Return the runs of a text, in order."""
    runs = [run for run in _cut(_folded(text)) if run.letters]
    for run in runs:
        run.gaps -= {0, len(run.letters)}
        run.edges = _edges(run)
    if runs:
        runs[0].first = runs[-1].last = True
    return tuple(runs)


def _cut(text: str) -> Iterator[Run]:
    run = Run(PLAIN)
    for letter in text:
        kind = _kind(letter)
        if kind == _GAP:
            run.gaps.add(len(run.letters))
            continue
        if kind != run.script:
            yield run
            run = Run(PLAIN if kind == _BREAK else kind)
        if kind != _BREAK:
            run.letters += letter
    yield run


def _kind(letter: str) -> str:
    if letter in _JOINS or letter.isspace():
        return _GAP
    if letter in _REPEATS:
        return _BREAK
    if "\u0e80" <= letter <= "\u0eff":
        return LAO
    if "\u0e01" <= letter <= "\u0e4e":
        return THAI
    return PLAIN if letter.isalnum() else _BREAK


def _edges(run: Run) -> frozenset[int]:
    places = {0, *run.gaps, len(run.letters)}
    if run.script == LAO:
        ordered = sorted(places)
        for left, right in pairwise(ordered):
            places |= {left + edge for edge in lao.edges(run.letters[left:right])}
    return frozenset(places)


@lru_cache(maxsize=4_096)
def word_of(word: str) -> tuple[str, frozenset[int], str]:
    """Return a word of the menu as its letters, the places where a text may have a space, and its script."""
    runs = runs_of(word)
    if len(runs) != 1:
        return "", frozenset(), PLAIN
    run = runs[0]
    return run.letters, run.edges if run.script == LAO else frozenset(run.gaps), run.script
