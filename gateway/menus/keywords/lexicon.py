"""Prepare the keywords and speech of a menu for matching, once per menu version: words, phrases, groups of them."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from operator import itemgetter
from typing import Generic, TypeVar

from gateway.foundation.bounded_table import keep_per_owner
from gateway.menus.engine.model import Keyword, Menu, Reaction, Words
from gateway.menus.keywords.script_runs import START, Run, build_clock_pattern, list_starts, word_of

_FEW_LETTERS = 40
_BY_PLACE = itemgetter(0)


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
    """Spellings that are searched together, in order, indexed by script and first letters."""

    def __init__(self, entries: Iterable[E]) -> None:
        self.entries = tuple(entries)
        self._by_script: dict[str, list[E]] = {}
        self._by_start: dict[str, list[tuple[int, E, str]]] = {}
        for place, entry in enumerate(self.entries):
            self._by_script.setdefault(entry.script, []).append(entry)
            self._by_start.setdefault(entry.letters[:START], []).append((place, entry, entry.letters))
        self.starts = frozenset(self._by_start)
        self.least = min((len(entry.letters) for entry in self.entries), default=0)

    def __add__(self, other: "Group[E]") -> "Group[E]":
        return Group((*self.entries, *other.entries))

    def of(self, script: str) -> Sequence[E]:
        """Return the spellings in one script."""
        return self._by_script.get(script, ())

    def find_inside(self, run: Run) -> Iterator[E]:
        """Yield the spellings whose letters occur in the run, as whole words or not.

        Those of a short run come by the place of their first letter in it, those of a long one as in the group.
        """
        letters = run.letters
        starts = self.starts & list_starts(letters)
        if not starts:
            return iter(())
        near = [each for start in starts for each in self._by_start[start] if each[2] in letters]
        if len(letters) > _FEW_LETTERS:
            return (entry for _, entry, _ in sorted(near, key=_BY_PLACE) if entry.script == run.script)
        found = sorted((letters.index(word[0]), place) for place, _, word in near)
        return (self.entries[place] for _, place in found)

    def places(self, run: Run) -> Iterator[tuple[int, int, E]]:
        """Yield each position where one of the words is a whole word."""
        for entry in self.find_inside(run):
            for start, end in entry.places(run):
                yield start, end, entry

    def list_filling(self, run: Run) -> list[E]:
        """Return the spellings that are the run as a whole."""
        near = self._by_start.get(run.letters[:START], ())
        return [each for _, each, word in near if word == run.letters and each.ends(run, 0) > 0]

    def at(self, run: Run, place: int) -> Iterator[tuple[int, E]]:
        """Yield the end of each word that is a whole word at this position."""
        letters = run.letters
        here = letters[place : place + START]
        near = [
            each
            for end in range(1, len(here) + 1)
            for each in self._by_start.get(here[:end], ())
            if letters.startswith(each[2], place)
        ]
        for _, entry, _ in sorted(near, key=_BY_PLACE) if len(near) > 1 else near:
            end = entry.ends(run, place)
            if end > 0:
                yield end, entry


def list_entries(words: Iterable[str], language: str = "") -> Group[LexiconEntry]:
    """Return the spellings of words without duplicates, longest first."""
    found = sorted({word_of(word) for word in words}, key=lambda each: (-len(each[0]), each[0]))
    return Group(LexiconEntry(*each, language) for each in found if each[0])


# Phrases that are put together from lists of words: who does what to whose hand, in any combination. A danger word such
# as ``{they} {will?} {break} {my} {body}`` stands for thousands of sentences. They are never written out: each list is
# looked up where the word before it ends.

WHO = "{who}"
Owner = TypeVar("Owner")

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)(\??)\}")


@dataclass(frozen=True, slots=True)
class Slot:
    """One place of a phrase: the words that may stand there, and whether it may be empty."""

    words: Group[LexiconEntry]
    may_be_empty: bool = False


Ends = dict[tuple[Group[LexiconEntry], int], set[int]]
"""List of words and a position of one run → where those of its words end that begin there."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sequence of slots, each beginning where the one before it ends."""

    slots: tuple[Slot, ...]

    def find_end(self, run: Run, place: int, known: Ends) -> int:
        """Return the farthest end of the phrase whose first slot ends at this position of the run, else -1.

        Args:
            run: the letters.
            place: where the first slot ends.
            known: where the words of a list end, as far as other phrases asked for this run.
        """
        reached = {place}
        for slot in self.slots[1:]:
            further = reached.copy() if slot.may_be_empty else set[int]()
            for at in reached:
                ends = known.get((slot.words, at))
                if ends is None:
                    ends = known[slot.words, at] = {end for end, _ in slot.words.at(run, at)}
                further |= ends
            if not further:
                return -1
            reached = further
        return max(reached)


