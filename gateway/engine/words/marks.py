"""A word of danger whose tone marks were typed behind another letter of it, or left out in haste; none is put in."""

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TypeVar

from gateway.engine.words.lexicon import Entry
from gateway.engine.words.runs import Run, runs_of

E = TypeVar("E", bound=Entry)

_TONES = frozenset("\u0ec8\u0ec9\u0eca\u0ecb\u0e48\u0e49\u0e4a\u0e4b")
_LEAST = 4
"""Letters without tones from which a word is told apart by the order of its tones alone."""

_LEAST_WITHOUT = 5
"""Letters without tones from which a word is told apart where some of its tones are missing."""


class Bare:
    """The letters of a run without their tones, and where each of them stood."""

    def __init__(self, run: Run) -> None:
        self.run = run
        kept = [(at, letter) for at, letter in enumerate(run.letters) if letter not in _TONES]
        self.letters = "".join(letter for _, letter in kept)
        self.places = [*(at for at, _ in kept), len(run.letters)]


def held_bare(entries: Iterable[E], bare: Bare) -> Iterator[E]:
    """Yield the words whose letters without tones the run holds somewhere: few of a hundred are looked at closely."""
    letters = bare.letters
    return (each for each in entries if _apart(each.letters)[0] in letters)


def moved_places(entry: Entry, bare: Bare) -> Iterator[tuple[int, int]]:
    """Yield the places at which the word stands with its tones behind other letters of its own, or without some."""
    wanted, tones = _apart(entry.letters)
    run, letters = bare.run, bare.letters
    if not tones or len(wanted) < _LEAST:
        return
    start = letters.find(wanted)
    while start >= 0:
        left, right = bare.places[start], bare.places[start + len(wanted)]
        here = run.letters[left:right]
        if (
            here != entry.letters
            and _are_of(_apart(here)[1], wanted, tones)
            and _stands(entry, run, left, right)
        ):
            yield left, right
        start = letters.find(wanted, start + 1)


def _are_of(here: tuple[str, ...], wanted: str, tones: tuple[str, ...]) -> bool:
    """Say whether these tones are those of the word, or some of them where the word is long enough without."""
    return here == tones or (len(wanted) >= _LEAST_WITHOUT and not Counter(here) - Counter(tones))


@lru_cache(maxsize=4_096)
def _apart(letters: str) -> tuple[str, tuple[str, ...]]:
    return (
        "".join(each for each in letters if each not in _TONES),
        tuple(sorted(each for each in letters if each in _TONES)),
    )


def _stands(entry: Entry, run: Run, left: int, right: int) -> bool:
    """Say whether the word, set right, stands whole where it is."""
    near = 12
    before, behind = run.letters[max(0, left - near) : left], run.letters[right : right + near]
    (mended, *_) = runs_of(before + entry.letters + behind)
    return entry.ends(mended, len(before)) > 0
