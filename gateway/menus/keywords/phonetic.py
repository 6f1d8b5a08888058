"""Spellings that sound alike come out equal: romanised Lao has no standard, and tone marks are left out in haste."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from gateway.menus.keywords.lexicon import Lexicon, LexiconEntry, Spelling
from gateway.menus.keywords.script_runs import LAO, PLAIN, THAI, Run, split_runs

_ROMANISED = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("j", "ch"),
        ("x", "s"),
        ("w", "v"),
        ("ck|c(?!h)|q", "k"),
        ("([ptk])h", r"\1"),
        ("r(?=[aeiou])", "l"),
        ("aa+", "a"),
        ("ee+|ii+", "i"),
        ("oo+|ou", "u"),
        ("[eo]?u[ae]+(?=[nt])|eua", "ua"),
        ("oeu?|eu|ue|[eu]r", "u"),
        ("ae|ea", "e"),
        ("aw|or", "o"),
        ("ar", "a"),
        ("(?<=[aeiou])y", "i"),
        ("(?<=[aeiou])h(?![aeiou])", ""),
        ("r$", ""),
        ("d$", "t"),
        ("b$", "p"),
        ("(?<!n)g$", "k"),
        (r"([a-z])\1+", r"\1"),
    )
)
"""In this order; what differs only by it is one word to whoever writes by ear."""

_SAME = {
    LAO: str.maketrans({**dict.fromkeys("່້໊໋໌"), "ີ": "ິ", "ື": "ຶ", "ູ": "ຸ", "ໃ": "ໄ", "ຣ": "ລ"}),
    THAI: str.maketrans(
        {**dict.fromkeys("่้๊๋็"), "ี": "ิ", "ื": "ึ", "ู": "ุ", "ใ": "ไ", "ศ": "ส", "ษ": "ส", "ณ": "น"}
    ),
}
_NOTHING_SAME: dict[int, str] = {}
_SILENT = re.compile("[ก-ฮ][ิุ]?์")
"""A Thai letter that is written and not spoken, with the sign that silences it."""


@lru_cache(maxsize=8_192)
def sound_out(word: str) -> str:
    """Return one folded word in Latin letters as it sounds to a reader of Lao."""
    for pattern, replacement in _ROMANISED:
        word = pattern.sub(replacement, word)
    return word


@lru_cache(maxsize=8_192)
def strip_tones(letters: str, script: str) -> tuple[str, tuple[int, ...]]:
    """Return folded letters without what is left out in haste in Lao and Thai, and where each of them stood.

    The places have one more entry than the letters: the end.
    """
    same = _SAME.get(script, _NOTHING_SAME)
    silent = (
        {place for found in _SILENT.finditer(letters) for place in range(*found.span())}
        if script == THAI
        else set()
    )
    kept = [(letter.translate(same), place) for place, letter in enumerate(letters) if place not in silent]
    kept = [(letter, place) for letter, place in kept if letter]
    return "".join(letter for letter, _ in kept), (*(place for _, place in kept), len(letters))


# Finds words of danger in romanised Lao, which has no standard spelling: what sounds the same is the same
# word.
#
# No letter is guessed: both spellings come out equal by the rules of ``sound``, or it is another word.

ROMAN = "-Latn"
LEAST_HEARD = 6
"""Letters, as they sound, of a word that is told apart by its sound; shorter ones are words of other languages."""

MOST_WORDS = 6
_KEPT = 8
_READY: dict[int, tuple[Lexicon, Mapping[str, Spelling]]] = {}


def find_heard_places(lexicon: Lexicon, run: Run) -> Iterator[tuple[Spelling, int, int]]:
    """Yield the places of a run in Latin letters at which a few words sound like a word of danger."""
    sounds = _list_sounds(lexicon)
    if run.script != PLAIN or not sounds:
        return
    cuts = [0, *run.gaps, len(run.letters)]
    ears = [sound_out(run.letters[left:right]) for left, right in pairwise(cuts)]
    for first in range(len(ears)):
        ear = ""
        for last in range(first, min(first + MOST_WORDS, len(ears))):
            ear += ears[last]
            if ear in sounds:
                yield sounds[ear], cuts[first], cuts[last + 1]


def _list_sounds(lexicon: Lexicon) -> Mapping[str, Spelling]:
    """Return the words of danger of romanised languages by their sound; those of one word alone stay as written."""
    known = _READY.get(id(lexicon))
    if known is None or known[0] is not lexicon:
        found: dict[str, Spelling] = {}
        for spelling in lexicon.danger.of(PLAIN):
            if spelling.language.endswith(ROMAN) and spelling.spaces:
                cuts = [0, *sorted(spelling.spaces), len(spelling.letters)]
                ear = "".join(sound_out(spelling.letters[left:right]) for left, right in pairwise(cuts))
                if len(ear) >= LEAST_HEARD:
                    found.setdefault(ear, spelling)
        known = (lexicon, found)
        while len(_READY) >= _KEPT:
            _READY.pop(next(iter(_READY)), None)
        _READY[id(lexicon)] = known
    return known[1]


# A word of danger whose tone marks were typed behind another letter of it, or left out in haste; none is
# put in.

E = TypeVar("E", bound=LexiconEntry)

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


def find_bare(entries: Iterable[E], bare: Bare) -> Iterator[E]:
    """Yield the words whose letters without tones the run holds somewhere: few of a hundred are looked at closely."""
    letters = bare.letters
    return (each for each in entries if _take_apart(each.letters)[0] in letters)


def find_moved_places(entry: LexiconEntry, bare: Bare) -> Iterator[tuple[int, int]]:
    """Yield the places at which the word stands with its tones behind other letters of its own, or without some."""
    wanted, tones = _take_apart(entry.letters)
    run, letters = bare.run, bare.letters
    if not tones or len(wanted) < _LEAST:
        return
    start = letters.find(wanted)
    while start >= 0:
        left, right = bare.places[start], bare.places[start + len(wanted)]
        here = run.letters[left:right]
        if (
            here != entry.letters
            and _are_of(_take_apart(here)[1], wanted, tones)
            and _does_stand(entry, run, left, right)
        ):
            yield left, right
        start = letters.find(wanted, start + 1)


def _are_of(here: tuple[str, ...], wanted: str, tones: tuple[str, ...]) -> bool:
    """Say whether these tones are those of the word, or some of them where the word is long enough without."""
    return here == tones or (len(wanted) >= _LEAST_WITHOUT and not Counter(here) - Counter(tones))


@lru_cache(maxsize=4_096)
def _take_apart(letters: str) -> tuple[str, tuple[str, ...]]:
    return (
        "".join(each for each in letters if each not in _TONES),
        tuple(sorted(each for each in letters if each in _TONES)),
    )


def _does_stand(entry: LexiconEntry, run: Run, left: int, right: int) -> bool:
    """Say whether the word, set right, stands whole where it is."""
    near = 12
    before, behind = run.letters[max(0, left - near) : left], run.letters[right : right + near]
    (mended, *_) = split_runs(before + entry.letters + behind)
    return entry.ends(mended, len(before)) > 0