_Begun = tuple[tuple[Group[LexiconEntry], list[tuple[Owner, Phrase, int]]], ...]
"""Lists of words, each with the phrases that it begins, and the fewest letters that must follow in each."""


class PhraseSet(Generic[Owner]):
    """Phrases that are searched together: a list that begins many of them is looked up once in a run.

    Each phrase comes with what its author wrote, which a match reports.
    """

    def __init__(self, phrases: Iterable[tuple[Owner, Phrase]]) -> None:
        by_first: dict[Group[LexiconEntry], list[tuple[Owner, Phrase, int]]] = {}
        for entry, phrase in phrases:
            least = sum(slot.words.least for slot in phrase.slots[1:] if not slot.may_be_empty)
            by_first.setdefault(phrase.slots[0].words, []).append((entry, phrase, least))
        # First letters → the lists of which a word begins so, by their place: most runs hold none of thousands.
        self._by_start: dict[str, list[int]] = {}
        for place, first in enumerate(by_first):
            for start in first.starts:
                self._by_start.setdefault(start, []).append(place)
        self._lists: _Begun[Owner] = tuple(by_first.items())
        self._starts = frozenset(self._by_start)
        self._latest: _Begun[Owner] = ()

    def places(self, run: Run) -> Iterator[tuple[int, int, Owner]]:
        """Yield each position of the run where one of the phrases occurs, up to its farthest end."""
        known: Ends = {}
        near = {place for start in self._starts & list_starts(run.letters) for place in self._by_start[start]}
        for first, phrases in (self._lists[place] for place in sorted(near)):
            for start, place, _ in first.places(run):
                room = len(run.letters) - place
                for entry, phrase, least in phrases:
                    end = phrase.find_end(run, place, known) if least <= room else -1
                    if end > 0:
                        yield start, end, entry

    def fills(self, run: Run) -> bool:
        """Say whether one of the phrases is the run as a whole; the latest is tried first, as they come in order."""
        known: Ends = {}
        size = len(run.letters)
        starts = [run.letters[:length] for length in range(1, min(START, size) + 1)]
        near = (self._lists[each] for start in starts for each in self._by_start.get(start, ()))
        for first, phrases in chain(self._latest, near):
            ends = {end for end, _ in first.at(run, 0)}
            for each in phrases:
                if any(each[1].find_end(run, end, known) == size for end in ends):
                    self._latest = ((first, [each]),)
                    return True
        return False


def has_lists(word: str) -> bool:
    """Say whether a keyword contains a named list other than the persons, which are written out."""
    return "{" in word and any(found[0] != WHO for found in SLOT.finditer(word))


def find_lists(menu: Menu, word: str, language: str) -> Mapping[str, tuple[str, ...]]:
    """Return the words of each list named in a keyword; those of an unknown list are empty."""
    speech = menu.speech
    names = (found[1] for found in SLOT.finditer(word))
    return {
        name: speech.lists.get(name, speech.who if name == "who" else {}).get(language, ()) for name in names
    }


def build_phrases(menu: Menu, written: Iterable[tuple[Owner, str, str]]) -> PhraseSet[Owner]:
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
        name: groups[words] if words in groups else groups.setdefault(words, list_entries(words))
        for name, words in find_lists(menu, word, language).items()
    }
    slots: list[Slot] = []
    end = 0
    for found in SLOT.finditer(word):
        slots += _list_literal(word[end : found.start()], groups)
        slots.append(Slot(lists[found[1]], bool(found[2])))
        end = found.end()
    slots += _list_literal(word[end:], groups)
    if slots[0].may_be_empty or not all(slot.words.entries for slot in slots):
        return None
    return Phrase(tuple(slots))


def _list_literal(words: str, groups: dict[tuple[str, ...], Group[LexiconEntry]]) -> list[Slot]:
    return [Slot(groups.setdefault((words,), list_entries([words])))] if words.strip() else []


