"""Match phrases that are put together from lists of words: who does what to whose hand, in any combination.

A danger word such as ``{they} {will?} {break} {my} {body}`` stands for thousands of sentences. They are never written
out: each list is looked up where the word before it ends.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from gateway.menus.engine.model import Menu
from gateway.menus.keywords.entries import Group, LexiconEntry, list_entries
from gateway.menus.keywords.script_runs import Run

WHO = "{who}"
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

    def places(self, run: Run) -> Iterator[tuple[int, int]]:
        """Yield each position of the run where the phrase occurs, up to its farthest end."""
        first, *rest = self.slots
        for start, end, _ in first.words.places(run):
            reached = {end}
            for slot in rest:
                further = {after for place in reached for after, _ in slot.words.at(run, place)}
                reached = further | reached if slot.may_be_empty else further
            if reached:
                yield start, max(reached)


def has_lists(word: str) -> bool:
    """Say whether a keyword contains a named list other than the persons, which are written out."""
    return any(found[0] != WHO for found in _SLOT.finditer(word))


def find_lists(menu: Menu, word: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the words of each list named in a keyword; those of an unknown list are empty."""
    lists = {"who": menu.speech.who, **menu.speech.lists}
    return {found[1]: lists.get(found[1], {}).get(language, ()) for found in _SLOT.finditer(word)}


def build_phrase(menu: Menu, word: str, language: str) -> Phrase | None:
    """Return the phrase of a word with lists; None where one of its lists is empty, or where it begins with a gap."""
    lists = {name: list_entries(words) for name, words in find_lists(menu, word, language).items()}
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
