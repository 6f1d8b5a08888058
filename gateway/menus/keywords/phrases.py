"""Match phrases that are put together from lists of words: who does what to whose hand, in any combination.

A danger word such as ``{they} {will?} {break} {my} {body}`` stands for thousands of sentences. They are never written
out: each list is looked up where the word before it ends.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from gateway.menus.engine.model import Menu
from gateway.menus.keywords.entries import Group, LexiconEntry, list_entries
from gateway.menus.keywords.script_runs import Run

WHO = "{who}"
E = TypeVar("E")

_SLOT = re.compile(r"\{([a-z][a-z0-9_]*)(\??)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a phrase: the words that may stand there, and whether it may be empty."""

    words: Group[LexiconEntry]
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sequence of slots, each beginning where the one before it ends."""

    slots: tuple[Slot, ...]

    def find_end(self, run: Run, place: int) -> int:
        """Return the farthest end of the phrase whose first slot ends at this position of the run, else -1."""
        reached = {place}
        for slot in self.slots[1:]:
            further = {after for at in reached for after, _ in slot.words.at(run, at)}
            reached = further | reached if slot.may_be_empty else further
        return max(reached, default=-1)


class PhraseSet(Generic[E]):
    """Phrases that are searched together: a list that begins many of them is looked up once in a run.

    Each phrase comes with what its author wrote, which a match reports.
    """

    def __init__(self, phrases: Iterable[tuple[E, Phrase]]) -> None:
        self._by_first: dict[Group[LexiconEntry], list[tuple[E, Phrase]]] = {}
        for entry, phrase in phrases:
            self._by_first.setdefault(phrase.slots[0].words, []).append((entry, phrase))

    def places(self, run: Run) -> Iterator[tuple[int, int, E]]:
        """Yield each position of the run where one of the phrases occurs, up to its farthest end."""
        for first, phrases in self._by_first.items():
            for start, place, _ in first.places(run):
                for entry, phrase in phrases:
                    end = phrase.find_end(run, place)
                    if end > 0:
                        yield start, end, entry


def has_lists(word: str) -> bool:
    """Say whether a keyword contains a named list other than the persons, which are written out."""
    return any(found[0] != WHO for found in _SLOT.finditer(word))


def find_lists(menu: Menu, word: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the words of each list named in a keyword; those of an unknown list are empty."""
    lists = {"who": menu.speech.who, **menu.speech.lists}
    return {found[1]: lists.get(found[1], {}).get(language, ()) for found in _SLOT.finditer(word)}


def build_phrases(menu: Menu, written: Iterable[tuple[E, str, str]]) -> PhraseSet[E]:
    """Return the phrases among words, which are given as entry, word and language tag."""
    groups: dict[tuple[str, ...], Group[LexiconEntry]] = {}
    found = (
        (entry, _build_phrase(menu, word, language, groups))
        for entry, word, language in written
        if has_lists(word)
    )
    return PhraseSet((entry, phrase) for entry, phrase in found if phrase is not None)


def _build_phrase(
    menu: Menu, word: str, language: str, groups: dict[tuple[str, ...], Group[LexiconEntry]]
) -> Phrase | None:
    """Return the phrase of a word with lists; None where one of its lists is empty, or where it begins with a gap.

    Args:
        menu: the version whose lists are named.
        word: as its author wrote it.
        language: tag of the language of its lists.
        groups: the lists that were prepared so far, which phrases share.
    """
    lists = {
        name: groups.setdefault(words, list_entries(words))
        for name, words in find_lists(menu, word, language).items()
    }
    slots: list[Slot] = []
    end = 0
    for found in _SLOT.finditer(word):
        slots += _list_literal(word[end : found.start()])
        slots.append(Slot(lists[found[1]], bool(found[2])))
        end = found.end()
    slots += _list_literal(word[end:])
    if slots[0].may_be_empty or not all(slot.words.entries for slot in slots):
        return None
    return Phrase(tuple(slots))


def write_samples(menu: Menu, word: str, language: str, *, most: int = 60) -> Iterator[str]:
    """Yield sentences of a phrase in which each word of each list occurs once, at most as many as asked for.

    Gaps are empty in every second one. Nothing is yielded where a list is empty.
    """
    lists = find_lists(menu, word, language)
    if not all(lists.values()):
        return
    longest = max(len(words) for words in lists.values())
    for number in islice(range(longest), most):

        def fill(found: re.Match[str], number: int = number) -> str:
            words = lists[found[1]]
            return "" if found[2] and number % 2 else words[number % len(words)]

        yield " ".join(_SLOT.sub(fill, word).split())


def _list_literal(words: str) -> list[Slot]:
    return [Slot(list_entries([words]))] if words.strip() else []