# The prepared words of a menu.

COMMANDS = (Reaction.STOP, Reaction.START)


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The prepared words of a menu, by purpose."""

    menu: Menu
    danger: Group[Spelling]
    danger_phrases: PhraseSet[Spelling]
    others: Group[Spelling]
    harmless: Group[LexiconEntry]
    harmless_phrases: PhraseSet[str]
    contact: Group[LexiconEntry]
    refusals: Group[LexiconEntry]
    negations: Group[LexiconEntry]
    bridges: Group[LexiconEntry]
    courtesy: Group[LexiconEntry]
    beside_commands: Group[LexiconEntry]
    numbering: Group[LexiconEntry]
    declines: Group[LexiconEntry]
    wishes: Group[LexiconEntry]
    commands: Mapping[Reaction, Group[Spelling]]
    clock: re.Pattern[str] | None


@keep_per_owner
def build_lexicon(menu: Menu) -> Lexicon:
    """Return the prepared words of a menu; those of the latest menus are kept."""
    # A menu with pages or marks added has the words of the one before.
    known = next(iter(_LATEST), None)
    same = known and known.menu.keywords is menu.keywords and known.menu.speech is menu.speech
    made = replace(known, menu=menu) if known and same else _make_lexicon(menu)
    _LATEST[:] = [made]
    return made


_LATEST: list[Lexicon] = []


def _make_lexicon(menu: Menu) -> Lexicon:
    speech = menu.speech
    spellings = tuple(_list_spellings(menu))
    wishes = list_entries(
        written
        for each in menu.keywords
        if each.reaction is Reaction.CALL_ME
        for language, words in each.words.items()
        for word in words
        for written in write_out_persons(menu, word, language)
    )
    return Lexicon(
        menu=menu,
        danger=Group(each for each in spellings if each.keyword.danger),
        danger_phrases=build_phrases(menu, _list_written_dangers(menu)),
        others=Group(
            each for each in spellings if not each.keyword.danger and each.keyword.reaction not in COMMANDS
        ),
        harmless=list_entries(
            word for words in speech.harmless.values() for word in words if not has_lists(word)
        ),
        harmless_phrases=build_phrases(
            menu, ((word, word, language) for language, words in speech.harmless.items() for word in words)
        ),
        contact=_group_words(speech.contact) + wishes,
        refusals=_tell_apart(speech.refusals),
        negations=_group_words(speech.negations),
        bridges=_group_words(speech.bridges),
        courtesy=_group_words(speech.courtesy),
        beside_commands=_group_words(speech.courtesy) + _group_words(speech.about),
        numbering=_group_words(speech.numbering),
        declines=_group_words(speech.declines),
        wishes=wishes,
        commands={
            each: Group(one for one in spellings if one.keyword.reaction is each and not one.keyword.danger)
            for each in COMMANDS
        },
        clock=build_clock_pattern(menu.speech),
    )


def _group_words(words: Words) -> Group[LexiconEntry]:
    return list_entries(word for each in words.values() for word in each)


def _tell_apart(words: Words) -> Group[LexiconEntry]:
    return Group(entry for language, each in words.items() for entry in list_entries(each, language).entries)


def _list_spellings(menu: Menu) -> Iterator[Spelling]:
    for keyword in menu.keywords:
        for language, words in keyword.words.items():
            for word in words:
                for written in () if has_lists(word) else write_out_persons(menu, word, language):
                    letters, spaces, script = word_of(written)
                    if letters:
                        yield Spelling(letters, spaces, script, language, keyword=keyword, word=word)


def _list_written_dangers(menu: Menu) -> Iterator[tuple[Spelling, str, str]]:
    for keyword in menu.keywords:
        for language, words in keyword.words.items() if keyword.danger else ():
            for word in filter(has_lists, words):
                letters, spaces, script = word_of(word)
                yield Spelling(letters, spaces, script, language, keyword=keyword, word=word), word, language


def write_out_persons(menu: Menu, word: str, language: str) -> Iterator[str]:
    """Yield a word with each person in place of ``{who}``, or unchanged."""
    if WHO not in word:
        yield word
        return
    for who in menu.speech.who.get(language, ()):
        yield word.replace(WHO, who)
