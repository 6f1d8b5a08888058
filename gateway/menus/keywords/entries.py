"""Find words of the menu in a run of one script: one spelling, and groups of spellings that are searched together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from gateway.menus.engine.model import Keyword
from gateway.menus.keywords.script_runs import Run, word_of

_FEW_LETTERS = 40


@dataclass(frozen=True, slots=True)
class LexiconEntry:
    """One spelling of a word: letters, positions where spaces are allowed, script, and language if it matters."""

    letters: str
    spaces: frozenset[int]
    script: str
    language: str = ""

    def ends(self, run: Run, start: int) -> int:
        """Return where the word ends if it is a whole word at this position of the run, else -1."""
        end = start + len(self.letters)
        if self.script != run.script or not run.letters.startswith(self.letters, start):
            return -1
        return end if run.spaces(start, end) <= self.spaces and run.may_stand(start, end) else -1

    def places(self, run: Run) -> Iterator[tuple[int, int]]:
        """Yield each position of the run where it is a whole word."""
        if self.script != run.script:
            return
        start = run.letters.find(self.letters)
        while start >= 0:
            end = self.ends(run, start)
            if end > 0:
                yield start, end
            start = run.letters.find(self.letters, start + 1)


@dataclass(frozen=True, slots=True)
class Spelling(LexiconEntry):
    """One spelling of a keyword; ``word`` is as its author wrote it."""

    keyword: Keyword = field(kw_only=True)
    word: str = field(kw_only=True)


E = TypeVar("E", bound=LexiconEntry)


class Group(Generic[E]):
    """Spellings that are searched together, in order, indexed by script and first letter."""

    def __init__(self, entries: Iterable[E]) -> None:
        self.entries = tuple(entries)
        self._by_script: dict[str, list[E]] = {}
        self._by_first: dict[str, list[E]] = {}
        for entry in self.entries:
            self._by_script.setdefault(entry.script, []).append(entry)
            self._by_first.setdefault(entry.letters[0], []).append(entry)

    def __add__(self, other: "Group[E]") -> "Group[E]":
        return Group((*self.entries, *other.entries))

    def of(self, script: str) -> Sequence[E]:
        """Return the spellings in one script."""
        return self._by_script.get(script, ())

    def find_inside(self, run: Run) -> Iterator[E]:
        """Yield the spellings whose letters occur in the run, as whole words or not."""
        letters = run.letters
        if len(letters) > _FEW_LETTERS:
            return (each for each in self.of(run.script) if each.letters in letters)
        firsts = dict.fromkeys(letters)
        return (each for first in firsts for each in self._by_first.get(first, ()) if each.letters in letters)

    def places(self, run: Run) -> Iterator[tuple[int, int, E]]:
        """Yield each position where one of the words is a whole word."""
        for entry in self.find_inside(run):
            for start, end in entry.places(run):
                yield start, end, entry

    def at(self, run: Run, place: int) -> Iterator[tuple[int, E]]:
        """Yield the end of each word that is a whole word at this position."""
        for entry in self._by_first.get(run.letters[place : place + 1], ()):
            end = entry.ends(run, place)
            if end > 0:
                yield end, entry


def list_entries(words: Iterable[str], language: str = "") -> Group[LexiconEntry]:
    """Return the spellings of words without duplicates, longest first."""
    found = {LexiconEntry(*word_of(word), language) for word in words}
    return Group(
        sorted((each for each in found if each.letters), key=lambda each: (-len(each.letters), each.letters))
    )
